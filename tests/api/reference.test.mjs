// Reference data has days: designations of counties and categories of goods begin, change and end by a reviewer of the platform, what
// was is still told, and what was put down for a day holds when it comes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { eventually, importFile, once, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const county = "610124";
const place = `/api/v1/regions/${county}`;
const codes = (answer) => answer.body.errors.map(({ pointer, code }) => [pointer, code]);
let world, reviewer;

const day = (ahead) => new Date(world.server.now() + 8 * 3_600_000 + ahead * 86_400_000).toISOString().slice(0, 10);
const designations = async (on) => {
  const { body } = await world.anybody.get(`/api/v1/regions${on ? `?on=${on}` : ""}`);
  return body.items.find(({ code }) => code === county).designations;
};

before(async () => {
  world = await World.open();
  reviewer = await world.as("reviewer");
});
after(() => world?.close());

chapter("a designation ends with a day and may begin anew behind it; every day tells what held then", async () => {
  const [assisted] = (await designations()).filter(({ kind }) => kind === "assisted");
  assert.equal(assisted.until, null);
  const { body: ended } = await once(reviewer, `${place}/designation-endings`, { kind: "assisted", until: day(10) }, { expect: 200 });
  assert.deepEqual(ended, { ...assisted, until: day(10) });
  const { body: again } = await once(reviewer, `${place}/designations`, { kind: "assisted", since: day(30) }, { expect: 201 });
  assert.deepEqual(again, { kind: "assisted", since: day(30), until: null });
  const kinds = async (on) => (await designations(on)).map(({ kind }) => kind).includes("assisted");
  assert.deepEqual([await kinds(day(0)), await kinds(day(10)), await kinds(day(11)), await kinds(day(29)), await kinds(day(30))], [true, true, false, false, true]);
  assert.deepEqual((await designations()).filter(({ kind }) => kind === "assisted"), [ended, again]);
  const events = world.server.sql("SELECT kind FROM event WHERE kind LIKE 'county.%' ORDER BY id");
  assert.deepEqual(events.map(({ kind }) => kind), ["county.designation_ended", "county.designated"]);
});

chapter("what cannot be is refused: a past day, two at once, an end of nothing, no such county, no such role", async () => {
  const designate = (body, expect, client = reviewer, at = place) => client.post(`${at}/designations`, body, { expect });
  const end = (body, expect, client = reviewer, at = place) => client.post(`${at}/designation-endings`, body, { expect });
  assert.deepEqual(codes(await designate({ kind: "assisted", since: day(-1) }, 422)), [["/since", "E_TOO_EARLY"]]);
  assert.deepEqual(codes(await designate({ kind: "assisted", since: day(5) }, 409)), [["/kind", "E_DESIGNATED"]]);
  assert.deepEqual(codes(await end({ kind: "assisted", until: day(-1) }, 422)), [["/until", "E_TOO_EARLY"]]);
  assert.deepEqual(codes(await end({ kind: "assisted", until: day(20) }, 409)), [["/until", "E_NOT_DESIGNATED"]]);
  assert.deepEqual(codes(await designate({ kind: "rich", since: "2026-02-30" }, 422)), [["/kind", "E_WORD"], ["/since", "E_TYPE"]].slice(0, 2));
  await designate({ kind: "assisted", since: day(5) }, 404, reviewer, "/api/v1/regions/999999");
  for (const login of ["countysupervisor", "buyer", "cataloguer"]) {
    const client = await world.as(login);
    await designate({ kind: "assisted", since: day(40) }, 403, client);
    await end({ kind: "assisted", until: day(40) }, 403, client);
  }
  await world.anybody.get("/api/v1/regions?on=2026-13-01", { expect: 422 });
});

// ---- categories ----

const at = (code, tail = "") => `/api/v1/categories/${code}${tail}`;
const words = { name: "富硒茶", name_en: "Selenium tea", vat_kind: "taxed", vat_rate: 13 };
const list = async (on) => (await world.anybody.get(`/api/v1/categories${on ? `?on=${on}` : ""}`)).body.items;
const found = async (code, on) => (await list(on)).find((category) => category.code === code);
const seen = async (code) => (await world.anybody.get(at(code))).headers.etag;
const change = async (code, tail, body, expect) =>
  reviewer.post(at(code, tail), body, { expect, headers: { "If-Match": await seen(code) } });
const soon = (ask, done) => eventually(ask, done, { limit: 15_000 });

chapter("a category begins, is called otherwise and ends, each with a day; the list of every day says how it is then", async () => {
  const tea = await found("0401");
  assert.deepEqual([tea.since, tea.until], [null, null]);
  const { body: made, headers } = await once(reviewer, "/api/v1/categories", { code: "0499", ...words, since: day(0) });
  assert.equal(headers.location, at("0499"));
  const version = { since: day(0), ...words };
  assert.deepEqual(made, { code: "0499", parent: "04", level: 2, since: day(0), until: null, versions: [version] });
  await soon(() => found("0499").then((category) => ({ body: category ?? null })), ({ body }) => body !== null);
  assert.deepEqual(await found("0499"), { code: "0499", parent: "04", level: 2, ...words, since: day(0), until: null });

  const other = { name: "富硒绿茶", name_en: "Selenium green tea", vat_kind: "exempt", vat_rate: 0 };
  const changed = await change("0499", "/versions", { ...other, vat_rate: undefined, since: day(20) }, 201);
  assert.deepEqual(changed.body.versions, [version, { since: day(20), ...other }]);
  assert.deepEqual(changed.body, (await world.anybody.get(at("0499"))).body);
  const ended = await change("0499", "/endings", { until: day(40) }, 200);
  assert.equal(ended.body.until, day(40));
  await soon(() => found("0499", day(41)).then((category) => ({ body: category ?? null })), ({ body }) => body === null);
  const names = [];
  for (const ahead of [-1, 0, 19, 20, 40, 41]) names.push((await found("0499", day(ahead)))?.name ?? null);
  assert.deepEqual(names, [null, words.name, words.name, other.name, other.name, null]);
  assert.deepEqual((await found("0499", day(20))).vat_kind, "exempt");
  assert.equal((await found("0499")).until, day(40));
  assert.equal((await list("1990-01-01")).length, (await list()).length - 1);
  const events = world.server.sql("SELECT kind FROM event WHERE kind LIKE 'category.%' AND kind <> 'category.loaded' ORDER BY id");
  assert.deepEqual(events.map(({ kind }) => kind), ["category.added", "category.changed", "category.ended"]);
});

chapter("today's list is answered from memory and by its ETag, and follows a change of today", async () => {
  const { headers } = await world.anybody.get("/api/v1/categories");
  await world.anybody.get("/api/v1/categories", { headers: { "If-None-Match": headers.etag }, expect: 304 });
  await change("0499", "/versions", { ...words, name: "紫阳富硒茶", since: day(0) }, 201);
  await soon(() => world.anybody.get("/api/v1/categories"), ({ body }) => body.items.some(({ name }) => name === "紫阳富硒茶"));
  const { versions } = (await world.anybody.get(at("0499"))).body;
  assert.deepEqual(versions.map(({ since, name }) => [since, name]), [[day(0), "紫阳富硒茶"], [day(20), "富硒绿茶"]]);
});

chapter("a change of a category that is not as it was seen, or that cannot be, names every fault", async () => {
  const version = { ...words, name: "新茶", since: day(1) };
  const post = (path, body, expect, headers) => reviewer.post(path, body, { expect, headers });
  await post(at("0499", "/versions"), version, 428);
  await post(at("0499", "/versions"), version, 412, { "If-Match": '"v99"' });
  await post(at("0499", "/endings"), { until: day(1) }, 412, { "If-Match": '"v99"' });
  for (const tail of ["/versions", "/endings"])
    await post(at("0498", tail), tail === "/endings" ? { until: day(1) } : version, 404, { "If-Match": "*" });
  await world.anybody.get(at("0498"), { expect: 404 });
  await world.anybody.get("/api/v1/categories?on=2026-02-30", { expect: 422 });

  const add = async (body) => codes(await post("/api/v1/categories", { code: "0497", ...version, ...body }, 422));
  assert.deepEqual(await add({ code: "0499", name: "绿茶", vat_rate: 0, since: day(-1) }), [
    ["/code", "E_CATEGORY_TAKEN"], ["/since", "E_TOO_EARLY"], ["/vat_rate", "E_VAT"], ["/name", "E_CATEGORY_NAME"],
  ]);
  assert.deepEqual(await add({ code: "9901" }), [["/code", "E_CATEGORY_PARENT"]]);
  assert.deepEqual(await add({ name: " \u3000", name_en: "<b>", vat_rate: undefined }), [
    ["/name", "E_REQUIRED"], ["/name_en", "E_MARKUP"], ["/vat_rate", "E_REQUIRED"],
  ]);
  assert.deepEqual((await add({ code: "049", vat_kind: "much" })).map(([pointer]) => pointer), ["/code", "/vat_kind"]);
  assert.deepEqual(await add({ name: "富硒绿茶" }), [["/name", "E_CATEGORY_NAME"]]); // what 0499 is going to be called

  const refused = async (code, tail, body) => codes(await change(code, tail, body, 422));
  assert.deepEqual(await refused("0499", "/versions", { ...version, since: day(41) }), [["/since", "E_CATEGORY_ENDED"]]);
  assert.deepEqual(await refused("0499", "/endings", { until: day(-1) }), [["/until", "E_TOO_EARLY"]]);
  assert.deepEqual(await refused("04", "/endings", { until: day(40) }), [["/until", "E_CATEGORY_BELOW"]]);
  for (const login of ["countysupervisor", "buyer", "cataloguer"]) {
    const client = await world.as(login);
    await client.post("/api/v1/categories", { code: "0497", ...version }, { expect: 403 });
    await client.post(at("0499", "/versions"), version, { expect: 403, headers: { "If-Match": "*" } });
    await client.post(at("0499", "/endings"), { until: day(50) }, { expect: 403, headers: { "If-Match": "*" } });
  }
});

chapter("level 1 ends after all below it, and nothing begins below what is going to end", async () => {
  const above = { ...words, name: "试验类", since: day(0) };
  await once(reviewer, "/api/v1/categories", { code: "98", ...above });
  await once(reviewer, "/api/v1/categories", { code: "9801", ...above });
  assert.deepEqual(codes(await change("98", "/endings", { until: day(9) }, 422)), [["/until", "E_CATEGORY_BELOW"]]);
  await change("9801", "/endings", { until: day(9) }, 200);
  await change("98", "/endings", { until: day(9) }, 200);
  assert.deepEqual(codes(await change("9801", "/endings", { until: day(10) }, 422)), [["/until", "E_CATEGORY_PARENT"]]);
  assert.deepEqual(codes(await reviewer.post("/api/v1/categories", { code: "9802", ...above, name: "又一类" }, { expect: 422 })), [["/code", "E_CATEGORY_PARENT"]]);
  assert.equal((await change("98", "/endings", { until: day(12) }, 200)).body.until, day(12));
});

chapter("what has ended takes no goods by draft, submission, file or approval, and its last day is a day of it; goods stay on sale", async () => {
  let cataloguer = await world.as("cataloguer");
  const base = "/api/v1/supplier/products";
  const product = (code, submit) => ({
    name: `${code}的茶`,
    county: "610722",
    category: "0499",
    storage: "常温",
    shelf_days: 300,
    skus: [{ code, specification: "250克", sale_unit: "盒", weight_g: 250, ladder: [{ quantity: 1, unit_price_fen: 5000 }], stock: 9 }],
    submit,
  });
  const make = async (code, submit, options) => (await once(cataloguer, base, product(code, submit), options)).body;
  const [sold, waiting, draft] = [await make("C-1", true), await make("C-2", true), await make("C-3", false)];
  assert.deepEqual([sold.vat_kind, sold.vat_rate], ["taxed", 13]);
  const decide = (id, expect) => reviewer.post(`/api/v1/product-reviews/${id}/decisions`, { decision: "approve" }, { expect });
  await decide(sold.id, 200);
  await soon(() => world.anybody.get("/api/v1/products?category=0499"), ({ body }) => body.items.length === 1);

  const later = { ...words, name: "今日茶", since: day(0) };
  await once(reviewer, "/api/v1/categories", { code: "0495", ...later });
  await change("0495", "/versions", { ...later, name: "明日茶", since: day(1) }, 201);
  await change("0499", "/endings", { until: day(0) }, 200);
  await once(reviewer, "/api/v1/regions/610722/designation-endings", { kind: "assisted", until: day(0) }, { expect: 200 });
  await make("C-5", true); // the last day is a day of both
  await soon(() => found("0495").then((category) => ({ body: category ?? null })), ({ body }) => body?.name === "今日茶");
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-20T15:59:57Z" });
  world.forget();
  await soon(() => found("0495").then((category) => ({ body: category ?? null })), ({ body }) => body?.name === "明日茶");
  assert.equal(await found("0499"), undefined);
  [reviewer, cataloguer] = [await world.as("reviewer"), await world.as("cataloguer")];
  const both = [["/county", "E_COUNTY_NOT_ELIGIBLE"], ["/category", "E_CATEGORY_ENDED"]];
  assert.deepEqual(codes(await cataloguer.post(base, product("C-4", false), { expect: 422 })), both);
  const submission = await cataloguer.post(`${base}/${draft.product}/revisions/${draft.id}/submissions`, undefined, { expect: 422 });
  assert.deepEqual(codes(submission), both);
  assert.deepEqual(codes(await decide(waiting.id, 422)), [["/category", "E_CATEGORY_ENDED"]]);
  const head = "商品编号,商品名称,产地县,类目,规格,单位,单价,库存,储存,保质期";
  const file = await upload(cataloguer, Buffer.from(`${head}\nC-9,茶,周至县,0499,250克,盒,50,9,常温,300天\n`));
  const imported = await importFile(cataloguer, file.id);
  assert.deepEqual([imported.accepted, imported.rejected], [0, 1]);
  const [row] = (await cataloguer.get(`/api/v1/supplier/imports/${imported.id}/rejected-rows`)).body.items;
  assert.ok(JSON.stringify(row).includes("E_CATEGORY_ENDED"), JSON.stringify(row));

  assert.deepEqual(codes(await change("0499", "/endings", { until: day(3) }, 422)), [["/until", "E_CATEGORY_ENDED"]]);
  await once(reviewer, "/api/v1/categories", { code: "0496", ...words, name: "紫阳富硒茶", since: day(0) }); // the name is free, the code is not
  assert.equal(await soon(() => found("0496").then((category) => ({ body: category ?? null })), ({ body }) => body !== null).then(() => found("0499")), undefined);
  const { body } = await world.anybody.get("/api/v1/products?category=0499");
  assert.deepEqual(body.items.map(({ name, category }) => [name, category]), [["C-1的茶", { code: "0499", name: "紫阳富硒茶" }]]);
});
