// Keys are rotated while the server works: several clients write and read sealed values all the time, the keys are rotated twice and the
// old ones dropped, and every value that was written is there and equal, under the newest key, with no request failed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World, password } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
let world;

before(async () => {
  world = await World.open({
    XIANGCAI_RATE_READ: "0",
    XIANGCAI_RATE_READ_USER: "0",
    XIANGCAI_RATE_WRITE: "0",
    XIANGCAI_RATE_WRITE_USER: "0",
  });
});
after(async () => {
  await world.close();
});

const keys = (...args) => command(["keys", ...args, "--data", world.server.data], { settings: world.server.settings });

/** `keys list` as [{ id, current, values }]. */
async function listed() {
  const { status, out, err } = await keys("list");
  assert.equal(status, 0, err);
  const found = [];
  for (const line of out.trim().split("\n")) {
    const value = line.match(/^ {2}(\S+) (\d+)$/);
    if (value) found.at(-1).values[value[1]] = Number(value[2]);
    else {
      const [, id, mark] = line.match(/^([0-9a-f]{8}) \S+( current)?$/);
      found.push({ id, current: mark !== undefined, values: {} });
    }
  }
  return found;
}

const digits = (count) => Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join("");

/**
 * What each client does until told to stop: writes sealed values, reads them back at once and others written before. Gives what should
 * be in the database at the end: [path, number].
 */
async function enterAccounts(client, stop) {
  const written = [];
  for (let i = 0; !stop.now; i++) {
    const number = digits(20);
    const { body } = await client.post("/api/v1/bank-accounts", { name: `户 ${i}`, bank: "示例银行", number });
    written.push([`/api/v1/bank-accounts/${body.id}`, number]);
    const [path, known] = written[Math.floor(Math.random() * written.length)];
    assert.equal((await client.get(path)).body.number_masked, `${known.slice(0, 4)} **** ${known.slice(-4)}`);
    assert.equal((await client.post(`${path}/disclosures`, { reason: "核对" })).body.number, known);
    await client.get("/api/v1/bank-accounts");
  }
  return written;
}

async function changeAccount(client, stop) {
  let number = digits(19);
  const { body } = await client.post("/api/v1/supplier-accounts", { holder: "合作社", bank: "示例银行", number });
  const path = `/api/v1/supplier-accounts/${body.id}`;
  for (let i = 0; !stop.now; i++) {
    const change = i % 3 ? { bank: `支行 ${i}` } : { number: digits(19) };
    await client.send("PATCH", path, { expect: 200, body: change, headers: { "If-Match": "*" } });
    number = change.number ?? number;
    assert.equal((await client.post(`${path}/disclosures`, { reason: "核对" })).body.number, number);
  }
  return [[path, number]];
}

let first;

chapter("the first key was made by itself, and every sealed column is kept under it", async () => {
  const found = await listed();
  assert.equal(found.length, 1);
  assert.equal(found[0].current, true);
  const columns = world.server.sql(
    `SELECT CONCAT(table_name, '.', column_name) AS name FROM information_schema.columns
      WHERE table_schema = 'xiangcai' AND column_comment LIKE 'sealed:%' ORDER BY 1`,
  );
  assert.deepEqual(
    Object.keys(found[0].values).sort(),
    columns.map(({ name }) => name).sort(),
    "columns whose comment says sealed, and those that are rotated",
  );
  first = found[0].id;
  const dropped = await keys("drop", first);
  assert.equal(dropped.status, 1);
  assert.match(dropped.err, /the newest key is in use/);
  for (const wrong of [["drop"], ["drop", "zz"], ["list", "x"], ["turn"], []]) assert.equal((await keys(...wrong)).status, 2, wrong.join(" "));
});

chapter("two rotations under load lose no value, and no request fails", async (t) => {
  const stop = { now: false };
  const people = await Promise.all(["reconciler1", "reconciler2"].map((login) => world.as(login)));
  const suppliers = await Promise.all(["supplierfinance", "s0116", "s0176", "s0236"].map((login) => world.as(login)));
  const working = Promise.all([
    ...people.map((client) => enterAccounts(client, stop)),
    ...suppliers.map((client) => changeAccount(client, stop)),
  ]);
  // whatever a client meets ends the wait at once
  let failure = null;
  working.catch((error) => (failure = error));

  try {
    for (let i = 0; i < 2 && !failure; i++) {
      const rotated = await keys("rotate");
      assert.equal(rotated.status, 0, rotated.err);
      assert.match(rotated.out, /^[0-9a-f]{8}: \d+ values sealed, 0 cannot be read\n$/);
    }
  } finally {
    stop.now = true;
  }
  const written = (await working).flat();
  t.diagnostic(`${written.length} values written`);
  assert.ok(written.length > 20);

  const found = await listed();
  assert.equal(found.length, 3);
  assert.equal(found[0].id, first);
  for (const old of found.slice(0, 2)) assert.deepEqual([old.current, old.values], [false, {}], "a value is left under an old key");
  assert.equal(found[2].values["bank_account.number_sealed"], written.length - suppliers.length);
  assert.equal(found[2].values["supplier_account.number_sealed"], suppliers.length);

  for (const old of found.slice(0, 2)) {
    const dropped = await keys("drop", old.id);
    assert.equal(dropped.status, 0, dropped.err);
  }
  assert.deepEqual((await listed()).map(({ id }) => id), [found[2].id]);
  assert.match((await world.server.verify()).out, /^sealed +\d\d+ checked, 0 faults$/m);
  for (const [path, number] of written) {
    const owner = path.includes("supplier") ? "reconciler1" : "finance";
    const answer = await (await world.as(owner)).post(`${path}/disclosures`, { reason: "核对" });
    assert.equal(answer.body.number, number);
  }
});

chapter("the server, started anew with the one key that is left, reads them too", async () => {
  await world.server.restart();
  // with a second factor, whose secret was sealed anew as well
  const reconciler = await Client.login(world.server, "reconciler1", password);
  const { items } = (await reconciler.get("/api/v1/bank-accounts")).body;
  assert.ok(items.length > 0);
  reconciler.close();
});

chapter("a key that a value needs is not dropped, and what is done to keys stands in the trail", async () => {
  const [current] = await listed();
  const added = await keys("add");
  assert.equal(added.status, 0, added.err);
  const refused = await keys("drop", current.id);
  assert.equal(refused.status, 1);
  assert.match(refused.err, /\d+ values are under it; rotate first/);
  const found = await listed();
  assert.deepEqual([found.length, found[1].id, found[1].current], [2, added.out.trim(), true]);

  const kinds = world.server.sql("SELECT kind, COUNT(*) AS count FROM event WHERE kind LIKE 'key.%' GROUP BY kind ORDER BY kind");
  assert.deepEqual(
    kinds.map(({ kind, count }) => [kind, Number(count)]),
    [
      ["key.added", 3],
      ["key.dropped", 2],
      ["key.rotated", 2],
    ],
  );
  // ids of keys, and nothing of the keys themselves
  const states = world.server.sql("SELECT after_state FROM event WHERE kind LIKE 'key.%'").map((row) => JSON.parse(row.after_state));
  const ring = readFileSync(join(world.server.data, "keys", "encryption.keys"), "utf8").trim().split("\n");
  assert.ok(states.every((state) => /^[0-9a-f]{8}$/.test(state.key) && Object.keys(state).length === 1));
  assert.ok(ring.every((line) => !JSON.stringify(states).includes(line.split(" ")[1])));
});

chapter("a value that cannot be read is named, and keeps its key", async () => {
  const { id } = world.server.sql("SELECT id FROM supplier_account ORDER BY id LIMIT 1")[0];
  world.server.sql(`UPDATE supplier_account SET bank = 'x', number_sealed = CONCAT(LEFT(number_sealed, 40), 'xxxxxxxxxxxx') WHERE id = '${id}'`);
  const [old] = await listed();
  const rotated = await keys("rotate");
  assert.equal(rotated.status, 1);
  assert.match(rotated.err, new RegExp(`supplier_account.number_sealed of ${id} cannot be read`));
  assert.match(rotated.out, /1 cannot be read/);
  assert.equal((await keys("drop", old.id)).status, 1);
  const verified = await world.server.verify();
  assert.equal(verified.status, 1);
  assert.match(verified.out, new RegExp(`supplier_account.number_sealed of ${id} cannot be read`));
  assert.match(verified.out, /^sealed +\d+ checked, 1 faults$/m);
});
