// A server of its own for a test: the program as a child process on a free port, over an embedded database in a
// temporary directory, which begins as a copy of a prepared one. Nothing that was started here outlives the test.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const START_MS = 120_000;
const STOP_MS = 60_000;
const LOG_LINES_MAX = 20_000;

function findBinary() {
  const places = [process.env.XIANGCAI_BIN, ...["release", "dev"].map((preset) => join(root, "build", preset, "xiangcai"))];
  const found = places.find((place) => place && existsSync(place));
  assert.ok(found, "the program is not built: set XIANGCAI_BIN, or build the preset release or dev");
  return found;
}

/** The program under test: XIANGCAI_BIN, else the build of the preset release or dev. */
export const binary = findBinary();

/** The instant at which the clock of a server starts, unless a test says otherwise. */
export const startOfClock = "2026-10-20T02:00:00Z";

/** Quotas that no story reaches, so that each is told and none refuses; the test of the limits sets its own. */
const quotas = Object.fromEntries(
  ["PUBLIC", "READ", "READ_USER", "WRITE", "WRITE_USER", "REPORT", "REPORT_USER", "LOGIN", "LOGIN_USER", "APPLICATION"].map((name) => [
    `XIANGCAI_RATE_${name}`,
    "6000000",
  ]),
);

const standardSettings = {
  ...quotas,
  XIANGCAI_REPORT_STATEMENTS: "true",
  XIANGCAI_CLOCK: startOfClock,
  XIANGCAI_LOG_LEVEL: "info",
};

/** The environment of the program: ours without what else is called XIANGCAI_…, and the settings of the test. */
function environment(settings) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("XIANGCAI_"));
  return { ...Object.fromEntries(inherited), ...standardSettings, ...settings };
}

/** Runs a command of the program to its end: { status, out, err }. */
export async function command(args, { settings = {}, input = "" } = {}) {
  const run = promisify(execFile);
  const child = run(binary, args, { env: environment(settings), maxBuffer: 64 << 20 });
  child.child.stdin.on("error", () => {}); // a command that ends without reading what it is told
  child.child.stdin.end(input);
  try {
    const { stdout, stderr } = await child;
    return { status: 0, out: stdout, err: stderr };
  } catch (error) {
    return { status: error.code ?? error.signal, out: error.stdout, err: error.stderr };
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(done, what, limit) {
  const end = Date.now() + limit;
  while (!(await done())) {
    assert.ok(Date.now() < end, `${what}: not within ${limit} ms`);
    await pause(20);
  }
}

// ---- prepared data ----

function fingerprint(recipe) {
  const hash = createHash("sha256").update(readFileSync(binary)).update(recipe);
  for (const folder of ["schema/sql", "schema/reference"])
    for (const name of readdirSync(join(root, folder)).sort()) hash.update(readFileSync(join(root, folder, name)));
  return hash.digest("hex").slice(0, 16);
}

/** @draft becomes @place, unless another process was faster; those of earlier builds and recipes go. */
function settle(store, place, draft) {
  for (const name of readdirSync(store))
    if (!name.startsWith("draft-") && join(store, name) !== place) rmSync(join(store, name), { recursive: true, force: true });
  try {
    renameSync(draft, place);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * A data directory that @make (async, given a running server) has filled, made once for each build and @recipe, beside the
 * program. Several test processes may ask at once: whoever is first to finish gives it to all.
 */
export async function prepared(recipe, make) {
  const store = join(dirname(binary), "api-data");
  const place = join(store, fingerprint(recipe));
  if (existsSync(place)) return place;
  mkdirSync(store, { recursive: true });
  const draft = mkdtempSync(join(store, "draft-"));
  try {
    const server = await Server.start({ data: draft });
    await make(server).finally(() => server.stop());
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  if (existsSync(place)) rmSync(draft, { recursive: true, force: true });
  else settle(store, place, draft);
  return place;
}

// ---- the server ----

const running = new Set();
process.on("exit", () => {
  for (const server of running) server.abandon();
});

export class Server {
  /**
   * @options: from (a prepared data directory to begin as a copy of), data (one to use as it is), settings (by names of the
   * environment).
   */
  static async start({ from, data, settings = {} } = {}) {
    const server = new Server();
    server.data = data ?? mkdtempSync(join(tmpdir(), "xiangcai-api-"));
    server.isTemporary = !data;
    server.settings = settings;
    running.add(server);
    if (from) cpSync(from, server.data, { recursive: true, filter: (path) => !statSync(path).isSocket() });
    server.log = [];
    await server.spawn();
    return server;
  }

  async spawn(settings = {}) {
    Object.assign(this.settings, settings);
    this.spawnedAt = Date.now();
    this.child = spawn(binary, ["serve", "--port", "0", "--data", this.data], {
      env: environment(this.settings),
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this);
    this.child.on("error", (error) => this.log.push(error.message));
    this.ended = once(this.child, "exit").then(([status, signal]) => (this.end = { status, signal }));
    this.end = null;
    createInterface({ input: this.child.stderr }).on("line", (line) => {
      this.log.push(line);
      if (this.log.length > LOG_LINES_MAX) this.log.shift();
    });
    const lines = createInterface({ input: this.child.stdout });
    const first = once(lines, "line");
    const late = pause(START_MS, ["late"], { ref: false });
    const [line] = await Promise.race([first, this.ended.then(() => ["ended"]), late]);
    assert.match(line, /^http:/, `the server did not start (${line}):\n${this.log.slice(-20).join("\n")}`);
    this.url = line.trim();
    await this.ready();
  }

  async ready() {
    await until(async () => (await fetch(`${this.url}/readyz`).catch(() => ({}))).status === 200 || this.end, "readiness", START_MS);
    assert.equal(this.end, null, "the server ended before it was ready");
  }

  /** SIGTERM, and to the end. Gives { status, signal }; the database is down too. */
  async terminate() {
    if (!this.end) this.child.kill("SIGTERM");
    const late = pause(STOP_MS, null, { ref: false });
    const end = await Promise.race([this.ended, late]);
    assert.ok(end, `the server did not stop within ${STOP_MS} ms:\n${this.log.slice(-20).join("\n")}`);
    running.delete(this);
    return end;
  }

  /** SIGKILL: what a crash leaves behind. The database goes on running and is adopted by the next start. */
  async kill9() {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  async killDatabase9() {
    process.kill(this.databasePid(), "SIGKILL");
  }

  async restart(settings = {}) {
    if (!this.end) await this.terminate();
    await this.spawn(settings);
  }

  /** The end of the test: nothing stays, neither processes nor files. A fault of the server's own end fails the test. */
  async stop() {
    const wasKilled = this.end?.signal === "SIGKILL";
    const end = wasKilled ? null : await this.terminate();
    running.delete(this);
    await this.endDatabase();
    if (this.isTemporary) rmSync(this.data, { recursive: true, force: true });
    if (end) assert.deepEqual(end, { status: 0, signal: null }, `the server's end:\n${this.log.slice(-20).join("\n")}`);
  }

  abandon() {
    this.child?.kill("SIGKILL");
    const pid = this.databasePid();
    if (pid) process.kill(pid, "SIGKILL");
    if (this.isTemporary) rmSync(this.data, { recursive: true, force: true });
  }

  /** The private mariadbd of the data directory; 0 where none is alive. */
  databasePid() {
    const file = join(this.data, "db", "mariadbd.pid");
    const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
    return pid && isAlive(pid) ? pid : 0;
  }

  async endDatabase() {
    const pid = this.databasePid();
    if (!pid) return;
    process.kill(pid, "SIGTERM");
    await until(() => !isAlive(pid), "the end of the database", STOP_MS);
  }

  // ---- looking inside ----

  /** Rows of a statement as objects of strings (NULL: null), by the database's own client. */
  sql(text) {
    const out = execFileSync(
      "mariadb",
      [
        "--no-defaults",
        "--user=root",
        `--socket=${join(this.data, "db", "mariadbd.sock")}`,
        "--batch",
        "--default-character-set=utf8mb4",
        "xiangcai",
      ],
      { input: text, encoding: "utf8", maxBuffer: 64 << 20 },
    );
    const [head, ...rows] = out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split("\t"));
    return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell === "NULL" ? null : cell])));
  }

  /** One number. */
  number(text) {
    return Number(Object.values(this.sql(text)[0])[0]);
  }

  /** The instant by the server's clock, in milliseconds; ahead of it by the moment that the program takes to begin. */
  now() {
    const begins = environment(this.settings).XIANGCAI_CLOCK;
    return begins ? Date.parse(begins) + Date.now() - this.spawnedAt : Date.now();
  }

  /** Log lines as objects, those that @wanted says yes to. */
  logged(wanted = () => true) {
    return this.log
      .flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          return [{ subject: "not JSON", message: line }];
        }
      })
      .filter(wanted);
  }

  /** Forgets the lines that @wanted says yes to: they told what a test had done. */
  forgive(wanted) {
    this.log = this.log.filter((line) => !this.logged(wanted).some((told) => line.includes(`"message":${JSON.stringify(told.message)}`)));
  }

  /** `xiangcai verify` beside the running server. */
  async verify() {
    return command(["verify", "--data", this.data], { settings: this.settings });
  }
}
