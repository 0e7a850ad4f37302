// What people prove themselves by: passwords and their rules, second factors and recovery codes, API keys; and what guessing at them
// comes to, one at a time and many at once.

import assert from "node:assert/strict";
import { randomBytes, randomUUID, scryptSync } from "node:crypto";
import { after, before, test } from "node:test";

import { Client, totpCode } from "./support/client.mjs";
import { World, organisations, password } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { eventually, story } from "./support/steps.mjs";

const chapter = story(test);

/** The same kind of hash with a cost that no story has to wait for: a hash says itself what it costs. */
function quickHash(secret) {
  const [salt, cost] = [randomBytes(16), { N: 16, r: 8, p: 1 }];
  const text = (bytes) => bytes.toString("base64url");
  return `$scrypt$ln=4,r=8,p=1$${text(salt)}$${text(scryptSync(secret, salt, 32, cost))}`;
}
const current = "/api/v1/sessions/current";
const sessions = "/api/v1/sessions";
let world;

before(async () => {
  world = await World.open({ XIANGCAI_HASHERS: "2", XIANGCAI_HANDLING_S: "300" });
  world.server.sql(`UPDATE user SET password_hash = '${quickHash(password)}'`);
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
    ["zw19900101", ["E_PASSWORD_EASY"]],
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
  const { server } = world;
  const client = await Client.login(server, "buyer2", "橘子洲头的第十个秋天");
  const cheapen = (secret) => server.sql(`UPDATE user SET password_hash = '${quickHash(secret)}' WHERE login = 'buyer2'`);
  const chosen = [password, "橘子洲头的第十个秋天", ..."abcd".split("").map((letter) => `${letter}: staple the horse`)];
  cheapen(chosen[1]);
  for (let i = 1; i + 1 < chosen.length; i++) {
    server.sql("UPDATE login_user SET changes = 0");
    await client.put("/api/v1/me/password", { current: chosen[i], new: chosen[i + 1] });
    cheapen(chosen[i + 1]); // so that the history is cheap as well
  }
  for (const old of chosen.slice(0, 2)) {
    const again = await client.put("/api/v1/me/password", { current: chosen.at(-1), new: old }, { expect: 422 });
    assert.equal(again.body.errors[0].code, "E_PASSWORD_USED");
  }
  await client.put("/api/v1/me/password", { current: chosen.at(-1), new: "e: staple the horse" });
  await client.put("/api/v1/me/password", { current: "e: staple the horse", new: password });
  assert.equal(server.number("SELECT COUNT(*) FROM password_past p JOIN user u ON u.id = p.user WHERE u.login = 'buyer2'"), 5);
  cheapen(password);

  // five in an hour, these among them, refused or not; what is told without a hash does not count
  const common = await client.put("/api/v1/me/password", { current: password, new: "woaini5201314" }, { expect: 422 });
  assert.equal(common.body.errors[0].code, "E_PASSWORD_COMMON");
  const many = await client.put("/api/v1/me/password", { current: password, new: "f: staple the horse" }, { expect: 429 });
  const wait = Number(many.headers["retry-after"]);
  assert.ok(many.body.code === "E_TOO_MANY" && wait > 3500 && wait <= 3600, `Retry-After: ${wait}`);
  await login("buyer2", password);
  server.sql(`UPDATE login_user SET changes_began_at = changes_began_at - ${3600e6}`);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => client.put("/api/v1/me/password", { current: password, new: chosen.at(-1) }, { expect: undefined })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [422, 422, 422, 422, 422, 429, 429, 429]);
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
  const guess = async (of) => {
    const off = await client.post("/api/v1/me/totp/confirmations", { code: codeOf(of, 9) }, { expect: 422 });
    assert.equal(off.body.errors[0].code, "E_TOTP_CODE");
  };
  for (let i = 0; i < 5; i++) await guess(secret);
  assert.deepEqual([events("totp.refused"), events("totp.dropped")], [4, 1]);
  await client.post("/api/v1/me/totp/confirmations", { code: codeOf(secret) }, { expect: 409 }); // nobody guesses on
  assert.equal((await client.get("/api/v1/me/totp")).body.state, "none");
  const { secret: second } = (await client.post("/api/v1/me/totp", { password })).body;
  for (let i = 0; i < 4; i++) await guess(second);
  recovery = (await client.post("/api/v1/me/totp/confirmations", { code: codeOf(second) })).body.recovery_codes;
  assert.equal(new Set(recovery).size, 10);
  const status = (await client.get("/api/v1/me/totp")).body;
  assert.deepEqual([status.state, status.recovery_codes_left], ["active", 10]);
  assert.equal((await client.get(current)).body.second_factor, true);
  world.server.secrets.approver = second;
  client.close();
});

chapter("a login asks for the code, and takes each code once", async () => {
  const secret = world.server.secrets.approver;
  const asked = events("session.factor_needed");
  for (let i = 0; i < 7; i++) assert.equal((await login("approver", password, { expect: 401 })).body.code, "E_TOTP_NEEDED");
  assert.equal(events("session.factor_needed"), asked + 7);
  const opened = await post(world.anybody, { login: "approver", password, ...Client.proof(world.server, "approver") }); // they lock nobody out
  assert.equal(opened.body.failures_since, 6); // all but the one that this login may have begun with
  world.server.sql("UPDATE totp SET step = 0");
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
  const bad = await maker.post("/api/v1/me/api-keys", { name: "x", roles: ["auditor"], expires_on: inDays(400), password }, { expect: 422 });
  assert.deepEqual(
    bad.body.errors.map(({ pointer, code }) => [pointer, code]),
    [
      ["/roles", "E_ROLE_NOT_HELD"],
      ["/expires_on", "E_KEY_DAYS"],
    ],
  );
  const wanted = { name: "仓库系统", roles: ["dispatcher"], expires_on: inDays(30) };
  const unproved = await maker.post("/api/v1/me/api-keys", wanted, { expect: 422 });
  assert.deepEqual([unproved.body.errors[0].pointer, unproved.body.errors[0].code], ["/password", "E_REQUIRED"]);
  const wrong = await maker.post("/api/v1/me/api-keys", { ...wanted, password: "not the password" }, { expect: 422 });
  assert.deepEqual([wrong.body.errors[0].pointer, wrong.body.errors[0].code], ["/password", "E_PASSWORD_WRONG"]);
  const { body: made } = await maker.post("/api/v1/me/api-keys", { ...wanted, password });
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
    ["POST", "/api/v1/me/api-keys", { name: "child", roles: ["dispatcher"], expires_on: inDays(1), password }],
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
  const wanted = { name: "k", roles: ["cataloguer", "dispatcher"], expires_on: inDays(2), password };
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

  const more = { name: "k", roles: ["dispatcher"], expires_on: inDays(1), password };
  const answers = await Promise.all(Array.from({ length: 24 }, () => maker.post("/api/v1/me/api-keys", more, { expect: undefined })));
  assert.equal(answers.filter(({ status }) => status === 201).length, 19);
  assert.ok(answers.filter(({ status }) => status !== 201).every(({ body }) => body.code === "E_KEYS_MANY"));
  assert.equal((await maker.get("/api/v1/me/api-keys")).body.items.length, 20);

  server.sql(`UPDATE api_key SET expires_at = ${(server.now() - 1000) * 1000} WHERE id = '${made.id}'`);
  await program.get(current, { expect: 401 });
  maker.close();
  program.close();
});

chapter("a key with an administrator's roles keeps no members, users or invitations, nor other keys", async () => {
  const { server } = world;
  const admin = await Client.login(server, "unitadmin", password);
  const { body } = await admin.post("/api/v1/me/api-keys", { name: "k", roles: ["unit_admin"], expires_on: inDays(2), password });
  const program = new Client(server, { token: body.key, name: "key" });
  const member = server.sql("SELECT id FROM user WHERE login = 'buyer'")[0].id;
  await program.get("/api/v1/members");
  const place = `/api/v1/members/${member}`;
  const match = { "If-Match": "*" };
  for (const [method, target, sent] of [
    ["POST", "/api/v1/invitations", { roles: ["buyer"] }],
    ["DELETE", `/api/v1/invitations/${member}`],
    ["POST", "/api/v1/unit-invitations", {}],
    ["PATCH", place, { roles: ["buyer"] }],
    ["DELETE", place],
    ["POST", `${place}/suspensions`, { reason: "x" }],
    ["POST", `${place}/resumptions`, { reason: "x" }],
    ["POST", `${place}/password-resets`, {}],
    ["GET", `${place}/api-keys`],
    ["DELETE", `${place}/api-keys/${body.id}`],
    ["POST", `/api/v1/users/${member}/suspensions`, { reason: "x" }],
    ["POST", `/api/v1/users/${member}/password-resets`, {}],
    ["DELETE", `/api/v1/users/${member}/locks?reason=x`],
    ["DELETE", `/api/v1/users/${member}/totp?reason=x`],
  ])
    await program.send(method, target, { body: sent, headers: match, expect: 403 });
  assert.equal((await admin.get("/api/v1/me/api-keys")).body.items.length, 1);
  admin.close();
  program.close();
});

/** Somebody with one role in an organisation, a password that costs nothing, and a key that was made with it. */
async function keeper(name, organisation, role) {
  const { server } = world;
  const user = randomUUID();
  server.sql(`INSERT INTO user (id, login, name, password_hash, status, created_at, password_changed_at)
      VALUES ('${user}', '${name}', '${name}', '${quickHash(password)}', 'active', 1, 1);
    INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${user}', '${organisations[organisation].id}', '${role}', 0)`);
  const client = await Client.login(server, name, password);
  const { body } = await client.post("/api/v1/me/api-keys", { name: "k", roles: [role], expires_on: inDays(2), password });
  client.close();
  return { user, key: body, program: new Client(server, { token: body.key, name: `key of ${name}` }) };
}
const endedWith = (kind, object) =>
  Number(
    world.server.sql(`SELECT IFNULL(JSON_VALUE(after_state, '$.api_keys_ended'), 0) AS n FROM event
      WHERE kind = '${kind}' AND object = '${object}' ORDER BY id DESC LIMIT 1`)[0].n,
  );

chapter("an administrator sees and revokes the keys of the own members, and of nobody else", async () => {
  const { server } = world;
  const admin = await Client.login(server, "unitadmin", password);
  const { user, key, program } = await keeper("keykeeper", "school", "buyer");
  const place = `/api/v1/members/${user}/api-keys`;
  const { items } = (await admin.get(place)).body;
  assert.deepEqual(
    items.map(({ id, prefix, key: told }) => [id, prefix, told]),
    [[key.id, key.prefix, null]],
  );
  const stranger = await Client.login(server, "s0116", password);
  await stranger.get(place, { expect: 403 });
  const foreign = (await keeper("foreignkey", "S0116", "dispatcher")).user;
  await admin.get(`/api/v1/members/${foreign}/api-keys`, { expect: 404 });
  const hidden = server.sql(`SELECT id FROM api_key WHERE user = '${foreign}'`)[0].id;
  await admin.delete(`/api/v1/members/${foreign}/api-keys/${hidden}`, { expect: 404 });
  await admin.delete(`${place}/${hidden}`, { expect: 404 });
  await program.get(current);
  await admin.delete(`${place}/${key.id}`);
  await admin.delete(`${place}/${key.id}`, { expect: 404 });
  await program.get(current, { expect: 401 });
  assert.equal(server.number(`SELECT COUNT(*) FROM event WHERE kind = 'api_key.revoked' AND object = '${key.id}'`), 1);
  for (const client of [admin, stranger, program]) client.close();
});

chapter("keys end with the membership, a reset and a factor that somebody else removed, and stay so", async () => {
  const { server } = world;
  const admin = await Client.login(server, "unitadmin", password);
  const school = organisations.school.id;

  const left = await keeper("leftkey", "school", "buyer");
  await admin.delete(`/api/v1/members/${left.user}`, { headers: { "If-Match": "*" } });
  assert.equal(endedWith("member.ended", left.user), 1);
  server.sql(`UPDATE membership SET status = 'active', ended_at = NULL WHERE user = '${left.user}'`);
  await left.program.get(current, { expect: 401 });

  const reset = await keeper("resetkey", "school", "buyer");
  const { body: link } = await admin.post(`/api/v1/members/${reset.user}/password-resets`, {});
  await reset.program.get(current); // not before it is used
  await world.anybody.post(`/api/v1/invitations/${link.token}/acceptances`, { password: "g: staple the horse" }, { key: null });
  assert.equal(endedWith("invitation.accepted", link.id), 1);
  await reset.program.get(current, { expect: 401 });

  const lost = await keeper("lostkey", "school", "buyer");
  server.sql(`INSERT INTO totp (id, user, state, secret_sealed, created_at) VALUES ('${randomUUID()}', '${lost.user}', 'active', '', 1);
    UPDATE membership m JOIN user u ON u.id = m.user SET m.roles = 'security_admin' WHERE u.login = 'reconciler2'`);
  const security = await Client.login(server, "reconciler2", password);
  await security.delete(`/api/v1/users/${lost.user}/totp?reason=lost`);
  assert.equal(endedWith("user.totp_removed", lost.user), 1);
  await lost.program.get(current, { expect: 401 });
  assert.equal(server.number(`SELECT COUNT(*) FROM api_key WHERE organisation = '${school}' AND ended_at IS NULL AND name = 'k' AND roles = 'buyer'`), 0);
  for (const { program } of [left, reset, lost]) program.close();
  admin.close();
  security.close();
});

// ---- guessing ----

chapter("a link bears four refusals that cost a hash, and asks nobody's address beyond its limit", async () => {
  const { server } = world;
  const admin = await Client.login(server, "unitadmin", password);
  const send = async () => (await admin.post("/api/v1/invitations", { roles: ["buyer"] })).body;
  const accept = (token, body, expect) => world.anybody.post(`/api/v1/invitations/${token}/acceptances`, body, { key: null, expect });

  const asked = await send();
  for (let i = 0; i < 3; i++) await accept(asked.token, { login: "buyer", name: "x", password: "woaini5201314" }, 422); // no hash, no count
  for (let i = 0; i < 5; i++) {
    const { body } = await accept(asked.token, { login: "buyer", name: "x", password: "h: staple the horse" }, 422);
    assert.equal(body.errors[0].code, "E_LOGIN_TAKEN");
  }
  await accept(asked.token, { login: "newcomer.x", name: "x", password: "h: staple the horse" }, 404);
  const { body: listed } = await admin.get("/api/v1/invitations?state=revoked");
  assert.ok(listed.items.some(({ id }) => id === asked.id));
  const trail = server.sql(`SELECT JSON_VALUE(after_state, '$.revoked') AS revoked FROM event
    WHERE kind = 'invitation.refused' AND object = '${asked.id}' ORDER BY id`);
  assert.equal(trail.length, 5);

  server.sql("DELETE FROM login_pair; DELETE FROM login_address");
  const joining = await send();
  for (let i = 0; i < 4; i++) await accept(joining.token, { login: "buyer2", password: "not the password" }, 401);
  const buyer2 = server.sql("SELECT id FROM user WHERE login = 'buyer2'")[0].id;
  assert.equal(server.number(`SELECT failures FROM login_pair WHERE user = '${buyer2}'`), 4);
  assert.equal(server.number("SELECT failures FROM login_address WHERE address = '127.0.0.1'"), 4);
  server.sql("UPDATE login_address SET failures = 100");
  const many = await accept(joining.token, { login: "buyer2", password }, 429);
  assert.ok(Number(many.headers["retry-after"]) > 800);
  assert.equal(server.number(`SELECT refusals FROM invitation WHERE id = '${joining.id}'`), 4);
  server.sql("DELETE FROM login_pair; DELETE FROM login_address");
  await accept(joining.token, { login: "buyer2", password: "not the password" }, 401);
  await accept(joining.token, { login: "buyer2", password }, 404);
  admin.close();
});

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

chapter("where strangers are kept out, password and code together come in, and nothing tells which of them was wrong", async () => {
  const { server } = world;
  const secret = server.secrets.newauditor;
  const [user, mine] = [server.sql("SELECT id FROM user WHERE login = 'newauditor'")[0].id, "der neue Prüfer 2026"];
  server.sql(`UPDATE user SET password_hash = '${quickHash(mine)}' WHERE id = '${user}'; DELETE FROM login_pair WHERE user = '${user}';
    REPLACE INTO login_user (user, strangers_until, touched_at) VALUES ('${user}', ${(server.now() + 600_000) * 1000}, 1)`);
  const stranger = from("127.0.0.21");
  const headers = { "X-Request-Id": "story" };
  const attempts = [
    { password: mine },
    { password: "not the password" },
    { password: mine, code: codeOf(secret, 9) },
    { password: "not the password", code: codeOf(secret, 0) },
  ];
  const answers = [];
  for (const attempt of attempts) answers.push(await post(stranger, { login: "newauditor", ...attempt }, { expect: 401, headers }));
  for (const answer of answers) assert.deepEqual(alike(answer), alike(answers[0]));
  assert.equal(Client.statements(answers[2]), Client.statements(answers[3]));
  assert.equal(Client.statements(answers[0]), Client.statements(answers[1]));
  await post(stranger, { login: "newauditor", password: mine, ...Client.proof(server, "newauditor") });
  stranger.close();
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
  const { key } = (await maker.post("/api/v1/me/api-keys", { name: "k", roles: ["dispatcher"], expires_on: inDays(1), password })).body;
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
