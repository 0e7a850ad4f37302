// Many buyers want the same goods at the same moment, and send the same request more than once. Sold is what there was, never more;
// every order is placed once or refused; a repeated key changes nothing.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";

import { approveAll, putIntoShop, skusOf, upload } from "../faults/goods.mjs";
import { Journal, basket, booksAgree, fingerprintOfBooks } from "../faults/journal.mjs";
import { World } from "./support/seed.mjs";

const CLIENTS = 64;
const WAIT_MS = 60_000;
const orders = "/api/v1/purchase-orders";

describe("many buyers at once", { timeout: 300_000 }, () => {
  let world, journal, buyers, shop;

  const each = (fn) => Promise.all(Array.from({ length: CLIENTS }, (_, i) => fn(buyers[i % buyers.length], i)));
  const sumOf = (placed, { sku }) => placed.flatMap(({ body }) => body.lines).reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0);

  before(async () => {
    world = await World.open({ XIANGCAI_CLOCK: "", XIANGCAI_LOG_LEVEL: "warning" });
    journal = new Journal(world.server);
    buyers = [await world.as("buyer"), await world.as("buyer2")];
    const mine = await putIntoShop(world, "cataloguer", [
      { code: "LAST-100", stock: 100 }, { code: "SEVENS", stock: 100 }, { code: "PLENTY", stock: 1_000_000, tiers: "100:11.00;500:10.00" },
      { code: "DEARER", stock: 1_000_000 }, { code: "COUNTED", stock: 200 }, { code: "COUNTED-TOO", stock: 200 },
      ...Array.from({ length: 6 }, (_, i) => ({ code: `A-${i}`, stock: 60 + i })),
    ]);
    const theirs = await putIntoShop(world, "s0116", Array.from({ length: 6 }, (_, i) => ({ code: `B-${i}`, stock: 60 + i })));
    shop = Object.fromEntries([...mine, ...theirs].map((goods) => [goods.code, goods]));
  });
  after(() => world?.close());

  it("64 clients want the last 100 boxes, in quantities of all kinds: exactly 100 are sold", async () => {
    const goods = shop["LAST-100"];
    const wishes = [25, 7, 3, 12, 1, 8, 5, 2, 10, 4];
    await each(async (buyer, i) => {
      let quantity = wishes[i % wishes.length];
      while (quantity) {
        const order = await journal.place(buyer, [[goods, quantity]]);
        assert.notEqual(order.state, "open", order.last?.text);
        if (order.state === "refused") quantity = Math.floor(quantity / 2);
      }
    });
    assert.equal(journal.sold(goods), 100);
    assert.equal(journal.available(goods), 0);
    assert.equal(sumOf(journal.of("placed"), goods), 100);
    assert.deepEqual(Object.keys(journal.counts()), ["201", "409"]);
    journal.compare();
  });

  it("64 clients want seven boxes each of 100: fourteen get them, two boxes stay", async () => {
    const goods = shop.SEVENS;
    const answered = await each((buyer) => journal.place(buyer, [[goods, 7]]));
    assert.equal(answered.filter(({ state }) => state === "placed").length, 14);
    assert.equal(answered.filter(({ state }) => state === "refused").length, CLIENTS - 14);
    assert.equal(journal.sold(goods), 98);
    assert.equal(journal.available(goods), 2);
    for (const { last } of answered.filter(({ state }) => state === "refused"))
      assert.match(last.body.errors[0].detail, /\b2\b/, "the refusal tells how many are left");
  });

  it("baskets of two suppliers overlap in opposite orders until everything is sold, and nothing more", async () => {
    const goods = Object.values(shop).filter(({ code }) => /^[AB]-/.test(code));
    await each(async (buyer, i) => {
      for (let round = 0, refused = 0; refused < 2; round++) {
        const start = (i * 5 + round * 3) % goods.length;
        const taken = Array.from({ length: 2 + ((i + round) % 7) }, (_, n) => goods[(start + n) % goods.length]);
        const pairs = taken.map((one, n) => [one, 1 + ((i + n) % 3)]);
        const order = await journal.place(buyer, i % 2 ? pairs : pairs.reverse());
        assert.notEqual(order.state, "open", order.last?.text);
        if (order.state === "refused") refused++;
      }
    });
    // what the baskets left goes piece by piece
    await Promise.all(goods.map(async (one) => {
      while ((await journal.place(buyers[0], [[one, 1]])).state === "placed");
    }));
    for (const one of goods) {
      assert.equal(journal.sold(one), one.available, one.code);
      assert.equal(journal.available(one), 0, one.code);
    }
    assert.deepEqual(Object.keys(journal.counts()), ["201", "409"]);
    journal.compare();
    await booksAgree(world.server);
  });

  it("the price changes while 64 clients order: each order is placed at the offer it names, or refused", async () => {
    const cataloguer = await world.as("cataloguer");
    const old = shop.DEARER;
    let isChanged = false;
    const change = async () => {
      await upload(cataloguer, [{ code: old.code, stock: old.available, price: "13.40" }]);
      await approveAll(world);
      isChanged = true;
    };
    const placedLate = [];
    const end = Date.now() + WAIT_MS;
    await Promise.all([change(), each(async (buyer) => {
      for (let refused = 0; refused < 2;) {
        assert.ok(Date.now() < end, "the new price never holds");
        const wasChanged = isChanged;
        const order = await journal.place(buyer, [[old, 1]]);
        if (order.state === "refused") refused++;
        else if (wasChanged) placedLate.push(order);
      }
    })]);
    assert.deepEqual(placedLate, [], "placed at an offer that was no more");
    const [now] = skusOf(world.server, [old.code]);
    assert.ok(now.offer > old.offer);
    const order = await journal.place(buyers[1], [[now, 2]]);
    assert.equal(order.reply?.body.amount_fen, 2 * 1340);
    assert.deepEqual(world.server.sql(`SELECT DISTINCT offer, unit_price_fen FROM order_line WHERE sku = ${old.sku} ORDER BY offer`),
      [{ offer: String(old.offer), unit_price_fen: "1230" }, { offer: String(now.offer), unit_price_fen: "1340" }]);
    // what was placed before is answered as it was, though nobody could order it any more
    await Promise.all(journal.of("placed").filter(({ body }) => body.lines[0].offer === old.offer && body.lines[0].sku === old.sku)
      .slice(0, 100).map((one) => journal.send(one)));
    journal.compare();
  });

  it("the supplier counts its stock while it is sold: nothing is sold that was not counted", async () => {
    const cataloguer = await world.as("cataloguer");
    const goods = [shop.COUNTED, shop["COUNTED-TOO"]];
    let isCounting = true;
    const count = async () => {
      try {
        for (let i = 0; i < 8; i++)
          await upload(cataloguer, goods.map(({ code }) => ({ code, stock: 150 + 10 * i })));
      } finally {
        isCounting = false;
      }
    };
    await Promise.all([count(), each(async (buyer, i) => {
      while (isCounting) {
        const pairs = goods.map((one, n) => [one, 1 + ((i + n) % 4)]);
        const order = await journal.place(buyer, i % 2 ? pairs : pairs.reverse());
        assert.notEqual(order.state, "open", order.last?.text);
      }
    })]);
    journal.compare();
    await booksAgree(world.server);
  });

  it("a thousand times the same keys change nothing, and are answered with the same bytes", async () => {
    const placed = journal.of("placed").slice(-50);
    const before = await fingerprintOfBooks(world.server);
    const queue = Array.from({ length: 1000 }, (_, i) => placed[i % placed.length]);
    await each(async () => {
      for (let order = queue.pop(); order; order = queue.pop()) await journal.send(order); // which compares
    });
    assert.ok(placed.every(({ tries }) => tries === 21));
    assert.equal(await fingerprintOfBooks(world.server), before);
  });

  it("a refused key is free: nothing was stored, and it is refused again", async () => {
    const [order] = journal.of("refused");
    const before = await fingerprintOfBooks(world.server);
    await journal.send(order);
    assert.equal(order.state, "refused");
    assert.equal(order.last.headers["idempotency-replayed"], undefined);
    assert.equal(await fingerprintOfBooks(world.server), before);
  });

  it("the same key with another body is refused, from 64 connections at once", async () => {
    const placed = journal.of("placed").slice(0, CLIENTS);
    const before = await fingerprintOfBooks(world.server);
    await each(async (_, i) => {
      const { client, key, body } = placed[i % placed.length];
      const answer = await client.post(orders, { ...body, note: "another one" }, { key, expect: 422 });
      assert.match(answer.body.type, /idempotency-key$/);
    });
    assert.equal(await fingerprintOfBooks(world.server), before);
  });

  it("one key at the same moment from 64 connections is one order", async () => {
    for (let round = 0; round < 10; round++) {
      const key = `together-${randomUUID()}`;
      const body = basket([[shop.PLENTY, 1 + round]], key);
      const answers = await each(() => buyers[0].send("POST", orders, { body, key }));
      const placed = answers.filter(({ status }) => status === 201);
      assert.ok(answers.every(({ status, body: b }) => status === 201 || (status === 409 && b.type.endsWith("/idempotency-key"))));
      assert.equal(placed.filter(({ headers }) => headers["idempotency-replayed"] === undefined).length, 1);
      assert.ok(placed.every(({ bytes }) => bytes.equals(placed[0].bytes)));
      assert.equal(world.server.number(`SELECT COUNT(*) FROM purchase_order WHERE note = '${key}'`), 1);
    }
  });

  it("one key at the same moment with 64 bodies is one of them", async () => {
    const key = `apart-${randomUUID()}`;
    const answers = await each((_, i) => buyers[0].send("POST", orders, { body: basket([[shop.PLENTY, 1 + i]], key), key }));
    const placed = answers.filter(({ status }) => status === 201);
    assert.equal(placed.length, 1);
    assert.ok(answers.every(({ status, body: b }) => status === 201 || ([409, 422].includes(status) && b.type.endsWith("/idempotency-key"))));
    const [row] = world.server.sql(`SELECT COUNT(*) AS orders, MAX(amount_fen) AS fen FROM purchase_order WHERE note = '${key}'`);
    assert.deepEqual(row, { orders: "1", fen: String(placed[0].body.amount_fen) });
  });

  it("a key is its organisation's: two units may use the same one for orders of their own", async () => {
    const key = `theirs-${randomUUID()}`;
    const [one, other] = await Promise.all(buyers.map((buyer) => buyer.post(orders, basket([[shop.PLENTY, 3]], key), { key })));
    assert.notEqual(one.body.id, other.body.id);
    assert.equal(world.server.number(`SELECT COUNT(DISTINCT unit) FROM purchase_order WHERE note = '${key}'`), 2);
    await booksAgree(world.server);
  });
});
