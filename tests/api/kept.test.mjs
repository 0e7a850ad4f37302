// What is kept, and for how long: rows of imports, pictures whose job was given up, contents that nobody names any more.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { jpeg } from "./support/pictures.mjs";
import { World } from "./support/seed.mjs";
import { eventually, importFile, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const imports = "/api/v1/supplier/imports";
const KEPT = 50; // imports of one organisation
const head = "商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重";
const row = (code, price) => `${code},紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,${price},500,540,常温,520`;
const file = (...rows) => Buffer.from([head, ...rows].join("\n"));
let world, cataloguer;

const swept = (left) =>
  eventually(
    async () => ({ body: world.server.number(left) }),
    ({ body }) => body === 0,
  );

before(async () => {
  world = await World.open({ XIANGCAI_JOB_RUNNERS: "2" });
  cataloguer = await world.as("cataloguer");
});
after(async () => {
  await world.close();
});

chapter("an import that waits is not asked for twice, in other words it is", async () => {
  const many = Array.from({ length: 20_000 }, (_, i) => row(`MANY-${i}`, 100));
  const large = (await upload(cataloguer, file(...many))).id;
  const small = (await upload(cataloguer, file(row("ONCE-1", 100)))).id;
  const asked = { file: small, policy: "accept_good_rows", dry_run: true };
  // an organisation may hold one of two runners, so that what is asked behind it waits
  const first = await cataloguer.post(imports, { ...asked, file: large }, { expect: 202 });
  await eventually(
    () => cataloguer.get(`/api/v1/jobs/${first.body.id}`),
    ({ body }) => body.state === "running",
  );
  const waiting = await cataloguer.post(imports, asked, { expect: 202 });
  const again = await cataloguer.post(imports, asked, { expect: 409 });
  assert.equal(again.body.code, "E_IMPORT_WAITS");
  assert.match(again.body.detail ?? again.body.title, /\p{Script=Han}/u);
  const others = [{ dry_run: false }, { policy: "all_or_nothing" }, { columns: [{ header: "毛重", column: "weight" }] }];
  const more = [];
  for (const other of others) more.push((await cataloguer.post(imports, { ...asked, ...other }, { expect: 202 })).body.id);
  const all = [...more, waiting.body.id, first.body.id];
  for (const id of all) await cataloguer.post(`/api/v1/jobs/${id}/cancellations`, undefined, { expect: 202 });
  for (const id of all)
    await eventually(
      () => cataloguer.get(`/api/v1/jobs/${id}`),
      ({ body }) => ["cancelled", "done"].includes(body.state),
    );
  assert.equal((await importFile(cataloguer, small, { dryRun: true })).accepted, 1);
});

chapter("of imports the newest keep their rows; what is gone is said to be, and nobody takes a part for the whole", async () => {
  const bytes = file(row("KEPT-1", 100), row("KEPT-2", "面议"), row("KEPT-3", "１２０元"));
  const ends = [];
  for (let i = 0; i < 2; i++) ends.push(await importFile(cataloguer, (await upload(cataloguer, bytes)).id, { dryRun: true }));
  const [old, kept] = ends;
  const parts = ["rejected-rows", "normalisations", "changes", "rows"];
  for (const part of parts) assert.ok((await cataloguer.get(`${imports}/${old.id}/${part}`)).body.items.length > 0, part);
  const count = (table, id) => world.server.number(`SELECT COUNT(*) FROM ${table} WHERE import = '${id}'`);
  const tables = ["import_fault", "import_note", "import_change"];
  const before_ = tables.map((table) => count(table, kept.id));
  assert.deepEqual(tables.map((table) => count(table, old.id)), before_);
  const values = Array.from({ length: KEPT - 1 }, (_, i) => `('ffffffff-0000-7000-8000-${String(i).padStart(12, "0")}')`);
  world.server.sql(
    `CREATE TABLE later (id UUID); INSERT INTO later VALUES ${values.join(", ")};
     INSERT INTO import (id, supplier, user, file, policy, dry_run, state, created_at)
     SELECT l.id, i.supplier, i.user, i.file, i.policy, 1, 'done', i.created_at FROM later l JOIN import i WHERE i.id = '${old.id}';
     DROP TABLE later`,
  );
  await world.server.restart();
  await swept(`SELECT COUNT(*) FROM import WHERE id = '${old.id}' AND kept <> 'gone'`);
  for (const part of parts) assert.equal((await cataloguer.get(`${imports}/${old.id}/${part}`, { expect: 409 })).body.code, "E_IMPORT_FORGOTTEN", part);
  await cataloguer.get(`${imports}/${old.id}/rejected-rows`, { accept: "text/csv", expect: 409 });
  assert.deepEqual(tables.map((table) => count(table, old.id)), [0, 0, 0]);
  assert.deepEqual(tables.map((table) => count(table, kept.id)), before_);
  for (const part of parts) assert.ok((await cataloguer.get(`${imports}/${kept.id}/${part}`)).body.items.length > 0, part);
  const still = (await cataloguer.get(`${imports}/${old.id}`)).body;
  assert.deepEqual([still.accepted, still.rejected, still.state], [old.accepted, old.rejected, "done"]);
  world.server.sql("DELETE FROM import WHERE id >= 'ffffffff-0000-7000-8000-000000000000'");
});

chapter("after ninety days the rows of the newest import are gone, too", async () => {
  const done = await importFile(cataloguer, (await upload(cataloguer, file(row("AGED-1", "面议")))).id, { dryRun: true });
  const aged = "01000000-0000-7000-8000-000000000001"; // long ago, by its id
  world.server.sql(
    `UPDATE import SET id = '${aged}' WHERE id = '${done.id}'; UPDATE job SET id = '${aged}' WHERE id = '${done.id}';
     UPDATE import_fault SET import = '${aged}' WHERE import = '${done.id}'`,
  );
  assert.equal((await cataloguer.get(`${imports}/${aged}/rejected-rows`)).body.items.length, 1);
  await world.server.restart();
  await swept(`SELECT COUNT(*) FROM import_fault WHERE import = '${aged}'`);
  await cataloguer.get(`${imports}/${aged}/rejected-rows`, { expect: 409 });
});

chapter("a picture whose job was given up is made when the program begins anew", async () => {
  const images = "/api/v1/supplier/images";
  const { body } = await cataloguer.send("POST", images, { body: jpeg(90, 60, { seed: 41 }), type: "image/jpeg", expect: 202 });
  const made = () => eventually(() => cataloguer.get(`${images}/${body.id}`), (answer) => answer.body.state !== "queued");
  assert.equal((await made()).body.state, "ready");
  world.server.sql(
    `DELETE FROM image_rendition WHERE image = '${body.id}';
     UPDATE image SET state = 'queued', width = NULL, height = NULL WHERE id = '${body.id}';
     DELETE FROM idempotency WHERE idempotency_key LIKE '%image:${body.id}%';
     UPDATE job SET state = 'failed', attempts = 5, problem = 'E_BUSY' WHERE id = '${body.id}'`,
  );
  assert.equal((await cataloguer.get(`${images}/${body.id}`)).body.state, "queued");
  await world.server.restart();
  const { body: image } = await made();
  assert.deepEqual([image.state, image.width, image.height, image.renditions.length], ["ready", 90, 60, 3]);
});

chapter("no content is kept that nobody names", async () => {
  const orphans = `SELECT COUNT(DISTINCT digest) FROM file_chunk c
    WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.digest = c.digest)
      AND NOT EXISTS (SELECT 1 FROM job_file f WHERE f.digest = c.digest)
      AND NOT EXISTS (SELECT 1 FROM image_rendition r WHERE r.digest = c.digest)`;
  const images = "/api/v1/supplier/images";
  const { body } = await cataloguer.send("POST", images, { body: jpeg(1400, 900, { seed: 42 }), type: "image/jpeg", expect: 202 });
  await eventually(
    () => cataloguer.get(`${images}/${body.id}`),
    (answer) => answer.body.state === "ready",
  );
  const before_ = world.server.number("SELECT COUNT(DISTINCT digest) FROM file_chunk");
  await cataloguer.delete(`${images}/${body.id}`, { expect: 204 });
  assert.equal(world.server.number("SELECT COUNT(DISTINCT digest) FROM file_chunk"), before_ - 4);
  assert.equal(world.server.number(orphans), 0);
});
