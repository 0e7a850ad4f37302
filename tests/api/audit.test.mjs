// The audit trail as an auditor has it: who did what, found by filters within a scope, taken away as a file that is itself an
// event, sealed day by day; and what `xiangcai verify` says after somebody has been at the database by hand.

import assert from "node:assert/strict";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { World, organisations } from "./support/seed.mjs";
import { dataFile, eventually, story, upload } from "./support/steps.mjs";

const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const ACCOUNTS = 12;
const trail = "/api/v1/audit-events";

const chapter = story(test);
const known = { accounts: [] };
let world;

before(async () => {
  world = await World.open();
  // the two narrower authorities have an auditor too
  world.server.sql(
    "UPDATE membership m JOIN user u ON u.id = m.user SET m.roles = 'auditor' WHERE u.login IN ('unionsupervisor', 'countysupervisor')",
  );
});
after(async () => {
  await world.close();
});

/** The newest events that the query finds; waits until all of them have a position. */
async function found(client, query, options = {}) {
  const { body } = await eventually(
    () => client.get(`${trail}?${query}`, options),
    ({ body }) => body.items.every((event) => event.position !== null),
  );
  return body.items;
}

const ids = (events) => events.map((event) => event.id);

chapter("what was done stands in the trail: who, in which role, for whom, from where, what", async () => {
  const [one, cataloguer, auditor] = await Promise.all(["reconciler1", "cataloguer", "auditor"].map((login) => world.as(login)));
  for (let i = 0; i < ACCOUNTS; i++) {
    const { body } = await one.post("/api/v1/bank-accounts", {
      name: `监管户 ${i}`,
      bank: "示例银行",
      number: `61000000000000${String(i).padStart(5, "0")}`,
    });
    known.accounts.push(body);
  }
  await upload(cataloguer, dataFile("uploads/S0101.csv"));
  const [account] = known.accounts;
  const [event, ...others] = await found(auditor, `object=${account.id}`);
  assert.deepEqual(others, []);
  assert.equal(event.kind, "bank_account.created");
  assert.deepEqual(event.organisation, { id: organisations.platform.id, name: organisations.platform.name });
  assert.equal(event.user.login, "reconciler1");
  assert.deepEqual(event.roles, ["reconciler"]);
  assert.match(event.address, /^(::ffff:)?127\.0\.0\.1$|^::1$/);
  assert.ok(event.request);
  assert.equal(event.before, null);
  assert.equal(event.after.id, account.id);
  assert.deepEqual((await auditor.get(`${trail}/${event.id}`)).body, event);
  known.event = event;
});

chapter("each filter finds what it says, newest first, page by page", async () => {
  const auditor = await world.as("auditor");
  const all = await auditor.all(trail, { limit: 7 });
  assert.ok(all.length >= ACCOUNTS, `${all.length} events`);
  assert.equal(new Set(ids(all)).size, all.length);
  const times = all.map((event) => event.at);
  assert.deepEqual(times, [...times].sort().reverse());
  const { event } = known;
  const day = event.at.slice(0, 10);
  const filters = {
    [`kind=${event.kind}`]: (e) => e.kind === event.kind,
    "kind=bank_account.": (e) => e.kind.startsWith("bank_account."),
    "kind=bank_account": (e) => e.kind.startsWith("bank_account."),
    "kind=bank": () => false,
    "login=reconciler1": (e) => e.user.login === "reconciler1",
    "login=nobody": () => false,
    [`login=cataloguer&user=${event.user.id}`]: () => false,
    "address=command": (e) => e.address === "command",
    [`user=${event.user.id}`]: (e) => e.user.id === event.user.id,
    [`organisation=${event.organisation.id}`]: (e) => e.organisation.id === event.organisation.id,
    [`request=${event.request}`]: (e) => e.request === event.request,
    [`address=${event.address}`]: (e) => e.address === event.address,
    [`from=${event.at}`]: (e) => e.at >= event.at,
    [`to=${event.at}&kind=bank_account.`]: (e) => e.at <= event.at && e.kind.startsWith("bank_account."),
    [`from=${day}&to=${day}`]: (e) => e.at.startsWith(day),
    "to=2020-01-01": () => false,
    [`position_from=${event.position}&position_to=${event.position + 2}`]: (e) => e.position >= event.position && e.position <= event.position + 2,
    [`user=${event.user.id}&organisation=${organisations.school.id}`]: () => false,
  };
  for (const [query, wanted] of Object.entries(filters))
    assert.deepEqual(ids(await auditor.all(`${trail}?${query}`, { limit: 5 })), ids(all.filter(wanted)), query);
});

chapter("an auditor of a narrower authority sees its own and what lies in its scope", async () => {
  const [platform, union, county] = await Promise.all(["auditor", "unionsupervisor", "countysupervisor"].map((login) => world.as(login)));
  const all = await platform.all(trail);
  const within = (...names) => all.filter((event) => names.some((name) => event.organisation.id === organisations[name].id));
  assert.ok(within("S0101").length > 0);
  assert.deepEqual(ids(await county.all(trail)), ids(within("county", "S0101")));
  assert.deepEqual(ids(await union.all(trail)), ids(within("union", "school")));
  assert.deepEqual(ids(await county.all(`${trail}?kind=bank_account.`)), []);
  await county.get(`${trail}/${known.event.id}`, { expect: 404 });
  await county.get(`${trail}/${within("S0101")[0].id}`);
  await union.get(`${trail}/${within("S0101")[0].id}`, { expect: 404 });
  await platform.get(`${trail}/${randomUUID()}`, { expect: 404 });
});

chapter("nobody but an auditor reads it, and what is asked wrongly is refused by name", async () => {
  for (const login of ["buyer", "reconciler1", "supervisor", "cataloguer"])
    for (const target of [trail, `${trail}/${known.event.id}`, "/api/v1/audit-seals"])
      await (await world.as(login)).get(target, { expect: 403 });
  await world.anybody.get(trail, { expect: 401 });
  const auditor = await world.as("auditor");
  const query = "from=yesterday&to=2026-02-30&position_from=9&position_to=8";
  const { body } = await auditor.get(`${trail}?${query}`, { expect: 422 });
  assert.deepEqual(
    body.errors.map((fault) => fault.pointer),
    ["from", "to", "position_to"],
  );
  const late = await auditor.get(`${trail}?from=2026-10-02&to=2026-10-01`, { expect: 422 });
  assert.deepEqual(late.body.errors.map(({ pointer, code }) => [pointer, code]), [["to", "E_PERIOD"]]);
  for (const wrong of ["kind=Bank", "kind=%E9%93%B6", "address=%E9%93%B6", "address=nonsense", "object=1", "after=x", "request=a%20b"])
    await auditor.get(`${trail}?${wrong}`, { expect: 422 });
});

// ---- files ----

/** Records of RFC 4180. */
function records(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\n"]*))(,|\n)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

chapter("a file of it has every event, harms no spreadsheet, and is an event itself", async () => {
  const auditor = await world.as("auditor");
  world.server.sql("UPDATE user SET name = '=cmd()' WHERE login = 'reconciler1'");
  const query = "kind=bank_account.";
  const events = await auditor.all(`${trail}?${query}`);
  const answer = await auditor.get(`${trail}?${query}`, { accept: "text/csv" });
  assert.deepEqual([...answer.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  assert.match(answer.headers["content-disposition"], /audit-events\.csv/);
  const [head, ...rows] = records(answer.text.slice(1));
  const cell = (row, name) => row[head.indexOf(name)];
  assert.deepEqual(
    rows.map((row) => cell(row, "id")),
    ids(events),
  );
  rows.forEach((row, i) => {
    assert.equal(cell(row, "user_name"), "'=cmd()");
    assert.deepEqual(JSON.parse(cell(row, "after")), events[i].after);
    assert.equal(cell(row, "mac"), events[i].mac);
    assert.equal(cell(row, "position"), String(events[i].position));
  });
  const sheet = await auditor.get(`${trail}?${query}`, { accept: XLSX });
  assert.deepEqual(sheet.bytes.subarray(0, 4).toString("latin1"), "PK\u0003\u0004");
  assert.ok(sheet.bytes.includes("xl/worksheets/sheet1.xml"));
  const [second, first] = await found(auditor, "kind=audit.exported");
  assert.deepEqual(first.after, { path: trail, filter: { kind: "bank_account." }, media: "text/csv", rows: ACCOUNTS });
  assert.deepEqual([second.after.media, second.after.rows], [XLSX, ACCOUNTS]);
  assert.equal(first.user.login, "auditor");
});

chapter("reports and statements taken away as files are events too", async () => {
  const [supervisor, auditor] = [await world.as("supervisor"), await world.as("auditor")];
  const report = "/api/v1/reports/totals";
  const { body } = await supervisor.get(`${report}?measure=accepted&by=county`);
  await supervisor.get(`${report}?measure=accepted&by=county`, { accept: "text/csv" });
  await supervisor.get(`/api/v1/passports/${body.total.passport}/rows`, { accept: "text/csv" });
  const [totals] = await found(auditor, "kind=totals.exported");
  assert.deepEqual(totals.after, { path: report, filter: { measure: "accepted", by: "county" }, media: "text/csv", rows: 0 });
  const [passport] = await found(auditor, "kind=passport.exported");
  assert.equal(passport.after.path, `/api/v1/passports/${body.total.passport}/rows`);
  assert.equal(passport.user.login, "supervisor");
});

const MANY = 6000;

chapter("more than 5,000 events are the work of a job, whose file is for whoever asked", async () => {
  const [auditor, other] = [await world.as("auditor"), await world.as("reconciler1")];
  // events without a position, as if the sequencer had refused them: a file has those too
  world.server.sql(
    `INSERT INTO event SELECT UUID(), 'test.made', object, organisation, user, roles, address, request, at, NULL, REPEAT('{}', 1), mac
       FROM event JOIN seq_1_to_${MANY} WHERE id = '${known.event.id}'`,
  );
  try {
    for (const [accept, name] of [
      ["text/csv", "audit-events.csv"],
      [XLSX, "audit-events.xlsx"],
    ]) {
      const begun = await auditor.get(`${trail}?kind=test.`, { accept, expect: 202 });
      assert.equal(begun.headers.location, `/api/v1/jobs/${begun.body.job}`);
      assert.equal(begun.body.file, `/api/v1/jobs/${begun.body.job}/files/${name}`);
      const { body: job } = await eventually(
        () => auditor.get(begun.headers.location),
        ({ body }) => ["done", "failed"].includes(body.state),
      );
      assert.deepEqual([job.state, job.done], ["done", MANY]);
      const file = await auditor.get(begun.body.file);
      assert.equal(file.headers["content-type"].split(";")[0], accept);
      if (name.endsWith("csv")) assert.equal(records(file.text.slice(1)).length, MANY + 1);
      await other.get(begun.body.file, { expect: 404 });
      await auditor.get(`/api/v1/jobs/${begun.body.job}/files/other.csv`, { expect: 404 });
      const [asked] = await found(auditor, `kind=audit.export_requested&object=${job.id}`);
      const [done] = await found(auditor, `kind=audit.exported&object=${job.id}`);
      assert.deepEqual([asked.after.rows, done.after.rows], [null, MANY]);
      assert.deepEqual(done.after.filter, { kind: "test." });
    }
  } finally {
    world.server.sql("DELETE FROM event WHERE kind = 'test.made'");
  }
});

// ---- seals ----

chapter("when a day has ended its seal can be noted down", async () => {
  const noted = await found(await world.as("auditor"), "limit=1");
  const today = "2026-10-20";
  const earlier = (await (await world.as("auditor")).get("/api/v1/audit-seals")).body.items;
  assert.ok(earlier.every((seal) => seal.day < today));
  world.forget();
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-21T02:00:00Z" });
  const auditor = await world.as("auditor");
  const { body } = await eventually(
    () => auditor.get("/api/v1/audit-seals"),
    (answer) => answer.body.items[0]?.day === today,
  );
  const [seal, ...others] = body.items;
  assert.deepEqual(others, earlier);
  assert.deepEqual(await auditor.all("/api/v1/audit-seals", { limit: 1 }), body.items);
  assert.ok(seal.position >= noted[0].position);
  const [sealed] = await found(auditor, `position_from=${seal.position}&position_to=${seal.position}`);
  assert.equal(sealed.chain, seal.chain);
  await auditor.get("/api/v1/audit-seals?after=bjk5OTk5OTk5OTk5", { expect: 422 });
  known.seal = seal;
});

// ---- verify ----

const tables = ["event", "sequence", "sequencer", "outbox", "audit_seal"];
const at = (position) => `(SELECT event FROM sequence WHERE position = ${position})`;

/** The trail as it was. */
function putBack() {
  world.server.sql(tables.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM saved_${table};`).join("\n"));
}

/** What verify finds in the trail, first things first; [] when all is sound. */
async function faults() {
  const { status, out } = await world.server.verify();
  const told = out.split("\n").filter((line) => line.startsWith("audit: "));
  assert.match(out, /^audit +\d+ checked/m, out);
  if (told.length) assert.notEqual(status, 0);
  return told;
}

/** Does @statements to the trail: the first thing that verify names must look like @expected. */
async function tampered(what, statements, expected) {
  try {
    world.server.sql(statements);
    const [first] = await faults();
    assert.match(first ?? "nothing", expected, what);
  } finally {
    putBack();
  }
}

chapter("an untouched trail passes", async () => {
  const auditor = await world.as("auditor");
  await found(auditor, "limit=200");
  const all = await auditor.all(trail);
  world.server.sql(tables.map((table) => `CREATE TABLE saved_${table} AS SELECT * FROM ${table};`).join("\n"));
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
  assert.deepEqual(await faults(), []);
  known.last = Math.max(...all.map((event) => event.position));
  known.all = all;
});

chapter("one row edited: whatever the column, verify names its position", async () => {
  const edits = {
    kind: "'bank_account.closed'",
    object: "UUID()",
    organisation: "UUID()",
    user: "UUID()",
    roles: "roles ^ 1",
    address: "'192.0.2.1'",
    request: "'other'",
    at: "at + 1",
    before_state: "'{}'",
    after_state: "REPLACE(after_state, '示例', '其他')",
    mac: "REPEAT('x', 32)",
  };
  for (const [column, value] of Object.entries(edits))
    await tampered(
      column,
      `UPDATE event SET ${column} = ${value} WHERE id = '${known.event.id}'`,
      new RegExp(`position ${known.event.position}: event ${known.event.id} was changed or slipped in`),
    );
  await tampered("a chain", "UPDATE sequence SET chain = REPEAT('x', 32) WHERE position = 4", /position 4: the chain is broken/);
});

chapter("one row deleted: verify names it", async () => {
  await tampered("the event", `DELETE FROM event WHERE id = ${at(6)}`, /position 6: event [0-9a-f-]{36} was removed/);
  await tampered("its place", "DELETE FROM sequence WHERE position = 6", /positions 6 to 6 were removed/);
  await tampered(
    "both",
    `DELETE FROM event WHERE id = ${at(6)}; DELETE FROM sequence WHERE position = 6`,
    /positions 6 to 6 were removed/,
  );
  await tampered(
    "both, and those behind moved up",
    `DELETE FROM event WHERE id = ${at(6)}; DELETE FROM sequence WHERE position = 6;
     UPDATE sequence SET position = position - 1 WHERE position > 6 ORDER BY position;
     UPDATE sequencer SET position = position - 1`,
    /position 6: the chain is broken/,
  );
});

const sm3 = (...parts) => createHash("sm3").update(Buffer.concat(parts)).digest("hex");

chapter("one row inserted: verify names it, whatever it was given of the others", async () => {
  const forged = randomUUID();
  const insert = `INSERT INTO event SELECT '${forged}', kind, object, organisation, user, roles, address, request, at, before_state,
                    after_state, mac FROM event WHERE id = '${known.event.id}'`;
  const next = known.last + 1;
  await tampered("without a place", insert, new RegExp(`event ${forged} has no position and waits for none`));
  await tampered(
    "behind the head",
    `${insert}; INSERT INTO sequence VALUES (${next}, '${forged}', REPEAT('x', 32))`,
    new RegExp(`position ${next} was slipped in behind the head`),
  );
  // the chain needs no key: only the event's own seal does
  const { chain } = known.all.find((event) => event.position === known.last);
  const place = Buffer.alloc(8);
  place.writeBigInt64BE(BigInt(next));
  const link = sm3(Buffer.from(chain, "hex"), place, Buffer.from(known.event.mac, "hex"));
  await tampered(
    "with a place and a sound chain",
    `${insert}; INSERT INTO sequence VALUES (${next}, '${forged}', x'${link}'); UPDATE sequencer SET position = ${next}, chain = x'${link}'`,
    new RegExp(`position ${next}: event ${forged} was changed or slipped in`),
  );
  await tampered(
    "in the place of another",
    `${insert}; UPDATE sequence SET event = '${forged}' WHERE position = 5`,
    new RegExp(`position 5: event ${forged} was changed or slipped in`),
  );
});

chapter("two rows swapped: verify names the first", async () => {
  await tampered(
    "their places",
    `SET @a = ${at(3)}, @b = ${at(8)}; UPDATE sequence SET event = UUID() WHERE position = 8;
     UPDATE sequence SET event = @b WHERE position = 3; UPDATE sequence SET event = @a WHERE position = 8`,
    /position 3: the chain is broken/,
  );
  await tampered(
    "what they say",
    `SET @a = (SELECT after_state FROM event WHERE id = ${at(3)}), @b = (SELECT after_state FROM event WHERE id = ${at(8)});
     SET @x = ${at(3)}, @y = ${at(8)};
     UPDATE event SET after_state = CONCAT(@b, ' ') WHERE id = @x; UPDATE event SET after_state = CONCAT(@a, ' ') WHERE id = @y`,
    /position 3: event [0-9a-f-]{36} was changed or slipped in/,
  );
});

const cut = (position) => `SET @chain = (SELECT chain FROM sequence WHERE position = ${position});
  DELETE e FROM event e JOIN sequence s ON s.event = e.id WHERE s.position > ${position};
  DELETE FROM sequence WHERE position > ${position};
  UPDATE sequencer SET position = ${position}, chain = @chain`;

chapter("the end cut off: the seals of the days before know of it, and the last day is known to whoever noted it down", async () => {
  const { seal } = known;
  await tampered(
    "below a seal",
    cut(seal.position - 3),
    new RegExp(`position ${seal.position}, sealed on ${seal.day}, is not there any more: the trail was cut off`),
  );
  await tampered(
    "and the seal moved down with it",
    `${cut(seal.position - 3)}; UPDATE audit_seal SET position = ${seal.position - 3}, chain = @chain WHERE day = '${seal.day}'`,
    new RegExp(`the seal of ${seal.day} was changed or slipped in`),
  );
  // what was done since the last seal, and whatever goes with its seal, is seen by its absence alone
  assert.ok(known.last > seal.position, "nothing happened today");
  world.server.sql(cut(seal.position));
  assert.deepEqual(await faults(), []);
  world.server.sql("DELETE FROM audit_seal");
  assert.deepEqual(await faults(), []);
  const auditor = await world.as("auditor");
  const query = `${trail}?position_from=${known.last}`;
  assert.deepEqual((await auditor.get(query)).body.items, []);
  putBack();
  assert.equal((await auditor.get(query)).body.items[0].chain, known.all.find((event) => event.position === known.last).chain);
});

chapter("put back as it was, the trail passes again", async () => {
  assert.deepEqual(await faults(), []);
  world.server.sql(tables.map((table) => `DROP TABLE saved_${table};`).join("\n"));
});

// ---- a large trail, sealed by the words of docs/audit.md alone ----

const LARGE = 100_000;
const number = (value, bytes) => Buffer.from(BigInt(value).toString(16).padStart(2 * bytes, "0"), "hex");
const written = (value) => (value === null ? number(0xffffffff, 4) : Buffer.concat([number(Buffer.byteLength(value), 4), Buffer.from(value)]));
const bytesOf = (id) => Buffer.from((id ?? "0".repeat(32)).replaceAll("-", ""), "hex");

/** The bytes that an event's MAC covers; @roles as bits, @at in microseconds, states as they are stored. */
const canonical = (event) =>
  Buffer.concat([
    Buffer.from("xiangcai event 1\n"),
    bytesOf(event.id),
    written(event.kind),
    ...[event.object, event.organisation, event.user].map(bytesOf),
    number(event.roles, 4),
    written(event.address),
    written(event.request),
    number(event.at, 8),
    written(event.before_state),
    written(event.after_state),
  ]);

function auditKey() {
  const master = readFileSync(join(world.server.data, "keys", "authentication.key"));
  return createHmac("sm3", master).update("xiangcai audit 1").digest();
}

chapter("seal and chain are what the documentation says", () => {
  const key = auditKey();
  const rows = world.server.sql(
    `SELECT s.position, HEX(s.chain) AS chain, e.id, e.kind, e.object, e.organisation, e.user, e.roles, e.address, e.request, e.at,
            TO_BASE64(e.before_state) AS before_state, TO_BASE64(e.after_state) AS after_state, HEX(e.mac) AS mac
       FROM sequence s JOIN event e ON e.id = s.event ORDER BY s.position`,
  );
  const plain = (state) => (state === null ? null : Buffer.from(state.replaceAll("\\n", ""), "base64").toString("utf8"));
  let chain = Buffer.alloc(32);
  for (const row of rows) {
    const event = { ...row, before_state: plain(row.before_state), after_state: plain(row.after_state) };
    const mac = createHmac("sm3", key).update(canonical(event)).digest();
    assert.equal(mac.toString("hex").toUpperCase(), row.mac, `the MAC at ${row.position}`);
    chain = Buffer.from(sm3(chain, number(row.position, 8), mac), "hex");
    assert.equal(chain.toString("hex").toUpperCase(), row.chain, `the chain at ${row.position}`);
  }
  known.chain = chain;
  known.key = key;
});

/** Statements that add LARGE events behind the head; gives them. */
function* largeTrail() {
  const { organisation, user, object } = known.event;
  let { chain, last } = known;
  yield "START TRANSACTION;";
  for (let from = 0; from < LARGE; from += 1000) {
    const events = [];
    const places = [];
    for (let i = from; i < from + 1000; i++) {
      const event = {
        id: `01a20000-0000-7000-8000-${String(i).padStart(12, "0")}`,
        kind: "thing.made",
        object,
        organisation: organisation.id,
        user: user.id,
        roles: 512,
        address: "192.0.2.7",
        request: `r${i}`,
        at: Date.UTC(2026, 9, 21) * 1000 + i,
        before_state: null,
        after_state: `{"number":${i},"name":"石泉 tea"}`,
      };
      const mac = createHmac("sm3", known.key).update(canonical(event)).digest();
      chain = Buffer.from(sm3(chain, number(++last, 8), mac), "hex");
      const { id, kind, roles, address, request, at: instant, after_state } = event;
      events.push(
        `('${id}','${kind}','${object}','${organisation.id}','${user.id}',${roles},'${address}','${request}',${instant},NULL,'${after_state}',x'${mac.toString("hex")}')`,
      );
      places.push(`(${last},'${id}',x'${chain.toString("hex")}')`);
    }
    yield `INSERT INTO event (id, kind, object, organisation, user, roles, address, request, at, before_state, after_state, mac) VALUES ${events.join(",")};`;
    yield `INSERT INTO sequence (position, event, chain) VALUES ${places.join(",")};`;
  }
  yield `UPDATE sequencer SET position = ${last}, chain = x'${chain.toString("hex")}'; COMMIT;`;
}

chapter(`${LARGE} events pass, and one that was touched among them is named`, async (t) => {
  world.server.sql([...largeTrail()].join("\n"));
  const begun = performance.now();
  const { status, out } = await world.server.verify();
  t.diagnostic(`xiangcai verify: ${Math.round(performance.now() - begun)} ms in all`);
  assert.equal(status, 0, out);
  assert.ok(Number(/^audit +(\d+) checked/m.exec(out)[1]) >= LARGE, out);
  const touched = "01a20000-0000-7000-8000-000000050000";
  world.server.sql(`UPDATE event SET after_state = REPLACE(after_state, 'tea', 'Tea') WHERE id = '${touched}'`);
  assert.deepEqual(await faults(), [`audit: position ${known.last + 50_001}: event ${touched} was changed or slipped in`]);
});
