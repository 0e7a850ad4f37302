// A database without the key files that it was written with: nothing starts over it, nothing is made, and the sentence says which file
// is missing and where. What needs no key yet goes on.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
const names = ["authentication.key", "encryption.keys"];
let world, keys, away, fresh;

before(async () => {
  world = await World.open();
  keys = join(world.server.data, "keys");
  away = mkdtempSync(join(tmpdir(), "xiangcai-away-"));
  fresh = mkdtempSync(join(tmpdir(), "xiangcai-fresh-"));
});
after(async () => {
  await world.close();
  for (const place of [away, fresh]) rmSync(place, { recursive: true, force: true });
});

const run = (...args) => command([...args, "--data", world.server.data], { settings: world.server.settings });

/** @work while the files of @lost are elsewhere. */
async function without(lost, work) {
  for (const name of lost) renameSync(join(keys, name), join(away, name));
  try {
    await work();
  } finally {
    for (const name of lost) renameSync(join(away, name), join(keys, name));
  }
}

chapter("a restored database without its keys is refused by every command, as often as it is tried, and no key is made", async () => {
  assert.ok(world.server.number("SELECT COUNT(*) FROM totp") > 0, "something is sealed");
  await world.server.terminate();
  const serve = ["serve", "--port", "0"];
  const all = [serve, ["migrate"], ["verify"], ["keys", "list"], ["keys", "add"], ["daily"]];
  for (const lost of [[names[0]], [names[1]], names])
    await without(lost, async () => {
      for (const args of lost === names ? all : [serve]) {
        const { status, err } = await run(...args);
        assert.equal(status, 1, `${args.join(" ")}: ${err}`);
        for (const name of names)
          assert.equal(err.includes(`xiangcai: ${join(keys, name)}: is missing, and the database`), lost.includes(name), `${args.join(" ")}: ${err}`);
      }
      assert.deepEqual(readdirSync(keys).sort(), names.filter((name) => !lost.includes(name)));
    });
  await world.server.restart();
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});

chapter("a new directory gets its keys, and one that holds nothing sealed yet goes on without those of sealed values", async () => {
  const inFresh = (...args) => command([...args, "--data", fresh]);
  assert.equal((await inFresh("migrate")).status, 0);
  assert.deepEqual(readdirSync(join(fresh, "keys")).sort(), names);
  // as a directory of the first release stands: events, and no encryption.keys
  rmSync(join(fresh, "keys", names[1]));
  const { status, err } = await inFresh("verify");
  assert.equal(status, 0, err);
  assert.ok(existsSync(join(fresh, "keys", names[1])));
});
