// Suppliers write their products themselves: drafts, what is handed in, what a reviewer makes of it, SKUs that come, end and join,
// prices that wait for the approval, the switch. Every fault of a body is named at once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, organisations } from "./support/seed.mjs";
import { eventually, once, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const base = "/api/v1/supplier/products";
let world, cataloguer, reviewer, buyer;
const known = {};

before(async () => {
  world = await World.open();
  [cataloguer, reviewer, buyer] = [await world.as("cataloguer"), await world.as("reviewer"), await world.as("buyer")];
});
after(() => world?.close());

const ladder = (...rungs) => rungs.map(([quantity, unit_price_fen]) => ({ quantity, unit_price_fen }));
const sku = (code, more = {}) => ({
  code,
  specification: "5斤装",
  sale_unit: "箱",
  weight_g: 2500,
  ladder: ladder([2, 6800], [50, 6400]),
  stock: 100,
  ...more,
});
const product = (more = {}) => ({
  name: "周至猕猴桃",
  county: "610124",
  category: "0101",
  storage: "常温",
  shelf_days: 30,
  skus: [sku("P-1")],
  ...more,
});
const codesOf = (answer) => answer.body.errors.map(({ pointer, code }) => `${pointer} ${code}`).sort();
const match = (etag) => ({ "If-Match": etag });
const get = async (path) => (await cataloguer.get(`${base}${path}`)).body;
const put = (path, body, etag, options = {}) => cataloguer.send("PUT", `${base}${path}`, { body, expect: 200, ...options, headers: match(etag) });
const act = (path, options = {}) => cataloguer.post(`${base}${path}`, undefined, { expect: 200, ...options });
const decide = (id, decision = "approve", more = {}) =>
  reviewer.post(`/api/v1/product-reviews/${id}/decisions`, { decision, ...more }, { expect: 200 });
const kinds = (object) => world.server.sql(`SELECT kind FROM event WHERE object = '${object}' ORDER BY id`).map(({ kind }) => kind);
const bare = ({ stock, ...rest }) => rest;

chapter("a draft is written, read and changed by version", async () => {
  const created = await once(cataloguer, base, product());
  const draft = created.body;
  known.product = draft.product;
  assert.equal(created.headers.location, `${base}/${draft.product}`);
  assert.deepEqual([draft.state, draft.version, draft.vat_kind], ["draft", 1, "taxed"]);
  assert.deepEqual([draft.skus[0].ladder, draft.skus[0].minimum, draft.skus[0].multiple], [ladder([2, 6800], [50, 6400]), 2, 1]);

  const place = `/${draft.product}/revisions/${draft.id}`;
  const { headers, body } = await cataloguer.get(`${base}${place}`);
  assert.deepEqual(body, draft);
  await cataloguer.send("PUT", `${base}${place}`, { body: product(), expect: 428 });
  await put(place, product(), '"v7"', { expect: 412 });
  const { stock, ...again } = sku("P-1");
  const changed = await put(place, product({ brand: " 秦岭 ", skus: [again, sku("P-2", { specification: "10斤装" })] }), headers.etag);
  assert.deepEqual([changed.body.version, changed.body.brand, changed.body.skus.length], [2, "秦岭", 2]);
  await put(place, product({ skus: [again] }), headers.etag, { expect: 412 });

  const whole = await get(`/${draft.product}`);
  assert.deepEqual([whole.latest_state, whole.draft, whole.revision, whole.on_sale], ["draft", draft.id, null, false]);
  assert.deepEqual(
    whole.skus.map(({ code, available, ended }) => [code, available, ended]),
    [
      ["P-1", 100, false],
      ["P-2", 100, false],
    ],
  );
  known.draft = draft.id;
});

chapter("every fault is named at once, by its place", async () => {
  const bad = product({
    name: "<b>桃</b>",
    county: "610102",
    category: "01",
    storage: "随便",
    remark: "a\u0007b",
    agency: true,
    certificates: [{ name: "不存在" }, { name: "有机", file: randomUUID() }],
    images: [{ id: randomUUID() }],
    skus: [
      sku("p 1"),
      sku("P-9", { sale_unit: "麻袋袋", barcode: "6901234567890", minimum: 3, multiple: 2 }),
      sku("P-9", { ladder: ladder([2, 100], [2, 90]), stock: -1 }),
      { code: "P-10", specification: "散", sale_unit: "斤", weight_g: 500 },
    ],
  });
  const refused = await cataloguer.post(base, bad, { expect: 422 });
  assert.deepEqual(codesOf(refused), [
    "/category E_CATEGORY_LEVEL",
    "/certificates/0/name E_CERT_UNKNOWN",
    "/certificates/1/file E_UNKNOWN_REFERENCE",
    "/county E_COUNTY_NOT_ELIGIBLE",
    "/images/0/id E_UNKNOWN_REFERENCE",
    "/mandate E_REQUIRED",
    "/mandate_until E_REQUIRED",
    "/name E_MARKUP",
    "/producer E_REQUIRED",
    "/remark E_CONTROL_CHAR",
    "/skus/0/code E_SKU_FORMAT",
    "/skus/1/barcode E_BARCODE_CHECK",
    "/skus/1/ladder/0/quantity E_PRICE_MINIMUM",
    "/skus/1/minimum E_NOT_MULTIPLE",
    "/skus/1/sale_unit E_UNIT_UNKNOWN",
    "/skus/2/code E_REPEATED",
    "/skus/2/ladder/1 E_TIER_ORDER",
    "/skus/2/stock E_RANGE",
    "/skus/3/ladder E_REQUIRED",
    "/storage E_STORAGE",
  ]);
  const taken = await cataloguer.post(base, product({ skus: [sku("P-1")] }), { expect: 422 });
  assert.deepEqual(codesOf(taken), ["/skus/0/code E_CODE_ELSEWHERE", "/skus/0/stock E_STOCK_KEPT"]);
  const plain = product({ mandate: randomUUID(), shelf_days: null, vat_kind: "taxed", vat_rate: 7, skus: [sku("P-8")] });
  assert.deepEqual(codesOf(await cataloguer.post(base, plain, { expect: 422 })), [
    "/mandate E_AGENCY_ONLY",
    "/mandate E_UNKNOWN_REFERENCE",
    "/shelf_days E_REQUIRED",
    "/vat_rate E_VAT",
  ]);
});

chapter("only the supplier's own people see and change them", async () => {
  const other = await world.as("s0116");
  const place = `${base}/${known.product}`;
  for (const path of [place, `${place}/revisions`, `${place}/revisions/${known.draft}`]) {
    await other.get(path, { expect: 404 });
    await buyer.get(path, { expect: 403 });
  }
  await other.put(`${place}/listing`, { listed: false }, { expect: 404, headers: match("*") });
  await other.post(`${place}/revisions`, product(), { expect: 404 });
  await other.send("DELETE", `${place}/revisions/${known.draft}`, { expect: 404, headers: match("*") });
  for (const action of ["submissions", "withdrawals"]) {
    await other.post(`${place}/revisions/${known.draft}/${action}`, undefined, { expect: 404 });
    await buyer.post(`${place}/revisions/${known.draft}/${action}`, undefined, { expect: 403 });
  }
  await cataloguer.get(`${place}/revisions/${randomUUID()}`, { expect: 404 });
});

chapter("handed in, it waits; taken back, it can be begun again; approved, it is sold", async () => {
  const place = `/${known.product}/revisions`;
  await act(`${place}/${known.draft}/withdrawals`, { expect: 409 });
  const waiting = (await act(`${place}/${known.draft}/submissions`)).body;
  assert.deepEqual([waiting.state, waiting.version], ["submitted", 3]);
  await act(`${place}/${known.draft}/submissions`, { expect: 409 });
  await put(`${place}/${known.draft}`, product({ skus: [bare(sku("P-1"))] }), "*", { expect: 409 });
  assert.deepEqual((await get(`/${known.product}`)).draft, null);

  const back = (await act(`${place}/${known.draft}/withdrawals`)).body;
  assert.equal(back.state, "superseded");
  const copy = await once(cataloguer, `${base}${place}/${known.draft}/copies`, { submit: true });
  assert.equal(copy.body.state, "submitted");
  assert.deepEqual(copy.body.skus, waiting.skus);
  assert.equal(copy.headers.location, `${base}${place}/${copy.body.id}`);
  assert.equal((await get(`/${known.product}`)).on_sale, false);
  await decide(copy.body.id);
  known.first = copy.body.id;

  const whole = await get(`/${known.product}`);
  assert.deepEqual([whole.revision, whole.on_sale, whole.listed], [known.first, true, true]);
  assert.deepEqual(
    whole.revisions.map(({ state }) => state),
    ["approved", "superseded"],
  );
  known.skus = Object.fromEntries(whole.skus.map((one) => [one.code, one.sku]));
  assert.deepEqual(kinds(known.draft), ["product.created", "revision.changed", "revision.submitted", "revision.withdrawn"]);
  assert.deepEqual(kinds(known.first), ["revision.submitted", "revision.approved"]);
});

chapter("nothing changed is nothing to review; a price above the band says why", async () => {
  const place = `/${known.product}/revisions`;
  const again = (await cataloguer.post(`${base}${place}/${known.first}/copies`, {})).body;
  assert.deepEqual(
    again.skus.map((one) => one.ladder),
    [null, null],
    "prices that are in force stay",
  );
  assert.equal((await act(`${place}/${again.id}/submissions`, { expect: 409 })).body.code, "E_UNCHANGED");
  assert.equal((await cataloguer.post(`${base}${place}`, product({ skus: [bare(sku("P-1"))] }), { expect: 409 })).body.code, "E_DRAFT_EXISTS");

  const dear = bare(sku("P-1", { ladder: ladder([2, 9800]) }));
  const { headers } = await cataloguer.get(`${base}${place}/${again.id}`);
  const refused = await put(place + `/${again.id}`, product({ skus: [dear, bare(sku("P-2"))], submit: true }), headers.etag, { expect: 422 });
  assert.deepEqual(codesOf(refused), ["/skus/0/price_reason E_PRICE_REASON"]);
  dear.price_reason = "霜冻减产";
  const asked = await put(place + `/${again.id}`, product({ skus: [dear, bare(sku("P-2", { specification: "10斤装" }))], submit: true }), headers.etag);
  assert.equal(asked.body.state, "submitted");
  const before = await get(`/${known.product}`);
  assert.deepEqual(before.skus[0].ladder, ladder([2, 6800], [50, 6400]), "what waits changes no price");
  known.dear = again.id;
});

chapter("orders keep the revision and the price that they were placed with", async () => {
  const { lines } = await priced(buyer, [[known.skus["P-1"], 4]]);
  const order = (await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines })).body;
  await decide(known.dear);
  const whole = await get(`/${known.product}`);
  assert.deepEqual([whole.skus[0].ladder, whole.skus[0].price_reason], [ladder([2, 9800]), "霜冻减产"]);
  assert.ok(whole.skus[0].offer > lines[0].offer);
  const [line] = (await buyer.get(`/api/v1/purchase-orders/${order.id}/lines`)).body.items;
  assert.deepEqual([line.revision, line.unit_price_fen, line.specification], [known.first, 6800, "5斤装"]);
  known.order = order.id;
});

chapter("what a revision leaves out ends, what it adds begins, with its approval", async () => {
  const place = `/${known.product}/revisions`;
  // above the band still, but lowered: that needs no reason
  const lower = bare(sku("P-1", { ladder: ladder([2, 9700]) }));
  const next = (await cataloguer.post(`${base}${place}`, product({ skus: [lower, sku("P-3", { stock: 7 })], submit: true }))).body;
  assert.deepEqual(
    next.skus.map((one) => [one.code, one.ladder !== null]),
    [
      ["P-1", true],
      ["P-3", true],
    ],
  );
  const offered = async () => Object.fromEntries((await get(`/${known.product}`)).skus.map((one) => [one.code, [one.on_sale, one.ended, one.available]]));
  assert.deepEqual(await offered(), { "P-1": [true, false, 96], "P-2": [true, false, 100], "P-3": [false, false, 7] });
  await decide(next.id);
  assert.deepEqual(await offered(), { "P-1": [true, false, 96], "P-2": [false, true, 100], "P-3": [true, false, 7] });
  const refused = await cataloguer.post(base, product({ skus: [sku("P-2")] }), { expect: 422 });
  assert.ok(codesOf(refused).includes("/skus/0/code E_CODE_ELSEWHERE"), "the code of what ended stays taken");
  known.second = next.id;
});

chapter("a returned revision says why, and what to mend", async () => {
  const place = `/${known.product}/revisions`;
  const bad = (await cataloguer.post(`${base}${place}`, product({ origin: "秦岭北麓", skus: [bare(sku("P-1", { ladder: null })), bare(sku("P-3"))], submit: true }))).body;
  await decide(bad.id, "return", { reason: "产地说明不足" });
  const whole = await get(`/${known.product}`);
  assert.deepEqual([whole.latest, whole.latest_state, whole.reason, whole.on_sale], [bad.id, "returned", "产地说明不足", true]);
  assert.equal((await cataloguer.get(`${base}?state=returned`)).body.items.length, 1);
});

chapter("a code that stands alone joins another product with the approval", async () => {
  const lone = (await cataloguer.post(base, product({ name: "独立商品", skus: [sku("L-1", { stock: 9 })], submit: true }))).body;
  await decide(lone.id);
  const { sku: number } = (await get(`/${lone.product}`)).skus[0];
  const { lines } = await priced(buyer, [[number, 2]]);
  const order = (await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines })).body;

  const joined = (
    await cataloguer.post(
      `${base}/${known.product}/revisions`,
      product({ skus: [bare(sku("P-1", { ladder: null })), bare(sku("P-3")), bare(sku("L-1"))], submit: true }),
    )
  ).body;
  assert.deepEqual(
    joined.skus.map(({ code, joins, ladder: asked }) => [code, joins, asked]),
    [
      ["P-1", false, null],
      ["P-3", false, null],
      ["L-1", true, null],
    ].sort((a, b) => joined.skus.findIndex((x) => x.code === a[0]) - joined.skus.findIndex((x) => x.code === b[0])),
  );
  assert.equal((await get(`/${lone.product}`)).on_sale, true, "until the approval it is where it was");
  await decide(joined.id);
  const left = await get(`/${lone.product}`);
  assert.deepEqual([left.skus, left.listed, left.on_sale], [[], false, false]);
  const whole = await get(`/${known.product}`);
  assert.deepEqual(
    whole.skus.filter((one) => one.on_sale).map(({ code, available }) => [code, available]).sort(),
    [
      ["L-1", 7],
      ["P-1", 96],
      ["P-3", 7],
    ],
  );
  const [line] = (await buyer.get(`/api/v1/purchase-orders/${order.id}/lines`)).body.items;
  assert.deepEqual([line.sku, line.revision, line.name], [number, lone.id, "独立商品"]);
  assert.equal(
    (await cataloguer.get(base)).body.items.some((one) => one.id === lone.product),
    false,
    "a product without SKUs is not listed",
  );
  const again = await priced(buyer, [[number, 2]]);
  assert.equal(again.pricing.lines[0].status, "ok");
});

chapter("the switch is the supplier's, by version, and moves the shelf", async () => {
  const path = `${base}/${known.product}`;
  const { headers } = await cataloguer.get(path);
  await cataloguer.put(`${path}/listing`, { listed: false }, { expect: 428 });
  await cataloguer.put(`${path}/listing`, { listed: false }, { expect: 412, headers: match('"v1"') });
  const off = await cataloguer.put(`${path}/listing`, { listed: false }, { expect: 200, headers: match(headers.etag) });
  assert.deepEqual(off.body, { product: known.product, listed: false });
  assert.equal((await get(`/${known.product}`)).on_sale, false);
  assert.equal((await priced(buyer, [[known.skus["P-1"], 2]])).pricing.orderable, false);
  await cataloguer.put(`${path}/listing`, { listed: false }, { expect: 200, headers: match("*") });
  await cataloguer.put(`${path}/listing`, { listed: true }, { expect: 200, headers: match("*") });
  assert.deepEqual(kinds(known.product), ["product.unlisted", "product.listed"]);
  assert.equal((await priced(buyer, [[known.skus["P-1"], 2]])).pricing.orderable, true);
});

chapter("a draft that is deleted frees its codes; a product that was only that goes too", async () => {
  const fresh = (await cataloguer.post(base, product({ skus: [sku("D-1")] }))).body;
  const place = `/${fresh.product}/revisions/${fresh.id}`;
  const { headers } = await cataloguer.get(`${base}${place}`);
  await cataloguer.send("DELETE", `${base}${place}`, { expect: 428 });
  await cataloguer.send("DELETE", `${base}${place}`, { expect: 412, headers: match('"v9"') });
  await cataloguer.send("DELETE", `${base}${place}`, { expect: 204, headers: match(headers.etag) });
  await cataloguer.get(`${base}/${fresh.product}`, { expect: 404 });
  const again = (await cataloguer.post(base, product({ skus: [sku("D-1")] }))).body;
  assert.notEqual(again.product, fresh.product);
  await cataloguer.send("DELETE", `${base}/${again.product}/revisions/${again.id}`, { expect: 204, headers: match("*") });
});

chapter("certificates, mandate and copies are kept; what has expired is not handed in", async () => {
  const pdf = await upload(cataloguer, Buffer.from("%PDF-1.4\n%%EOF\n"), "application/pdf");
  const text = await upload(cataloguer, Buffer.from("a,b\n"));
  const whole = product({
    skus: [sku("C-1")],
    producer: "周至县某合作社",
    agency: true,
    mandate: pdf.id,
    mandate_until: "2099-12-31",
    farmers: "三十户参与",
    households: 30,
    certificates: [{ name: "合格证" }, { name: "有机产品", number: "CN-1", issuer: "某机构", valid_until: "2020-01-01", file: pdf.id }],
  });
  const draft = (await cataloguer.post(base, whole)).body;
  assert.deepEqual(
    draft.certificates.map(({ name, number, valid_until }) => [name, number, valid_until]),
    [
      ["达标合格证", "", null],
      ["有机", "CN-1", "2020-01-01"],
    ],
  );
  const place = `/${draft.product}/revisions/${draft.id}`;
  const read = await get(place);
  assert.deepEqual([read.mandate, read.households, read.agency, read.certificates.length], [pdf.id, 30, true, 2]);
  assert.deepEqual(codesOf(await act(`${place}/submissions`, { expect: 422 })), ["/certificates/0/valid_until E_LICENCE_OVER"]);
  whole.skus = [bare(sku("C-1"))];
  whole.certificates[1].valid_until = "2099-01-01";
  whole.certificates[0].file = text.id;
  assert.deepEqual(codesOf(await put(place, whole, "*", { expect: 422 })), ["/certificates/0/file E_DOCUMENT_TYPE"]);
  delete whole.certificates[0].file;
  await put(place, whole, "*");
  const waiting = (await act(`${place}/submissions`)).body;
  await decide(waiting.id);
  await eventually(
    () => world.anybody.get(`/api/v1/products?q=${encodeURIComponent("猕猴桃")}`),
    ({ body }) => body.items.some(({ id }) => id === draft.product),
  );
});

chapter("lists find by state, switch, stock, category and a part of name or code", async () => {
  const find = async (query) => (await cataloguer.get(`${base}?${query}`)).body.items.map((one) => one.skus.map(({ code }) => code).join());
  assert.equal((await find("")).length, 2);
  assert.deepEqual(await find("q=c-1"), ["C-1"]);
  assert.equal((await find(`q=${encodeURIComponent("猕猴")}`)).length, 2);
  assert.deepEqual(await find("q=%25"), []);
  assert.equal((await find("category=01")).length, 2);
  assert.equal((await find("category=0102")).length, 0);
  for (const category of ["紫阳", "茶", "1x"]) {
    const { body } = await cataloguer.get(`/api/v1/supplier/products?category=${encodeURIComponent(category)}`, { expect: 422 });
    assert.deepEqual(body.errors.map(({ pointer }) => pointer), ["category"]);
  }
  assert.equal((await find("on_sale=true")).length, 2);
  assert.equal((await find("listed=false")).length, 0);
  assert.equal((await find("stock=low")).length, 1);
  assert.equal((await find("state=draft")).length, 0);
  const [first] = (await cataloguer.get(`${base}?limit=1`)).body.items;
  assert.equal((await cataloguer.all(base, { limit: 1 })).length, 2);
  const pages = await cataloguer.all(`${base}/${first.id}/revisions`, { limit: 1 });
  assert.deepEqual(
    pages.map(({ id }) => id),
    (await get(`/${first.id}`)).revisions.map(({ id }) => id),
  );
  await cataloguer.get(`${base}?state=nothing`, { expect: 422 });
  assert.deepEqual((await (await world.as("s0116")).get(base)).body.items, []);
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
