// The search of the shop over the goods of the demonstration: the table of questions that the unit test asks of the index
// (tests/data/search_queries.csv), asked over HTTP; what is typed and suggested; and questions that are meant to hurt.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { Client } from "./support/client.mjs";
import { Server, command, startOfClock } from "./support/server.mjs";
import { eventually } from "./support/steps.mjs";

const table = readFileSync(fileURLToPath(new URL("../data/search_queries.csv", import.meta.url)), "utf8");
const [, ...questions] = table
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => line.split(","))
  .map(([query, kind, name, county]) => ({ query, kind, name, county }));

/** "" is anything, "*茶" holds it, and else it is the very text. */
const fits = (wanted, found) => (wanted.startsWith("*") ? found.includes(wanted.slice(1)) : wanted === "" || wanted === found);

describe("the search of the shop", { timeout: 300_000 }, () => {
  const data = mkdtempSync(join(tmpdir(), "xiangcai-search-"));
  let server, anybody;

  const search = async (query, rest = "&limit=20") => (await anybody.get(`/api/v1/products?q=${encodeURIComponent(query)}${rest}`)).body.items;
  const suggest = async (query, rest = "") =>
    (await anybody.get(`/api/v1/search-suggestions?q=${encodeURIComponent(query)}${rest}`)).body.items;

  before(async () => {
    const loaded = await command(["demo", "--data", data, "--orders", "0"], { settings: { XIANGCAI_CLOCK: startOfClock } });
    assert.equal(loaded.status, 0, loaded.err);
    server = await Server.start({ data });
    anybody = new Client(server);
    await eventually(() => anybody.get("/api/v1/products?limit=1"), ({ body }) => body.items.length === 1);
  });
  after(async () => {
    anybody?.close();
    await server?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it(`answers the table of questions`, async () => {
    assert.ok(questions.length >= 150);
    const wrong = [];
    for (const { query, kind, name, county } of questions) {
      const [first] = await search(query);
      const isRight = name === "-" ? !first : first && fits(name, first.name) && fits(county, first.county.name);
      if (!isRight) wrong.push(`${query} (${kind}) finds ${first ? `${first.name} of ${first.county.name}` : "nothing"} first`);
    }
    assert.deepEqual(wrong, []);
  });

  it("finds a number and nothing else", async () => {
    const goods = await search("苹果");
    for (const { number } of server.sql("SELECT number FROM sku ORDER BY number LIMIT 3")) {
      assert.equal((await search(number)).length, 1);
      assert.deepEqual(await search(number.slice(0, 6)), []);
    }
    assert.ok(goods.length === 20);
  });

  it("is asked within a category and a county", async () => {
    const goods = await search("苹果", "&county=610621&limit=50");
    assert.ok(goods.length > 0);
    assert.ok(goods.every(({ county }) => county.code === "610621"));
    const fruit = await search("pg", "&category=05&limit=50");
    assert.ok(fruit.length > 0);
    assert.ok(fruit.every(({ category }) => category.code.startsWith("05")));
  });

  it("goes on page by page, each of the goods once", async () => {
    const seen = [];
    for (let after = ""; after !== null; ) {
      const { body } = await anybody.get(`/api/v1/products?q=${encodeURIComponent("富硒")}&limit=7${after && `&after=${after}`}`);
      seen.push(...body.items.map(({ id }) => id));
      after = body.next;
    }
    assert.ok(seen.length > 20);
    assert.equal(new Set(seen).size, seen.length);
  });

  it("takes what is meant to hurt", async () => {
    const different = String.fromCodePoint(...Array.from({ length: 64 }, (_, i) => 0x4e00 + i));
    for (const query of [different, "🍎".repeat(64), "！".repeat(64), "a".repeat(64), "a b ".repeat(16), "﷽".repeat(64), "zhong".repeat(12)])
      await search(query);
    assert.deepEqual(await search(different), []);
    await anybody.get(`/api/v1/products?q=${encodeURIComponent("苹".repeat(65))}`, { expect: 422 });
    await anybody.get("/api/v1/products?q=%E8%8B", { expect: 400 });
    await anybody.get("/api/v1/search-suggestions?q=%ff", { expect: 400 });
  });

  it("suggests names while they are typed", async () => {
    const firsts = [
      ["苹", "苹果", "category"],
      ["pingg", "苹果", "category"],
      ["蘋果", "苹果", "category"],
      ["延长", "延长县", "county"],
      ["yanchang", "延长县", "county"],
      ["zymj", "紫阳毛尖", "product"],
      ["毛尖", "紫阳毛尖", "product"],
      ["延长县乐农", "延长县乐农果业", "supplier"],
    ];
    for (const [q, text, kind] of firsts) {
      const [first, ...others] = await suggest(q);
      assert.ok(first, q);
      assert.ok(first.text.startsWith(text), `${q}: ${first.text}`);
      assert.equal(first.kind, kind, q);
      assert.ok(others.every((other) => other.text !== first.text || other.kind !== first.kind));
      assert.ok((await search(first.text)).length > 0);
    }
    assert.equal((await suggest("县", "&limit=3")).length, 3);
    assert.deepEqual(await suggest("手机"), []);
    assert.deepEqual(await suggest("🍎"), []);
  });

  it("counts what it suggests", async () => {
    const [first] = await suggest("山茱萸杜仲");
    const products = readFileSync(fileURLToPath(new URL("../../demo/products.csv", import.meta.url)), "utf8").split("\n");
    const listed = 2 * products.filter((line) => line.split(",")[4] === "1303").length; // by two suppliers each
    assert.ok(listed > 0);
    assert.deepEqual(first, { text: "山茱萸杜仲", kind: "category", count: listed });
  });

  it("refuses what is not a question, and tells who has the answer already", async () => {
    await anybody.get("/api/v1/search-suggestions", { expect: 422 });
    await anybody.get("/api/v1/search-suggestions?q=", { expect: 422 });
    await anybody.get("/api/v1/search-suggestions?q=a&limit=11", { expect: 422 });
    await anybody.get("/api/v1/search-suggestions?q=a&limit=0", { expect: 422 });
    await anybody.get(`/api/v1/search-suggestions?q=${encodeURIComponent("苹".repeat(65))}`, { expect: 422 });
    const { headers } = await anybody.get("/api/v1/search-suggestions?q=pg");
    await anybody.get("/api/v1/search-suggestions?q=pg", { expect: 304, headers: { "If-None-Match": headers.etag } });
  });
});
