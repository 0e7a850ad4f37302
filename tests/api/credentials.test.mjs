// What people prove themselves by: passwords and their rules, second factors and recovery codes, API keys; and what guessing at them
// comes to, one at a time and many at once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client, totpCode } from "./support/client.mjs";
import { World, organisations, password } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { eventually, story } from "./support/steps.mjs";

const chapter = story(test);
const current = "/api/v1/sessions/current";
const sessions = "/api/v1/sessions";
let world;

before(async () => {
  world = await World.open({ XIANGCAI_HASHERS: "2", XIANGCAI_HANDLING_S: "300" });
});
after(async () => {
  await world.close();
});

const post = (client, body, options = {}) => client.post(sessions, { bearer: true, ...body }, { key: null, ...options });
const login = (name, secret, options = {}) => post(world.anybody, { login: name, password: secret }, options);
const codeOf = (secret, steps = 0) => totpCode(secret, world.server.now() + steps * 30_000);
const events = (kind) => world.server.number(`SELECT COUNT(*) FROM event WHERE kind = '${kind}'`);
const from = (localAddress) => new Client(world.server, { localAddress });

/** Adds a user by the command; gives the password that was made where none is given. */
async function addUser(name, organisation, roles, secret) {
  const args = ["--login", name, "--name", name, "--organisation", organisations[organisation].code, "--roles", roles];
  const input = secret ? ["--password-stdin"] : [];
  const { settings, data } = world.server;
  const added = await command(["user", "add", "--data", data, ...args, ...input], { settings, input: secret ? `${secret}\n` : "" });
  return { ...added, password: /^password: (.*)$/m.exec(added.out)?.[1] };
}

// ---- passwords ----

chapter("a new password is long, unlike the login name, and none that everybody tries", async () => {
  const buyer = await Client.login(world.server, "buyer", password);
  for (const [chosen, codes] of [
    ["kurz", ["E_LENGTH"]],
    ["5201314", ["E_LENGTH"]],
    ["woaini5201314", ["E_PASSWORD_COMMON"]],
    ["P@ssw0rd123", ["E_PASSWORD_COMMON"]],
    ["ＺｈａｎｇＷｅｉ１２３４", ["E_PASSWORD_COMMON"]],
    ["1qaz2wsx3edc", ["E_PASSWORD_COMMON"]],
    ["zw19900101", ["E_PASSWORD_COMMON"]],
    ["乡采乡采乡采乡采乡采乡采", ["E_PASSWORD_COMMON"]],
    [password, ["E_PASSWORD_USED"]],
  ]) {
    const { body } = await buyer.put("/api/v1/me/password", { current: password, new: chosen }, { expect: 422 });
    const found = body.errors.map(({ pointer, code }) => [pointer, code]);
    assert.deepEqual(
      found,
      codes.map((code) => ["/new", code]),
      chosen,
    );
  }
  const { body } = await buyer.put("/api/v1/me/password", { current: "not the password", new: "一二三四五六七八九十" }, { expect: 422 });
  assert.deepEqual([body.errors[0].pointer, body.errors[0].code], ["/current", "E_PASSWORD_WRONG"]);
  await login("buyer", password);
  buyer.close();
});

chapter("a change of the password ends all other sessions, and is in the trail without the password", async () => {
  const [one, two] = [await Client.login(world.server, "buyer2", password), await Client.login(world.server, "buyer2", password)];
  const changes = events("password.changed");
  await one.put("/api/v1/me/password", { current: password, new: "橘子洲头的第十个秋天" });
  await one.get(current);
  await two.get(current, { expect: 401 });
  await login("buyer2", password, { expect: 401 });
  await login("buyer2", "橘子洲头的第十个秋天");
  assert.equal(events("password.changed"), changes + 1);
  one.close();
  two.close();
});

chapter("the last five passwords are not taken again, the one before them is", async () => {
  const client = await Client.login(world.server, "buyer2", "橘子洲头的第十个秋天");
  const chosen = [password, "橘子洲头的第十个秋天", ..."abcd".split("").map((letter) => `${letter}: staple the horse`)];
  for (let i = 1; i + 1 < chosen.length; i++) await client.put("/api/v1/me/password", { current: chosen[i], new: chosen[i + 1] });
  for (const old of chosen.slice(0, 2)) {
    const again = await client.put("/api/v1/me/password", { current: chosen.at(-1), new: old }, { expect: 422 });
    assert.equal(again.body.errors[0].code, "E_PASSWORD_USED");
  }
  await client.put("/api/v1/me/password", { current: chosen.at(-1), new: "e: staple the horse" });
  await client.put("/api/v1/me/password", { current: "e: staple the horse", new: password });
  assert.equal(world.server.number("SELECT COUNT(*) FROM password_past p JOIN user u ON u.id = p.user WHERE u.login = 'buyer2'"), 5);
  client.close();
});

chapter("who did not choose the password must choose one before anything else", async () => {
  const refused = await addUser("newbuyer", "school", "buyer", "1234567890");
  assert.notEqual(refused.status, 0);
  assert.match(refused.err, /--password-stdin: .*common/);
  const made = await addUser("newbuyer", "school", "buyer");
  assert.equal(made.status, 0, made.err);
  const client = await Client.login(world.server, "newbuyer", made.password);
  assert.equal(client.session.due, "password");
  assert.equal((await client.get(current)).body.due, "password");
  const due = await client.get("/api/v1/purchase-orders", { expect: 403 });
  assert.equal(due.body.code, "E_PASSWORD_DUE");
  await client.put("/api/v1/me/password", { current: made.password, new: "selbst gewählt, lang" });
  assert.equal((await client.get(current)).body.due, null);
  await client.get("/api/v1/purchase-orders");
  client.close();
});

chapter("a year old, the password of an authority is due, that of others is not", async () => {
  await world.server.restart({ XIANGCAI_PASSWORD_DAYS: "200" });
  const supervisor = await Client.login(world.server, "supervisor", password);
  assert.equal(supervisor.session.due, "password");
  await supervisor.get("/api/v1/reports/totals?measure=net_accepted&by=county", { expect: 403 });
  const buyer = await Client.login(world.server, "buyer", password);
  assert.equal(buyer.session.due, null);
  await supervisor.put("/api/v1/me/password", { current: password, new: "每年一换的第二个密码" });
  await supervisor.get("/api/v1/reports/totals?measure=net_accepted&by=county");
  await world.server.restart({ XIANGCAI_PASSWORD_DAYS: "365", XIANGCAI_PASSWORD_COMPOSITION: "true" });
  const plain = await buyer.put("/api/v1/me/password", { current: password, new: "onlylettersinthere" }, { expect: 422 });
  assert.deepEqual(
    plain.body.errors.map(({ code }) => code),
    ["E_PASSWORD_MIX"],
  );
  await world.server.restart({ XIANGCAI_PASSWORD_COMPOSITION: "false" });
  supervisor.close();
  buyer.close();
});

// ---- second factors ----

let recovery;

chapter("a second factor is set up with the password and a first code, and is told once", async () => {
  const client = await Client.login(world.server, "approver", password);
  assert.deepEqual((await client.get("/api/v1/me/totp")).body, {
    state: "none",
    is_required: false,
    confirmed_at: null,
    recovery_codes_left: 0,
  });
  await client.post("/api/v1/me/totp/confirmations", { code: "123456" }, { expect: 409 });
  const wrong = await client.post("/api/v1/me/totp", { password: "not the password" }, { expect: 422 });
  assert.deepEqual([wrong.body.errors[0].pointer, wrong.body.errors[0].code], ["/password", "E_PASSWORD_WRONG"]);
  const { secret, uri } = (await client.post("/api/v1/me/totp", { password }, { key: randomUUID() })).body;
  assert.equal(uri, `otpauth://totp/Xiangcai:approver?secret=${secret}&issuer=Xiangcai&algorithm=SHA1&digits=6&period=30`);
  assert.equal((await client.get("/api/v1/me/totp")).body.state, "pending");
  await login("approver", password); // it does not count yet
  const off = await client.post("/api/v1/me/totp/confirmations", { code: codeOf(secret, 9) }, { expect: 422 });
  assert.equal(off.body.errors[0].code, "E_TOTP_CODE");
  recovery = (await client.post("/api/v1/me/totp/confirmations", { code: codeOf(secret) })).body.recovery_codes;
  assert.equal(new Set(recovery).size, 10);
  const status = (await client.get("/api/v1/me/totp")).body;
  assert.deepEqual([status.state, status.recovery_codes_left], ["active", 10]);
  assert.equal((await client.get(current)).body.second_factor, true);
  world.server.secrets.approver = secret;
  client.close();
});

chapter("a login asks for the code, and takes each code once", async () => {
  const secret = world.server.secrets.approver;
  const needed = await login("approver", password, { expect: 401 });
  assert.equal(needed.body.code, "E_TOTP_NEEDED");
  const blind = await login("approver", "not the password", { expect: 401 });
  assert.equal(blind.body.code, "E_LOGIN_REFUSED");
  const wrong = await post(world.anybody, { login: "approver", password, code: codeOf(secret, 9) }, { expect: 401 });
  assert.equal(wrong.body.code, "E_LOGIN_REFUSED");

  const { code } = Client.proof(world.server, "approver");
  const answers = await Promise.all(
    Array.from({ length: 4 }, () => post(world.anybody, { login: "approver", password, code }, { expect: undefined })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 401, 401, 401]);
  assert.equal(answers.find(({ status }) => status === 201).body.second_factor, true);
  await post(world.anybody, { login: "approver", password, code }, { expect: 401 });
  world.server.sql("DELETE FROM login_pair");
});

chapter("a recovery code stands in once, however it is typed", async () => {
  const [first, second] = recovery;
  const answers = await Promise.all(
    Array.from({ length: 3 }, () => post(world.anybody, { login: "approver", password, code: first }, { expect: undefined })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 401, 401]);
  await post(world.anybody, { login: "approver", password, code: second.replaceAll("-", "").toUpperCase() });
  const client = await Client.login(world.server, "approver", password);
  assert.equal((await client.get("/api/v1/me/totp")).body.recovery_codes_left, 8);
  const proof = { password, ...Client.proof(world.server, "approver") };
  const renewed = (await client.post("/api/v1/me/totp/recovery-codes", proof)).body.recovery_codes;
  await post(world.anybody, { login: "approver", password, code: recovery[2] }, { expect: 401 });
  await post(world.anybody, { login: "approver", password, code: renewed[0] });
  recovery = renewed;
  client.close();
});

chapter("a factor is replaced with a code of the old one, and removed with one of the new", async () => {
  const client = await Client.login(world.server, "approver", password);
  const missing = await client.post("/api/v1/me/totp", { password }, { expect: 422 });
  assert.deepEqual([missing.body.errors[0].pointer, missing.body.errors[0].code], ["/code", "E_REQUIRED"]);
  const { secret } = (await client.post("/api/v1/me/totp", { password, code: recovery[1] })).body;
  await client.post("/api/v1/me/totp/confirmations", { code: codeOf(secret) });
  world.server.secrets.approver = secret;
  const wrong = await client.delete("/api/v1/me/totp", { body: { password, code: "000000" }, expect: 422 });
  assert.equal(wrong.body.errors[0].code, "E_TOTP_CODE");
  await client.delete("/api/v1/me/totp", { body: { password, ...Client.proof(world.server, "approver") } });
  delete world.server.secrets.approver;
  await client.delete("/api/v1/me/totp", { body: { password }, expect: 404 });
  await client.post("/api/v1/me/totp/recovery-codes", { password }, { expect: 409 });
  const { body } = await login("approver", password);
  assert.equal(body.second_factor, false);
  client.close();
});

chapter("whoever acts for an authority has a second factor before anything else, and keeps it", async () => {
  assert.equal((await addUser("newauditor", "platform", "auditor", "der neue Prüfer 2026")).status, 0);
  const client = await Client.login(world.server, "newauditor", "der neue Prüfer 2026");
  assert.deepEqual([client.session.due, client.session.second_factor], ["totp", false]);
  for (const [method, target] of [
    ["GET", "/api/v1/audit-events"],
    ["GET", "/api/v1/ledger/trial-balance"],
    ["GET", "/api/v1/me/api-keys"],
  ]) {
    const due = await client.send(method, target, { expect: 403 });
    assert.equal(due.body.code, "E_TOTP_DUE", target);
  }
  assert.equal((await client.get("/api/v1/me/totp")).body.is_required, true);
  await client.enrol("der neue Prüfer 2026");
  await client.get("/api/v1/ledger/trial-balance");
  assert.equal((await client.get(current)).body.due, null);
  const kept = await client.delete("/api/v1/me/totp", {
    body: { password: "der neue Prüfer 2026", ...Client.proof(world.server, "newauditor") },
    expect: 409,
  });
  assert.equal(kept.body.code, "E_TOTP_KEPT");
  client.close();
});

// ---- organisations ----

chapter("a session changes to another of the user's organisations, with what that one asks", async () => {
  const { server } = world;
  const user = server.sql("SELECT id FROM user WHERE login = 'finance'")[0].id;
  const join = (organisation, roles) =>
    `INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${user}', '${organisations[organisation].id}', '${roles}', 0)`;
  server.sql(join("platform", "supervisor"));
  const { body: opened } = await post(world.anybody, { login: "finance", password, organisation: organisations.school.id });
  const client = new Client(server, { token: opened.token, name: "finance" });
  assert.ok(opened.permissions.includes("claim_credits") && !opened.permissions.includes("see_totals"));
  await client.get("/api/v1/reports/totals?measure=net_accepted&by=county", { expect: 403 });

  const { body: there } = await client.patch(current, { organisation: organisations.platform.id });
  assert.deepEqual([there.id, there.roles, there.due], [opened.id, ["supervisor"], "totp"]);
  assert.ok(there.permissions.includes("see_totals") && !there.permissions.includes("claim_credits"));
  const due = await client.get("/api/v1/reports/totals?measure=net_accepted&by=county", { expect: 403 });
  assert.equal(due.body.code, "E_TOTP_DUE");
  await client.enrol(password);
  await client.get("/api/v1/reports/totals?measure=net_accepted&by=county");

  const { body: back } = await client.patch(current, { organisation: organisations.school.id });
  assert.deepEqual([back.organisation.id, back.due], [organisations.school.id, null]);
  const foreign = await client.patch(current, { organisation: organisations.S0101.id }, { expect: 422 });
  assert.equal(foreign.body.errors[0].pointer, "/organisation");
  assert.equal(events("session.switched"), 2);
  client.close();
});

// ---- API keys ----

const inDays = (days) => new Date(world.server.now() + days * 86_400_000).toISOString().slice(0, 10);

chapter("a key is told once, acts with its roles alone, and shows where it was used", async () => {
  const { server } = world;
  const maker = await Client.login(server, "s0116", password);
  const bad = await maker.post("/api/v1/me/api-keys", { name: "x", roles: ["auditor"], expires_on: inDays(400) }, { expect: 422 });
  assert.deepEqual(
    bad.body.errors.map(({ pointer, code }) => [pointer, code]),
    [
      ["/roles", "E_ROLE_NOT_HELD"],
      ["/expires_on", "E_KEY_DAYS"],
    ],
  );
  const { body: made } = await maker.post("/api/v1/me/api-keys", { name: "仓库系统", roles: ["dispatcher"], expires_on: inDays(30) });
  assert.match(made.key, /^xck_[A-Z2-7]{8}_[\w-]{43}$/);
  assert.equal(made.key.slice(4, 12), made.prefix);

  const program = new Client(server, { token: made.key, name: "key", localAddress: "127.0.0.7" });
  const me = (await program.get(current)).body;
  assert.deepEqual([me.id, me.api_key, me.roles, me.expires_at, me.due], [null, made.id, ["dispatcher"], null, null]);
  await program.get("/api/v1/supply-orders");
  await program.get("/api/v1/supplier/products", { expect: 403 }); // its maker may
  await maker.get("/api/v1/supplier/products");
  for (const [method, target, body] of [
    ["GET", "/api/v1/me/api-keys"],
    ["POST", "/api/v1/me/api-keys", { name: "child", roles: ["dispatcher"], expires_on: inDays(1) }],
    ["GET", sessions],
    ["PATCH", current, { organisation: organisations.S0116.id }],
    ["PUT", "/api/v1/me/password", { current: password, new: "ein ganz neues Wort" }],
    ["POST", "/api/v1/me/totp", { password }],
    ["DELETE", current],
  ])
    await program.send(method, target, { body, expect: 403 });

  const [listed] = (await maker.get("/api/v1/me/api-keys")).body.items;
  assert.deepEqual([listed.id, listed.key, listed.last_address, listed.name], [made.id, null, "127.0.0.7", "仓库系统"]);
  assert.ok(Date.parse(listed.last_used_at) > 0);
  await program.get(`${current}`, { expect: 401, headers: { Authorization: `Bearer ${made.key.slice(0, -1)}A` } }).catch((error) => {
    if (!made.key.endsWith("A")) throw error;
  });

  const other = await Client.login(server, "s0176", password);
  await other.delete(`/api/v1/me/api-keys/${made.id}`, { expect: 404 });
  await maker.delete(`/api/v1/me/api-keys/${made.id}`);
  await maker.delete(`/api/v1/me/api-keys/${made.id}`, { expect: 404 });
  await program.get(current, { expect: 401 });
  for (const client of [maker, other, program]) client.close();
});

chapter("a key ends with its day, its maker's role, user and organisation; twenty are enough", async () => {
  const { server } = world;
  const maker = await Client.login(server, "s0176", password);
  const wanted = { name: "k", roles: ["cataloguer", "dispatcher"], expires_on: inDays(2) };
  const { body: made } = await maker.post("/api/v1/me/api-keys", wanted);
  const program = new Client(server, { token: made.key, name: "key" });
  const user = server.sql("SELECT id FROM user WHERE login = 's0176'")[0].id;
  const turns = [
    [`UPDATE user SET status = 'suspended' WHERE id = '${user}'`, `UPDATE user SET status = 'active' WHERE id = '${user}'`],
    ["UPDATE organisation SET status = 'suspended' WHERE code = 'S0176'", "UPDATE organisation SET status = 'active' WHERE code = 'S0176'"],
    [
      `UPDATE membership SET roles = 'supplier_finance' WHERE user = '${user}'`,
      `UPDATE membership SET roles = 'dispatcher' WHERE user = '${user}'`,
    ],
  ];
  for (const [away, back] of turns) {
    server.sql(away);
    await program.get(current, { expect: 401 });
    server.sql(back);
    await program.get(current);
  }
  assert.deepEqual((await program.get(current)).body.roles, ["dispatcher"]); // what its maker has kept of them

  const more = { name: "k", roles: ["dispatcher"], expires_on: inDays(1) };
  const answers = await Promise.all(Array.from({ length: 24 }, () => maker.post("/api/v1/me/api-keys", more, { expect: undefined })));
  assert.equal(answers.filter(({ status }) => status === 201).length, 19);
  assert.ok(answers.filter(({ status }) => status !== 201).every(({ body }) => body.code === "E_KEYS_MANY"));
  assert.equal((await maker.get("/api/v1/me/api-keys")).body.items.length, 20);

  server.sql(`UPDATE api_key SET expires_at = ${(server.now() - 1000) * 1000} WHERE id = '${made.id}'`);
  await program.get(current, { expect: 401 });
  maker.close();
  program.close();
});

// ---- guessing ----

const alike = ({ status, headers, body }) => {
  const { instance: _, ...rest } = body;
  return { status, rest, length: headers["content-length"], kind: headers["content-type"] };
};

chapter("unknown, wrong, locked and suspended are answered alike", async () => {
  const { server } = world;
  server.sql("DELETE FROM login_pair; DELETE FROM login_user; DELETE FROM login_address; UPDATE user SET status = 'suspended' WHERE login = 's0256'");
  const headers = { "X-Request-Id": "story" };
  for (let i = 0; i < 5; i++) await login("s0236", "not the password", { expect: 401 });
  const answers = [
    await login("nobody.of.that.name", password, { expect: 401, headers }),
    await login("cataloguer", "not the password", { expect: 401, headers }),
    await login("s0236", password, { expect: 401, headers }),
    await login("s0256", password, { expect: 401, headers }),
    await login("名字", password, { expect: 401, headers }),
  ];
  for (const answer of answers) assert.deepEqual(alike(answer), alike(answers[0]));
  const statements = answers.slice(0, 4).map(Client.statements); // the last is no name that anybody can have
  assert.equal(new Set(statements).size, 1, `statements: ${statements}`);
});

chapter("of sixty-four wrong logins at once each is counted, and the right password waits fifteen minutes", async () => {
  const { server } = world;
  const [address, user] = ["127.0.0.64", server.sql("SELECT id FROM user WHERE login = 's0101x' OR login = 'cataloguer'")[0].id];
  const client = from(address);
  const refusals = events("session.refused");
  const wrong = { login: "cataloguer", password: "not the password" };
  const answers = await Promise.all(Array.from({ length: 64 }, () => post(client, wrong, { expect: 401 })));
  assert.equal(answers.length, 64);
  assert.equal(events("session.refused"), refusals + 64);
  assert.equal(server.number(`SELECT failures FROM login_pair WHERE user = '${user}' AND address = '${address}'`), 64);
  assert.equal(server.number(`SELECT failures FROM login_address WHERE address = '${address}'`), 64);
  // one from 127.0.0.1 in the chapter before, and five from here: those behind the lock say nothing of the user
  assert.equal(server.number(`SELECT failures FROM login_user WHERE user = '${user}'`), 6);
  await post(client, { login: "cataloguer", password }, { expect: 401 });
  const { body } = await login("cataloguer", password); // from elsewhere
  assert.equal(body.failures_since, 66);
  client.close();
});

chapter("fifty wrong ones in an hour shut out strangers, and nobody from where the user was let in before", async () => {
  const { server } = world;
  const user = server.sql("SELECT id FROM user WHERE login = 'dispatcher'")[0].id;
  const [home, stranger, another] = ["127.0.0.11", "127.0.0.12", "127.0.0.13"].map(from);
  await post(home, { login: "dispatcher", password });
  await post(stranger, { login: "dispatcher", password: "not the password" }, { expect: 401 });
  server.sql(`UPDATE login_user SET failures = 49 WHERE user = '${user}'`);
  await post(stranger, { login: "dispatcher", password: "not the password" }, { expect: 401 });
  await post(another, { login: "dispatcher", password }, { expect: 401 });
  await post(home, { login: "dispatcher", password });
  assert.equal(server.number(`SELECT strangers_until > 0 FROM login_user WHERE user = '${user}'`), 1);
  server.sql(`UPDATE login_user SET strangers_until = strangers_until - ${15 * 60 * 1e6} WHERE user = '${user}'`);
  await post(another, { login: "dispatcher", password });
  for (const client of [home, stranger, another]) client.close();
});

chapter("an address that guesses at any names waits, and is told how long; others do not", async () => {
  await world.server.restart({ XIANGCAI_FAILURES_PER_ADDRESS: "4" }); // which sets the clock back: what was counted lies ahead of it
  world.server.sql("DELETE FROM login_user; DELETE FROM login_pair; DELETE FROM login_address");
  const flood = from("127.0.0.99");
  for (let i = 0; i < 4; i++) await post(flood, { login: `guess${i}`, password }, { expect: 401 });
  const refused = await post(flood, { login: "dispatcher", password }, { expect: 429 });
  assert.equal(refused.body.code, "E_TOO_MANY");
  const wait = Number(refused.headers["retry-after"]);
  assert.ok(wait > 800 && wait <= 900, `Retry-After: ${wait}`);
  await post(world.anybody, { login: "dispatcher", password }, { expect: undefined });
  const other = from("127.0.0.98");
  await post(other, { login: "dispatcher", password });
  world.server.sql(`UPDATE login_address SET began_at = began_at - ${15 * 60 * 1e6} WHERE address = '127.0.0.99'`);
  await post(flood, { login: "dispatcher", password });
  flood.close();
  other.close();
  await world.server.restart({ XIANGCAI_FAILURES_PER_ADDRESS: "100" });
});

chapter("what is long over is forgotten", async () => {
  const { server } = world;
  const long = (days) => (server.now() - days * 86_400_000) * 1000;
  server.sql(`UPDATE login_pair SET touched_at = ${long(31)} WHERE address = '127.0.0.64';
    UPDATE login_address SET began_at = ${long(2)} WHERE address = '127.0.0.64';
    UPDATE session SET created_at = ${long(31)}, seen_at = ${long(31)} WHERE ended_at IS NOT NULL`);
  await server.restart();
  await eventually(
    () => ({
      body: server.sql(
        `SELECT (SELECT COUNT(*) FROM login_pair WHERE address = '127.0.0.64') + (SELECT COUNT(*) FROM login_address
         WHERE address = '127.0.0.64') + (SELECT COUNT(*) FROM session WHERE created_at <= ${long(31)}) AS rest`,
      )[0],
    }),
    ({ body }) => body.rest === "0",
  );
});

chapter("secrets, codes and keys are in no log line and in no row", async () => {
  const { server } = world;
  const maker = await Client.login(server, "s0176", password);
  const old = (await maker.get("/api/v1/me/api-keys")).body.items[0];
  await maker.delete(`/api/v1/me/api-keys/${old.id}`);
  const { key } = (await maker.post("/api/v1/me/api-keys", { name: "k", roles: ["dispatcher"], expires_on: inDays(1) })).body;
  const codes = await maker.enrol(password);
  const program = new Client(server, { token: key });
  await program.get(current);
  const tables = server.sql("SHOW TABLES").map((row) => Object.values(row)[0]);
  const secrets = [key, key.slice(13), server.secrets.s0176, ...codes, ...codes.map((code) => code.replaceAll("-", "")), maker.token];
  const written = server.log.join("\n");
  for (const secret of secrets) assert.ok(!written.includes(secret), "a secret in the log");
  for (const table of tables) {
    const columns = server.sql(`SHOW COLUMNS FROM \`${table}\``).map((row) => `IFNULL(CONVERT(\`${row.Field}\` USING latin1), '')`);
    const row = `CONCAT_WS('|', ${columns.join(", ")})`;
    const found = server.number(`SELECT COUNT(*) FROM \`${table}\` WHERE ${secrets.map((s) => `INSTR(${row}, '${s}') > 0`).join(" OR ")}`);
    assert.equal(found, 0, `a secret in ${table}`);
  }
  const { status, out } = await server.verify();
  assert.equal(status, 0, out);
  maker.close();
  program.close();
});
