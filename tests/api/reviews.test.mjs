// Reviews of products: the queue and what a reviewer is told to look at, a revision beside what it would replace, decisions one and
// many at a time, and orders that are placed while a revision with a new price is approved.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World, organisations } from "./support/seed.mjs";
import { dataFile, eventually, importFile, once, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const reviews = "/api/v1/product-reviews";
const bulk = `${reviews}/decisions`;
const BUYERS = 50;
const known = {};
let world, reviewer, county, cataloguer, s0116;

const sql = (text) => world.server.sql(text);
const at = (daysAgo) => Math.round((world.server.now() - daysAgo * 86_400_000) * 1000);
const ago = (days) => new Date(world.server.now() + 8 * 3_600_000 - days * 86_400_000).toISOString().slice(0, 10);
const codes = (answer) => answer.body.errors.map(({ pointer, code }) => [pointer, code]);
const quote = (value) => (value === null ? "NULL" : `'${String(value).replaceAll("'", "''")}'`);

/** An id of version 7, later ones behind earlier ones. */
function newId() {
  const time = Math.round(world.server.now()).toString(16).padStart(12, "0");
  const rest = randomBytes(10).toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(1, 4)}-8${rest.slice(5, 8)}-${rest.slice(8, 20)}`;
}

const header = "商品编码,商品名称*,产地（县）,类目,规格,单位,单价（元）,阶梯价,起订量,库存,保质期,储存方式,毛重,认证,条码,备注";

/** A supplier's file of goods that nobody has reviewed yet: their revisions, by code. */
async function hand(client, goods) {
  const rows = goods.map(({ code, name, spec = "24枚礼盒", price = "12.30", barcode = "", county = "周至县" }) =>
    `${code},${name},${county},猕猴桃,${spec},盒,${price},,1,1000,30天,冷藏,2800,,${barcode},`);
  await importFile(client, (await upload(client, Buffer.from([header, ...rows].join("\n")))).id);
  const found = sql(`SELECT k.code, k.number AS sku, p.id AS product, p.latest AS revision FROM sku k JOIN product p ON p.id = k.product
    WHERE k.code IN (${goods.map(({ code }) => quote(code)).join(", ")})`);
  return Object.fromEntries(found.map((row) => [row.code, row]));
}

/** Another revision of a product, submitted by nobody in particular: the newest one, with changes. */
function submit({ product, sku }, changes = {}, goods = {}) {
  const id = newId();
  const take = (column, alias, given) => (column in given ? quote(given[column]) : `${alias}.${column}`);
  const columns = ["name", "county", "category", "storage", "shelf_days", "certificates", "remark", "vat_kind", "vat_rate", "origin", "farmers", "agency", "mandate", "mandate_until"];
  const ofGoods = ["specification", "sale_unit", "weight_g", "barcode", "minimum", "multiple"];
  sql(`
    INSERT INTO revision (id, product, supplier, state, digest, submitted_at, ${columns.join(", ")})
      SELECT '${id}', r.product, r.supplier, 'submitted', r.digest, ${at(0)}, ${columns.map((column) => take(column, "r", changes)).join(", ")}
        FROM product p JOIN revision r ON r.id = p.latest WHERE p.id = '${product}';
    INSERT INTO revision_sku (revision, sku, ladder, price_reason, ${ofGoods.join(", ")})
      SELECT '${id}', s.sku, ${quote(goods.ladder ?? null)}, ${quote(goods.price_reason ?? null)}, ${ofGoods.map((column) => take(column, "s", goods)).join(", ")}
        FROM product p JOIN revision_sku s ON s.revision = p.latest WHERE p.id = '${product}' AND s.sku = ${sku};
    UPDATE product SET latest = '${id}' WHERE id = '${product}';`);
  return id;
}

const decide = (client, id, body, expect = 200) => client.post(`${reviews}/${id}/decisions`, body, { expect });
const approve = { decision: "approve" };

before(async () => {
  world = await World.open();
  [reviewer, county, cataloguer, s0116] = await Promise.all(["reviewer", "countysupervisor", "cataloguer", "s0116"].map((login) => world.as(login)));
});
after(() => world?.close());

chapter("the queue stands by age, is narrowed, and is counted by county and age", async () => {
  const mine = await hand(cataloguer, [
    { code: "Q-OLD", name: "翠香猕猴桃" }, { code: "Q-WEEK", name: "徐香猕猴桃" }, { code: "Q-NEW", name: "海沃德猕猴桃" },
  ]);
  const theirs = await hand(s0116, [{ code: "Q-THEIRS", name: "洋县猕猴桃", county: "洋县" }]);
  const ages = { "Q-OLD": 20, "Q-WEEK": 5, "Q-NEW": 0.5, "Q-THEIRS": 2 };
  for (const { code, revision } of Object.values({ ...mine, ...theirs }))
    sql(`UPDATE revision SET submitted_at = ${at(ages[code])} WHERE id = '${revision}'`);
  Object.assign(known, mine, theirs);

  const codesOf = (items) => items.map((item) => item.skus[0].code);
  const list = async (client, query) => codesOf(await client.all(`${reviews}${query}`));
  assert.deepEqual(await list(reviewer, ""), ["Q-OLD", "Q-WEEK", "Q-THEIRS", "Q-NEW"]);
  assert.deepEqual(codesOf(await reviewer.all(reviews, { limit: 1 })), ["Q-OLD", "Q-WEEK", "Q-THEIRS", "Q-NEW"], "page by page");
  assert.deepEqual(await list(county, ""), ["Q-OLD", "Q-WEEK", "Q-NEW"]);
  for (const [query, found] of [
    ["?county=610723", ["Q-THEIRS"]],
    ["?origin=610124", ["Q-OLD", "Q-WEEK", "Q-NEW"]],
    ["?older_than_days=3", ["Q-OLD", "Q-WEEK"]],
    [`?supplier=${organisations.S0116.id}`, ["Q-THEIRS"]],
    ["?flag=first", ["Q-OLD", "Q-WEEK", "Q-THEIRS", "Q-NEW"]],
    ["?flag=repeated", []],
    ["?state=approved", []],
  ]) assert.deepEqual(await list(reviewer, query), found, query);
  const [oldest] = (await reviewer.get(`${reviews}?limit=1`)).body.items;
  assert.deepEqual([oldest.age_days, oldest.supplier_county, oldest.county], [20, "610124", "610124"]);
  assert.deepEqual(await list(reviewer, `?category=${oldest.category}`), await list(reviewer, `?category=${oldest.category.slice(0, 2)}`));
  assert.deepEqual(await list(reviewer, "?category=99"), []);
  assert.deepEqual(codes(await reviewer.get(`${reviews}?state=draft`, { expect: 422 })), [["state", "E_WORD"]]);
  assert.deepEqual(codes(await reviewer.get(`${reviews}?county=61012x&older_than_days=-1`, { expect: 422 })).map(([pointer]) => pointer).sort(), ["county", "older_than_days"]);

  const { body: all } = await reviewer.get(`${reviews}/summary`);
  assert.equal(all.waiting, 4);
  const counts = ({ county: code, waiting, within_1_day, within_3_days, within_7_days, older }) => [code, waiting, within_1_day, within_3_days, within_7_days, older];
  assert.deepEqual(all.counties.map(counts), [["610124", 3, 1, 0, 1, 1], ["610723", 1, 0, 1, 0, 0]]);
  assert.deepEqual((await county.get(`${reviews}/summary`)).body.counties.map(counts), [["610124", 3, 1, 0, 1, 1]]);
  const buyer = await world.as("buyer");
  for (const target of ["", "/summary", `/${oldest.id}`]) await buyer.get(`${reviews}${target}`, { expect: 403 });
  const nobodys = await (await world.as("unionsupervisor")).get(reviews, { expect: 403 });
  assert.equal(nobodys.body.code, "E_FORBIDDEN");
});

chapter("somebody else's revision is none; what is decided once is decided; a return says why", async () => {
  const { revision: theirs } = known["Q-THEIRS"];
  const { revision } = known["Q-OLD"];
  await county.get(`${reviews}/${theirs}`, { expect: 404 });
  await county.get(`${reviews}/${theirs}/files/${randomUUID()}`, { expect: 404 });
  await decide(county, theirs, approve, 404);
  await decide(county, randomUUID(), approve, 404);
  await decide(await world.as("buyer"), revision, approve, 403);
  for (const reason of ["   ", "　　", " 　 　 ", "\u00a0\u3000\u2003"])
    assert.deepEqual(codes(await decide(county, revision, { decision: "return", reason }, 422)), [["/reason", "E_REQUIRED"]]);
  const wrong = await decide(county, revision, { decision: "return", reason: "　", points: [{ pointer: "/nowhere", note: "　" }] }, 422);
  assert.deepEqual(codes(wrong), [["/reason", "E_REQUIRED"], ["/points/0/pointer", "E_REVIEW_POINT"], ["/points/0/note", "E_REQUIRED"]]);
  assert.deepEqual(codes(await decide(county, revision, { decision: "approve", points: [{ pointer: "/name", note: "好" }] }, 422)), [["/points", "E_ITEMS"]]);
  const points = [{ pointer: "/name", note: "请写明品种" }, { pointer: `/skus/${known["Q-OLD"].sku}/specification`, note: "请写明枚数" }];
  const { body } = await once(county, `${reviews}/${revision}/decisions`, { decision: "return", reason: "　名称不清 ", points }, { expect: 200 });
  assert.deepEqual([body.state, body.reason, body.points], ["returned", "名称不清", points]);
  const [told] = (await cataloguer.get("/api/v1/notices")).body.items;
  assert.deepEqual([told.kind, told.object, told.sentence], ["revision.returned", revision, "商品“翠香猕猴桃”被退回：名称不清"]);
  const late = await decide(county, revision, approve, 409);
  assert.equal(late.body.code, "E_TRANSITION");
  const again = submit(known["Q-OLD"], { name: "翠香猕猴桃（礼盒）" }, { ladder: "1:1230" });
  const { body: review } = await county.get(`${reviews}/${again}`);
  assert.deepEqual(review.history.map(({ id, state, reason, points: wanted }) => [id, state, reason, wanted]), [[revision, "returned", "名称不清", points]]);
  assert.deepEqual([review.approved, review.approved_content, review.differences], [null, null, []]);
  known["Q-OLD"].revision = again;
});

chapter("an approved revision is compared with the next one, member by member and SKU by SKU", async () => {
  const goods = known["Q-OLD"];
  await decide(county, goods.revision, approve);
  const next = submit(goods, { name: "翠香猕猴桃（大礼盒）", certificates: "绿色食品", farmers: "三十户果农" }, { specification: "30枚礼盒", ladder: "1:1300;10:1250" });
  sql(`INSERT INTO revision_certificate (revision, number, name, certificate_number, issuer, valid_until) VALUES ('${next}', 1, '绿色食品', 'LB-1', '中绿华夏', '${ago(-10)}')`);
  const { body: review } = await county.get(`${reviews}/${next}`);
  const certificate = { name: "绿色食品", number: "LB-1", issuer: "中绿华夏", valid_until: ago(-10), file: null };
  assert.deepEqual(review.differences, [
    { pointer: "/name", before: "翠香猕猴桃（礼盒）", after: "翠香猕猴桃（大礼盒）" },
    { pointer: "/farmers", before: "", after: "三十户果农" },
    { pointer: "/certificates", before: [], after: [certificate] },
    { pointer: `/skus/${goods.sku}/specification`, before: "24枚礼盒", after: "30枚礼盒" },
    { pointer: `/skus/${goods.sku}/ladder`, before: [{ quantity: 1, unit_price_fen: 1230 }], after: [{ quantity: 1, unit_price_fen: 1300 }, { quantity: 10, unit_price_fen: 1250 }] },
  ]);
  assert.deepEqual([review.approved, review.approved_content.id, review.approved_content.content.name], [goods.revision, goods.revision, "翠香猕猴桃（礼盒）"]);
  assert.deepEqual(review.flags.map(({ kind, certificate: name, valid_until }) => [kind, name, valid_until]), [["certificate_expires_soon", "绿色食品", ago(-10)]]);
  const etag = (await county.get(`${reviews}/${next}`)).headers.etag;
  await county.get(`${reviews}/${next}`, { expect: 304, headers: { "If-None-Match": etag } });

  // a SKU that goes, and one that comes
  const { sku: other } = known["Q-WEEK"];
  sql(`UPDATE revision_sku SET sku = ${other} WHERE revision = '${next}'`);
  const pointers = (await county.get(`${reviews}/${next}`)).body.differences.filter(({ pointer }) => pointer.startsWith("/skus/"));
  assert.deepEqual(pointers.map(({ pointer, before: was, after: is }) => [pointer, was?.code ?? null, is?.code ?? null]),
    [[`/skus/${goods.sku}`, "Q-OLD", null], [`/skus/${other}`, null, "Q-WEEK"]].sort());
  sql(`UPDATE revision_sku SET sku = ${goods.sku} WHERE revision = '${next}'`);
  goods.revision = next;
});

chapter("what ended before today is not approved, each named; the copies are read within the scope", async () => {
  const goods = known["Q-OLD"];
  const file = await upload(cataloguer, Buffer.from("%PDF-1.4\n%%EOF\n"), "application/pdf");
  const foreign = await upload(s0116, Buffer.from("%PDF-1.4\n% theirs\n%%EOF\n"), "application/pdf");
  sql(`UPDATE revision_certificate SET valid_until = '${ago(1)}', file = '${file.id}' WHERE revision = '${goods.revision}';
       UPDATE revision SET agency = TRUE, mandate = '${file.id}', mandate_until = '${ago(2)}' WHERE id = '${goods.revision}'`);
  const refused = await decide(county, goods.revision, approve, 409);
  assert.deepEqual(codes(refused), [["/certificates", "E_CERTIFICATE_OVER"], ["/mandate_until", "E_MANDATE_OVER"]]);
  assert.match(refused.body.errors[0].detail, new RegExp(`绿色食品.*${ago(1)}`));
  const copy = await county.get(`${reviews}/${goods.revision}/files/${file.id}`);
  assert.match(copy.text, /^%PDF/);
  await county.get(`${reviews}/${goods.revision}/files/${foreign.id}`, { expect: 404 });
  sql(`UPDATE revision_certificate SET valid_until = '${ago(0)}' WHERE revision = '${goods.revision}';
       UPDATE revision SET mandate_until = '${ago(0)}' WHERE id = '${goods.revision}'`);
  const kinds = (await county.get(`${reviews}/${goods.revision}`)).body.flags.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["certificate_expires_soon", "mandate_expires_soon"]);
  await decide(county, goods.revision, approve);
});

chapter("a price above the band needs a reason, which buyers then see", async () => {
  const goods = known["Q-OLD"];
  const dear = submit(goods, {}, { ladder: "1:1400" });
  const [flag, ...others] = (await county.get(`${reviews}?flag=price_above_band`)).body.items.flatMap(({ flags }) => flags.filter(({ kind }) => kind === "price_above_band"));
  assert.deepEqual([flag.sku, flag.unit_price_fen, flag.lowest_fen, flag.top_fen, flag.reason, others.length], [goods.sku, 1400, 1230, 1353, null, 0]);
  assert.deepEqual(codes(await decide(county, dear, approve, 422)), [[`/skus/${goods.sku}/price_reason`, "E_PRICE_REASON"]]);
  assert.equal(sql(`SELECT ladder FROM price WHERE sku = ${goods.sku}`)[0].ladder, "1:1300;10:1250");
  sql(`UPDATE revision_sku SET price_reason = '冷链运费上涨' WHERE revision = '${dear}'`);
  assert.equal((await county.get(`${reviews}/${dear}`)).body.flags.find(({ kind }) => kind === "price_above_band").reason, "冷链运费上涨");
  await decide(county, dear, approve);
  const [price] = sql(`SELECT ladder, reason FROM price WHERE sku = ${goods.sku}`);
  assert.deepEqual(price, { ladder: "1:1400", reason: "冷链运费上涨" });
  const history = sql(`SELECT c.unit_price_fen, e.kind FROM price_change c JOIN event e ON e.id = c.event WHERE c.sku = ${goods.sku} ORDER BY c.at`);
  assert.deepEqual(history.map((row) => [row.unit_price_fen, row.kind]), [["1230", "revision.approved"], ["1300", "revision.approved"], ["1400", "revision.approved"]]);
  goods.revision = dear;
});

chapter("the same goods listed again are named: by name at one supplier, by barcode at any", async () => {
  const barcode = "6901234567892";
  const twins = await hand(cataloguer, [
    { code: "T-1", name: "周至 红心猕猴桃A", spec: "12 枚" }, { code: "T-2", name: "周至红心　猕猴桃Ａ", spec: "12枚" },
    { code: "T-3", name: "周至红心猕猴桃A", spec: "24枚" }, { code: "T-BAR", name: "条码猕猴桃", spec: "1枚", barcode },
  ]);
  const other = await hand(s0116, [{ code: "T-4", name: "周至红心猕猴桃A", spec: "12枚" }, { code: "T-BAR-TOO", name: "别家条码猕猴桃", spec: "2枚", barcode }]);
  const flagged = (await reviewer.all(`${reviews}?flag=repeated`)).map((review) => [
    review.skus[0].code, ...review.flags.filter(({ kind }) => kind === "repeated").map(({ by, other_sku, other_supplier, others }) => [by, other_sku, other_supplier, others]),
  ]);
  const { S0101, S0116 } = organisations;
  assert.deepEqual(new Map(flagged.map(([code, ...flags]) => [code, flags])), new Map([
    ["T-1", [["name", twins["T-2"].sku, S0101.id, 1]]],
    ["T-2", [["name", twins["T-1"].sku, S0101.id, 1]]],
    ["T-BAR", [["barcode", other["T-BAR-TOO"].sku, S0116.id, 1]]],
    ["T-BAR-TOO", [["barcode", twins["T-BAR"].sku, S0101.id, 1]]],
  ]));
  // what was returned is not for sale and does not wait
  await decide(county, twins["T-2"].revision, { decision: "return", reason: "重复上架" });
  const { body } = await county.get(`${reviews}/${twins["T-1"].revision}`);
  assert.deepEqual(body.flags.map(({ kind }) => kind), ["first"]);
  Object.assign(known, twins, other);
});

chapter("many are decided in one request: each has its outcome, and what is refused leaves the others alone", async () => {
  const items = [
    { id: known["Q-WEEK"].revision, decision: "approve" },
    { id: known["Q-NEW"].revision, decision: "return", reason: "图片不清", points: [{ pointer: "/images", note: "请补图" }] },
    { id: known["Q-THEIRS"].revision, decision: "approve" },
    { id: known["T-2"].revision, decision: "approve" },
    { id: known["T-3"].revision, decision: "return", reason: "　" },
    { id: known["T-1"].revision, decision: "approve", reason: "已核实" },
  ];
  const repeated = await county.post(bulk, { items: [items[0], items[0]] }, { expect: 422 });
  assert.deepEqual(codes(repeated), [["/items/1/id", "E_REPEATED"]]);
  await county.post(bulk, { items: [] }, { expect: 422 });
  await county.post(bulk, { items: Array(201).fill(items[0]) }, { expect: 422 });
  await (await world.as("buyer")).post(bulk, { items }, { expect: 403 });

  const { body } = await once(county, bulk, { items }, { expect: 200 });
  assert.deepEqual([body.done, body.refused], [3, 3]);
  assert.deepEqual(body.items.map(({ id, state, code, errors }) => [id, state, code, (errors ?? []).map((error) => error.pointer)]), [
    [items[0].id, "approved", null, []],
    [items[1].id, "returned", null, []],
    [items[2].id, null, "E_NOT_FOUND", []],
    [items[3].id, null, "E_TRANSITION", [""]],
    [items[4].id, null, "E_REFUSED", ["/reason"]],
    [items[5].id, "approved", null, []],
  ]);
  const events = sql(`SELECT kind FROM event WHERE object IN (${[items[0], items[1], items[5]].map(({ id }) => quote(id)).join(", ")}) ORDER BY kind`);
  assert.deepEqual(events.map(({ kind }) => kind), ["revision.approved", "revision.approved", "revision.returned"]);
  const [price] = sql(`SELECT e.object FROM price_change c JOIN event e ON e.id = c.event WHERE c.sku = ${known["T-1"].sku}`);
  assert.equal(price.object, items[5].id, "a price is kept under the event of its own approval");
  assert.equal(sql(`SELECT on_sale FROM stock WHERE sku IN (${known["Q-WEEK"].sku}, ${known["T-1"].sku}) AND on_sale`).length, 2);
  await eventually(() => world.anybody.get("/api/v1/products?limit=200"),
    ({ body: shop }) => [items[0], items[5]].every(({ id }) => shop.items.some((item) => JSON.stringify(item).includes(sql(`SELECT product FROM revision WHERE id = '${id}'`)[0].product))));

  // whoever submitted it does not decide, also among many
  sql(`UPDATE revision SET submitted_by = (SELECT id FROM user WHERE login = 'reviewer') WHERE id = '${items[2].id}'`);
  const own = (await reviewer.post(bulk, { items: [items[2]] }, { expect: 200 })).body;
  assert.deepEqual([own.done, own.items[0].code], [0, "E_SAME_PERSON"]);
  // what was superseded meanwhile is not what was seen
  sql(`UPDATE revision SET state = 'superseded' WHERE id = '${items[2].id}'`);
  assert.equal((await reviewer.post(bulk, { items: [items[2]] }, { expect: 200 })).body.items[0].code, "E_TRANSITION");
});

chapter("two hundred in one request take few statements more than one", async () => {
  const rows = Array.from({ length: 200 }, (_, i) => ({ code: `B-${String(i).padStart(3, "0")}`, name: `批量猕猴桃${i}号` }));
  const goods = Object.values(await hand(cataloguer, rows));
  const answer = await reviewer.post(bulk, { items: goods.map(({ revision }) => ({ id: revision, decision: "approve" })) }, { expect: 200 });
  assert.deepEqual([answer.body.done, answer.body.refused], [200, 0]);
  assert.ok(Client.statements(answer) < 660, `${Client.statements(answer)} statements`);
  assert.equal(sql(`SELECT COUNT(*) AS n FROM stock WHERE on_sale AND sku IN (${goods.map(({ sku }) => sku).join(", ")})`)[0].n, "200");
});

/** A buyer of his own, with a session. */
function buyerOf(number) {
  const [user, token] = [newId(), randomBytes(32).toString("base64url")];
  sql(`INSERT INTO user (id, login, name, password_hash, status, created_at) SELECT '${user}', 'many${number}', 'many${number}', password_hash, 'active', created_at FROM user WHERE login = 'buyer';
       INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${user}', '${organisations.school.id}', 'buyer', 0);
       INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address)
         VALUES (UNHEX('${createHash("sha256").update(token).digest("hex")}'), '${newId()}', '${user}', '${organisations.school.id}', ${at(0)}, ${at(0)}, '127.0.0.1')`);
  return new Client(world.server, { token, name: `many${number}` });
}

chapter("a revision is reviewed while fifty buyers order: each line carries the revision and the price that it was placed with", async () => {
  const goods = (await hand(cataloguer, [{ code: "RUSH", name: "抢购猕猴桃", price: "12.00" }])).RUSH;
  sql(`UPDATE stock SET available = 100000 WHERE sku = ${goods.sku}; UPDATE stock_movement SET quantity = 100000 WHERE sku = ${goods.sku}`);
  await decide(county, goods.revision, approve);
  const next = submit(goods, { name: "抢购猕猴桃（新）" }, { ladder: "1:1260;5:1230" });
  const buyers = Array.from({ length: BUYERS }, (_, i) => buyerOf(i));
  const placed = [], stale = [];
  let isDecided = false;

  const order = async (buyer, quantity) => {
    const { pricing, lines } = await priced(buyer, [[goods.sku, quantity]]);
    const answer = await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安市", lines }, { expect: undefined });
    if (answer.status === 201) placed.push({ id: answer.body.id, offer: lines[0].offer, unit: pricing.lines[0].unit_price_fen, quantity });
    else {
      assert.equal(answer.status, 409, answer.text);
      assert.deepEqual(codes(answer).map(([, code]) => code), ["E_OFFER_STALE"], answer.text);
      stale.push(answer);
    }
    return answer.status === 201;
  };
  // everybody orders until he has ordered at the new offer
  const buy = async (buyer, i) => {
    for (let last = false; !last; ) {
      last = isDecided;
      if (!(await order(buyer, 1 + (i % 7)))) last = false;
    }
  };
  const review = async () => {
    await eventually(async () => ({ body: placed.length }), ({ body }) => body >= BUYERS / 2);
    await decide(county, next, approve);
    isDecided = true;
  };
  await Promise.all([review(), ...buyers.map(buy)]);
  // an offer from before is refused with the new one, however long ago it was priced
  const [{ offer: old }] = placed;
  const late = await buyers[0].post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安市", lines: [{ sku: goods.sku, quantity: 1, offer: old }] }, { expect: 409 });
  assert.equal(late.body.code, "E_OFFER_STALE");
  for (const buyer of buyers) buyer.close();

  const lines = sql(`
    SELECT s.purchase_order AS id, l.revision, l.offer, l.quantity, l.unit_price_fen, l.amount_fen
      FROM order_line l JOIN supply_order s ON s.id = l.supply_order WHERE l.sku = ${goods.sku}`);
  assert.equal(lines.length, placed.length);
  const byId = new Map(lines.map((line) => [line.id, line]));
  for (const { id, offer, unit, quantity } of placed) {
    const line = byId.get(id);
    assert.deepEqual([Number(line.offer), Number(line.unit_price_fen), Number(line.quantity)], [offer, unit, quantity], "placed as it was priced");
    assert.equal(Number(line.amount_fen), unit * quantity);
  }
  // one offer, one revision and one price by quantity: never the name of one with the price of the other
  const offers = sql(`SELECT DISTINCT offer, revision FROM order_line WHERE sku = ${goods.sku} ORDER BY offer`);
  assert.deepEqual(offers.map(({ revision }) => revision), [goods.revision, next]);
  const mixed = sql(`
    SELECT l.supply_order, l.revision, l.unit_price_fen, c.ladder
      FROM order_line l
      JOIN event e ON e.object = l.revision AND e.kind = 'revision.approved'
      JOIN price_change c ON c.event = e.id AND c.sku = l.sku
     WHERE l.sku = ${goods.sku}
       AND l.unit_price_fen <> CASE WHEN c.unit_price_fen = 1200 THEN 1200 WHEN l.quantity >= 5 THEN 1230 ELSE 1260 END`);
  assert.deepEqual(mixed, []);
  const counted = sql(`
    SELECT COUNT(*) AS n FROM order_line l JOIN event e ON e.object = l.revision AND e.kind = 'revision.approved'
      JOIN price_change c ON c.event = e.id AND c.sku = l.sku WHERE l.sku = ${goods.sku}`);
  assert.equal(Number(counted[0].n), lines.length, "every line has the price of its revision's own approval");
  const newer = lines.filter(({ revision }) => revision === next).length;
  assert.ok(newer >= BUYERS && lines.length - newer >= BUYERS / 2, `${lines.length - newer} before, ${newer} after`);
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
