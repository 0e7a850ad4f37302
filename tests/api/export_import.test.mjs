// Goods that were written by hand go out as a file and come in again: whatever stands in their texts, with one SKU or several, with a
// weight or none, unchanged they change nothing. And a catalogue that is too large to be given at once goes out by a job.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { approveAll, eventually, importFile, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const place = "/api/v1/supplier/products";
const COUNT = 40;

let world;
let cataloguer;
before(async () => {
  world = await World.open();
  cataloguer = await world.as("cataloguer");
});
after(() => world?.close());

/** Numbers that look random and are the same each time (mulberry32). */
function numbers(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
const random = numbers(20261122);
const one = (list) => list[random(list.length)];
const maybe = (value) => (random(2) ? value() : undefined);
const pieces = [
  ...["紫阳", "茶", " ", "  ", ",", "，", ";", "；", '"', "'", "''", "-", "+", "=", "@", "?", "？", "??", "无", "/", "-18℃", "𠮷", "🍵", "é", "e\u0301"],
  ...["&amp;", "<6%", "_x0041_", "\u00a0", "\u3000", "ＡＢＣ", "１２", "合计", "total", "%", "\\n", "''=1", "0012", "1E5", "2026-01-02", "#N/A", "TRUE"],
];
// most begin with what no formula begins with: those are refused
const prose = (most) => one(["茶", "'", "山", "一", "无"]) + Array.from({ length: random(most) }, () => one(pieces)).join("");
const codes = ["TOTAL", "SUBTOTAL", "0012", "1E5", "20260102", "TRUE"];
const newCode = () => codes.pop() ?? `EX-${random(1 << 30)}`;

function newSku() {
  const multiple = 1 + random(5);
  const minimum = multiple * (1 + random(3));
  const first = 1000 + random(100_000);
  const rungs = [[minimum, first], ...Array.from({ length: random(4) }, (_, i) => [minimum + 10 * (i + 1), first - 7 * (i + 1)])];
  return {
    code: newCode(),
    specification: prose(6),
    sale_unit: one(["盒", "箱", "袋", "瓶"]),
    weight_g: 1 + random(50_000),
    barcode: maybe(() => "6901234567892"),
    minimum,
    multiple,
    ladder: rungs.map(([quantity, unit_price_fen]) => ({ quantity, unit_price_fen })),
    stock: random(1000),
    // prices that are far apart need one
    price_reason: `因${prose(8)}`,
  };
}
const certificate = (name) => ({ name, number: maybe(() => prose(3)), issuer: maybe(() => prose(3)), valid_until: maybe(() => "2030-05-06") });
const newProduct = () => ({
  name: `${prose(5)}茶`,
  county: "610924",
  category: one(["0701", "0101", "0401"]),
  storage: one(["常温", "冷藏", "冷冻"]),
  shelf_days: 1 + random(700),
  remark: maybe(() => prose(20)),
  brand: maybe(() => one(["无", "-", "/", prose(3)])),
  producer: maybe(() => one(["无", prose(4)])),
  origin: maybe(() => prose(30)),
  farmers: maybe(() => one(["无", prose(30)])),
  households: maybe(() => 1 + random(500)),
  ...maybe(() => ({ vat_kind: "exempt", vat_rate: 0 })),
  certificates: maybe(() => ["地理标志", "有机"].map(certificate)),
  skus: Array.from({ length: 1 + random(3) }, newSku),
  submit: true,
});

const made = { products: 0, skus: 0 };
const counts = ({ accepted, rejected, skipped, created, changed, unchanged, priced, restocked }) => ({
  ...{ accepted, rejected, skipped, created, changed, unchanged, priced, restocked },
});
const nothing = (accepted) => ({ accepted, rejected: 0, skipped: 1, created: 0, changed: 0, unchanged: accepted, priced: 0, restocked: 0 });

async function roundTrip(accept, language, expected = made.skus) {
  const { bytes } = await cataloguer.get(place, { accept, headers: { "Accept-Language": language } });
  const done = await importFile(cataloguer, (await upload(cataloguer, bytes, accept)).id);
  const faults = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/rejected-rows`);
  assert.deepEqual(faults, []);
  const changes = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/changes`);
  assert.deepEqual(
    changes.filter(({ created, changed, priced, restocked }) => created || changed || priced || restocked),
    [],
  );
  assert.deepEqual(counts(done), nothing(expected));
}
const ways = [
  ["CSV", "text/csv", "zh"],
  ["CSV with English headers", "text/csv", "en"],
  ["a workbook", xlsxType, "zh"],
];

chapter("goods are written by hand, with all that their texts may hold", async () => {
  let refused = 0;
  while (made.products < COUNT) {
    const body = newProduct();
    const { status } = await cataloguer.post(place, body, { expect: undefined });
    if (status === 201) {
      made.products++;
      made.skus += body.skus.length;
    } else {
      assert.equal(status, 422);
      refused++;
    }
    assert.ok(refused < 20 * COUNT);
  }
  assert.ok(made.skus > made.products, JSON.stringify(made));
});

for (const [name, accept, language] of ways)
  chapter(`${name}: while they wait, what went out changes nothing`, () => roundTrip(accept, language));

chapter("what was returned is not handed in again by what went out, and is when something of it was mended", async () => {
  const reviewer = await world.as("reviewer");
  const [review] = await reviewer.all("/api/v1/product-reviews");
  await reviewer.post(`/api/v1/product-reviews/${review.id}/decisions`, { decision: "return", reason: "请补充产地证明" }, { expect: 200 });
  const states = () => world.server.sql(`SELECT state FROM revision WHERE product = (SELECT product FROM revision WHERE id = '${review.id}')`).map(({ state }) => state);
  assert.deepEqual(states(), ["returned"]);
  for (const [, accept, language] of ways) await roundTrip(accept, language);
  assert.deepEqual(states(), ["returned"]);
  const [{ code }] = world.server.sql(`SELECT code FROM sku WHERE product = (SELECT product FROM revision WHERE id = '${review.id}') LIMIT 1`);
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重";
  const { id } = await upload(cataloguer, Buffer.from(`${head}\n${code},补正后的绿茶,紫阳县,绿茶,125g,盒,1.00,1,540,常温,520`));
  assert.equal((await importFile(cataloguer, id)).changed, 1);
  assert.deepEqual(states().sort(), ["returned", "submitted"]);
});

chapter("they are approved", async () => {
  assert.equal((await approveAll(await world.as("reviewer"))).length, made.products);
});

for (const [name, accept, language] of ways)
  chapter(`${name}: approved, what went out changes nothing`, () => roundTrip(accept, language));

chapter("a weight that is unknown may stay so, and cannot be left out of what is new", async () => {
  // as earlier releases left them
  world.server.sql("UPDATE revision_sku SET weight_g = NULL WHERE sku % 3 = 0");
  assert.ok(world.server.number("SELECT COUNT(*) FROM revision_sku WHERE weight_g IS NULL") > 10);
  for (const [, accept, language] of ways) await roundTrip(accept, language);
  const head = ["商品编码", "商品名称", "产地", "类目", "规格", "单位", "单价", "库存", "保质期", "储存方式", "毛重"];
  const row = (code) => [code, "新茶", "紫阳县", "绿茶", "125g", "盒", "10.00", "1", "540", "常温", ""];
  const { id } = await upload(cataloguer, Buffer.from([head, row("EX-NEW")].map((cells) => cells.join(",")).join("\n")));
  const done = await importFile(cataloguer, id, { dryRun: true });
  const faults = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/rejected-rows`);
  assert.deepEqual(
    faults.map(({ field, code }) => [field, code]),
    [["weight", "E_REQUIRED"]],
  );
});

chapter("a catalogue of more than 5,000 goods goes out by a job, and comes in again", async () => {
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重";
  const rows = Array.from({ length: 5001 }, (_, i) => `JOB-${i},紫阳毛尖第${i}号,紫阳县,绿茶,125g,盒,10.00,1,540,常温,500`);
  const { id } = await upload(cataloguer, Buffer.from([head, ...rows].join("\n")));
  assert.equal((await importFile(cataloguer, id)).created, rows.length);
  for (const accept of ["text/csv", xlsxType]) {
    const { body, headers } = await cataloguer.get(place, { accept, expect: 202 });
    assert.equal(headers.location, `/api/v1/jobs/${body.job}`);
    await eventually(
      () => cataloguer.get(headers.location),
      ({ body: job }) => job.state === "done",
    );
    const { bytes } = await cataloguer.get(body.file, { accept });
    await (await world.as("s0176")).get(body.file, { accept, expect: 404 });
    const done = await importFile(cataloguer, (await upload(cataloguer, bytes, accept)).id);
    assert.deepEqual(counts(done), nothing(made.skus + rows.length));
  }
});
