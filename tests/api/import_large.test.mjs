// 50,000 rows of a workbook: taken over with progress on the stream and within bounds of memory, the same again changing nothing, and
// cancelled leaving nothing. Time is printed and not asserted.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { checkProgress, eventsOf, follow, watch } from "./support/events.mjs";
import { World } from "./support/seed.mjs";
import { eventually, story, upload } from "./support/steps.mjs";
import { sharedWorkbook, workbook } from "./support/xlsx.mjs";

const chapter = story(test);
const ROWS = 50_000;
const MIB = 1 << 20;
const isSanitized = /asan|tsan/.test(process.env.XIANGCAI_BIN ?? "");
const head = ["商品编码", "商品名称", "产地", "类目", "规格", "单位", "单价", "库存", "保质期", "储存方式", "毛重"];
const row = (i, price = 100) => [`LARGE-${i}`, `紫阳富硒绿茶第${i}号`, "紫阳县", "绿茶", "125g×2罐", "盒", price, 500, 540, "常温", 520];
const table = (price) => [["二〇二六年产品目录"], head, ...Array.from({ length: ROWS }, (_, i) => row(i, price))];

let world;
let cataloguer;
const files = {};

const memory = (name) => Number(readFileSync(`/proc/${world.server.child.pid}/status`, "utf8").match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) * 1024;
const start = async (file, more = {}) =>
  (await cataloguer.post("/api/v1/supplier/imports", { file, policy: "accept_good_rows", ...more }, { expect: 202 })).body;
const imported = async ({ id }) => (await cataloguer.get(`/api/v1/supplier/imports/${id}`)).body;
const goods = ["product", "revision", "revision_sku", "price", "price_change", "stock", "stock_movement"];
const staged = ["import_fault", "import_note", "import_header"];
const checksums = (tables = [...goods, ...staged]) => JSON.stringify(world.server.sql(`CHECKSUM TABLE ${tables.join(", ")}`));

before(async () => {
  world = await World.open();
  cataloguer = await world.as("s0176");
});
after(async () => {
  await world.close();
});

chapter("an import that is cancelled while it waits never runs, and one that runs leaves nothing", async () => {
  const wrong = (price) => Array.from({ length: ROWS }, (_, i) => (i % 3 ? row(i, price) : row(i, "面议")));
  files.wrong = (await upload(cataloguer, workbook({ 目录: [head, ...wrong(100)] }))).id;
  const before_ = checksums();
  const runs = await start(files.wrong);
  await eventually(
    () => cataloguer.get(`/api/v1/jobs/${runs.id}`),
    ({ body }) => body.state === "running" && body.done > 1000,
  );
  const stranger = await world.as("s0236");
  await stranger.post(`/api/v1/jobs/${runs.id}/cancellations`, undefined, { expect: 404 });
  await stranger.get(`/api/v1/jobs/${runs.id}/events`, { expect: 404 });
  const stream = await watch(cataloguer, `/api/v1/jobs/${runs.id}/events`);
  await cataloguer.post(`/api/v1/jobs/${runs.id}/cancellations`, undefined, { expect: 202 });
  assert.equal(await stream.ended, "whole");
  assert.equal(eventsOf(stream.text).at(-1).data.state, "cancelled");
  const ended = await imported(runs);
  assert.deepEqual([ended.state, ended.accepted, ended.rejected, ended.published, ended.problem], ["cancelled", 0, 0, false, null]);
  assert.equal(checksums(), before_);
  assert.equal(world.server.number(`SELECT COUNT(*) FROM event WHERE kind = 'import.cancelled'`), 1);
  await cataloguer.post(`/api/v1/jobs/${runs.id}/cancellations`, undefined, { expect: 202 });
  await cataloguer.get(`/api/v1/supplier/imports/${runs.id}/rejected-rows`, { accept: "text/csv", expect: 409 });

  const first = await start(files.wrong);
  const second = await start(files.wrong, { dry_run: true }); // the same would be refused while the first waits
  const { body } = await cataloguer.post(`/api/v1/jobs/${second.id}/cancellations`, undefined, { expect: 202 });
  if (body.state === "cancelled") assert.equal((await imported(second)).state, "cancelled");
  await cataloguer.post(`/api/v1/jobs/${first.id}/cancellations`, undefined, { expect: 202 });
  for (const one of [first, second])
    await eventually(
      () => cataloguer.get(`/api/v1/jobs/${one.id}`),
      ({ body: job }) => job.state === "cancelled",
    );
  assert.equal(checksums(), before_);
});

for (const [name, make] of [
  ["shared", sharedWorkbook],
  ["inline", workbook],
]) {
  chapter(`50,000 rows with ${name} strings are taken over, seen on the stream, within 200 MB`, async () => {
    files[name] = (await upload(cataloguer, make({ 目录: table(name === "shared" ? 100 : 101) }))).id;
    const begun = Date.now();
    const rest = memory("VmRSS");
    let peak = rest;
    const look = setInterval(() => (peak = Math.max(peak, memory("VmRSS"))), 20);
    const started = await start(files[name]);
    const { events, ended } = await follow(cataloguer, `/api/v1/jobs/${started.id}/events`, { "Last-Event-ID": "7" });
    assert.equal(ended, "whole");
    clearInterval(look);
    checkProgress(events);
    const last = events.at(-1).data;
    assert.deepEqual([last.state, last.done, last.total], ["done", ROWS + 2, ROWS + 2]);
    assert.deepEqual(last.counts, { accepted: ROWS, rejected: 0, skipped: 2 });
    assert.ok(events.length >= 4, `${events.length} events`);
    const grown = (peak - rest) / MIB;
    console.log(`${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s, ${grown.toFixed(0)} MiB, ${events.length} events`);
    if (!isSanitized) assert.ok(grown <= 200, `${grown} MiB`);
    const done = await imported(started);
    assert.deepEqual([done.published, done.accepted, done.header_row, done.unknown_columns], [true, ROWS, 2, []]);
    await cataloguer.post(`/api/v1/jobs/${started.id}/cancellations`, undefined, { expect: 409 });
  });
}

chapter("the same file again changes nothing and says so", async () => {
  const before_ = checksums(goods);
  const begun = Date.now();
  const started = await start(files.inline);
  assert.equal((await follow(cataloguer, `/api/v1/jobs/${started.id}/events`)).ended, "whole");
  console.log(`again: ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  const done = await imported(started);
  assert.deepEqual([done.created, done.changed, done.unchanged], [0, 0, ROWS]);
  assert.equal(checksums(goods), before_);
});

chapter("a stream ends before its job when its time is over, and whose session has ended is not let in again", async () => {
  await world.server.restart({ XIANGCAI_STREAM_S: "1" });
  cataloguer = await world.as("s0176");
  const guest = await Client.login(world.server, "s0176", "xiangcai-demo");
  const target = `/api/v1/jobs/${(await start(files.wrong, { dry_run: true })).id}/events`;
  const stream = await watch(guest, target);
  await guest.delete(`/api/v1/sessions/${guest.session.id}`);
  assert.equal(await stream.ended, "whole");
  assert.match(stream.text, /^retry: \d+\n/);
  assert.ok(["queued", "running"].includes(eventsOf(stream.text).at(-1).data.state));
  await guest.get(target, { expect: 401 });
  const { events, ended } = await follow(cataloguer, target);
  assert.equal(ended, "whole");
  checkProgress(events);
  assert.equal(events.at(-1).data.state, "done");
  await world.server.restart({ XIANGCAI_STREAM_S: "60" });
  world.forget();
  cataloguer = await world.as("s0176");
});

chapter("streams of one user are bounded, and end whole when the server leaves", async () => {
  const started = await start(files.wrong, { dry_run: true });
  const target = `/api/v1/jobs/${started.id}/events`;
  const streams = [];
  for (let i = 0; i < 8; i++) streams.push(await watch(cataloguer, target));
  await cataloguer.get(target, { expect: 429 });
  streams.pop().leave();
  const again = await eventually(
    () => watch(cataloguer, target).then((stream) => ({ body: stream.status, stream })),
    ({ body }) => body === 200,
  );
  streams.push(again.stream);
  await world.server.restart();
  for (const stream of streams) assert.equal(await stream.ended, "whole");
});
