// Stock and prices as suppliers change them: one SKU or many in a request, an answer for each item, nothing below zero however many
// buy at the same time, prices that take effect at an instant, and a reason where one is asked for.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { approveAll, putIntoShop, skusOf, upload } from "../faults/goods.mjs";
import { Journal, booksAgree } from "../faults/journal.mjs";
import { Client } from "./support/client.mjs";
import { World } from "./support/seed.mjs";
import { eventually, importFile, priced, story } from "./support/steps.mjs";

const chapter = story(test);
const skus = "/api/v1/supplier/skus";
const stockUpdates = "/api/v1/supplier/stock-updates";
const priceUpdates = "/api/v1/supplier/price-updates";
const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const many = Array.from({ length: 50 }, (_, i) => `MANY-${i}`);

let world, cataloguer, other, buyer;
const codesOf = ({ problems }) => problems.map(({ code }) => code);
const ladderOf = (text) => text.split(";").map((rung) => rung.split(":").map(Number)).map(([quantity, unit_price_fen]) => ({ quantity, unit_price_fen }));
const one = (code) => skusOf(world.server, [code])[0];
const stockOf = async (code) => (await cataloguer.get(`${skus}/${code}/stock`)).body;
const updateStock = async (items, { policy = "accept_good_rows", ...options } = {}) =>
  (await cataloguer.post(stockUpdates, { policy, items }, { expect: 200, ...options })).body;
const updatePrices = async (items, { policy = "accept_good_rows", ...options } = {}) =>
  (await cataloguer.post(priceUpdates, { policy, items }, { expect: 200, ...options })).body;
const events = (kind) => world.server.number(`SELECT COUNT(*) FROM event WHERE kind = '${kind}'`);

before(async () => {
  world = await World.open();
  [cataloguer, other, buyer] = [await world.as("cataloguer"), await world.as("s0116"), await world.as("buyer")];
  await putIntoShop(world, "cataloguer", [
    { code: "KIWI-A", stock: 100, tiers: "1:12.30;10:11.00" }, { code: "KIWI-B", stock: 40 }, { code: "KIWI-C", stock: 7 }, { code: "PLAN-A", stock: 100 },
    { code: "PLAN-B", stock: 100 }, { code: "PLAN-C", stock: 100 }, ...many.map((code) => ({ code, stock: 10 })),
  ]);
  await putIntoShop(world, "s0116", [{ code: "OIL-A", stock: 30 }]);
  await upload(cataloguer, [{ code: "NEW-A", stock: 5 }]); // waits for its review
});
after(() => world?.close());

chapter("one SKU's stock is counted and changed by who saw it as it is", async () => {
  const seen = await cataloguer.get(`${skus}/KIWI-A/stock`);
  const { sku } = one("KIWI-A");
  assert.deepEqual(seen.body, { sku: String(sku).padStart(8, "0"), code: "KIWI-A", available: 100, held: 0, on_sale: true });
  const offer = one("KIWI-A").offer;
  const match = (answer) => ({ expect: 200, headers: { "If-Match": answer.headers.etag } });
  const counted = await cataloguer.put(`${skus}/KIWI-A/stock`, { available: 90, note: "盘点" }, match(seen));
  assert.equal(counted.body.available, 90);
  const stale = await cataloguer.put(`${skus}/KIWI-A/stock`, { change: 5 }, { ...match(seen), expect: 412 });
  assert.equal(stale.body.code, "E_PRECONDITION");
  const changed = await cataloguer.put(`${skus}/KIWI-A/stock`, { change: -20, note: "破损" }, match(counted));
  assert.equal(changed.body.available, 70);
  await cataloguer.put(`${skus}/KIWI-A/stock`, { change: 1 }, { expect: 428 });
  await cataloguer.put(`${skus}/KIWI-A/stock`, { change: 1 }, { expect: 200, headers: { "If-Match": "*" } });
  const below = await cataloguer.put(`${skus}/KIWI-A/stock`, { change: -72 }, { expect: 409, headers: { "If-Match": "*" } });
  assert.equal(below.body.errors[0].code, "E_STOCK_NEGATIVE");
  assert.match(below.body.errors[0].detail, /71/);
  for (const body of [{}, { available: 1, change: 1 }])
    assert.equal((await cataloguer.put(`${skus}/KIWI-A/stock`, body, { expect: 422, headers: { "If-Match": "*" } })).body.errors[0].code, "E_ONE_OF_TWO");
  assert.equal(one("KIWI-A").offer, offer, "stock moves no offer");
  const { lines } = await priced(buyer, [[one("KIWI-A").sku, 3]]);
  const before = await cataloguer.get(`${skus}/KIWI-A/stock`);
  await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines });
  await cataloguer.put(`${skus}/KIWI-A/stock`, { available: 71 }, { ...match(before), expect: 412 }); // an order came between
  assert.deepEqual({ ...(await stockOf("KIWI-A")), sku: undefined }, { sku: undefined, code: "KIWI-A", available: 68, held: 3, on_sale: true });
});

chapter("whoever takes the stock as it is never comes too late, and a replay says what was said", async () => {
  const start = (await stockOf("MANY-49")).available;
  const whatever = { expect: 200, headers: { "If-Match": "*" } };
  const add = async () => {
    for (let i = 0; i < 15; i++) await cataloguer.put(`${skus}/MANY-49/stock`, { change: 1 }, whatever);
  };
  await Promise.all([add(), add(), add(), add()]);
  assert.equal((await stockOf("MANY-49")).available, start + 60);
  const once = { expect: 200, headers: { "If-Match": "*", "Idempotency-Key": randomUUID() } };
  const first = await cataloguer.put(`${skus}/MANY-49/stock`, { change: -60 }, once);
  await cataloguer.put(`${skus}/MANY-49/stock`, { change: 2 }, whatever);
  const again = await cataloguer.put(`${skus}/MANY-49/stock`, { change: -60 }, once);
  assert.deepEqual([again.headers["idempotency-replayed"], again.body, again.headers.etag], ["true", first.body, first.headers.etag]);
  const now = await cataloguer.get(`${skus}/MANY-49/stock`);
  await cataloguer.put(`${skus}/MANY-49/stock`, { change: -2 }, { expect: 200, headers: { "If-Match": now.headers.etag } });
  assert.equal((await stockOf("MANY-49")).available, start);
});

chapter("movements tell how the stock came to what it is, and are taken away as a file", async () => {
  const movements = await cataloguer.all(`${skus}/KIWI-A/stock-movements`, { limit: 2 });
  assert.deepEqual(movements.map(({ quantity, reason, note }) => [quantity, reason, note]),
    [[1, "adjusted", null], [-20, "adjusted", "破损"], [-10, "set", "盘点"], [100, "set", null]]);
  const { available, held } = await stockOf("KIWI-A");
  assert.equal(movements.reduce((sum, { quantity }) => sum + quantity, 0), available + held);
  const csv = await cataloguer.get(`${skus}/KIWI-A/stock-movements`, { accept: "text/csv" });
  assert.equal(csv.text.replace(/^\ufeff/, "").split("\n").length, 1 + movements.length + 1);
  assert.match(csv.text, /,-20,增减,破损\n/);
  const book = await cataloguer.get(`${skus}/KIWI-A/stock-movements`, { accept: workbook });
  assert.equal(book.bytes.subarray(0, 2).toString(), "PK");
  assert.equal(events("stock.exported"), 2);
});

chapter("each item of a bulk update has its answer, and the policy says what becomes of the good ones", async () => {
  const items = [
    { code: "KIWI-B", change: -5 }, { code: "KIWI-C", change: -8 }, { code: "NOWHERE", available: 1 }, { code: "OIL-A", available: 1 },
    { code: "KIWI-B", available: 9 }, { code: "NEW-A", available: 6, note: "补货" },
  ];
  const faults = [[], ["E_STOCK_NEGATIVE"], ["E_UNKNOWN_REFERENCE"], ["E_UNKNOWN_REFERENCE"], ["E_REPEATED"], []];
  const refused = await updateStock(items, { policy: "all_or_nothing" });
  assert.deepEqual([refused.applied, refused.accepted, refused.rejected], [false, 2, 4]);
  assert.deepEqual(refused.items.map(codesOf), faults);
  assert.ok(refused.items.every(({ available }) => available === null));
  assert.equal((await stockOf("KIWI-B")).available, 40);
  const before = events("stock.updated");
  const key = randomUUID();
  const taken = await updateStock(items, { key });
  assert.deepEqual([taken.applied, taken.accepted, taken.rejected], [true, 2, 4]);
  assert.deepEqual(taken.items.map(codesOf), faults);
  assert.deepEqual(taken.items.map(({ available }) => available), [35, null, null, null, null, 6]);
  assert.deepEqual(await updateStock(items, { key }), taken);
  assert.equal((await stockOf("KIWI-B")).available, 35, "a repetition takes nothing off");
  assert.equal(events("stock.updated"), before + 1);
  assert.equal((await other.get(`${skus}/OIL-A/stock`)).body.available, 30);
});

chapter("what is wrong with the shape of a request is told all at once", async () => {
  const stock = await cataloguer.post(stockUpdates, { policy: "perhaps", items: [{ code: "kiwi" }, { code: "KIWI-B", available: -1 }, { code: "KIWI-B", change: 1, note: "<b>x" }] }, { expect: 422 });
  assert.deepEqual(stock.body.errors.map(({ pointer }) => pointer).sort(),
    ["/items/0/available", "/items/0/code", "/items/1/available", "/items/2/note", "/policy"]);
  const price = await cataloguer.post(priceUpdates, { policy: "all_or_nothing", items: [{ code: "KIWI-B" }, { code: "KIWI-B", unit_price_fen: 0 }, { code: "KIWI-B", unit_price_fen: 5, ladder: [{ quantity: 1, unit_price_fen: 5 }] }, { code: "KIWI-B", unit_price_fen: 5, starts_at: "2029-01-01T00:00:00Z" }] }, { expect: 422 });
  assert.deepEqual(price.body.errors.map(({ pointer }) => pointer).sort(),
    ["/items/0/ladder", "/items/1/unit_price_fen", "/items/2/ladder", "/items/3/starts_at"]);
  await cataloguer.post(stockUpdates, { policy: "all_or_nothing", items: [] }, { expect: 422 });
  await cataloguer.post(stockUpdates, { policy: "all_or_nothing", items: [{ code: "KIWI-B", change: 1 }] }, { expect: 400, key: null });
});

chapter("others have no say, and find nothing", async () => {
  const item = { policy: "all_or_nothing", items: [{ code: "KIWI-A", unit_price_fen: 100 }] };
  for (const login of ["buyer", "dispatcher", "reviewer"]) {
    const client = await world.as(login);
    await client.get(`${skus}/KIWI-A/stock`, { expect: 403 });
    await client.post(priceUpdates, item, { expect: 403 });
    await client.post(stockUpdates, { policy: "all_or_nothing", items: [{ code: "KIWI-A", change: 1 }] }, { expect: 403 });
  }
  await other.get(`${skus}/KIWI-A/stock`, { expect: 404 });
  await other.get(`${skus}/KIWI-A/stock-movements`, { expect: 404 });
  await other.get(`${skus}/KIWI-A/prices`, { expect: 404 });
  await other.put(`${skus}/KIWI-A/stock`, { change: 1 }, { expect: 404, headers: { "If-Match": "*" } });
  await cataloguer.get(`${skus}/nothing/stock`, { expect: 404 });
  assert.deepEqual(codesOf((await other.post(priceUpdates, item, { expect: 200 })).body.items[0]), ["E_UNKNOWN_REFERENCE"]);
});

chapter("prices change at once: the offer moves, and who saw the old one is told", async () => {
  const before = one("KIWI-A");
  const { lines } = await priced(buyer, [[before.sku, 2]]);
  const done = await updatePrices([
    { code: "KIWI-A", ladder: ladderOf("1:1100;20:1000") }, { code: "KIWI-B", unit_price_fen: 1230 }, { code: "KIWI-C", ladder: ladderOf("1:900;5:950") },
    { code: "NEW-A", unit_price_fen: 800 }, { code: "PLAN-A", ladder: ladderOf("2:1000") },
  ]);
  assert.deepEqual(done.items.map(({ outcome }) => outcome), ["changed", "unchanged", "rejected", "rejected", "rejected"]);
  assert.deepEqual(done.items.map(codesOf), [[], [], ["E_TIER_ORDER"], ["E_PRICE_WAITS"], ["E_PRICE_MINIMUM"]]);
  assert.deepEqual([done.applied, done.changed, done.unchanged, done.rejected], [true, 1, 1, 3]);
  assert.equal(one("KIWI-A").offer, before.offer + 1);
  const stale = await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines }, { expect: 409 });
  assert.equal(stale.body.errors[0].code, "E_OFFER_STALE");
  assert.match(stale.body.errors[0].detail, /11\.00/);
  await eventually(() => priced(buyer, [[before.sku, 2]]), ({ pricing }) => pricing.lines[0].unit_price_fen === 1100);
  const past = await cataloguer.all(`${skus}/KIWI-A/prices`, { limit: 1 });
  assert.deepEqual(past.map(({ ladder }) => ladder), [ladderOf("1:1100;20:1000"), ladderOf("1:1230;10:1100")]);
  assert.equal(events("price.updated"), 1);
});

chapter("a price above the band needs a reason, which names up to where none is needed", async () => {
  const [refused, ...others] = (await updatePrices([
    { code: "KIWI-A", unit_price_fen: 1211 }, { code: "KIWI-B", unit_price_fen: 1353 }, { code: "KIWI-C", unit_price_fen: 2000, reason: "产地受灾减产" },
  ])).items;
  assert.deepEqual(codesOf(refused), ["E_PRICE_REASON"]); // 110 % of 1,100 fen
  assert.match(refused.problems[0].detail, /12\.10/);
  assert.deepEqual(others.map(({ outcome }) => outcome), ["changed", "changed"]);
  assert.equal((await cataloguer.get(`${skus}/KIWI-C/prices`)).body.items[0].reason, "产地受灾减产");
  for (const reason of ["\u3000", "\u200b", "\u00a0 \u2003", "\u202e\u2066\u200f"]) // nothing that a buyer could read
    assert.deepEqual(codesOf((await updatePrices([{ code: "KIWI-A", unit_price_fen: 9999, reason }])).items[0]), ["E_PRICE_REASON"]);
  const next = await updatePrices([{ code: "KIWI-B", unit_price_fen: 1400 }]);
  assert.deepEqual(codesOf(next.items[0]), ["E_PRICE_REASON"], "the lowest of 90 days counts, not the last");
  const lower = await updatePrices([{ code: "KIWI-C", unit_price_fen: 1990 }]);
  assert.deepEqual([codesOf(lower.items[0]), lower.changed], [[], 1], "what is lowered needs none, wherever the band stands");
  assert.deepEqual(codesOf((await updatePrices([{ code: "KIWI-C", unit_price_fen: 1991 }])).items[0]), ["E_PRICE_REASON"]);
  const nothing = await updatePrices([{ code: "KIWI-A", unit_price_fen: 1000 }, { code: "KIWI-B", unit_price_fen: 9999 }], { policy: "all_or_nothing" });
  assert.deepEqual([nothing.applied, nothing.changed, nothing.rejected], [false, 1, 1]);
  assert.equal((await cataloguer.get(`${skus}/KIWI-A/prices`)).body.items[0].unit_price_fen, 1100);
});

chapter("while new content with a price waits for review, the price stands", async () => {
  const header = "商品编码,商品名称,产地（县）,类目,规格,单位,单价（元）,起订量,库存,保质期,储存方式,毛重";
  const file = await cataloguer.post("/api/v1/files", Buffer.from(`${header}\nKIWI-B,周至猕猴桃 新果,周至县,猕猴桃,24枚礼盒,盒,10.00,1,35,30天,冷藏,2800`), { type: "text/csv" });
  const imported = await importFile(cataloguer, file.body.id);
  assert.deepEqual([imported.accepted, imported.changed], [1, 1]);
  // a file's price needs no review and holds at once; a draft's may come with its content
  world.server.sql(`UPDATE revision_sku rs JOIN revision r ON r.id = rs.revision JOIN sku k ON k.number = rs.sku SET rs.ladder = '1:995'
     WHERE r.state = 'submitted' AND k.code = 'KIWI-B'`);
  const item = { code: "KIWI-B", unit_price_fen: 990 };
  assert.deepEqual(codesOf((await updatePrices([item])).items[0]), ["E_PRICE_WAITS"]);
  await approveAll(world);
  assert.equal((await cataloguer.get(`${skus}/KIWI-B/prices`)).body.items[0].unit_price_fen, 995);
  assert.equal((await updatePrices([item])).changed, 1);
});

let plans;
chapter("prices are put down for an instant, each SKU once for each", async () => {
  const [sale, back] = ["2026-10-25T16:00:00Z", "2026-10-28T16:00:00Z"];
  const past = await updatePrices([{ code: "PLAN-A", unit_price_fen: 1000, starts_at: "2026-10-01T00:00:00Z" }]);
  assert.deepEqual(codesOf(past.items[0]), ["E_TOO_EARLY"]);
  const held = await updatePrices([{ code: "PLAN-A", unit_price_fen: 900, starts_at: sale }, { code: "PLAN-A", unit_price_fen: 1230, starts_at: back }]);
  assert.deepEqual(held.items.map(codesOf), [[], ["E_PRICE_REASON"]], "what follows a sale is held against the sale");
  await cataloguer.delete(`${priceUpdates}/${held.items[0].plan}`);
  const put = await updatePrices([
    { code: "PLAN-A", unit_price_fen: 900, starts_at: sale }, { code: "PLAN-A", unit_price_fen: 1230, starts_at: back, reason: "活动结束，恢复原价" },
    { code: "PLAN-A", unit_price_fen: 950, starts_at: sale }, { code: "PLAN-B", unit_price_fen: 1340, starts_at: sale }, { code: "PLAN-C", unit_price_fen: 800, starts_at: sale },
  ]);
  assert.deepEqual(put.items.map(({ outcome }) => outcome), ["scheduled", "scheduled", "rejected", "scheduled", "scheduled"]);
  assert.deepEqual(codesOf(put.items[2]), ["E_REPEATED"]);
  assert.deepEqual(put.items.map(({ plan }) => plan !== null), [true, true, false, true, true], "what was refused is no plan");
  const nothing = await updatePrices([{ code: "PLAN-C", unit_price_fen: 700, starts_at: back }, { code: "NOWHERE", unit_price_fen: 1 }], { policy: "all_or_nothing" });
  assert.deepEqual([nothing.applied, nothing.items[0].outcome, nothing.items[0].plan], [false, "scheduled", null]);
  plans = put.items.map(({ plan }) => plan);
  await cataloguer.delete(`${priceUpdates}/${plans[4]}`);
  const again = await cataloguer.delete(`${priceUpdates}/${plans[4]}`, { expect: 409 });
  assert.equal(again.body.errors[0].code, "E_TRANSITION");
  await other.delete(`${priceUpdates}/${plans[0]}`, { expect: 404 });
  await cataloguer.delete(`${priceUpdates}/${randomUUID()}`, { expect: 404 });
  assert.equal((await cataloguer.get(`${skus}/PLAN-A/prices`)).body.items.length, 1);
  assert.deepEqual((await cataloguer.all(`${priceUpdates}?state=waiting`)).map(({ id }) => id).sort(), [plans[0], plans[1], plans[3]].sort());
  // before it is due, what PLAN-B is held against falls
  assert.equal((await updatePrices([{ code: "PLAN-B", unit_price_fen: 1000 }])).changed, 1);
});

chapter("at its instant a price takes effect, or says why it could not", async () => {
  const offer = one("PLAN-A").offer;
  world.forget();
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-25T16:00:01Z" });
  [cataloguer, other, buyer] = [await world.as("cataloguer"), await world.as("s0116"), await world.as("buyer")];
  await eventually(() => cataloguer.get(`${priceUpdates}?state=waiting`), ({ body }) => body.items.length === 1);
  const fate = Object.fromEntries((await cataloguer.all(priceUpdates)).map((plan) => [plan.id, plan]));
  assert.deepEqual([0, 1, 3, 4].map((i) => fate[plans[i]].state), ["applied", "waiting", "failed", "cancelled"]);
  assert.equal(fate[plans[3]].problem, "E_PRICE_REASON");
  assert.match(fate[plans[3]].detail, /11\.00/);
  assert.equal(one("PLAN-A").offer, offer + 1);
  await eventually(() => priced(buyer, [[one("PLAN-A").sku, 1]]), ({ pricing }) => pricing.lines[0].unit_price_fen === 900);
  assert.equal((await cataloguer.get(`${skus}/PLAN-C/prices`)).body.items[0].unit_price_fen, 1230);
  const told = (await cataloguer.all("/api/v1/notices")).find(({ kind }) => kind === "price_plan.failed");
  assert.match(told.sentence, /定时调价/);
  assert.deepEqual((await other.all(priceUpdates)), []);
});

chapter("a sale begins at once: all of one instant is one event, another instant is another", () => {
  const events = world.server.sql("SELECT id FROM event WHERE kind IN ('price_plan.applied', 'price_plan.failed')");
  assert.equal(events.length, 1);
  const [first, second] = [many.slice(0, 30), many.slice(30)];
  const plan = (code, at, i) => {
    const id = `02000000-0000-7000-8000-${String(i).padStart(12, "0")}`;
    return `SELECT '${id}', supplier, number, '1:1219', NULL, ${at}, 'waiting', NULL, NULL, ${at}, NULL FROM sku WHERE code = '${code}' AND supplier = (SELECT supplier FROM sku WHERE number = ${one("PLAN-A").sku})`;
  };
  // due long ago, as behind a night without the program; the minimum of each is one piece
  const rows = [...first.map((code, i) => plan(code, 1_000_000, i)), ...second.map((code, i) => plan(code, 2_000_000, 30 + i))];
  world.server.sql(`INSERT INTO price_plan (id, supplier, sku, ladder, reason, starts_at, state, problem, argument, created_at, ended_at) ${rows.join(" UNION ALL ")}`);
  return eventually(
    async () => ({ body: world.server.sql("SELECT id FROM event WHERE kind IN ('price_plan.applied', 'price_plan.failed')").length }),
    ({ body }) => body === 3,
  ).then(() => {
    const ends = world.server.sql("SELECT COUNT(DISTINCT ended_at) AS ends, COUNT(*) AS plans FROM price_plan WHERE id >= '02000000-0000-7000-8000-000000000000' AND id < '03000000-0000-7000-8000-000000000000' GROUP BY starts_at ORDER BY starts_at");
    assert.deepEqual(ends.map(({ ends: at, plans: of }) => [Number(at), Number(of)]), [[1, first.length], [1, second.length]]);
  });
});

chapter("so many prices may wait, and no more", async () => {
  const digit = "(SELECT 0 n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
  world.server.sql(
    `INSERT INTO price_plan (id, supplier, sku, ladder, reason, starts_at, state, problem, argument, created_at, ended_at)
     SELECT CONCAT('04000000-0000-7000-8000-', LPAD(a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n, 12, '0')), k.supplier, k.number, '1:1219', NULL, 4000000000000000, 'waiting', NULL, NULL, 1, NULL
       FROM sku k, ${digit} a, ${digit} b, ${digit} c, ${digit} d, ${digit} e WHERE k.number = ${one("PLAN-A").sku} AND e.n < 5`,
  );
  const item = { code: "PLAN-A", unit_price_fen: 899, starts_at: "2026-11-25T16:00:00Z" };
  const { body } = await cataloguer.post(priceUpdates, { policy: "all_or_nothing", items: [item] }, { expect: 422 });
  assert.deepEqual(body.errors.map(({ code, pointer }) => [code, pointer]), [["E_PLANS_WAITING", "/items"]]);
  assert.match(body.errors[0].detail, /50000/);
  assert.equal((await updatePrices([{ code: "PLAN-A", unit_price_fen: 899 }])).changed, 1, "what is priced at once is no matter of it");
  world.server.sql("DELETE FROM price_plan WHERE id >= '04000000-0000-7000-8000-000000000000' AND id < '05000000-0000-7000-8000-000000000000'");
  assert.equal((await updatePrices([item])).scheduled, 1);
});

chapter("what fifty items cost does not grow with each of them", async () => {
  const costs = async (codes, turn) => {
    const stock = await cataloguer.post(stockUpdates, { policy: "all_or_nothing", items: codes.map((code) => ({ code, change: 1 })) }, { expect: 200 });
    const price = await cataloguer.post(priceUpdates, { policy: "all_or_nothing", items: codes.map((code) => ({ code, unit_price_fen: 1230 - turn })) }, { expect: 200 });
    assert.deepEqual([stock.body.accepted, price.body.changed], [codes.length, codes.length]);
    return [Client.statements(stock), Client.statements(price)];
  };
  const [single, fifty] = [await costs(many.slice(0, 1), 1), await costs(many, 2)];
  // fifty rows are written in three widths
  assert.ok(fifty[0] <= single[0] + 4 && fifty[1] <= single[1] + 8, `${single} and ${fifty} statements`);
});

chapter("a bulk update of prices is not undone by stock that moves beside it", async () => {
  let isChanging = true;
  const move = async (i) => {
    for (let turn = i; isChanging; turn += 7) await updateStock([{ code: many[turn % 50], change: 1 }, { code: many[(turn + 23) % 50], change: -1 }]);
  };
  const reprice = async () => {
    try {
      for (let i = 0; i < 12; i++)
        assert.equal((await updatePrices(many.map((code) => ({ code, unit_price_fen: 1200 - i })), { policy: "all_or_nothing" })).applied, true);
    } finally {
      isChanging = false;
    }
  };
  await Promise.all([reprice(), ...Array.from({ length: 6 }, (_, i) => move(i))]);
  for (const code of many.slice(0, 3)) assert.equal((await cataloguer.get(`${skus}/${code}/prices`)).body.items[0].unit_price_fen, 1189);
});

chapter("32 buyers take what is added and taken off at the same time, and what is left is what moved less what they took", async () => {
  const journal = new Journal(world.server);
  const goods = many.slice(0, 3).map(one);
  let isChanging = true;
  const change = async () => {
    let refused = 0;
    try {
      for (let i = 0; i < 40; i++) {
        const { items } = await updateStock(goods.map(({ code }, n) => ({ code, change: (i + n) % 3 ? 4 : -6 })));
        refused += items.filter(({ problems }) => problems.length).length;
      }
    } finally {
      isChanging = false;
    }
    return refused;
  };
  const buy = async (i) => {
    while (isChanging) {
      const pairs = goods.map((one, n) => [one, 1 + ((i + n) % 2)]);
      const order = await journal.place(buyer, i % 2 ? pairs : pairs.reverse());
      assert.notEqual(order.state, "open", order.last?.text);
    }
  };
  await Promise.all([change(), ...Array.from({ length: 32 }, (_, i) => buy(i))]);
  assert.ok(journal.of("placed").length > 0);
  for (const { sku, code } of goods) {
    const { available, held } = await stockOf(code);
    const moved = world.server.number(`SELECT SUM(quantity) FROM stock_movement WHERE sku = ${sku}`);
    assert.equal(held, journal.sold({ sku, code }));
    assert.equal(available, moved - held);
    assert.ok(available >= 0);
  }
  await booksAgree(world.server);
});
