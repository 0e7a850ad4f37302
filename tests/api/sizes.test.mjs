// Orders of 1 to 10,000 lines: how many statements each takes must not grow with the lines beyond the widths of the multi-row
// statements. Times are printed and never asserted.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { putManyIntoShop } from "../faults/goods.mjs";
import { Journal, basket, booksAgree } from "../faults/journal.mjs";
import { Client } from "./support/client.mjs";
import { World } from "./support/seed.mjs";

const LINES_MAX = 10_000;
const REPLY_MAX = 128 * 1024;
const suppliers = ["cataloguer", "s0116", "s0176", "s0236", "s0256"];
const widest = 512;

/** At most so many statements for a multi-row write: as many of the widest as fit, and one for each narrower width. */
const widths = (rows) => Math.floor(rows / widest) + Math.log2(widest);

describe("orders of all sizes", { timeout: 300_000 }, () => {
  let world, server, buyer, journal, goods;

  before(async () => {
    world = await World.open({ XIANGCAI_CLOCK: "", XIANGCAI_LOG_LEVEL: "warning" });
    server = world.server;
    const bySupplier = [];
    for (const login of suppliers)
      bySupplier.push(await putManyIntoShop(world, login, Array.from({ length: LINES_MAX / suppliers.length }, (_, i) => ({
        code: `${login.toUpperCase()}-${i}`, stock: 10_000, price: `${1 + (i % 90)}.90`,
      }))));
    goods = bySupplier[0].flatMap((_, i) => bySupplier.map((own) => own[i]));
    assert.equal(new Set(goods.map(({ sku }) => sku)).size, LINES_MAX);
    await server.restart(); // with a view that holds what was approved
    buyer = await world.as("buyer");
    journal = new Journal(server);
  });
  after(() => world?.close());

  async function placed(lines) {
    const since = performance.now();
    const order = await journal.place(buyer, goods.slice(0, lines).map((one, i) => [one, 1 + (i % 9)]));
    const ms = performance.now() - since;
    assert.equal(order.state, "placed", order.last?.text);
    const answer = order.reply;
    assert.equal(answer.body.line_count, lines);
    assert.equal(answer.body.supply_order_count, Math.min(lines, suppliers.length));
    assert.ok(answer.bytes.length <= REPLY_MAX, `${answer.bytes.length} bytes`);
    return { lines, ms, answer, statements: Client.statements(answer) };
  }

  async function priced(lines) {
    const wanted = goods.slice(0, lines).map(({ sku }, i) => ({ sku, quantity: 1 + (i % 9) }));
    const since = performance.now();
    const answer = await buyer.post("/api/v1/order-pricings", { lines: wanted }, { expect: 200 });
    const ms = performance.now() - since;
    assert.equal(answer.body.lines.length, lines);
    assert.equal(answer.body.orderable, true);
    return { lines, ms, answer, statements: Client.statements(answer) };
  }

  const tell = (t, what, { lines, ms, answer, statements }) =>
    t.diagnostic(`${what} of ${lines} lines: ${statements} statements, ${ms.toFixed(0)} ms, ${answer.bytes.length} bytes`);

  /** The best of three, after one that prepares the statements. */
  async function measured(t, what, fn, lines) {
    await fn(lines);
    const runs = [await fn(lines), await fn(lines), await fn(lines)];
    const best = runs.reduce((a, b) => (b.ms < a.ms ? b : a));
    assert.equal(new Set(runs.map(({ statements }) => statements)).size, 1, "the same order takes the same statements");
    tell(t, what, best);
    return best;
  }

  it("statements of an order grow by the widths of its rows only", async (t) => {
    const base = await measured(t, "an order", placed, 5);
    assert.ok(base.statements <= 20, `${base.statements} statements`);
    for (const lines of [20, 1000, LINES_MAX]) {
      const { statements } = await measured(t, "an order", placed, lines);
      // lines, their movements, and the stock are what has a row for each line
      assert.ok(statements - base.statements <= 3 * widths(lines), `${lines} lines: ${statements}, 5 lines: ${base.statements}`);
    }
  });

  it("statements of a pricing grow by the lists of what it reads only", async (t) => {
    const base = await measured(t, "a pricing", priced, 5);
    for (const lines of [20, 1000, LINES_MAX]) {
      const { statements } = await measured(t, "a pricing", priced, lines);
      // the stock of all, read by lists of keys as long as the widest
      assert.equal(statements - base.statements, Math.ceil(lines / widest) - 1, `${lines} lines: ${statements}, 5 lines: ${base.statements}`);
    }
  });

  it("what 10,000 lines cost is the same when priced and when placed, to the fen", async () => {
    const price = (await priced(LINES_MAX)).answer.body;
    const order = (await placed(LINES_MAX)).answer.body;
    assert.deepEqual([order.amount_fen, order.tax_fen], [price.amount_fen, price.tax_fen]);
    assert.equal(order.amount_fen, price.lines.reduce((sum, line) => sum + line.amount_fen, 0));
    assert.equal(order.amount_fen, order.supply_orders.reduce((sum, one) => sum + one.amount_fen, 0));
  });

  it("10,000 lines where one is short place nothing", async () => {
    const pairs = goods.map((one, i) => [one, i === 7777 ? 10_001 : 1]);
    const order = await journal.place(buyer, pairs);
    assert.equal(order.state, "refused", order.last?.text);
    assert.deepEqual(order.last.body.errors.map(({ pointer }) => pointer), ["/lines/7777/quantity"]);
  });

  it("of many lines only the short one is named, however many were taken before it was found", async () => {
    const own = goods.slice(0, 1500);
    const left = new Map(server.sql(`SELECT sku, available FROM stock WHERE sku IN (${own.map(({ sku }) => sku).join(", ")})`)
      .map(({ sku, available }) => [sku, Number(available)]));
    const order = await journal.place(buyer, own.map((one, i) => [one, left.get(one.sku) + (i === 1499 ? 1 : 0)]));
    assert.equal(order.state, "refused", order.last?.text);
    assert.deepEqual(order.last.body.errors.map(({ pointer }) => pointer), ["/lines/1499/quantity"]);
  });

  it("a line more than 10,000 is refused before anything is done", async () => {
    const body = basket([...goods, goods[0]].map((one) => [one, 1]));
    await buyer.post("/api/v1/purchase-orders", body, { expect: 422 });
    await buyer.post("/api/v1/order-pricings", { lines: body.lines.map(({ sku, quantity }) => ({ sku, quantity })) }, { expect: 422 });
  });

  it("large orders beside small ones: each is answered, all are there once", async () => {
    await Promise.all(Array.from({ length: 32 }, (_, i) =>
      journal.place(buyer, goods.slice(i, i + (i % 8 ? 20 : 2500)).map((one) => [one, 1]))));
    await journal.settle();
    journal.compare();
    await booksAgree(server);
  });
});
