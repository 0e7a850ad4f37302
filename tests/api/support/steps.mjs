// Steps that several stories take: a file becomes a catalogue, a revision gets its approval, lines get their prices.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const dataFile = (name) => readFileSync(fileURLToPath(new URL(`../../data/${name}`, import.meta.url)));

/**
 * The chapters of one story, in order: those behind one that failed are not told, since they stand on it.
 */
export function story(test) {
  let failed = null;
  return (name, tell) =>
    test(name, async (t) => {
      if (failed) return t.skip(`behind "${failed}"`);
      try {
        await tell(t);
      } catch (error) {
        failed = name;
        throw error;
      }
    });
}

/** Asks until @done says yes to the answer; gives that answer. */
export async function eventually(ask, done, { limit = 20_000, every = 25 } = {}) {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    assert.ok(Date.now() < end, `not within ${limit} ms: ${JSON.stringify(answer.body).slice(0, 500)}`);
    await pause(every);
  }
}

/**
 * A write that must happen once: sends it, and again with the same key, which must give the same answer, and with the same
 * key for another request, which must be refused. Gives the first answer.
 */
export async function once(client, target, body, options = {}) {
  const key = randomUUID();
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  const type = Buffer.isBuffer(body) ? options.type : "application/json";
  const first = await client.post(target, bytes, { ...options, type, key });
  const again = await client.post(target, bytes, { ...options, type, key });
  assert.equal(first.headers["idempotency-replayed"], undefined);
  assert.equal(again.headers["idempotency-replayed"], "true", `POST ${target}: the repetition is not known as one`);
  assert.deepEqual(again.body, first.body, `POST ${target}: the repetition is answered otherwise`);
  assert.equal(again.headers.location, first.headers.location);
  const other = await client.post(target, Buffer.concat([bytes, Buffer.from(" ")]), { ...options, type, key, expect: 422 });
  assert.equal(other.body.code, "E_KEY_REUSED");
  return first;
}

export async function upload(client, bytes, type = "text/csv") {
  return (await once(client, "/api/v1/files", bytes, { type })).body;
}

/** Imports the file and waits for its end; gives the import. */
export async function importFile(client, file, { policy = "accept_good_rows", dryRun = false } = {}) {
  const started = await once(client, "/api/v1/supplier/imports", { file, policy, dry_run: dryRun }, { expect: 202 });
  assert.equal(started.headers.location, `/api/v1/jobs/${started.body.id}`);
  await eventually(
    () => client.get(started.headers.location),
    ({ body }) => ["done", "failed"].includes(body.state),
  );
  return (await client.get(`/api/v1/supplier/imports/${started.body.id}`)).body;
}

/** Approves everything that waits for a reviewer; gives the decisions' revisions. */
export async function approveAll(reviewer, query = "") {
  const waiting = await reviewer.all(`/api/v1/product-reviews${query}`);
  for (const review of waiting)
    await reviewer.post(`/api/v1/product-reviews/${review.id}/decisions`, { decision: "approve" }, { expect: 200 });
  return waiting;
}

/** A supplier's own goods, SKU by SKU, each with what is said of its product. */
export async function ownGoods(cataloguer) {
  const products = await cataloguer.all("/api/v1/supplier/products");
  return products.flatMap(({ skus, ...product }) => skus.map((sku) => ({ ...product, ...sku })));
}

/** Lines as an order sends them: @wanted is a list of [sku, quantity]. */
export async function priced(buyer, wanted) {
  const lines = wanted.map(([sku, quantity]) => ({ sku, quantity }));
  const { body } = await buyer.post("/api/v1/order-pricings", { lines }, { expect: 200 });
  return { pricing: body, lines: body.lines.map(({ sku, quantity, offer }) => ({ sku, quantity, offer })) };
}

/** The price of one piece when @quantity are bought. */
export function priceAt(ladder, quantity) {
  return ladder.reduce((found, rung, i) => (i === 0 || quantity >= rung.quantity ? rung : found)).unit_price_fen;
}

/** The tax inside an amount: round half up of amount × rate / (100 + rate). */
export function taxInside(amount, rate) {
  const [a, r] = [BigInt(amount), BigInt(rate)];
  return Number((2n * a * r + 100n + r) / (2n * (100n + r)));
}

export const sum = (items, of) => items.reduce((total, item) => total + of(item), 0);
