// Orders come in all the time, and something dies: the server, its database, or both stand still. Whatever was acknowledged stands as
// it was acknowledged; whatever was not is sent again under its key; in the end every order is there exactly once.
// Faults strike at moments of chance; XIANGCAI_LONG=1 lets more of them strike, XIANGCAI_SEED repeats a run.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { putIntoShop } from "../faults/goods.mjs";
import { Journal, booksAgree } from "../faults/journal.mjs";
import { Stream, chance } from "../faults/stream.mjs";
import { World } from "./support/seed.mjs";

const CLIENTS = 24;
const START_MS = 60_000;
const isLong = process.env.XIANGCAI_LONG === "1";
const strikes = isLong ? 25 : 3;
const seed = Number(process.env.XIANGCAI_SEED ?? Date.now() % 1_000_000);
const random = chance(seed);

describe("orders while something dies", { timeout: isLong ? 580_000 : 280_000 }, () => {
  let world, server, journal, clients, goods;

  before(async () => {
    world = await World.open({ XIANGCAI_CLOCK: "", XIANGCAI_LOG_LEVEL: "warning" });
    server = world.server;
    journal = new Journal(server);
    const rows = (supplier) => Array.from({ length: 30 }, (_, i) => ({ code: `${supplier}-${i}`, stock: i % 10 ? 1_000_000 : 400 }));
    goods = [...await putIntoShop(world, "cataloguer", rows("C")), ...await putIntoShop(world, "s0116", rows("D"))];
    const buyers = [await world.as("buyer"), await world.as("buyer2")];
    clients = Array.from({ length: CLIENTS }, (_, i) => buyers[i % buyers.length]);
  });
  after(async () => {
    world?.forget();
    await server?.stop();
  });

  /** Lets @strike happen @times while orders stream in; then everything open is sent again, and all must be right. */
  async function underFaults(t, times, strike) {
    const stream = new Stream(journal, clients, goods, random(1000));
    try {
      for (let i = 0; i < times; i++) {
        await stream.placed(10 + random(60));
        await strike(i);
      }
      await stream.placed(20);
    } finally {
      await stream.end();
    }
    const open = journal.of("open").length;
    await journal.settle();
    const held = journal.compare();
    await resendSome();
    await booksAgree(server);
    t.diagnostic(`seed ${seed}: ${held} orders placed, ${open} were open after the stream, answers ${JSON.stringify(journal.counts())}`);
  }

  /** What was acknowledged at any time is still answered with the same bytes; `send` compares. */
  async function resendSome() {
    const placed = journal.of("placed");
    await Promise.all(Array.from({ length: 200 }, () => journal.send(placed[random(placed.length)])));
  }

  it("kill -9 of the server: the next one adopts the database, every order is there exactly once", async (t) => {
    const database = server.databasePid();
    await underFaults(t, strikes, async () => {
      await server.kill9();
      await pause(random(300));
      await server.spawn();
    });
    assert.equal(server.databasePid(), database, "the database was adopted");
  });

  it("kill -9 of the database: the server starts it again, every order is there exactly once", async (t) => {
    const pid = server.child.pid;
    await underFaults(t, strikes, async () => {
      const killed = server.databasePid();
      await server.killDatabase9();
      const end = Date.now() + START_MS;
      while (server.databasePid() === killed || !server.databasePid()) {
        assert.ok(Date.now() < end, "the database is not started again");
        await pause(50);
      }
      await server.ready();
    });
    assert.equal(server.child.pid, pid, "the server lived on");
    assert.equal(server.end, null);
  });

  it("kill -9 of both at once", async (t) => {
    await underFaults(t, isLong ? 10 : 1, async () => {
      const killed = server.killDatabase9();
      await server.kill9();
      await killed;
      await server.spawn();
    });
  });

  it("the database stands still for some seconds: orders wait, none is lost", async (t) => {
    await underFaults(t, 1, () => standStill(2500));
  });

  it("the database stands still for longer than a request may take: it is answered 503, and its key tells what became of it", async (t) => {
    await server.restart({ XIANGCAI_HANDLING_S: "1" });
    const refused = journal.statuses.get(503) ?? 0;
    await underFaults(t, 1, () => standStill(2500));
    assert.ok((journal.statuses.get(503) ?? 0) > refused, "nobody was told");
    await server.restart({ XIANGCAI_HANDLING_S: "30" });
  });

  it("SIGTERM under load: what was begun is answered, nothing acknowledged is lost", async (t) => {
    await underFaults(t, isLong ? 10 : 2, async () => {
      assert.deepEqual(await server.terminate(), { status: 0, signal: null });
      assert.equal(server.databasePid(), 0, "the database was stopped with it");
      await server.spawn();
    });
  });

  async function standStill(ms) {
    const database = server.databasePid();
    process.kill(database, "SIGSTOP");
    await pause(ms);
    process.kill(database, "SIGCONT");
  }
});
