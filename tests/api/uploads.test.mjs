// What strangers and members may leave on the disk: a document that is taken back leaves nothing, an application, an address and an
// organisation have their budgets, and a draft that nobody hands in is forgotten with its documents.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
const applications = "/api/v1/applications";
const MIB = 1 << 20;
const raw = { type: "application/octet-stream" };
let world;

before(async () => {
  world = await World.open({ XIANGCAI_UPLOAD_ADDRESS_MIB: "65", XIANGCAI_UPLOAD_ORGANISATION_MIB: "20" });
});
after(async () => {
  await world.close();
});

/** A PDF of that many bytes that no other has. */
const document = (size) => Buffer.concat([Buffer.from("%PDF-1.4\n"), randomBytes(size - 9)]);
const kept = () => world.server.sql("SELECT (SELECT COUNT(*) FROM file) AS files, COUNT(*) AS chunks FROM file_chunk")[0];

async function apply(body = {}) {
  const made = { kind: "supplier", uscc: "91610124XD00048BXH", name: "新申请的合作社", ...body };
  const { body: application } = await world.anybody.post(applications, made, { key: null });
  const client = new Client(world.server, { token: application.token, name: "applicant" });
  const place = `${applications}/${application.id}`;
  return {
    ...application,
    client,
    place,
    add: (bytes, options = {}) => client.post(`${place}/documents?kind=other`, bytes, { ...raw, ...options }),
    drop: (id) => client.delete(`${place}/documents/${id}`),
  };
}

chapter("a document that is taken back leaves nothing, and uploading again and again comes to an end", async () => {
  const before = kept();
  const first = await apply();
  const second = await apply();
  for (let i = 0; i < 5; i++) {
    const { body } = await first.add(document(10 * MIB));
    assert.equal(kept().chunks - before.chunks, 10);
    await first.drop(body.id);
    assert.deepEqual(kept(), before);
  }
  // one content in two applications: the last that lets go of it takes it along
  const same = document(5 * MIB);
  const mine = (await first.add(same)).body;
  const theirs = (await second.add(same)).body;
  await first.drop(mine.id);
  assert.deepEqual((await second.client.get(`${second.place}/documents/${theirs.id}`)).bytes, same);
  await second.drop(theirs.id);
  assert.deepEqual(kept(), before);

  const heavy = await first.add(document(6 * MIB), { expect: 409 });
  assert.equal(heavy.body.code, "E_DOCUMENTS_HEAVY");
  assert.match(heavy.body.detail, /60/);
  const { body: small } = await first.add(document(1 * MIB));
  assert.deepEqual(kept().chunks - before.chunks, 1);
  await first.drop(small.id);
  for (const { client } of [first, second]) client.close();
});

chapter("an address has a budget for all its applications, which a new day renews", async () => {
  const before = kept();
  const other = await apply();
  const refused = await other.add(document(8 * MIB), { expect: 429 });
  assert.equal(refused.body.code, "E_UPLOADS_OF_DAY");
  // half the day is still to come: the clock stands at ten in the morning in Shanghai
  const wait = Number(refused.headers["retry-after"]);
  assert.ok(wait > 13 * 3600 && wait <= 14 * 3600, `${wait}`);
  assert.deepEqual(kept(), before);
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-21T02:00:00Z" });
  const { body } = await other.add(document(8 * MIB));
  await other.drop(body.id);
  other.client.close();
});

chapter("an organisation has one for what its members upload", async () => {
  const [school, supplier] = await Promise.all(["buyer", "cataloguer"].map((login) => world.as(login)));
  const table = () => Buffer.from(`a,b\n${"1".repeat(11 * MIB)},${randomBytes(8).toString("hex")}\n`);
  await school.post("/api/v1/files", table(), raw);
  const before = kept();
  const refused = await school.post("/api/v1/files", table(), { ...raw, expect: 429 });
  assert.equal(refused.body.code, "E_UPLOADS_OF_DAY");
  assert.ok(Number(refused.headers["retry-after"]) > 3600);
  assert.deepEqual(kept(), before);
  await supplier.post("/api/v1/files", table(), raw);
});

chapter("a draft that nobody hands in for thirty days is withdrawn, and its contact and documents are gone", async () => {
  const before = kept();
  const draft = await apply({ contact_name: "王小明", contact_phone: "13812345678" });
  await draft.add(document(2 * MIB));
  const day = async (text) => {
    const { status, out, err } = await command(["daily", "--day", text, "--data", world.server.data], { settings: world.server.settings });
    assert.equal(status, 0, err);
    return Number(out.match(/^drafts +(\d+)$/m)[1]);
  };
  // those of the day before are a day older
  assert.equal(await day("2026-11-20"), 3);
  assert.equal((await draft.client.get(draft.place)).body.state, "draft");
  assert.equal(await day("2026-11-21"), 1);
  const { body } = await draft.client.get(draft.place);
  assert.deepEqual([body.state, body.contact_name, body.contact_phone, body.documents], ["withdrawn", null, null, []]);
  assert.deepEqual(kept(), before);
  const [event] = world.server.sql(`SELECT user, after_state FROM event WHERE kind = 'application.lapsed' AND object = '${draft.id}'`);
  assert.equal(event.user, "00000000-0000-0000-0000-000000000000");
  assert.equal(JSON.parse(event.after_state).state, "withdrawn");
  assert.equal(world.server.number(`SELECT COUNT(*) FROM application WHERE id = '${draft.id}' AND contact_phone IS NOT NULL`), 0);
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
  draft.client.close();
});
