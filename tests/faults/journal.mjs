// What clients know of their orders, and what the database must then hold. Every order carries its key as its note, so the rows
// tell whose they are. An order is placed (answered 201), refused (not enough in stock, or no longer at the price it names), or open:
// nobody answered, or the answer was that nobody knows; an open one is sent again under its key until it is one of the other two.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const SETTLE_MS = 60_000;
const refusals = /\/(stock-short|offer-stale)$/;
const faults = { E_STOCK_SHORT: /^\/lines\/\d+\/quantity$/, E_OFFER_STALE: /^\/lines\/\d+\/offer$/ };

/** What a buyer sends for [{ sku, offer }, quantity] pairs. */
export function basket(pairs, note = "") {
  return {
    submit: true, delivery_address: "西安市测试路 1 号", note,
    lines: pairs.map(([{ sku, offer }, quantity]) => ({ sku, offer, quantity })),
  };
}

export class Journal {
  constructor(server) {
    this.server = server;
    this.orders = new Map();
    this.statuses = new Map();
    this.placedCount = 0;
  }

  counts() {
    return Object.fromEntries([...this.statuses].sort());
  }

  of(state) {
    return [...this.orders.values()].filter((order) => order.state === state);
  }

  /** Sends a new order once; see `send`. */
  place(client, pairs) {
    const key = `order-${randomUUID()}`;
    const order = { key, client, body: basket(pairs, key), state: "open", tries: 0, reply: null };
    this.orders.set(key, order);
    return this.send(order);
  }

  /** Sends an order, perhaps again. What was answered once is answered the same for ever. Gives the order. */
  async send(order) {
    order.tries++;
    const answer = await this.#exchange(order);
    const status = answer?.status ?? "none";
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 201) this.#placed(order, answer);
    else if (status === 409 && refusals.test(answer.body.type)) this.#refused(order, answer);
    else
      assert.ok(status === "none" || status === 503 || (status === 409 && answer.body.type.endsWith("/idempotency-key")),
        `an order was answered ${status}: ${answer?.text}`);
    order.last = answer;
    return order;
  }

  async #exchange({ client, key, body }) {
    try {
      return await client.send("POST", "/api/v1/purchase-orders", { body, key });
    } catch (error) {
      if (error.code === "ERR_ASSERTION") throw error;
      return null;
    }
  }

  #placed(order, answer) {
    const { reply, tries } = order;
    assert.notEqual(order.state, "refused", `${order.key} was refused, and is placed now`);
    if (reply) {
      assert.ok(reply.bytes.equals(answer.bytes), `${order.key} was answered otherwise before:\n${reply.text}\n${answer.text}`);
      assert.equal(answer.headers.location, reply.headers.location);
      assert.equal(answer.headers["idempotency-replayed"], "true", "a known key is not marked as replayed");
    }
    if (tries === 1) assert.equal(answer.headers["idempotency-replayed"], undefined, "a new key is marked as replayed");
    if (!reply) this.placedCount++;
    order.reply ??= answer;
    order.state = "placed";
  }

  #refused(order, answer) {
    assert.notEqual(order.state, "placed", `${order.key} was placed, and is refused now`);
    assert.ok(answer.body.errors.every(({ pointer, code }) => faults[code]?.test(pointer)), answer.text);
    order.state = "refused";
  }

  /** Sends all open orders again, @width at a time, until each is answered. */
  async settle(width = 16) {
    const end = Date.now() + SETTLE_MS;
    for (let open = this.of("open"); open.length; open = this.of("open")) {
      assert.ok(Date.now() < end, `${open.length} orders are never answered`);
      const queue = [...open];
      await Promise.all(Array.from({ length: width }, async () => {
        for (let order = queue.pop(); order; order = queue.pop()) {
          await this.send(order);
          if (order.state === "open") await pause(100);
        }
      }));
    }
  }

  /** Throws unless the database holds each placed order once, as it was answered and sent, and no other. */
  compare() {
    assert.equal(this.of("open").length, 0);
    const found = new Map();
    for (const row of this.server.sql("SELECT note, id, number, payment_code, amount_fen, line_count, supply_order_count FROM purchase_order")) {
      assert.ok(!found.has(row.note), `${row.note} was placed twice`);
      assert.equal(this.orders.get(row.note)?.state, "placed", `${row.note} stands in the database, and nobody placed it`);
      found.set(row.note, row);
    }
    const bought = new Map();
    for (const { note, sku, quantity, offer } of this.server.sql(
      "SELECT p.note, l.sku, l.quantity, l.offer FROM purchase_order p JOIN supply_order s ON s.purchase_order = p.id JOIN order_line l ON l.supply_order = s.id")) {
      if (!bought.has(note)) bought.set(note, []);
      bought.get(note).push(`${sku}×${quantity}@${offer}`);
    }
    for (const order of this.of("placed")) {
      const row = found.get(order.key) ?? assert.fail(`${order.key} was acknowledged and is lost`);
      const { id, number, payment_code, amount_fen, line_count, supply_order_count } = order.reply.body;
      assert.deepEqual(
        [row.id, row.number, row.payment_code, Number(row.amount_fen), Number(row.line_count), Number(row.supply_order_count)],
        [id, number, payment_code, amount_fen, line_count, supply_order_count], `${order.key} stands otherwise than it was answered`);
      assert.deepEqual(bought.get(order.key).sort(), order.body.lines.map(({ sku, quantity, offer }) => `${sku}×${quantity}@${offer}`).sort());
    }
    this.compareStock();
    return found.size;
  }

  /** Stock is what was put in less what was sold, nowhere below zero. */
  compareStock() {
    const wrong = this.server.sql(`
      SELECT s.sku, s.available, m.quantity AS put_in, COALESCE(l.quantity, 0) AS sold
        FROM stock s
        JOIN (SELECT sku, SUM(quantity) AS quantity FROM stock_movement GROUP BY sku) m ON m.sku = s.sku
        LEFT JOIN (SELECT sku, SUM(quantity) AS quantity FROM order_line GROUP BY sku) l ON l.sku = s.sku
       WHERE s.available < 0 OR s.available <> m.quantity - COALESCE(l.quantity, 0)`);
    assert.deepEqual(wrong, []);
  }

  sold({ sku }) {
    return this.server.number(`SELECT COALESCE(SUM(quantity), 0) FROM order_line WHERE sku = ${sku}`);
  }

  available({ sku }) {
    return this.server.number(`SELECT available FROM stock WHERE sku = ${sku}`);
  }
}

/** `xiangcai verify` beside the server finds nothing. */
export async function booksAgree(server) {
  const { status, out, err } = await server.verify();
  assert.equal(status, 0, `${out}\n${err}`);
}

const written = [
  "purchase_order", "supply_order", "order_line", "stock", "stock_movement", "movement", "event", "idempotency", "outbox",
  "sequence", "rollup_county", "rollup_supplier", "rollup_unit",
];

/** A sum of all that an order writes, once everything that was committed has its position: unchanged means that nothing was done. */
export async function fingerprintOfBooks(server) {
  const end = Date.now() + SETTLE_MS;
  while (server.number("SELECT COUNT(*) FROM outbox")) {
    assert.ok(Date.now() < end, "the sequencer does not come to rest");
    await pause(50);
  }
  return JSON.stringify(server.sql(`CHECKSUM TABLE ${written.join(", ")} EXTENDED`));
}
