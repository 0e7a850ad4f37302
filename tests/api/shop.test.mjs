// The shop as buyers see it: lists and facets are what the database counts, whatever the filters; what was committed is seen here and
// by another server over the same database; prices, stock, content, names, suspensions and days move what is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World, organisations } from "./support/seed.mjs";
import { Server } from "./support/server.mjs";
import { approveAll, eventually, importFile, once, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const header = "商品编码,商品名称*,产地（县）,类目,规格,单位,单价（元）,阶梯价,起订量,库存,保质期,储存方式,毛重,认证,条码,备注";
const bands = { under_20: [0, 2000], "20_50": [2000, 5000], "50_100": [5000, 10000], "100_200": [10000, 20000], over_200: [20000, Infinity] };
const facets = ["category", "county", "supplier", "price_band", "certificate", "storage"];
let world, cataloguer, other, reviewer, buyer;
const known = {};

let seed = 7;
const any = (list) => list[(seed = (seed * 1103515245 + 12345) % 2147483648) % list.length];

/** About ten yuan per 500 g each, so that none needs a reason: price and weight. */
const prices = [["9.90", 500], ["19.99", 1000], ["20.00", 900], ["45.50", 2300], ["88", 4400], ["128", 6000], ["260", 13000]];

/** Goods of one file: every third is sold out. */
function file(prefix, count) {
  const rows = Array.from({ length: count }, (_, i) => {
    const [price, weight] = any(prices);
    return [
      `${prefix}-${i}`, `${any(["秦岭", "山里", "老张家"])}${any(["优选", "精品"])} ${prefix}${i}`, any(["周至县", "紫阳县", "延长县"]),
      any(["大米", "黑木耳", "绿茶", "猕猴桃", "核桃"]), "500g", "盒", price, "", 2,
      i % 3 ? any([20, 60, 300]) : 0, "30天", any(["常温", "冷藏", "冷冻"]), weight, any(["", "绿色食品", "有机", "绿色食品、地理标志"]), "", "",
    ].join(",");
  });
  return Buffer.from([header, ...rows].join("\n"));
}

/** What is on sale, as the database has it: one row a product. */
function onShelf() {
  return world.server
    .sql(
      `SELECT p.id, MIN(k.number) AS sku, r.category, r.county, p.supplier, r.storage, r.certificates, MIN(r.name) AS name,
              MIN(CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(n.ladder, ';', 1), ':', -1) AS INTEGER)) AS price, MAX(s.available >= rs.minimum) AS available
         FROM stock s JOIN sku k ON k.number = s.sku JOIN product p ON p.id = k.product JOIN revision r ON r.id = p.revision
         JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number JOIN price n ON n.sku = k.number
        WHERE s.on_sale GROUP BY p.id`,
    )
    .map((row) => ({
      ...row,
      price: Number(row.price),
      available: row.available === "1",
      certificate: row.certificates ? row.certificates.split("、") : [],
      price_band: Object.keys(bands).find((band) => Number(row.price) >= bands[band][0] && Number(row.price) < bands[band][1]),
    }));
}

const holds = (row, facet, wanted) =>
  wanted === undefined ||
  wanted.some((value) => (facet === "certificate" ? row.certificate.includes(value) : facet === "category" ? row.category.startsWith(value) : row[facet] === value));
const passes = (row, query, but) =>
  facets.every((facet) => facet === but || holds(row, facet, query[facet])) && (!query.available || row.available) && (!query.q || row.name.includes(query.q));
const valuesOf = (row, facet) =>
  facet === "certificate" ? row.certificate : facet === "category" ? [row.category, row.category.slice(0, 2)] : [row[facet]];

function randomQuery() {
  const query = {};
  const sometimes = (facet, values) => {
    if (any([0, 1, 2]) === 0) query[facet] = [...new Set([any(values), any(values)])];
  };
  sometimes("category", ["01", "0101", "0301", "0401", "0502", "0602"]);
  sometimes("county", ["610124", "610924", "610621"]);
  sometimes("supplier", [organisations.S0101.id, organisations.S0116.id]);
  sometimes("price_band", Object.keys(bands));
  sometimes("certificate", ["绿色食品", "有机", "地理标志"]);
  sometimes("storage", ["常温", "冷藏", "冷冻"]);
  if (any([0, 1, 2]) === 0) query.available = true;
  if (any([0, 1]) === 0) query.q = any(["秦岭", "山里", "老张家", "精品"]);
  return query;
}

const written = (query) => new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
const ids = (rows) => rows.map(({ id }) => id).sort();
const shown = (client, query, done) => eventually(() => client.get(`/api/v1/products?${query}`), ({ body }) => done(body));
const card = (id, done, client = world.anybody) => eventually(() => client.get(`/api/v1/products/${id}`, { expect: undefined }), ({ status, body }) => done(body, status));

before(async () => {
  world = await World.open();
  [cataloguer, other, reviewer, buyer] = [await world.as("cataloguer"), await world.as("s0116"), await world.as("reviewer"), await world.as("buyer")];
  for (const [client, prefix] of [[cataloguer, "A"], [other, "B"]]) {
    const imported = await importFile(client, (await upload(client, file(prefix, 40))).id, { policy: "all_or_nothing" });
    assert.equal(imported.accepted, 40, JSON.stringify(imported));
  }
  await approveAll(reviewer);
  await shown(world.anybody, "count=true&limit=1", ({ count }) => count === 80);
});
after(() => world?.close());

chapter("lists and facets are what the database counts, for random filters", async () => {
  const rows = onShelf();
  assert.equal(rows.length, 80);
  for (let round = 0; round < 120; round++) {
    const query = randomQuery();
    const { body } = await world.anybody.get(`/api/v1/products?${written({ ...query, facets: true, count: true, limit: 200 })}`);
    const expected = rows.filter((row) => passes(row, query));
    assert.equal(body.count, expected.length, written(query));
    assert.deepEqual(ids(body.items), ids(expected), written(query));
    for (const facet of facets) {
      const counts = {};
      for (const row of rows.filter((each) => passes(each, query, facet))) for (const value of valuesOf(row, facet)) counts[value] = (counts[value] ?? 0) + 1;
      assert.deepEqual(Object.fromEntries(body.facets[facet].map(({ code, count }) => [code, count])), counts, `${facet} of ${written(query)}`);
      const order = body.facets[facet].map(({ count }) => count);
      assert.deepEqual(order, [...order].sort((a, b) => b - a));
    }
    assert.ok(body.items.every((item) => item.name && item.sku_count === 1));
  }
});

chapter("pages join up in every order", async () => {
  const rows = onShelf();
  for (const sort of ["number", "newest", "price_asc", "price_desc", "sales"]) {
    const items = await world.anybody.all(`/api/v1/products?sort=${sort}`, { limit: 7 });
    assert.deepEqual(ids(items), ids(rows), sort);
    const prices = items.map((item) => item.unit_price_fen);
    if (sort.startsWith("price")) assert.deepEqual(prices, [...prices].sort((a, b) => (sort === "price_asc" ? a - b : b - a)));
  }
});

chapter("every fault of a question is named", async () => {
  const { body } = await world.anybody.get("/api/v1/products?price_band=cheap&storage=warm&sort=best&limit=0&facets=yes", { expect: 422 });
  assert.deepEqual(body.errors.map(({ pointer }) => pointer).sort(), ["facets", "limit", "price_band", "sort", "storage"]);
  const more = await world.anybody.get("/api/v1/products?supplier=nobody&sort=relevance&after=zzz", { expect: 422 });
  assert.deepEqual(more.body.errors.map(({ pointer }) => pointer).sort(), ["after", "q", "supplier"]);
  await world.anybody.get("/api/v1/products?supplier=", { expect: 422 });
  // what was good once is no answer to another question that reads alike
  await world.anybody.get("/api/v1/products?q=x%3Dy");
  await world.anybody.get("/api/v1/products?q%3Dx=y", { expect: 422 });
});

chapter("the price card has the price per 500 g, the changes and the median of like goods", async () => {
  const items = await world.anybody.all("/api/v1/products");
  for (const category of ["0101", "0502"]) {
    const like = items.filter((item) => item.category.code === category);
    const prices = like.map((item) => item.fen_per_500g).filter((price) => price !== null).sort((a, b) => a - b);
    const half = prices.length >> 1;
    const median = prices.length < 5 ? null : prices.length % 2 ? prices[half] : Math.floor((prices[half - 1] + prices[half] + 1) / 2);
    const { body } = await world.anybody.get(`/api/v1/products/${like[0].id}`);
    assert.equal(body.price_card.median_per_500g, median);
    assert.equal(body.price_card.fen_per_500g, body.fen_per_500g);
    assert.deepEqual(body.price_card.history.map((change) => [change.sku, change.unit_price_fen]), [[body.sku, body.unit_price_fen]]);
    assert.ok(!("available" in body.skus[0]), "the public is not told how much there is");
  }
});

chapter("a commit is seen here and by a second server over the same database", async () => {
  const second = await Server.start({ data: world.server.data });
  try {
    const there = new Client(second);
    const [row] = onShelf().filter(({ supplier, available }) => supplier === organisations.S0101.id && available);
    const { code } = world.server.sql(`SELECT code FROM sku WHERE number = ${row.sku}`)[0];
    const tell = (path, body) => cataloguer.post(`/api/v1/supplier/${path}`, { policy: "all_or_nothing", ...body }, { expect: 200 });
    const wanted = row.price - 100;
    // what was in force when the 90 days began stands first, and nothing before it
    const day = 86_400_000_000;
    world.server.sql(`UPDATE price_change SET at = at - ${100 * day} WHERE sku = ${row.sku}`);
    world.server.sql(`INSERT INTO price_change (event, sku, at, ladder, unit_price_fen) SELECT UUID(), sku, at - ${day}, '2:77', 77 FROM price_change WHERE sku = ${row.sku}`);
    await tell("price-updates", { items: [{ code, ladder: [{ quantity: 2, unit_price_fen: wanted }] }] });
    for (const client of [world.anybody, there]) {
      const { body } = await card(row.id, (each) => each.unit_price_fen === wanted, client);
      assert.equal(body.skus[0].ladder[0].unit_price_fen, wanted);
      assert.deepEqual(body.price_card.history.map((change) => change.unit_price_fen), [row.price, wanted]);
    }
    await tell("stock-updates", { items: [{ code, available: 0 }] });
    for (const client of [world.anybody, there]) await card(row.id, (each) => each.availability === "out", client);
    await tell("stock-updates", { items: [{ code, available: 500 }] });
    for (const client of [world.anybody, there]) await card(row.id, (each) => each.availability === "in", client);

    const { lines } = await priced(buyer, [[String(row.sku).padStart(8, "0"), 498]]);
    await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines });
    for (const client of [world.anybody, there]) {
      await card(row.id, (each) => each.availability === "low", client);
      await shown(client, "sort=sales&limit=1", ({ items }) => items[0].id === row.id);
    }
    there.close();
  } finally {
    await second.terminate();
  }
  assert.equal((await shown(world.anybody, "sort=sales&limit=1", ({ items }) => items.length === 1)).body.items.length, 1);
});

chapter("a product of several SKUs is one item; certificates and mandates end with their day", async () => {
  const mandate = await upload(cataloguer, Buffer.from("%PDF-1.4\n%%EOF\n"), "application/pdf");
  const sku = (code, fen, stock) => ({ code, specification: code, sale_unit: "箱", weight_g: 5000, ladder: [{ quantity: 2, unit_price_fen: fen }, { quantity: 50, unit_price_fen: fen - 100 }], stock });
  const today = "2026-10-20";
  const wanted = {
    name: "洛川红富士", county: "610124", category: "0502", storage: "冷藏", shelf_days: 30, brand: "山里红", producer: "周至某社", origin: "海拔八百米", farmers: "三十户参与", households: 30,
    agency: true, mandate: mandate.id, mandate_until: today,
    certificates: [{ name: "有机", number: "CN-1", issuer: "某机构", valid_until: today }, { name: "绿色食品" }],
    skus: [sku("M-1", 7800, 0), sku("M-2", 6600, 50), sku("M-3", 9900, 30)], submit: true,
  };
  const { product, id } = (await cataloguer.post("/api/v1/supplier/products", wanted)).body;
  await world.anybody.get(`/api/v1/products/${product}`, { expect: 404 });
  await reviewer.post(`/api/v1/product-reviews/${id}/decisions`, { decision: "approve" }, { expect: 200 });
  const { body } = await card(product, (_, status) => status === 200);
  assert.deepEqual([body.sku_count, body.skus.length, body.unit_price_fen, body.availability, body.brand], [3, 3, 6600, "in", "山里红"]);
  assert.equal(body.sku, body.skus[0].sku);
  assert.deepEqual(body.skus.map(({ availability, specification }) => [specification, availability]), [["M-1", "out"], ["M-2", "in"], ["M-3", "in"]]);
  assert.deepEqual([body.certificates, body.producer, body.households, body.agency], [["绿色食品", "有机"], "周至某社", 30, true]);
  assert.deepEqual(body.certificate_details, [{ name: "有机", number: "CN-1", issuer: "某机构", valid_until: today }]);
  const found = await shown(world.anybody, `q=${encodeURIComponent("山里红")}&facets=true`, ({ items }) => items.some((item) => item.id === product));
  assert.deepEqual(found.body.items.find((item) => item.id === product).sku_count, 3);
  known.mandated = product;

  const own = { ...wanted, name: "洛川嘎啦", agency: false, mandate: undefined, mandate_until: undefined, skus: [sku("N-1", 7800, 60)] };
  const draft = (await cataloguer.post("/api/v1/supplier/products", JSON.parse(JSON.stringify(own)))).body;
  await reviewer.post(`/api/v1/product-reviews/${draft.id}/decisions`, { decision: "approve" }, { expect: 200 });
  known.own = draft.product;
  await card(known.own, (_, status) => status === 200);
});

chapter("the switch takes goods off the shelf and puts them back", async () => {
  const { headers } = await cataloguer.get(`/api/v1/supplier/products/${known.own}`);
  await cataloguer.send("PUT", `/api/v1/supplier/products/${known.own}/listing`, { body: { listed: false }, expect: 200, headers: { "If-Match": headers.etag } });
  await card(known.own, (_, status) => status === 404);
  const again = await cataloguer.get(`/api/v1/supplier/products/${known.own}`);
  await cataloguer.send("PUT", `/api/v1/supplier/products/${known.own}/listing`, { body: { listed: true }, expect: 200, headers: { "If-Match": again.headers.etag } });
  await card(known.own, (_, status) => status === 200);
});

chapter("a supplier's new name is shown, counted and found; the goods of a suspended one are gone until it is back", async () => {
  const { id } = organisations.S0116;
  const [row] = onShelf().filter(({ supplier }) => supplier === id);
  const name = "瑶池商行";
  await once(reviewer, `/api/v1/organisations/${id}/renamings`, { name: `${name}有限公司`, short_name: name });
  await card(row.id, (each) => each.supplier.name === name);
  const { body } = await shown(world.anybody, `q=${encodeURIComponent(name)}&facets=true&count=true&limit=1`, ({ count }) => count === 40);
  assert.deepEqual(body.facets.supplier, [{ code: id, name, count: 40 }]);

  await once(reviewer, `/api/v1/organisations/${id}/suspensions`, { reason: "核查" });
  await card(row.id, (_, status) => status === 404);
  await shown(world.anybody, `supplier=${id}&count=true`, ({ count }) => count === 0);
  await once(reviewer, `/api/v1/organisations/${id}/resumptions`, { reason: "已查清" });
  await card(row.id, (_, status) => status === 200);
  await shown(world.anybody, `supplier=${id}&count=true&limit=1`, ({ count }) => count === 40);
});

chapter("when the day turns, what has ended is neither shown nor counted", async () => {
  const count = async () => (await world.anybody.get("/api/v1/products?facets=true&category=0502")).body.facets.certificate.find(({ code }) => code === "有机")?.count ?? 0;
  const before = await count();
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-20T15:59:57Z" });
  await card(known.own, (_, status) => status === 200);
  const { body } = await card(known.own, (each) => each.certificates?.length === 1);
  assert.deepEqual([body.certificates, body.certificate_details], [["绿色食品"], []]);
  await world.anybody.get(`/api/v1/products/${known.mandated}`, { expect: 404 });
  assert.equal(await count(), before - 2);
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
