// What strangers send takes nothing from those who belong here: their large bodies have a share of their own, few at once from one
// address; and what is stored is given back as it came or not at all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import net from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { World } from "./support/seed.mjs";
import { story, upload } from "./support/steps.mjs";

const chapter = story(test);
const MIB = 1 << 20;
let world, supplier;

before(async () => {
  world = await World.open();
  supplier = await world.as("s0116");
});
after(async () => {
  await world.close();
});

/** An upload without an end: more than a small body at once, and a byte now and then. Its answer, once there is one. */
function trickle(target, token, from) {
  const { hostname, port } = new URL(world.server.url);
  const socket = net.connect({ host: hostname, port, localAddress: from });
  const slow = { socket, answer: "" };
  const head = [`POST ${target} HTTP/1.1`, "Host: a", `Authorization: Bearer ${token}`, "Content-Type: application/octet-stream", `Content-Length: ${10 * MIB}`];
  socket.on("data", (bytes) => (slow.answer += bytes));
  socket.on("error", () => {});
  socket.on("close", () => (slow.closed = true));
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(Buffer.alloc(8 * MIB + 1, "x"));
  slow.timer = setInterval(() => !slow.closed && socket.write("x"), 100);
  slow.end = () => {
    clearInterval(slow.timer);
    socket.destroy();
  };
  return slow;
}

/** Waits until the server has counted all of them or answered. */
async function settled(slow, held) {
  for (let tries = 0; tries < 300; tries++) {
    const answered = slow.filter(({ answer, closed }) => answer || closed).length;
    if (answered >= slow.length - held && slow.every(({ answer, closed, socket }) => answer || closed || socket.writableLength === 0)) return;
    await pause(100);
  }
  assert.fail(`${slow.filter(({ answer }) => answer).length} of ${slow.length} are answered`);
}

const token = () => randomBytes(32).toString("base64url");
const document = "/api/v1/applications/00000000-0000-7000-8000-000000000000/documents?kind=other";

chapter("twenty-five strangers who trickle large documents in hold four bodies; a supplier's upload goes through", async () => {
  const slow = Array.from({ length: 25 }, () => trickle(document, token()));
  try {
    await settled(slow, 3); // three of 8 MiB and a bit fit in the strangers' 32 MiB, or four that lag behind
    const refused = slow.filter(({ answer, closed }) => answer || closed);
    assert.ok(refused.length >= 21, `${refused.length} refused`);
    for (const { answer } of refused) if (answer) assert.match(answer, /^HTTP\/1.1 (503|408) /);
    const file = await upload(supplier, Buffer.from(`sku,name\r\n${"A1,tea\r\n".repeat(40000)}`));
    assert.ok(file.size > 300 * 1024);
  } finally {
    for (const one of slow) one.end();
  }
});

chapter("nor does one address with false tokens fill what members share", async () => {
  const slow = Array.from({ length: 30 }, () => trickle("/api/v1/files", token(), "127.0.0.9"));
  try {
    await settled(slow, 12); // eleven of 8 MiB and a bit fit in an address's 96 MiB, or twelve that lag behind
    assert.ok(slow.filter(({ answer, closed }) => answer || closed).length >= 18);
    const file = await upload(supplier, Buffer.from(`sku,name\r\n${"A2,tea\r\n".repeat(40000)}`));
    assert.ok(file.size > 300 * 1024);
  } finally {
    for (const one of slow) one.end();
  }
});

/** The code of an internal error, which no contract allows. */
async function broken(place) {
  const answer = await fetch(`${world.server.url}${place}`, { headers: { Authorization: `Bearer ${supplier.token}` } });
  assert.equal(answer.status, 500);
  return (await answer.json()).code;
}

chapter("a content that was changed in the database is not given, and verify names it", async () => {
  const bytes = Buffer.concat([Buffer.from("%PDF-1.4\n"), randomBytes(2 * MIB)]);
  const file = await upload(supplier, bytes, "application/pdf");
  const [{ digest }] = world.server.sql(`SELECT HEX(digest) AS digest FROM file WHERE id = '${file.id}'`);
  const set = (what) => world.server.sql(`UPDATE file_chunk SET content = ${what} WHERE digest = UNHEX('${digest}') AND chunk = 1`);
  const place = `/api/v1/files/${file.id}`;
  assert.deepEqual((await supplier.get(place)).bytes, bytes);
  const sound = await world.server.verify();
  assert.equal(sound.status, 0, sound.out);
  assert.match(sound.out, /^files +\d+ checked, 0 faults$/m);

  set("INSERT(content, 1000, 4, REVERSE(SUBSTRING(content, 1000, 4)))");
  assert.equal(await broken(place), "E_FILE_BROKEN");
  const told = ({ message }) => message === "a content is not what was stored";
  const lines = world.server.logged(told);
  assert.deepEqual(
    lines.map((line) => [line.level, line.digest]),
    [["error", digest.toLowerCase()]],
  );
  const changed = await world.server.verify();
  assert.notEqual(changed.status, 0);
  assert.match(changed.out, new RegExp(`files: the content ${digest.toLowerCase()} was changed; 1 files have it`));
  set("INSERT(content, 1000, 4, REVERSE(SUBSTRING(content, 1000, 4)))");
  assert.deepEqual((await supplier.get(place)).bytes, bytes);

  world.server.sql(`DELETE FROM file_chunk WHERE digest = UNHEX('${digest}')`);
  assert.equal(await broken(place), "E_FILE_BROKEN");
  const lost = await world.server.verify();
  assert.match(lost.out, new RegExp(`size of file ${file.id}: ${bytes.length} stored, -1 by its rows`));
  world.server.forgive(told);
});
