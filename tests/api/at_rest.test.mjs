// What a thief of the database, of its dump or of the log finds: nothing that he could use. Everything secret that the API and the
// commands take or give is made once, and then searched for in the whole database, in dumps of it, and in the log: in clear, in
// hexadecimal and in base64. Whoever adds something secret adds a row to `makers`; a sealed column without a value fails.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Client, totpCode } from "./support/client.mjs";
import { contract } from "./support/contract.mjs";
import { World, organisations, password } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { once, story } from "./support/steps.mjs";

const chapter = story(test);
const found = []; // { what, value: text or bytes }
const hasContacts = "/api/v1/organisations/{id}/contact" in contract.paths;
let world;

before(async () => {
  world = await World.open();
});
after(async () => {
  await world.close();
});

const secret = (what, ...values) => found.push(...values.map((value) => ({ what, value: Buffer.from(value) })));
const digits = (count) => Array.from(randomBytes(count), (byte) => byte % 10).join("");
const phoneNumber = () => `139${digits(8)}`;
const phrase = () => `${randomBytes(9).toString("base64url")} 的第一个秋天`;
const base32 = (text) => {
  const bits = [...text].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
};

async function addUser(login, roles, chosen) {
  const args = ["--login", login, "--name", login, "--organisation", organisations.school.code, "--roles", roles];
  const added = await command(["user", "add", "--data", world.server.data, ...args, ...(chosen ? ["--password-stdin"] : [])], {
    settings: world.server.settings,
    input: chosen ? `${chosen}\n` : "",
  });
  assert.equal(added.status, 0, added.err);
  return chosen ?? /^password: (.*)$/m.exec(added.out)[1];
}

/** Logs in, and notes the password and the token. */
async function enter(login, chosen) {
  const client = await Client.login(world.server, login, chosen);
  secret(`password of ${login}`, chosen);
  secret("session token", client.token, Buffer.from(client.token, "base64url"));
  return client;
}

const makers = {
  async "passwords: made by the command, chosen, wrong, changed"() {
    const made = await enter("rest1", await addUser("rest1", "buyer"));
    made.close();
    const chosen = phrase();
    const client = await enter("rest2", await addUser("rest2", "buyer,unit_finance", chosen));
    const [wrong, next] = [phrase(), phrase()];
    await world.anybody.post("/api/v1/sessions", { login: "rest2", password: wrong }, { key: null, expect: 401 });
    secret("a wrong password", wrong);
    await client.put("/api/v1/me/password", { current: chosen, new: next });
    secret("the new password", next);
    client.password = next;
    return client;
  },

  async "sessions of browsers"() {
    const { headers } = await world.anybody.post(
      "/api/v1/sessions",
      { login: "buyer", password },
      { key: null, headers: { Origin: world.server.url } },
    );
    const token = /^__Host-session=([\w-]+)/.exec(headers["set-cookie"][0])[1];
    secret("cookie", token, Buffer.from(token, "base64url"));
  },

  async "second factors, their codes and recovery codes"(client) {
    const { secret: shown, uri } = (await client.post("/api/v1/me/totp", { password: client.password })).body;
    const codes = (await client.post("/api/v1/me/totp/confirmations", { code: totpCode(shown, world.server.now()) })).body.recovery_codes;
    secret("second factor", shown, uri, base32(shown));
    secret("recovery code", ...codes, ...codes.map((code) => code.replaceAll("-", "")));
    world.server.secrets.rest2 = shown;
    for (const other of Object.values(world.server.secrets)) secret("second factor of the seed", other, base32(other));
  },

  async "keys of programs"(client) {
    const { body } = await client.post("/api/v1/me/api-keys", {
      name: "接口",
      roles: ["buyer"],
      expires_on: "2026-12-31",
      password: client.password,
      ...Client.proof(world.server, client.name),
    });
    const program = new Client(world.server, { token: body.key });
    await program.get("/api/v1/purchase-orders");
    program.close();
    const hidden = body.key.slice(body.key.indexOf(body.prefix) + body.prefix.length);
    assert.ok(hidden.length > 20);
    secret("key of a program", hidden);
  },

  async "phones of members"(client) {
    const phone = phoneNumber();
    const { body, headers } = await (await world.as("unitadmin")).get(`/api/v1/members/${client.session.user.id}`);
    assert.ok(body.id);
    await (
      await world.as("unitadmin")
    ).send("PATCH", `/api/v1/members/${client.session.user.id}`, { expect: 200, body: { phone }, headers: { "If-Match": headers.etag } });
    const disclosed = await (await world.as("unitadmin")).post(`/api/v1/members/${client.session.user.id}/disclosures`, { reason: "联系" });
    assert.equal(disclosed.body.phone, phone);
    secret("phone of a member", phone);
  },

  async "invitations: one that is accepted, one that waits"() {
    const admin = await world.as("unitadmin");
    const chosen = phrase();
    const sent = [];
    for (const login of ["rest3", "rest4"]) {
      const phone = phoneNumber();
      sent.push((await admin.post("/api/v1/invitations", { login, phone, roles: ["buyer"] })).body);
      secret("phone of an invitation", phone);
      secret("token of an invitation", sent.at(-1).token, Buffer.from(sent.at(-1).token, "base64url"));
    }
    const person = { login: "rest3", name: "受邀人", password: chosen };
    await world.anybody.post(`/api/v1/invitations/${sent[0].token}/acceptances`, person, { key: null });
    (await enter("rest3", chosen)).close();
  },

  async "applications"() {
    const [name, phone] = [`联系人${digits(6)}`, phoneNumber()];
    const { body } = await world.anybody.post("/api/v1/applications", {
      kind: "supplier",
      uscc: "91610124XD00048BXH",
      name: "新申请的合作社",
      contact_name: name,
      contact_phone: phone,
    });
    secret("contact of an application", name, phone);
    secret("token of an application", body.token);
  },

  async "contacts of organisations"() {
    if (!hasContacts) return;
    const [name, phone] = [`联系人${digits(6)}`, phoneNumber()];
    await (
      await world.as("unitadmin")
    ).put(`/api/v1/organisations/${organisations.school.id}/contact`, { name, phone }, { expect: 204, headers: { "If-Match": "*" } });
    secret("contact of an organisation", name, phone);
  },

  async "supervised accounts"() {
    const number = digits(19);
    const reconciler = await world.as("reconciler1");
    const { body } = await once(reconciler, "/api/v1/bank-accounts", { name: "监管户 visible", bank: "示例银行", number });
    const answer = await reconciler.post(`/api/v1/bank-accounts/${body.id}/disclosures`, { reason: "核对" });
    assert.equal(answer.body.number, number);
    secret("number of a supervised account", number);
  },

  async "accounts of suppliers"() {
    const [number, next] = [digits(19), digits(19)];
    const supplier = await world.as("s0116");
    const { body } = await once(supplier, "/api/v1/supplier-accounts", { holder: "合作社", bank: "示例银行", number });
    const place = `/api/v1/supplier-accounts/${body.id}`;
    await supplier.send("PATCH", place, { expect: 200, body: { number: next }, headers: { "If-Match": "*" } });
    assert.equal((await supplier.post(`${place}/disclosures`, { reason: "核对" })).body.number, next);
    secret("account of a supplier", number, next);
  },
};

chapter("everything secret is made and used", async () => {
  let client = null;
  for (const make of Object.values(makers)) client = (await make(client)) ?? client;
  client.close();
  assert.ok(found.length > 40);
  assert.ok(found.every(({ value }) => value.length >= 8));
});

chapter("every sealed column holds a value that was made here or before", () => {
  const columns = world.server.sql(
    `SELECT table_name AS 'table', column_name AS 'column' FROM information_schema.columns
      WHERE table_schema = 'xiangcai' AND column_comment LIKE 'sealed:%'`,
  );
  assert.ok(columns.length >= 3);
  const kept = columns.filter(({ table }) => hasContacts || table !== "contact");
  const empty = kept.filter(({ table, column }) => !world.server.number(`SELECT COUNT(*) FROM \`${table}\` WHERE \`${column}\` IS NOT NULL`));
  assert.deepEqual(empty, []);
});

/** What @bytes become in base64, whatever stands before and behind them. */
function base64s(bytes) {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    return text.slice([0, 2, 3][offset], Math.floor(((offset + bytes.length) * 8) / 6));
  });
}

const url = (text) => text.replaceAll("+", "-").replaceAll("/", "_");

function needles(bytes) {
  const hex = bytes.toString("hex");
  const base64 = base64s(bytes);
  return [...new Set([bytes, hex, hex.toUpperCase(), ...base64, ...base64.map(url)].map((form) => Buffer.from(form).toString("latin1")))];
}

/** Which of the secrets stand in @haystack; named, never shown. */
function leaks(haystack) {
  const text = haystack.toString("latin1");
  return [...new Set(found.filter(({ value }) => needles(value).some((needle) => text.includes(needle))).map(({ what }) => what))];
}

function dump(...options) {
  return execFileSync(
    "mariadb-dump",
    ["--no-defaults", "--user=root", `--socket=${join(world.server.data, "db", "mariadbd.sock")}`, ...options, "xiangcai"],
    { maxBuffer: 512 << 20 },
  );
}

chapter("none of it is in a dump of the database: rows, audit states, kept answers", () => {
  const [plain, hex] = [dump("--default-character-set=utf8mb4"), dump("--hex-blob", "--default-character-set=utf8mb4")];
  // what is not secret is found, so the search sees what it looks at
  assert.ok(plain.includes("监管户 visible"));
  assert.ok(hex.includes(Buffer.from("监管户 visible").toString("hex").toUpperCase()));
  assert.ok(plain.includes("bank_account.disclosed"));
  assert.deepEqual(leaks(plain), []);
  assert.deepEqual(leaks(hex), []);
});

chapter("none of it is in the files of the database, nor in what the program and the database log", () => {
  const scan = (patterns) =>
    execFileSync("grep", ["-raFl", "-f", "-", join(world.server.data, "db"), join(world.server.data, "log")], {
      input: patterns.join("\n"),
      env: { ...process.env, LC_ALL: "C" },
    }).toString();
  assert.match(scan(["监管户 visible"]), /db/);
  const patterns = found.map(({ value }) => value).filter((value) => !value.includes(10) && !value.includes(0));
  assert.throws(
    () => scan(patterns.flatMap((value) => [value.toString("utf8"), value.toString("hex")])),
    ({ status, stdout }) => status === 1 || assert.fail(`found in ${stdout}`),
  );
  assert.ok(world.server.log.length > 0);
  assert.deepEqual(leaks(Buffer.from(world.server.log.join("\n"))), []);
  for (const name of readdirSync(join(world.server.data, "log")))
    assert.deepEqual(leaks(readFileSync(join(world.server.data, "log", name))), [], name);
});
