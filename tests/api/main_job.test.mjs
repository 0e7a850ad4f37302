// The main job from end to end, as one story: five suppliers send their files, a unit orders in bulk, the suppliers confirm
// and ship, the unit receives and accepts, the money comes in and is settled, and the totals add up to the fen, now and later.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, organisations } from "./support/seed.mjs";
import { approveAll, dataFile, eventually, importFile, once, ownGoods, priceAt, priced, story, sum, taxInside, upload } from "./support/steps.mjs";

const suppliers = { S0101: "cataloguer", S0116: "s0116", S0176: "s0176", S0236: "s0236", S0256: "s0256" };
const dispatchers = { S0101: "dispatcher", S0116: "s0116", S0176: "s0176", S0236: "s0236", S0256: "s0256" };
const sm3 = (bytes) => createHash("sm3").update(bytes).digest("hex");
const codeOf = (supplier) => Object.keys(organisations).find((name) => organisations[name].id === supplier);
const codes = (answer) => (answer.body.errors ?? []).map((fault) => fault.code);

const chapter = story(test);
let world;
const goods = []; // every product of the shop, as its supplier sees it: sku, ladder, minimum, multiple, available, supplier
const known = {}; // what later chapters need of earlier ones

before(async () => {
  world = await World.open();
});
after(async () => {
  await world.close();
});

// ---- 1. the catalogue ----

chapter("suppliers upload their files and import them, a dry run first", async () => {
  for (const [code, login] of Object.entries(suppliers)) {
    const cataloguer = await world.as(login);
    const bytes = dataFile(`uploads/${code}.csv`);
    const file = await upload(cataloguer, bytes);
    assert.deepEqual([file.size, file.media_type, file.digest], [bytes.length, "text/csv", sm3(bytes)]);
    assert.deepEqual((await cataloguer.get(`/api/v1/files/${file.id}`)).bytes, bytes);

    const rows = bytes.toString("utf8").trim().split("\n").length - 1;
    const tried = await importFile(cataloguer, file.id, { dryRun: true });
    assert.deepEqual([tried.state, tried.accepted, tried.rejected, tried.created, tried.published], ["done", rows, 0, rows, false]);
    assert.deepEqual((await cataloguer.get("/api/v1/supplier/products")).body.items, []);

    const done = await importFile(cataloguer, file.id);
    assert.deepEqual(
      [done.state, done.accepted, done.rejected, done.created, done.published, done.encoding],
      ["done", rows, 0, rows, true, "UTF-8"],
    );
    const again = await importFile(cataloguer, file.id);
    assert.deepEqual([again.created, again.changed, again.unchanged], [0, 0, rows]);
  }
});

chapter("whoever may not import is told so, and files of others do not exist", async () => {
  const [buyer, cataloguer, s0116] = [await world.as("buyer"), await world.as("cataloguer"), await world.as("s0116")];
  const own = await upload(cataloguer, dataFile("uploads/S0101.csv"));
  const wanted = { file: own.id, policy: "accept_good_rows" };
  await buyer.post("/api/v1/supplier/imports", wanted, { expect: 403 });
  await world.anybody.post("/api/v1/supplier/imports", wanted, { expect: 401 });
  const refused = await s0116.post("/api/v1/supplier/imports", wanted, { expect: 422 });
  assert.deepEqual(
    refused.body.errors.map((fault) => [fault.pointer, fault.code]),
    [["/file", "E_UNKNOWN_REFERENCE"]],
  );
  await s0116.get(`/api/v1/files/${own.id}`, { expect: 404 });
  const [newest] = (await cataloguer.get("/api/v1/supplier/imports?limit=1")).body.items;
  await s0116.get(`/api/v1/supplier/imports/${newest.id}`, { expect: 404 });
  await s0116.get(`/api/v1/jobs/${newest.id}`, { expect: 404 });
});

chapter("nothing is in the shop before a reviewer approves it", async () => {
  const [reviewer, county, buyer] = [await world.as("reviewer"), await world.as("countysupervisor"), await world.as("buyer")];
  const { items, next } = (await world.anybody.get("/api/v1/products")).body;
  assert.deepEqual({ items, next }, { items: [], next: null });

  const waiting = await reviewer.all("/api/v1/product-reviews");
  assert.equal(new Set(waiting.map((review) => review.supplier)).size, 5);
  const inCounty = await county.all("/api/v1/product-reviews");
  assert.deepEqual(new Set(inCounty.map((review) => review.supplier)), new Set([organisations.S0101.id]));
  const foreign = waiting.find((review) => review.supplier !== organisations.S0101.id);
  await county.post(`/api/v1/product-reviews/${foreign.id}/decisions`, { decision: "approve" }, { expect: 404 });
  await buyer.post(`/api/v1/product-reviews/${foreign.id}/decisions`, { decision: "approve" }, { expect: 403 });

  const [returned, approved] = inCounty;
  const bare = await county.post(`/api/v1/product-reviews/${returned.id}/decisions`, { decision: "return" }, { expect: 422 });
  assert.deepEqual(codes(bare), ["E_REQUIRED"]);
  await once(county, `/api/v1/product-reviews/${returned.id}/decisions`, { decision: "return", reason: "请补充产地证明" }, { expect: 200 });
  await once(county, `/api/v1/product-reviews/${approved.id}/decisions`, { decision: "approve" }, { expect: 200 });
  const late = await reviewer.post(`/api/v1/product-reviews/${approved.id}/decisions`, { decision: "approve" }, { expect: 409 });
  assert.equal(late.body.code, "E_TRANSITION");
  const left = await approveAll(reviewer);
  assert.equal(left.length, waiting.length - 2);
  known.returned = { ...returned, sku: returned.skus[0].sku };
  known.onSale = waiting.length - 1;
});

chapter("approved products are in the shop: filtered, searched, paged, and not sent twice", async () => {
  const { anybody } = world;
  const { onSale, returned } = known;
  const all = await eventually(
    () => anybody.get("/api/v1/products?limit=200"),
    ({ body }) => body.items.length === onSale,
  );
  assert.equal(all.body.next, null);
  assert.ok(!all.body.items.some((item) => item.sku === returned.sku), "what was returned is not on sale");
  await anybody.get("/api/v1/products?limit=200", { expect: 304, headers: { "If-None-Match": all.headers.etag } });
  assert.deepEqual(
    (await anybody.all("/api/v1/products", { limit: 7 })).map((item) => item.id),
    all.body.items.map((item) => item.id),
  );

  for (const [query, holds] of [
    [`supplier=${organisations.S0116.id}`, (item) => item.supplier.id === organisations.S0116.id],
    ["county=610124", (item) => item.county.code === "610124"],
    ["category=05", (item) => item.category.code.startsWith("05")],
    [`category=${all.body.items[0].category.code}`, (item) => item.category.code === all.body.items[0].category.code],
    [`q=${encodeURIComponent("黑米")}`, (item) => item.name.includes("黑米") || item.category.name.includes("黑米")],
  ]) {
    const found = await anybody.all(`/api/v1/products?${query}`);
    assert.deepEqual(new Set(found.map((item) => item.sku)), new Set(all.body.items.filter(holds).map((item) => item.sku)), query);
    assert.ok(found.length > 0 && found.length < onSale, query);
  }
  const prices = (await anybody.all("/api/v1/products?sort=price_desc")).map((item) => item.unit_price_fen);
  assert.deepEqual(
    prices,
    [...prices].sort((a, b) => b - a),
  );

  const card = await anybody.get(`/api/v1/products/${all.body.items[0].id}`);
  assert.equal(card.body.skus[0].ladder[0].unit_price_fen, all.body.items[0].unit_price_fen);
  assert.ok(!("available" in card.body), "the public is not told how much there is");
  await anybody.get(`/api/v1/products/${card.body.id}`, { expect: 304, headers: { "If-None-Match": card.headers.etag } });
  await anybody.get(`/api/v1/products/${randomUUID()}`, { expect: 404 });
});

async function stockOf(code) {
  const cataloguer = await world.as(suppliers[code]);
  return new Map((await ownGoods(cataloguer)).map((product) => [product.sku, product.available]));
}

chapter("each supplier sees its own products with exact stock", async () => {
  const categories = (await world.anybody.get("/api/v1/categories")).body.items;
  for (const [code, login] of Object.entries(suppliers)) {
    const cataloguer = await world.as(login);
    for (const product of await ownGoods(cataloguer)) {
      const { vat_kind, vat_rate } = categories.find((category) => category.code === product.category);
      goods.push({ ...product, supplier: organisations[code].id, vatRate: vat_kind === "taxed" ? vat_rate : 0 });
    }
  }
  const [foreign] = goods.filter((product) => product.supplier === organisations.S0116.id);
  const cataloguer = await world.as("cataloguer");
  await cataloguer.get(`/api/v1/supplier/products/${foreign.id}`, { expect: 404 });
  const [own] = goods;
  const detail = (await cataloguer.get(`/api/v1/supplier/products/${own.id}`)).body;
  assert.equal(detail.revisions.length, 1);
  assert.equal(goods.filter((product) => product.on_sale).length, known.onSale);
});

// ---- 2. the order ----

/** What a line must cost, from the supplier's own page. */
function expectedLine({ sku, quantity }) {
  const product = goods.find((one) => one.sku === sku);
  const unitPrice = priceAt(product.ladder, quantity);
  const amount = unitPrice * quantity;
  return { unitPrice, amount, tax: taxInside(amount, product.vatRate), supplier: product.supplier, county: product.county };
}

chapter("pricing tells of each line what it would cost and whether it could be had", async () => {
  const buyer = await world.as("buyer");
  const onSale = goods.filter((product) => product.on_sale);
  const ladder = onSale.find((product) => product.ladder.length > 1 && product.minimum === 1);
  const picky = onSale.find((product) => product.minimum > 1);
  const { pricing } = await priced(buyer, [
    [ladder.sku, ladder.ladder[1].quantity - 1],
    [picky.sku, picky.minimum - 1],
    [known.returned.sku, 1],
    ["99999999", 1],
    [onSale[1].sku, 1_000_000],
  ]);
  assert.deepEqual(
    pricing.lines.map((line) => line.status),
    ["ok", "below_minimum", "unknown", "unknown", "short"],
  );
  assert.equal(pricing.orderable, false);
  const [first] = pricing.lines;
  const expected = expectedLine(first);
  assert.deepEqual(
    [first.unit_price_fen, first.amount_fen, first.tax_fen, first.available],
    [expected.unitPrice, expected.amount, expected.tax, ladder.available],
  );
  assert.deepEqual([first.next_more, first.next_unit_price_fen], [1, ladder.ladder[1].unit_price_fen]);
  assert.equal(pricing.amount_fen, first.amount_fen, "sums are of what could be ordered");
  await (await world.as("finance")).post("/api/v1/order-pricings", { lines: [{ sku: first.sku, quantity: 1 }] }, { expect: 403 });
});

chapter("one order takes from five suppliers at once, exactly once", async () => {
  const buyer = await world.as("buyer");
  const wanted = goods
    .filter((product) => product.on_sale)
    .map((product, i) => [product.sku, product.minimum * product.multiple * (1 + (i % 60))]);
  const { pricing, lines } = await priced(buyer, wanted);
  assert.equal(pricing.orderable, true);
  const order = {
    submit: true,
    terms: "pay_later",
    ship_within_days: 15,
    delivery_address: "西安市新城区解放路 1 号",
    note: "中秋慰问",
    lines,
  };
  const before = await Promise.all(Object.keys(suppliers).map(stockOf));
  const placed = (await once(buyer, "/api/v1/purchase-orders", order)).body;

  assert.equal(placed.line_count, wanted.length);
  assert.deepEqual(
    [placed.amount_fen, placed.tax_fen],
    [sum(lines, (line) => expectedLine(line).amount), sum(lines, (line) => expectedLine(line).tax)],
  );
  assert.equal(placed.amount_fen, pricing.amount_fen);
  assert.equal(placed.supply_orders.length, 5);
  for (const supply of placed.supply_orders) {
    const own = lines.filter((line) => expectedLine(line).supplier === supply.supplier);
    assert.deepEqual(
      [supply.line_count, supply.amount_fen, supply.agreement],
      [own.length, sum(own, (line) => expectedLine(line).amount), "placed"],
    );
  }
  const stored = await buyer.all(`/api/v1/purchase-orders/${placed.id}/lines`, { limit: 11 });
  assert.equal(stored.length, lines.length);
  for (const line of stored) {
    const expected = expectedLine(line);
    assert.deepEqual(
      [line.unit_price_fen, line.amount_fen, line.tax_fen, line.county],
      [expected.unitPrice, expected.amount, expected.tax, expected.county],
    );
  }
  for (const [i, code] of Object.keys(suppliers).entries()) {
    const now = await stockOf(code);
    for (const { sku, quantity } of lines.filter((line) => now.has(line.sku)))
      assert.equal(now.get(sku), before[i].get(sku) - quantity, `stock of ${sku}`);
  }
  Object.assign(known, { order: placed, body: order, lines, stored });
});

chapter("what cannot be ordered is refused line by line, and changes nothing", async () => {
  const buyer = await world.as("buyer");
  const { lines } = await priced(
    buyer,
    goods
      .filter((product) => product.on_sale)
      .slice(0, 4)
      .map((product) => [product.sku, product.minimum]),
  );
  const stock = await stockOf("S0101");
  const order = { submit: true, delivery_address: "西安市新城区解放路 1 号" };
  const refuse = async (changed, status, code) => {
    const answer = await buyer.post("/api/v1/purchase-orders", { ...order, lines: changed }, { expect: status });
    assert.ok(codes(answer).includes(code), `${JSON.stringify(answer.body)} lacks ${code}`);
    return answer;
  };
  const stale = await refuse([{ ...lines[0], offer: lines[0].offer + 1 }, lines[1]], 409, "E_OFFER_STALE");
  assert.equal(stale.body.errors[0].pointer, "/lines/0/offer");
  await refuse([{ ...lines[0], quantity: 1_000_000 }], 409, "E_STOCK_SHORT");
  const picky = goods.find((product) => product.on_sale && product.minimum > 1);
  await refuse([{ sku: picky.sku, quantity: picky.minimum - 1, offer: picky.offer }], 422, "E_BELOW_MINIMUM");
  await refuse([{ sku: "99999999", quantity: 1, offer: 1 }], 422, "E_UNKNOWN_REFERENCE");
  await refuse([{ ...lines[0], sku: known.returned.sku }], 422, "E_UNKNOWN_REFERENCE");
  const keyless = await buyer.post("/api/v1/purchase-orders", { ...order, lines }, { key: null, expect: 400 });
  assert.equal(keyless.body.code, "E_KEY_MISSING");
  await (await world.as("approver")).post("/api/v1/purchase-orders", { ...order, lines }, { expect: 403 });
  assert.deepEqual(await stockOf("S0101"), stock);
  assert.equal((await buyer.all("/api/v1/purchase-orders")).length, 1);
});

chapter("an order is seen by its unit, each part by its supplier, all by the platform, and by nobody else", async () => {
  const { order } = known;
  const ids = order.supply_orders.map((supply) => supply.id).sort();
  for (const login of ["buyer", "finance", "approver", "unitadmin", "supervisor", "reconciler1", "auditor", "unionsupervisor"]) {
    const client = await world.as(login);
    assert.equal((await client.get(`/api/v1/purchase-orders/${order.id}`)).body.number, order.number, login);
    assert.deepEqual((await client.all("/api/v1/supply-orders")).map((supply) => supply.id).sort(), ids, login);
  }
  const other = await world.as("buyer2");
  assert.deepEqual(await other.all("/api/v1/purchase-orders"), []);
  for (const target of [
    `purchase-orders/${order.id}`,
    `purchase-orders/${order.id}/lines`,
    `supply-orders/${ids[0]}`,
    `supply-orders/${ids[0]}/lines`,
    `supply-orders/${ids[0]}/shipments`,
    `supply-orders/${ids[0]}/acceptances`,
  ])
    await other.get(`/api/v1/${target}`, { expect: 404 });
  for (const supply of order.supply_orders) {
    const dispatcher = await world.as(dispatchers[codeOf(supply.supplier)]);
    assert.deepEqual(
      (await dispatcher.all("/api/v1/supply-orders")).map((one) => one.id),
      [supply.id],
    );
    const stranger = await world.as(supply.supplier === organisations.S0116.id ? "s0176" : "s0116");
    await stranger.get(`/api/v1/supply-orders/${supply.id}`, { expect: 404 });
    await stranger.post(`/api/v1/supply-orders/${supply.id}/confirmations`, {}, { expect: 404 });
  }
  const county = await world.as("countysupervisor");
  const own = order.supply_orders.find((supply) => supply.supplier === organisations.S0101.id);
  assert.deepEqual(
    (await county.all("/api/v1/supply-orders")).map((supply) => supply.id),
    [own.id],
  );
});

// ---- 3. fulfilment ----

const supplyOf = (code) => known.order.supply_orders.find((supply) => supply.supplier === organisations[code].id);
const linesOf = (code) => known.stored.filter((line) => line.supply_order === supplyOf(code).id).sort((a, b) => a.line - b.line);
const at = (code, what = "") => `/api/v1/supply-orders/${supplyOf(code).id}${what}`;

chapter("suppliers confirm; what they decline goes back into stock", async () => {
  const buyer = await world.as("buyer");
  await buyer.post(at("S0101", "/confirmations"), {}, { expect: 403 });
  const dispatcher = await world.as("dispatcher");
  const early = await dispatcher.post(at("S0101", "/shipments"), { carrier: "顺丰", tracking_number: "SF1" }, { expect: 409 });
  assert.equal(early.body.code, "E_TRANSITION");

  const [first] = linesOf("S0101");
  const stock = await stockOf("S0101");
  const unknown = await dispatcher.post(at("S0101", "/confirmations"), { declined: [{ line: 999, reason: "缺货" }] }, { expect: 422 });
  assert.equal(unknown.body.errors[0].pointer, "/declined/0/line");
  const confirmed = (await once(dispatcher, at("S0101", "/confirmations"), { declined: [{ line: first.line, reason: "今年减产" }] })).body;
  assert.deepEqual(
    [confirmed.agreement, confirmed.agreed_fen, confirmed.ship_by],
    ["confirmed", supplyOf("S0101").amount_fen - first.amount_fen, "2026-11-04"],
  );
  assert.equal((await stockOf("S0101")).get(first.sku), stock.get(first.sku) + first.quantity);
  await dispatcher.post(at("S0101", "/confirmations"), {}, { expect: 409 });

  const s0116 = await world.as("s0116");
  const all = linesOf("S0116").map(({ line }) => ({ line, reason: "停产" }));
  const declined = (await once(s0116, at("S0116", "/confirmations"), { declined: all })).body;
  assert.deepEqual([declined.agreement, declined.agreed_fen, declined.ship_by], ["declined", 0, null]);
  await s0116.post(at("S0116", "/shipments"), { carrier: "顺丰", tracking_number: "SF1" }, { expect: 409 });
  for (const code of ["S0176", "S0236", "S0256"]) await once(await world.as(dispatchers[code]), at(code, "/confirmations"), {});
  known.declined = first;
});

chapter("S0101 ships in two parcels; the first is accepted in part while the second is on its way", async () => {
  const [dispatcher, buyer] = [await world.as("dispatcher"), await world.as("buyer")];
  const [, one, two, ...rest] = linesOf("S0101");
  const parcel = {
    carrier: "顺丰",
    tracking_number: "SF1000000001",
    lines: [
      { line: one.line, quantity: one.quantity },
      { line: two.line, quantity: 1 },
    ],
  };
  const tooMuch = await dispatcher.post(
    at("S0101", "/shipments"),
    {
      ...parcel,
      lines: [
        { line: one.line, quantity: one.quantity + 1 },
        { line: known.declined.line, quantity: 1 },
      ],
    },
    { expect: 409 },
  );
  assert.deepEqual(codes(tooMuch), ["E_QUANTITY_EXCEEDS", "E_QUANTITY_EXCEEDS"]);
  await buyer.post(at("S0101", "/shipments"), parcel, { expect: 403 });
  const first = (await once(dispatcher, at("S0101", "/shipments"), parcel)).body;
  assert.equal((await buyer.get(at("S0101"))).body.fulfilment, "partly_shipped");

  const early = await buyer.post(
    at("S0101", "/acceptances"),
    { shipment: first.id, lines: [{ line: one.line, accepted: 1, rejected: 0 }] },
    { expect: 409 },
  );
  assert.deepEqual(codes(early), ["E_QUANTITY_EXCEEDS"]);
  await dispatcher.post(at("S0101", "/receipts"), { shipment: first.id }, { expect: 403 });
  await (await world.as("buyer2")).post(at("S0101", "/receipts"), { shipment: first.id }, { expect: 404 });
  await once(buyer, at("S0101", "/receipts"), { shipment: first.id });

  const decision = {
    shipment: first.id,
    lines: [
      { line: one.line, accepted: one.quantity - 1, rejected: 1, reason: "破损" },
      { line: two.line, accepted: 1, rejected: 0 },
    ],
  };
  const silent = structuredClone(decision);
  delete silent.lines[0].reason;
  const refused = await buyer.post(at("S0101", "/acceptances"), silent, { expect: 422 });
  assert.deepEqual([refused.body.errors[0].pointer, refused.body.errors[0].code], ["/lines/0/reason", "E_REQUIRED"]);
  const accepted = (await once(buyer, at("S0101", "/acceptances"), decision)).body;
  assert.equal(accepted.accepted_fen, (one.quantity - 1) * one.unit_price_fen + two.unit_price_fen);
  assert.equal((await buyer.get(at("S0101"))).body.fulfilment, "partly_accepted");

  const second = (await once(dispatcher, at("S0101", "/shipments"), { carrier: "顺丰", tracking_number: "SF1000000002" })).body;
  assert.deepEqual(
    second.lines.map(({ line, quantity }) => [line, quantity]),
    [...(two.quantity > 1 ? [[two.line, two.quantity - 1]] : []), ...rest.map((line) => [line.line, line.quantity])],
  );
  const none = await dispatcher.post(at("S0101", "/shipments"), { carrier: "顺丰", tracking_number: "SF3" }, { expect: 409 });
  assert.deepEqual(codes(none), ["E_QUANTITY_EXCEEDS"]);
  await once(buyer, at("S0101", "/receipts"), { shipment: second.id });
  known.openShipment = second;
  known.rejected = { line: one, fen: one.unit_price_fen };
});

chapter("the others ship everything; all of it is accepted, but one order is rejected whole", async () => {
  const buyer = await world.as("buyer");
  for (const code of ["S0176", "S0236", "S0256"]) {
    const dispatcher = await world.as(dispatchers[code]);
    const shipment = (await once(dispatcher, at(code, "/shipments"), { carrier: "中通", tracking_number: `ZT-${code}` })).body;
    await once(buyer, at(code, "/receipts"), { shipment: shipment.id });
    const body =
      code === "S0256"
        ? {
            shipment: shipment.id,
            lines: linesOf(code).map(({ line, quantity }) => ({ line, accepted: 0, rejected: quantity, reason: "与样品不符" })),
          }
        : { shipment: shipment.id };
    await once(buyer, at(code, "/acceptances"), body);
    const supply = (await buyer.get(at(code))).body;
    assert.equal(supply.fulfilment, code === "S0256" ? "rejected" : "accepted");
    assert.equal(supply.accepted_fen, code === "S0256" ? 0 : supplyOf(code).amount_fen);
    const [listed] = (await dispatcher.get(at(code, "/shipments"))).body.items;
    assert.deepEqual(
      listed.lines.map((line) => line.received),
      listed.lines.map((line) => line.quantity),
    );
    assert.equal((await dispatcher.get(at(code, "/acceptances"))).body.items.length, 1);
  }
});

// ---- 4. the money ----

const dueOf = ({ agreed_fen, rejected_fen, claimed_fen, refund_fen }) => Math.max(0, agreed_fen - rejected_fen - claimed_fen + refund_fen);

chapter("a bank credit is claimed by its payment code for what the order is due, and for nothing else", async () => {
  const [reconciler, finance, other] = [await world.as("reconciler1"), await world.as("finance"), await world.as("buyer2")];
  const account = (
    await once(reconciler, "/api/v1/bank-accounts", { name: "帮扶采购监管户", bank: "示例银行", number: "6100000000000000018" })
  ).body;
  await finance.post("/api/v1/bank-accounts", { name: "x", bank: "x", number: "6100000000000000019" }, { expect: 403 });
  assert.deepEqual((await finance.get("/api/v1/bank-accounts")).body.items, [account]);
  assert.deepEqual((await finance.get(`/api/v1/bank-accounts/${account.id}`)).body, account);
  await finance.get(`/api/v1/bank-accounts/${account.id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"))}`, { expect: 404 });

  const supplies = (await finance.all(`/api/v1/supply-orders?purchase_order=${known.order.id}`)).filter(
    (supply) => supply.agreement === "confirmed",
  );
  const due = sum(supplies, dueOf);
  const credit = async (serial, amount, remark = `货款 ${known.order.payment_code} 第一小学`) =>
    (
      await once(reconciler, "/api/v1/bank-credits", {
        bank_account: account.id,
        serial,
        day: "2026-10-20",
        amount_fen: amount,
        payer_name: "新城区第一小学",
        remark,
      })
    ).body;
  const part = await credit("B-1", 100_000);
  assert.deepEqual([part.payment_code, part.unclaimed_fen], [known.order.payment_code, 100_000]);
  await reconciler.post(
    "/api/v1/bank-credits",
    { bank_account: account.id, serial: "B-1", day: "2026-10-20", amount_fen: 1, payer_name: "x", remark: "" },
    { expect: 409 },
  );

  const claim = { bank_credit: part.id, payment_code: known.order.payment_code };
  const vague = await finance.post("/api/v1/claims", claim, { expect: 409 });
  assert.deepEqual(codes(vague), ["E_CLAIM_AMOUNT"]);
  await other.post("/api/v1/claims", claim, { expect: 422 });
  await (await world.as("buyer")).post("/api/v1/claims", claim, { expect: 403 });
  const wrong = await finance.post("/api/v1/claims", { ...claim, payment_code: "1234567890" }, { expect: 422 });
  assert.deepEqual(codes(wrong), ["E_FORMAT"]);

  const first = supplies.find((supply) => supply.supplier === organisations.S0101.id);
  const over = await finance.post(
    "/api/v1/claims",
    { ...claim, parts: [{ supply_order: first.id, amount_fen: dueOf(first) + 1 }] },
    { expect: 409 },
  );
  assert.deepEqual(codes(over), ["E_OVERPAID"]);
  const named = (await once(finance, "/api/v1/claims", { ...claim, parts: [{ supply_order: first.id, amount_fen: 100_000 }] })).body;
  assert.equal(named.amount_fen, 100_000);
  assert.equal((await finance.get(at("S0101"))).body.payment, "partly_paid");
  const spent = await finance.post("/api/v1/claims", { ...claim, parts: [{ supply_order: first.id, amount_fen: 1 }] }, { expect: 409 });
  assert.deepEqual(codes(spent), ["E_CREDIT_SHORT"]);

  const whole = await credit("B-2", due - 100_000);
  const rest = (await once(reconciler, "/api/v1/claims", { bank_credit: whole.id, payment_code: known.order.payment_code })).body;
  assert.equal(rest.amount_fen, due - 100_000);
  for (const supply of supplies) {
    const now = (await finance.get(`/api/v1/supply-orders/${supply.id}`)).body;
    assert.equal(dueOf(now), 0);
    assert.equal(now.payment, now.agreed_fen === now.rejected_fen ? "unpaid" : "paid");
  }
  await credit("B-3", 77_700, "没有识别码的到账");
  assert.deepEqual(
    (await reconciler.all("/api/v1/bank-credits?unclaimed=true")).map((one) => one.serial),
    ["B-3"],
  );
  assert.deepEqual(
    (await finance.all("/api/v1/bank-credits")).map((one) => one.serial),
    ["B-2", "B-1"],
  );
  assert.deepEqual(await other.all("/api/v1/claims"), []);
  assert.equal((await finance.all(`/api/v1/claims?purchase_order=${known.order.id}`)).length, 2);
  known.claimed = due;
});

chapter("what was paid ahead for rejected goods is owed back; the books balance", async () => {
  const [buyer, auditor] = [await world.as("buyer"), await world.as("auditor")];
  const lines = known.openShipment.lines.map(({ line, quantity }, i) =>
    i === 0 ? { line, accepted: 0, rejected: quantity, reason: "发霉" } : { line, accepted: quantity, rejected: 0 },
  );
  await once(buyer, at("S0101", "/acceptances"), { shipment: known.openShipment.id, lines });
  const supply = (await buyer.get(at("S0101"))).body;
  assert.deepEqual([supply.fulfilment, supply.payment, supply.advance_fen, supply.receivable_fen], ["accepted", "refund_due", 0, 0]);
  assert.equal(supply.refund_fen, supply.claimed_fen - supply.accepted_fen);
  const trial = (await auditor.get("/api/v1/ledger/trial-balance")).body;
  assert.equal(trial.difference_fen, 0);
  const journals = await auditor.all(`/api/v1/ledger/journals?supply_order=${supply.id}`, { limit: 3 });
  for (const journal of journals)
    assert.equal(
      sum(journal.entries, (entry) => entry.fen),
      0,
    );
  assert.ok(journals.some((journal) => journal.kind === "advance_released"));
  const [payable] = (await auditor.all("/api/v1/ledger/accounts?kind=payable")).filter((account) => account.owner === supply.supplier);
  assert.equal(payable.balance_fen, -supply.accepted_fen);
  await (await world.as("supervisor")).get("/api/v1/ledger/trial-balance", { expect: 403 });
});

chapter("a statement is prepared, confirmed by the supplier, and released by a second person", async () => {
  const [one, two] = [await world.as("reconciler1"), await world.as("reconciler2")];
  const [supplier, stranger] = [await world.as("supplierfinance"), await world.as("s0116")];
  const run = { supplier: organisations.S0101.id, month: "2026-10" };
  const supply = (await one.get(at("S0101"))).body;
  const prepared = (await once(one, "/api/v1/statement-runs", run)).body;
  assert.deepEqual([prepared.state, prepared.accepted_fen, prepared.digest], ["prepared", supply.accepted_fen, null]);
  const again = await one.post("/api/v1/statement-runs", run, { expect: 409 });
  assert.equal(again.body.code, "E_NOTHING_TO_STATE");
  const unknown = await one.post("/api/v1/statement-runs", { ...run, supplier: randomUUID() }, { expect: 422 });
  assert.equal(unknown.body.errors[0].pointer, "/supplier");
  await one.post("/api/v1/statement-runs", { ...run, month: "2026-13" }, { expect: 422 });
  assert.equal((await one.get(at("S0101"))).body.settlement, "stated");

  const place = `/api/v1/statements/${prepared.id}`;
  await two.post(`${place}/releases`, {}, { expect: 409 });
  await stranger.get(place, { expect: 404 });
  await stranger.post(`${place}/confirmations`, {}, { expect: 404 });
  await one.post(`${place}/confirmations`, {}, { expect: 403 });
  await once(supplier, `${place}/confirmations`, {});
  const alone = await one.post(`${place}/releases`, {}, { expect: 403 });
  assert.equal(alone.body.code, "E_SAME_PERSON");
  const released = (await once(two, `${place}/releases`, {})).body;
  assert.deepEqual([released.state, released.held_fen], ["released", supply.accepted_fen]);
  await two.post(`${place}/releases`, {}, { expect: 409 });
  await supplier.post(`${place}/confirmations`, {}, { expect: 409 });
  assert.equal((await one.get(at("S0101"))).body.settlement, "settled");

  const lines = await supplier.all(`${place}/lines`, { limit: 4 });
  assert.equal(lines.length, released.line_count);
  assert.deepEqual([sum(lines, (line) => line.amount_fen), sum(lines, (line) => line.tax_fen)], [released.accepted_fen, released.tax_fen]);
  const csv = await supplier.get(place, { accept: "text/csv" });
  const sealed = csv.bytes.subarray(3);
  assert.deepEqual([...csv.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.equal(sm3(sealed), released.digest);
  const [head, ...rows] = sealed.toString("utf8").trimEnd().split("\n");
  const amount = head.split(",").indexOf("amount_fen");
  assert.equal(rows.length, lines.length);
  assert.equal(
    sum(rows, (row) => Number(row.split(",")[amount])),
    released.accepted_fen,
  );
  assert.deepEqual(
    (await supplier.all("/api/v1/statements?state=released")).map((statement) => statement.id),
    [prepared.id],
  );
  assert.deepEqual(await stranger.all("/api/v1/statements"), []);
});

// ---- 5. the totals ----

/** What was accepted, by key of @by, from the orders' own lines. */
async function acceptedBy(by) {
  const supervisor = await world.as("supervisor");
  const sums = new Map();
  for (const supply of await supervisor.all("/api/v1/supply-orders")) {
    const keys = { supplier: () => supply.supplier, unit: () => supply.unit, county: (line) => line.county, month: () => "2026-10" };
    for (const line of await supervisor.all(`/api/v1/supply-orders/${supply.id}/lines`))
      if (line.accepted) sums.set(keys[by](line), (sums.get(keys[by](line)) ?? 0) + line.accepted_fen);
  }
  return sums;
}

/** A report whose rows, and whose passports' rows, must add up. Gives it. */
async function totals(client, query) {
  const report = (await client.get(`/api/v1/reports/totals?${query}`)).body;
  for (const what of ["movements", "quantity", "amount_fen"])
    assert.equal(
      report.total[what],
      sum(report.rows, (row) => row[what]),
      `${query}: ${what}`,
    );
  for (const number of [...report.rows, report.total]) await openPassport(client, number);
  return report;
}

async function openPassport(client, number) {
  const place = `/api/v1/passports/${number.passport}`;
  const passport = (await client.get(place)).body;
  for (const what of ["movements", "quantity", "amount_fen"]) assert.equal(passport[what], number[what], `${place}: ${what}`);
  const rows = await client.all(`${place}/rows`, { limit: 50 });
  assert.equal(rows.length, number.movements);
  assert.deepEqual([sum(rows, (row) => row.quantity), sum(rows, (row) => row.amount_fen)], [number.quantity, number.amount_fen]);
  const positions = rows.map((row) => [row.position, row.number]);
  assert.deepEqual(
    positions,
    [...positions].sort((a, b) => a[0] - b[0] || a[1] - b[1]),
  );
  const csv = await client.get(`${place}/rows`, { accept: "text/csv" });
  assert.equal(sm3(csv.bytes), passport.digest);
  assert.equal(csv.text.trimEnd().split("\n").length, rows.length + 1);
  return passport;
}

chapter("totals by county, supplier, unit and month are the sums of what was accepted, to the fen", async () => {
  const supervisor = await world.as("supervisor");
  known.reports = [];
  for (const by of ["county", "supplier", "unit", "month"]) {
    const report = await totals(supervisor, `measure=net_accepted&by=${by}`);
    assert.deepEqual(new Map(report.rows.map((row) => [row.key, row.amount_fen])), await acceptedBy(by));
    known.reports.push(report);
  }
  for (const [measure, of] of [
    ["ordered", "amount_fen"],
    ["confirmed", "agreed_fen"],
    ["accepted", "accepted_fen"],
    ["settled", "settled_fen"],
  ]) {
    const report = await totals(supervisor, `measure=${measure}&by=supplier`);
    assert.equal(
      report.total.amount_fen,
      sum(await supervisor.all("/api/v1/supply-orders"), (supply) => supply[of]),
      measure,
    );
  }
  const empty = await totals(supervisor, "measure=net_accepted&by=county&from=2020-01-01&to=2020-12-31");
  assert.deepEqual([empty.rows, empty.total.amount_fen], [[], 0]);
  const csv = await supervisor.get("/api/v1/reports/totals?measure=net_accepted&by=county", { accept: "text/csv" });
  assert.equal(csv.text.trimEnd().split("\n").length, known.reports[0].rows.length + 1);
});

chapter("a total holds what was committed just before it was asked", async () => {
  const [buyer, supervisor] = [await world.as("buyer2"), await world.as("supervisor")];
  const product = goods.find((one) => one.on_sale && one.supplier === organisations.S0176.id);
  const ordered = async () => (await supervisor.get("/api/v1/reports/totals?measure=ordered&by=unit")).body;
  for (let round = 1; round <= 5; round++) {
    const before = await ordered();
    const { lines } = await priced(buyer, [[product.sku, product.minimum * product.multiple]]);
    const placed = (await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安市高新区", lines })).body;
    const now = await ordered();
    assert.equal(now.total.amount_fen, before.total.amount_fen + placed.amount_fen);
    assert.ok(now.position > before.position);
    known.late = placed;
  }
});

chapter("each supervisor sees its part, and opens no passport of another's", async () => {
  const [supervisor, union, county] = [await world.as("supervisor"), await world.as("unionsupervisor"), await world.as("countysupervisor")];
  const whole = (await supervisor.get("/api/v1/reports/totals?measure=ordered&by=unit")).body;
  const subtree = await totals(union, "measure=ordered&by=unit");
  assert.deepEqual(
    subtree.rows.map((row) => row.key),
    [organisations.school.id],
  );
  assert.equal(subtree.total.amount_fen, whole.rows.find((row) => row.key === organisations.school.id).amount_fen);
  for (const by of ["county", "supplier", "month"])
    assert.equal((await totals(union, `measure=ordered&by=${by}`)).total.amount_fen, subtree.total.amount_fen);
  const local = await totals(county, "measure=net_accepted&by=supplier");
  const inCounty = (await totals(supervisor, "measure=net_accepted&by=county")).rows.find((row) => row.key === "610124");
  assert.equal(local.total.amount_fen, inCounty.amount_fen);

  await union.get(`/api/v1/passports/${whole.total.passport}`, { expect: 404 });
  await county.get(`/api/v1/passports/${subtree.total.passport}/rows`, { expect: 404 });
  await supervisor.get(`/api/v1/passports/${subtree.total.passport}`);
  const forged = whole.total.passport.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await supervisor.get(`/api/v1/passports/${forged}`, { expect: 404 });
  for (const login of ["buyer", "cataloguer", "reviewer"]) {
    const client = await world.as(login);
    await client.get("/api/v1/reports/totals?measure=ordered&by=unit", { expect: 403 });
    await client.get(`/api/v1/passports/${whole.total.passport}`, { expect: 403 });
  }
});

// ---- 6. a month later ----

chapter("in November the same passports say the same, and new totals say more", async () => {
  await world.server.restart({ XIANGCAI_CLOCK: "2026-11-03T01:00:00Z" });
  world.forget();
  const [buyer, dispatcher, supervisor] = [await world.as("buyer2"), await world.as("s0176"), await world.as("supervisor")];
  const [supply] = (await buyer.all(`/api/v1/supply-orders?purchase_order=${known.late.id}`)).map(
    (one) => `/api/v1/supply-orders/${one.id}`,
  );
  await once(dispatcher, `${supply}/confirmations`, {});
  const shipment = (await once(dispatcher, `${supply}/shipments`, { carrier: "中通", tracking_number: "ZT-11" })).body;
  await once(buyer, `${supply}/receipts`, { shipment: shipment.id });
  const accepted = (await once(buyer, `${supply}/acceptances`, { shipment: shipment.id })).body;
  assert.equal(accepted.day, "2026-11-03");

  for (const report of known.reports) for (const number of [...report.rows, report.total]) await openPassport(supervisor, number);
  const october = known.reports.at(-1).total.amount_fen;
  const months = await totals(supervisor, "measure=net_accepted&by=month");
  assert.deepEqual(
    months.rows.map((row) => [row.key, row.amount_fen]),
    [
      ["2026-10", october],
      ["2026-11", accepted.accepted_fen],
    ],
  );
  const only = await totals(supervisor, "measure=net_accepted&by=supplier&from=2026-11-03&to=2026-11-03");
  assert.deepEqual(
    only.rows.map((row) => row.key),
    [organisations.S0176.id],
  );
});

chapter("an answer stays the same when prices have changed since, and the old offer is refused", async () => {
  const [buyer, cataloguer, reviewer] = [await world.as("buyer"), await world.as("cataloguer"), await world.as("reviewer")];
  const product = goods.find((one) => one.on_sale && one.supplier === organisations.S0101.id);
  const { lines } = await priced(buyer, [[product.sku, product.minimum]]);
  const order = { submit: true, delivery_address: "西安市新城区解放路 1 号", lines };
  const key = randomUUID();
  const first = await buyer.post("/api/v1/purchase-orders", order, { key });

  const dearer = dataFile("uploads/S0101.csv")
    .toString("utf8")
    .replaceAll(/,(\d+)\.(\d\d),(\d+:[^,]*)?,/g, (_, yuan, fen, tiers = "") => `,${Number(yuan) + 1}.${fen},${tiers.replaceAll(/:(\d+)/g, (_, each) => `:${Number(each) + 1}`)},`);
  const changed = await importFile(cataloguer, (await upload(cataloguer, Buffer.from(dearer))).id);
  assert.ok(changed.changed > 0 && changed.rejected === 0, JSON.stringify(changed));
  await approveAll(reviewer, `?supplier=${organisations.S0101.id}`);
  const stale = await buyer.post("/api/v1/purchase-orders", order, { expect: 409 });
  assert.deepEqual(codes(stale), ["E_OFFER_STALE"]);
  const again = await buyer.post("/api/v1/purchase-orders", order, { key });
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.deepEqual(again.body, first.body);
  const fresh = await priced(buyer, [[product.sku, product.minimum]]);
  assert.equal(fresh.pricing.lines[0].unit_price_fen, product.ladder[0].unit_price_fen + 100);
  await buyer.post("/api/v1/purchase-orders", { ...order, lines: fresh.lines });
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
  assert.match(out, /^verified$/m);
});
