// Goods for the tests of races, faults and sizes: a supplier's file, imported and approved, so that stock and its movements agree.

import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

const IMPORT_MS = 60_000;
const header = "商品编码,商品名称*,产地（县）,类目,规格,单位,单价（元）,阶梯价,起订量,库存,保质期,储存方式,毛重,认证,条码,备注";

function row({ code, stock, price = "12.30", tiers = "" }) {
  return `${code},周至猕猴桃 ${code},周至县,猕猴桃,24枚礼盒,盒,${price},${tiers},1,${stock},30天,冷藏,2800,,,`;
}

/** A supplier's file of these goods, imported. New ones, and those whose content changed, wait for a reviewer; stock counts at once. */
export async function upload(supplier, goods) {
  const file = await supplier.post("/api/v1/files", Buffer.from([header, ...goods.map(row)].join("\n")), { type: "text/csv" });
  const order = { file: file.body.id, policy: "all_or_nothing", dry_run: false };
  const { body: { id } } = await supplier.post("/api/v1/supplier/imports", order, { expect: 202 });
  const end = Date.now() + IMPORT_MS;
  for (;;) {
    const { body } = await supplier.get(`/api/v1/supplier/imports/${id}`);
    if (body.state === "done" || body.state === "failed") {
      assert.deepEqual([body.state, body.accepted, body.published], ["done", goods.length, true]);
      return;
    }
    assert.ok(Date.now() < end, "the import does not end");
    await pause(20);
  }
}

/** SKUs of these codes as a buyer names them: { sku, offer, code, available }, in the order of the codes. */
export function skusOf(server, codes) {
  const rows = server.sql(
    `SELECT k.number AS sku, k.code, s.offer, s.available, s.on_sale FROM sku k JOIN stock s ON s.sku = k.number
      WHERE k.code IN (${codes.map((code) => `'${code}'`).join(", ")})`);
  const found = new Map(rows.map((r) => [r.code, { sku: r.sku, code: r.code, offer: Number(r.offer), available: Number(r.available) }]));
  assert.ok(rows.every((r) => r.on_sale === "1"), "not everything is on sale");
  return codes.map((code) => found.get(code) ?? assert.fail(`${code} is no SKU`));
}

/** Approves whatever waits. */
export async function approveAll(world) {
  const reviewer = await world.as("reviewer");
  const waiting = world.server.sql("SELECT id FROM revision WHERE state = 'submitted'");
  await Promise.all(waiting.map(({ id }) =>
    reviewer.post(`/api/v1/product-reviews/${id}/decisions`, { decision: "approve" }, { expect: 200 })));
}

/** Puts @goods, rows of { code, stock, price, tiers }, into the shop as those of @login. */
export async function putIntoShop(world, login, goods) {
  await upload(await world.as(login), goods);
  await approveAll(world);
  return skusOf(world.server, goods.map(({ code }) => code));
}

/**
 * The same for thousands: approved by statements, since a decision is a person's and takes one request each. What they miss is the
 * audit trail, and the server's view, which is built anew at the next start.
 */
export async function putManyIntoShop(world, login, goods) {
  await upload(await world.as(login), goods);
  world.server.sql(`
    UPDATE product p JOIN revision r ON r.id = p.latest SET p.revision = p.latest, r.state = 'approved', r.decided_at = r.submitted_at
     WHERE r.state = 'submitted';
    INSERT IGNORE INTO price (sku, ladder, since)
      SELECT k.number, rs.ladder, r.submitted_at
        FROM sku k JOIN product p ON p.id = k.product JOIN revision r ON r.id = p.revision
        JOIN revision_sku rs ON rs.revision = r.id AND rs.sku = k.number;
    INSERT IGNORE INTO price_change (event, sku, at, ladder, unit_price_fen)
      SELECT p.revision, n.sku, n.since, n.ladder, CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(n.ladder, ';', 1), ':', -1) AS INTEGER)
        FROM price n JOIN sku k ON k.number = n.sku JOIN product p ON p.id = k.product
       WHERE NOT EXISTS (SELECT 1 FROM price_change c WHERE c.sku = n.sku);
    UPDATE stock s JOIN sku k ON k.number = s.sku JOIN product p ON p.id = k.product SET s.on_sale = TRUE, s.offer = s.offer + 1
     WHERE NOT s.on_sale AND p.revision IS NOT NULL AND p.listed;`);
  return skusOf(world.server, goods.map(({ code }) => code));
}
