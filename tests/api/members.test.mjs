// Members and how they come in: what an administrator may do in the own organisation and cannot do elsewhere, one-time links that
// exactly one of many gets through, and what the platform's security administrator does to users.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World, organisations, password } from "./support/seed.mjs";
import { dataFile, importFile, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const members = "/api/v1/members";
const invitations = "/api/v1/invitations";
const secret = "long enough 2026";
let world, admin, security;

/** A client with a session that nobody had to log in for; the second factor was given in it. */
function sessionOf(user, organisation, name) {
  const token = randomBytes(32).toString("base64url");
  const digest = createHash("sha256").update(token).digest("hex");
  world.server.sql(
    `INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address, second_factor)
     SELECT UNHEX('${digest}'), '${randomUUID()}', '${user}', '${organisation}', MAX(created_at), MAX(seen_at), '127.0.0.1', TRUE FROM session`,
  );
  return new Client(world.server, { token, name });
}

/** A user with roles in one organisation, and a session for it. */
function someone(login, organisation, roles) {
  const id = randomUUID();
  world.server.sql(
    `INSERT INTO user (id, login, name, password_hash, status, created_at)
       SELECT '${id}', '${login}', '${login}', password_hash, 'active', created_at FROM user WHERE login = 'buyer';
     INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${id}', '${organisation}', '${roles}', 0);`,
  );
  const client = sessionOf(id, organisation, login);
  client.id = id;
  return client;
}

const idOf = (login) => world.server.sql(`SELECT id FROM user WHERE login = '${login}'`)[0].id;
const events = (kind) => world.server.number(`SELECT COUNT(*) FROM event WHERE kind = '${kind}'`);
const accept = (token, body, options) => world.anybody.post(`${invitations}/${token}/acceptances`, body, { key: null, ...options });
const { school, company, platform, S0101, S0116, county } = organisations;

before(async () => {
  world = await World.open();
  await world.as("buyer");
  admin = sessionOf(idOf("unitadmin"), school.id, "unitadmin");
  security = someone("security", platform.id, "security_admin");
});
after(async () => {
  admin.close();
  security.close();
  await world.close();
});

chapter("an administrator sees the own members, page by page, and nobody else's", async () => {
  const items = await admin.all(members, { limit: 2 });
  assert.deepEqual(items.map((item) => item.login).sort(), ["approver", "buyer", "finance", "unitadmin"]);
  const [buyer] = items.filter((item) => item.login === "buyer");
  assert.deepEqual([buyer.roles, buyer.status, buyer.phone, buyer.has_totp], [["buyer"], "active", null, false]);
  const { body, headers } = await admin.get(`${members}/${buyer.id}`);
  assert.deepEqual(body, buyer);
  assert.match(headers.etag, /^"v\d+"$/);
  for (const id of [idOf("buyer2"), randomUUID()]) {
    const key = { "If-Match": "*" };
    await admin.get(`${members}/${id}`, { expect: 404 });
    await admin.send("PATCH", `${members}/${id}`, { body: { name: "x" }, headers: key, expect: 404 });
    await admin.delete(`${members}/${id}`, { headers: key, expect: 404 });
    for (const action of ["suspensions", "resumptions", "disclosures"])
      await admin.post(`${members}/${id}/${action}`, { reason: "离职" }, { expect: 404 });
    await admin.post(`${members}/${id}/password-resets`, {}, { expect: 404 });
  }
  await (await world.as("buyer")).get(members, { expect: 403 });
});

chapter("roles change within the rules, against the version that was seen", async () => {
  const place = `${members}/${idOf("approver")}`;
  const seen = (await admin.get(place)).headers.etag;
  const patch = (body, expect, match = seen) =>
    admin.send("PATCH", place, { body, headers: match ? { "If-Match": match } : {}, expect });
  await patch({ roles: ["approver", "unit_finance"] }, 428, null);
  const { body } = await patch({ roles: ["approver", "unit_finance"] }, 200);
  assert.deepEqual(body.roles, ["approver", "unit_finance"]);
  const stale = await patch({ roles: ["approver"] }, 412);
  assert.equal(stale.body.code, "E_PRECONDITION");
  const alien = await patch({ roles: ["cataloguer"] }, 403, "*");
  assert.deepEqual(
    alien.body.errors.map((fault) => fault.code),
    ["E_ROLE_GRANT"],
  );
  await patch({ roles: ["auditor"] }, 403, "*");
  assert.equal((await patch({}, 422, "*")).body.errors[0].code, "E_REQUIRED");
  await patch({ phone: "12345" }, 422, "*");
  await patch({ roles: ["approver"] }, 200, "*");
  assert.equal(events("member.changed"), 2);
});

chapter("the last administrator stays, whatever is tried", async () => {
  const place = `${members}/${idOf("unitadmin")}`;
  const tries = [
    () => admin.delete(place, { headers: { "If-Match": "*" }, expect: 409 }),
    () => admin.post(`${place}/suspensions`, { reason: "试" }, { expect: 409 }),
  ];
  for (const attempt of tries) assert.equal((await attempt()).body.errors[0].code, "E_LAST_ADMIN");
});

chapter("nobody gives roles to himself, nor uses a link that he sent", async () => {
  const own = (client, roles, expect) =>
    client.send("PATCH", `${members}/${client.id}`, { body: { roles, name: "某人" }, headers: { "If-Match": "*" }, key: null, expect });
  admin.id = idOf("unitadmin");
  for (const [client, roles] of [
    [admin, ["buyer"]],
    [admin, ["unit_admin", "unit_finance"]],
    [security, ["security_admin", "supervisor"]],
  ])
    assert.equal((await own(client, roles, 403)).body.code, "E_SAME_PERSON");
  await own(admin, ["unit_admin"], 200); // as they are
  const sent = (await admin.post(invitations, { roles: ["buyer"] })).body;
  assert.equal((await accept(sent.token, { login: "unitadmin", password }, { expect: 403 })).body.code, "E_SAME_PERSON");
  assert.equal((await admin.post(`${members}/${admin.id}/password-resets`, {}, { expect: 403 })).body.code, "E_SAME_PERSON");
  await admin.delete(`${invitations}/${sent.id}`);

  // the three who watch over the system do not do its business
  const held = someone("watcher", platform.id, "auditor");
  const give = (roles, expect) => security.send("PATCH", `${members}/${held.id}`, { body: { roles }, headers: { "If-Match": "*" }, key: null, expect });
  for (const roles of [
    ["auditor", "reviewer"],
    ["auditor", "reconciler"],
    ["system_admin", "reviewer"],
    ["security_admin", "reconciler"],
    ["auditor", "system_admin"],
  ])
    assert.equal((await give(roles, 422)).body.errors[0].code, "E_ROLES_APART", roles.join());
  await give(["auditor", "supervisor"], 200);
  held.close();
});

chapter("of two administrators who remove each other at once, one is left", async () => {
  const other = someone("admin2", school.id, "unit_admin");
  const [me, him] = [idOf("unitadmin"), other.id];
  const drop = (client, id) =>
    client.send("PATCH", `${members}/${id}`, { body: { roles: ["buyer"] }, headers: { "If-Match": "*" }, key: null });
  const answers = await Promise.all([drop(admin, him), drop(other, me)]);
  assert.deepEqual(answers.map((answer) => answer.status).filter((status) => status === 200).length, 1, JSON.stringify(answers.map((a) => a.status)));
  world.server.sql(`UPDATE membership SET roles = 'unit_admin' WHERE user = '${me}'; UPDATE membership SET roles = 'buyer' WHERE user = '${him}';`);
  other.close();
});

chapter("phones are sealed, masked, and shown for a reason that is kept", async () => {
  const place = `${members}/${idOf("finance")}`;
  const number = "13812345678";
  const { body } = await admin.send("PATCH", place, { body: { phone: number, name: "王芳" }, headers: { "If-Match": "*" }, expect: 200 });
  assert.deepEqual([body.phone, body.name], ["138****5678", "王芳"]);
  assert.equal((await admin.get(place)).body.phone, "138****5678");
  await admin.post(`${place}/disclosures`, {}, { expect: 422 });
  const shown = await admin.post(`${place}/disclosures`, { reason: "发货联系" });
  assert.equal(shown.body.phone, number);
  assert.equal(events("member.disclosed"), 1);
  for (const table of ["user", "event", "idempotency"])
    assert.equal(JSON.stringify(world.server.sql(`SELECT * FROM ${table}`)).includes(number), false, table);
  const finance = sessionOf(idOf("finance"), school.id, "finance");
  const me = (await finance.send("PATCH", "/api/v1/me", { body: { phone: "" }, expect: 200 })).body;
  assert.deepEqual([me.phone, me.name], [null, "王芳"]);
  await finance.send("PATCH", "/api/v1/me", { body: { roles: ["unit_admin"] }, expect: 422 });
  finance.close();
});

chapter("a suspended member is out at once, and back when resumed", async () => {
  const place = `${members}/${idOf("approver")}`;
  const approver = sessionOf(idOf("approver"), school.id, "approver");
  await approver.get("/api/v1/purchase-orders");
  await admin.post(`${place}/suspensions`, { reason: "休假" }, { expect: 200 });
  await approver.get("/api/v1/purchase-orders", { expect: 401 });
  const again = await admin.post(`${place}/suspensions`, { reason: "休假" }, { expect: 409 });
  assert.equal(again.body.code, "E_TRANSITION");
  await admin.post(`${place}/resumptions`, { reason: "回来" }, { expect: 200 });
  await approver.get("/api/v1/purchase-orders", { expect: 401 });
  approver.close();
});

chapter("an ended membership stays as history", async () => {
  const leaving = someone("leaving", school.id, "buyer");
  await admin.delete(`${members}/${leaving.id}`, { headers: { "If-Match": "*" } });
  await leaving.get("/api/v1/purchase-orders", { expect: 401 });
  assert.ok(!(await admin.all(members)).some((item) => item.id === leaving.id));
  const { body } = await admin.get(`${members}/${leaving.id}`);
  assert.equal(body.status, "ended");
  assert.ok(body.ended_at);
  const ended = await admin.all(`${members}?status=ended`);
  assert.deepEqual(
    ended.map((item) => item.login),
    ["leaving"],
  );
  leaving.close();
});

chapter("an invitation lets somebody new in, once, of sixty-four who try", async () => {
  const sent = (await admin.post(invitations, { login: "Zhang.San", phone: "13987654321", roles: ["buyer"] }, { key: randomUUID() })).body;
  assert.equal(sent.link, `${world.server.url}/#/invitations/${sent.token}`); // no public_url: what the caller used
  const body = { login: "zhang.san", name: "张三", password: secret };
  const weak = await accept(sent.token, { ...body, password: "1234567890" }, { expect: 422 });
  assert.equal(weak.body.errors[0].pointer, "/password");
  assert.equal((await accept(sent.token, { ...body, login: "li.si" }, { expect: 422 })).body.errors[0].pointer, "/login");
  const answers = await Promise.all(Array.from({ length: 64 }, () => accept(sent.token, body, { expect: undefined })));
  const accepted = answers.filter((answer) => answer.status === 201);
  assert.equal(accepted.length, 1, JSON.stringify(answers.map((answer) => answer.status)));
  for (const answer of answers) assert.ok([201, 404, 422, 503].includes(answer.status), answer.text);
  const came = accepted[0].body;
  assert.deepEqual([came.login, came.organisation, came.organisation_name, came.roles], ["zhang.san", school.id, school.name, ["buyer"]]);
  assert.equal((await admin.get(`${members}/${came.user}`)).body.phone, "139****4321");
  const late = await accept(sent.token, body, { expect: 404 });
  const unknown = await accept("x".repeat(43), body, { expect: 404 });
  const { instance: _, ...one } = late.body;
  const { instance: __, ...two } = unknown.body;
  assert.deepEqual(one, two);
  const client = await Client.login(world.server, "zhang.san", secret);
  await client.get("/api/v1/purchase-orders");
  client.close();
  assert.ok(!world.server.log.join("\n").includes(sent.token), "the token is in the log");
  assert.equal(world.server.number(`SELECT COUNT(*) FROM idempotency WHERE INSTR(reply, '${sent.token}') > 0`), 0);
});

chapter("a user of the platform joins by proving who he is", async () => {
  const sent = (await admin.post(invitations, { roles: ["approver"] })).body;
  const wrong = await accept(sent.token, { login: "buyer2", password: "wrong password" }, { expect: 401 });
  const nobody = await accept(sent.token, { login: "nobody.there", password: "wrong password" }, { expect: 401 });
  assert.equal(wrong.body.code, nobody.body.code);
  assert.equal((await accept(sent.token, { login: "buyer2", name: "又一人", password: secret }, { expect: 422 })).body.errors[0].code, "E_LOGIN_TAKEN");
  const { body } = await accept(sent.token, { login: "buyer2", password });
  assert.deepEqual([body.user, body.roles], [idOf("buyer2"), ["approver"]]);
  const roles = world.server.sql(`SELECT roles FROM membership WHERE user = '${idOf("buyer2")}'`).map((row) => row.roles);
  assert.deepEqual(roles.sort(), ["approver", "buyer,unit_finance"]);

  // he belongs to two organisations now: neither changes what is his alone
  const place = `${members}/${body.user}`;
  for (const refused of [
    await admin.send("PATCH", place, { body: { name: "某人" }, headers: { "If-Match": "*" }, expect: 409 }),
    await admin.post(`${place}/password-resets`, {}, { expect: 409 }),
  ])
    assert.equal(refused.body.code, "E_MEMBER_ELSEWHERE");
  await admin.send("PATCH", place, { body: { roles: ["buyer"] }, headers: { "If-Match": "*" }, expect: 200 });
});

chapter("invitations are listed without tokens, taken back, and expire", async () => {
  const sent = (await admin.post(invitations, { roles: ["buyer"] })).body;
  const [row] = (await admin.get(`${invitations}?state=open`)).body.items;
  assert.deepEqual([row.id, row.state], [sent.id, "open"]);
  await sessionOf(idOf("s0116"), S0116.id, "s0116").get(invitations, { expect: 403 });
  const foreign = someone("otheradmin", company.id, "unit_admin");
  await foreign.delete(`${invitations}/${sent.id}`, { expect: 404 });
  foreign.close();
  await admin.delete(`${invitations}/${sent.id}`);
  await admin.delete(`${invitations}/${sent.id}`, { expect: 409 });
  await accept(sent.token, { login: "late.comer", name: "晚", password: secret }, { expect: 404 });
  const old = (await admin.post(invitations, { roles: ["buyer"] })).body;
  world.server.sql(`UPDATE invitation SET expires_at = created_at WHERE id = '${old.id}'`);
  await accept(old.token, { login: "late.comer", name: "晚", password: secret }, { expect: 404 });
  assert.equal((await admin.get(`${invitations}?state=expired`)).body.items[0].id, old.id);
  await admin.post(invitations, { roles: ["cataloguer"] }, { expect: 403 });
  await admin.post(invitations, {}, { expect: 422 });
  const other = await admin.post(invitations, { organisation: company.id, kind: "admin" }, { expect: 422 });
  assert.equal(other.body.errors[0].pointer, "/organisation");
});

chapter("a reset link sets a new password once, and ends what was open", async () => {
  const place = `${members}/${idOf("zhang.san")}`;
  const first = (await admin.post(`${place}/password-resets`, {})).body;
  const { body } = await admin.post(`${place}/password-resets`, {});
  await accept(first.token, { password: "another secret 77" }, { expect: 404 });
  const open = sessionOf(idOf("zhang.san"), school.id, "zhang.san");
  assert.equal((await accept(body.token, { password: secret }, { expect: 422 })).body.errors[0].code, "E_PASSWORD_USED");
  await accept(body.token, { password: "another secret 77" });
  await open.get("/api/v1/purchase-orders", { expect: 401 });
  open.close();
  (await Client.login(world.server, "zhang.san", "another secret 77")).close();
  await accept(body.token, { password: "a third secret 78" }, { expect: 404 });
});

/** An organisation of the union's tree that nobody belongs to: a unit, and perhaps an authority. */
function office(code, isAuthority, periods) {
  const id = randomUUID();
  const { union } = organisations;
  world.server.sql(
    `INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, is_authority, status, created_at)
       VALUES ('${id}', 'X${code}', '${code}', '${code}', '${code}', 1, 0, ${isAuthority}, 'active', 0);
     INSERT INTO unit (organisation, kind, city, region_code, member_count, annual_budget_fen) VALUES ('${id}', '工会', '省直', '610000', 1, 1);`,
  );
  if (isAuthority) world.server.sql(`INSERT INTO authority (organisation, scope, hierarchy, root) VALUES ('${id}', 'hierarchy', 'union', '${id}')`);
  for (const [since, until] of periods)
    world.server.sql(
      `INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth, since, until) VALUES ('union', '${union.id}', '${id}', 1, '${since}', '${until}')`,
    );
  return id;
}

const newcomer = (login) => ({ login, name: "新人", password: secret });

chapter("the first administrator of another organisation is one, and an authority's is the platform's to name", async () => {
  const above = someone("unionsecurity", organisations.union.id, "security_admin");
  const [both, unit] = [office("Z90001", 1, [["1000-01-01", "9999-12-31"]]), office("Z90002", 0, [["1000-01-01", "9999-12-31"]])];
  const invite = (client, organisation, roles, expect = 201) => client.post(invitations, { organisation, roles, kind: "admin" }, { key: null, expect });
  assert.equal((await invite(above, both, ["security_admin"], 403)).body.errors[0].code, "E_ROLE_GRANT");
  assert.equal((await invite(above, company.id, ["unit_admin"], 422)).body.errors[0].code, "E_UNKNOWN_REFERENCE");
  const there = (await invite(above, school.id, ["unit_admin"], 409)).body.errors[0];
  assert.deepEqual([there.code, there.pointer], ["E_ADMIN_THERE", "/organisation"]);

  const links = [(await invite(above, unit, undefined)).body, (await invite(security, unit, ["unit_admin"])).body];
  const answers = await Promise.all(links.map(({ token }, i) => accept(token, newcomer(`first.${i}`), { expect: undefined })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409], JSON.stringify(answers.map((answer) => answer.body)));
  assert.equal(answers.find(({ status }) => status === 409).body.errors[0].code, "E_ADMIN_THERE");

  const head = await accept((await invite(security, both, undefined)).body.token, newcomer("head.both"));
  assert.deepEqual(head.body.roles, ["unit_admin", "security_admin"]);

  // whoever oversees the tree does not stop an authority in it
  const reviewer = someone("unionreviewer", organisations.union.id, "reviewer");
  const everywhere = someone("everywhere", platform.id, "reviewer");
  const day = { since: "2027-12-31", reason: "撤销" };
  const at = `/api/v1/organisations/${both}`;
  await reviewer.post(`${at}/suspensions`, { reason: "核查" }, { expect: 403 });
  await reviewer.post(`${at}/closings`, day, { expect: 403 });
  await reviewer.post(`/api/v1/units/${both}/mergers`, { ...day, into: unit }, { expect: 403 });
  await everywhere.post(`${at}/suspensions`, { reason: "核查" }, { expect: 201 });
  await reviewer.post(`${at}/resumptions`, { reason: "核查" }, { expect: 403 });
  await everywhere.post(`${at}/resumptions`, { reason: "核查" }, { expect: 201 });
  await reviewer.post(`/api/v1/organisations/${unit}/suspensions`, { reason: "核查" }, { expect: 201 });
  for (const client of [above, reviewer, everywhere]) client.close();
});

chapter("units get their links from whoever oversees them today, one each", async () => {
  const reviewer = someone("unionreviewer2", organisations.union.id, "reviewer");
  office("Z90011", 0, [["1000-01-01", "2020-12-31"]]);
  office("Z90012", 0, [["2099-01-01", "9999-12-31"]]);
  office("Z90013", 0, [
    ["1000-01-01", "2020-12-31"],
    ["2021-01-01", "9999-12-31"],
  ]);
  const { items } = (await reviewer.post("/api/v1/unit-invitations", {})).body;
  assert.deepEqual(items.map(({ code }) => code).filter((code) => code.startsWith("Z9001")), ["Z90013"]);
  reviewer.close();
});

chapter("a reset link ends with what it was sent for", async () => {
  const target = (login) => someone(login, school.id, "buyer");
  const link = async (person, by = admin, at = members) => (await by.post(`${at}/${person.id}/password-resets`, {})).body;
  const use = async (sent, expect) => (await accept(sent.token, { password: `another ${randomUUID()}` }, { expect })).body;
  const keys = { "If-Match": "*" };

  const moved = target("moved.on");
  const old = await link(moved);
  const platformOld = await link(moved, security, "/api/v1/users");
  await use(old, 404); // the newer one counts
  const into = (await sessionOf(idOf("supplieradmin"), S0101.id, "supplieradmin").post(invitations, { roles: ["cataloguer"] })).body;
  await accept(into.token, { login: "moved.on", password });
  await use(platformOld, 404);
  await use(await link(moved, security, "/api/v1/users"), 201);

  const shared = target("shared.later");
  const before = await link(shared);
  world.server.sql(`INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${shared.id}', '${S0101.id}', 'cataloguer', 0)`);
  await use(before, 404);

  const changed = target("changed.it");
  const late = await link(changed);
  await changed.put("/api/v1/me/password", { current: password, new: "my own choice 99" }, { expect: 204 });
  await use(late, 404);

  const ended = target("ended.here");
  const leaving = await link(ended);
  await admin.delete(`${members}/${ended.id}`, { headers: keys });
  await use(leaving, 404);

  const suspended = target("suspended.here");
  const open = await link(suspended);
  await admin.post(`${members}/${suspended.id}/suspensions`, { reason: "x" }, { expect: 200 });
  await admin.post(`${members}/${suspended.id}/resumptions`, { reason: "x" }, { expect: 200 });
  await use(open, 404);
  for (const client of [moved, shared, changed, ended, suspended]) client.close();
});

chapter("links do not outlive whoever sent them", async () => {
  const inviter = (login) => someone(login, school.id, "unit_admin");
  const send = async (client) => (await client.post(invitations, { roles: ["buyer"], phone: "13711112222" })).body;
  const ways = [
    (id) => admin.delete(`${members}/${id}`, { headers: { "If-Match": "*" } }),
    (id) => admin.post(`${members}/${id}/suspensions`, { reason: "x" }, { expect: 200 }),
    (id) => admin.send("PATCH", `${members}/${id}`, { body: { roles: ["buyer"] }, headers: { "If-Match": "*" }, key: null, expect: 200 }),
    (id) => security.post(`/api/v1/users/${id}/suspensions`, { reason: "x" }, { expect: 200 }),
  ];
  for (const [i, way] of ways.entries()) {
    const client = inviter(`inviter.${i}`);
    const sent = await send(client);
    await way(client.id);
    assert.equal((await admin.all(`${invitations}?state=revoked`)).some(({ id }) => id === sent.id), true, `way ${i}`);
    await accept(sent.token, newcomer("too.late"), { expect: 404 });
    client.close();
  }
  // nor does one into another organisation, whose row nobody took back
  const above = someone("above", platform.id, "security_admin");
  const unit = office("Z90021", 0, [["1000-01-01", "9999-12-31"]]);
  const { token } = (await above.post(invitations, { organisation: unit, kind: "admin" })).body;
  await security.post(`${members}/${above.id}/suspensions`, { reason: "x" }, { expect: 200 });
  await accept(token, newcomer("too.late"), { expect: 404 });
  above.close();
  assert.equal(world.server.number("SELECT COUNT(*) FROM invitation WHERE phone_sealed IS NOT NULL AND (revoked_at IS NOT NULL OR accepted_at IS NOT NULL)"), 0);
});

chapter("a unit's administrator has no hand in the authority that the unit is as well", async () => {
  const unitSide = someone("platformunit", platform.id, "unit_admin");
  const watched = someone("watched", platform.id, "supervisor");
  await security.send("PATCH", `${members}/${watched.id}`, { body: { phone: "13612345678" }, headers: { "If-Match": "*" }, expect: 200 });
  const invited = (await security.post(invitations, { roles: ["auditor"] })).body;
  const reset = (await security.post(`${members}/${watched.id}/password-resets`, {})).body;
  const own = (await unitSide.post(invitations, { roles: ["buyer"] })).body;
  const ids = async (client) => (await client.all(invitations)).map(({ id }) => id);
  const seen = await ids(unitSide);
  assert.deepEqual([own, invited, reset].map(({ id }) => seen.includes(id)), [true, false, false]);
  const all = await ids(security);
  assert.deepEqual([own, invited, reset].map(({ id }) => all.includes(id)), [true, true, true]);
  for (const { id } of [invited, reset]) assert.equal((await unitSide.delete(`${invitations}/${id}`, { expect: 403 })).body.code, "E_ROLE_GRANT");
  await unitSide.post(`${members}/${watched.id}/disclosures`, { reason: "好奇" }, { expect: 403 });
  await security.post(`${members}/${watched.id}/disclosures`, { reason: "联系" });
  for (const { id } of [invited, reset, own]) await security.delete(`${invitations}/${id}`);
  for (const client of [unitSide, watched]) client.close();
});

chapter("of two security administrators who suspend each other at once, one is left", async () => {
  const first = someone("security1", platform.id, "security_admin");
  const second = someone("security2", platform.id, "security_admin");
  const others = `organisation = '${platform.id}' AND roles = 'security_admin' AND user NOT IN ('${first.id}', '${second.id}') AND status = 'active'`;
  const away = world.server.sql(`SELECT user FROM membership WHERE ${others}`).map(({ user }) => `'${user}'`);
  world.server.sql(`UPDATE membership SET status = 'suspended' WHERE ${others}`);
  const drop = (client, id) => client.post(`/api/v1/users/${id}/suspensions`, { reason: "x" }, { key: null, expect: undefined });
  const answers = await Promise.all([drop(first, second.id), drop(second, first.id)]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1, JSON.stringify(answers.map(({ body }) => body)));
  assert.equal(world.server.number(`SELECT COUNT(*) FROM user WHERE status = 'active' AND id IN ('${first.id}', '${second.id}')`), 1);
  world.server.sql(`UPDATE membership SET status = 'active' WHERE organisation = '${platform.id}' AND user IN (${away.join(", ")})`);
  for (const client of [first, second]) client.close();
});

chapter("all units that nobody belongs to get a link each, and the last one counts", async () => {
  world.server.sql(
    `UPDATE organisation SET status = 'suspended' WHERE code LIKE 'Z90%';
     DELETE FROM unit_ancestor WHERE unit IN (SELECT id FROM organisation WHERE code LIKE 'Z90%');`, // they have no places
  );
  const { body } = await security.post("/api/v1/unit-invitations", {});
  const codes = body.items.map((item) => item.code);
  assert.deepEqual(codes, ["U00002"].filter((code) => codes.includes(code)), "only units without members");
  world.server.sql(`UPDATE membership SET status = 'ended' WHERE organisation = '${company.id}'`);
  const csv = await security.post("/api/v1/unit-invitations", { units: [{ id: company.id }] }, { accept: "text/csv" });
  const [head, line] = csv.text.replace("\ufeff", "").split("\n");
  assert.equal(head, "code,name,link,expires_at");
  const [code, name, link] = line.split(",");
  assert.deepEqual([code, name], [company.code, company.name]);
  const again = (await security.post("/api/v1/unit-invitations", { units: [{ id: company.id }] })).body.items[0];
  const token = (text) => text.split("/").at(-1);
  await accept(token(link), { login: "company.admin", name: "管", password: secret }, { expect: 404 });
  await accept(token(again.link), { login: "company.admin", name: "管", password: secret });
  const refused = await security.post("/api/v1/unit-invitations", { units: [{ id: school.id }, { id: randomUUID() }] }, { expect: 422 });
  assert.deepEqual(
    refused.body.errors.map((fault) => [fault.pointer, fault.code]),
    [0, 1].map((i) => [`/units/${i}/id`, "E_UNIT_NOT_INVITABLE"]),
  );
  world.server.sql(`UPDATE membership SET status = 'active' WHERE organisation = '${company.id}'`);
});

chapter("the platform's security administrator finds, suspends and frees users, and nobody narrower does", async () => {
  const before = ["user.suspended", "user.resumed", "user.unlocked"].map(events);
  const narrow = someone("countysecurity", county.id, "security_admin");
  await narrow.get("/api/v1/users?login=buyer", { expect: 403 });
  await narrow.get(members);
  narrow.close();
  const buyer = await world.as("buyer");
  const [found] = (await security.get("/api/v1/users?login=BUYER")).body.items;
  assert.deepEqual([found.id, found.memberships.length, found.locked_until], [idOf("buyer"), 1, null]);
  assert.deepEqual((await security.get("/api/v1/users?login=nobody.there")).body.items, []);
  const place = `/api/v1/users/${found.id}`;
  await security.post(`${place}/suspensions`, { reason: "账号被盗" }, { expect: 200 });
  await buyer.get("/api/v1/purchase-orders", { expect: 401 });
  await security.post(`${place}/resumptions`, { reason: "已核实" }, { expect: 200 });
  await security.delete(`${place}/locks?reason=${encodeURIComponent("已核实")}`);
  await security.delete(`${place}/totp?reason=x`, { expect: 404 });
  await security.delete(`${place}/locks`, { expect: 422 });
  const self = await security.post(`/api/v1/users/${security.id}/suspensions`, { reason: "x" }, { expect: 403 });
  assert.equal(self.body.code, "E_SAME_PERSON");
  await security.post(`/api/v1/users/${randomUUID()}/suspensions`, { reason: "x" }, { expect: 404 });
  assert.deepEqual(
    ["user.suspended", "user.resumed", "user.unlocked"].map((kind, i) => events(kind) - before[i]),
    [1, 1, 1],
  );
});

chapter("whoever keeps a supplier's catalogue does not review it, in whatever organisation's name", async () => {
  const [cataloguer, reviewer, county] = await Promise.all(["cataloguer", "reviewer", "countysupervisor"].map((login) => world.as(login)));
  await importFile(cataloguer, (await upload(cataloguer, dataFile("uploads/S0101.csv"))).id);
  const [job] = (await cataloguer.get("/api/v1/jobs")).body.items;
  await cataloguer.get(`/api/v1/jobs/${job.id}`);
  const colleague = someone("colleague", S0101.id, "cataloguer");
  assert.deepEqual((await colleague.get("/api/v1/jobs")).body.items, [], "a colleague's job");
  await colleague.get(`/api/v1/jobs/${job.id}`, { expect: 404 });
  colleague.close();
  const [waiting] = (await reviewer.get("/api/v1/product-reviews")).body.items;
  world.server.sql(
    `INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${idOf("reviewer")}', '${S0101.id}', 'cataloguer', 0)`,
  );
  const decide = (client, expect) => client.post(`/api/v1/product-reviews/${waiting.id}/decisions`, { decision: "approve" }, { expect });
  assert.equal((await decide(reviewer, 403)).body.code, "E_SAME_PERSON");
  await decide(county, 200);
});

chapter("the trail of all this holds", async () => {
  const verify = await world.server.verify();
  assert.equal(verify.status, 0, verify.out + verify.err);
});

chapter("thousands of units are invited by a few statements, each with a link of its own", async () => {
  const count = 4500;
  world.server.sql(
    `INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, is_authority, status, created_at)
       SELECT UUID(), CONCAT('T', LPAD(seq, 17, '0')), CONCAT('T', LPAD(seq, 5, '0')), '=单位', '单位', 1, 0, 0, 'active', 0 FROM seq_1_to_${count};
     INSERT INTO unit (organisation, kind, city, region_code, member_count, annual_budget_fen)
       SELECT id, '学校', '省直', '610000', 1, 1 FROM organisation WHERE code LIKE 'T%';`,
  );
  const answer = await security.post("/api/v1/unit-invitations", {}, { accept: "text/csv" });
  const rows = answer.text.trim().split("\n").slice(1);
  assert.equal(rows.length, count);
  assert.equal(new Set(rows.map((row) => row.split(",")[2])).size, count);
  assert.ok(rows[0].startsWith(`T00001,"'=单位",`), rows[0]);
  const statements = Client.statements(answer);
  assert.ok(statements < 80, `${statements} statements`);
  assert.equal(events("unit_invitations.sent") > 3, true);
});
