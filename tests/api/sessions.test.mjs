// Who is asking: programs with a token, browsers with a cookie that only our own pages may use, the end of a session by logout, by
// idleness and by age, and the lock after five wrong passwords.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, exchange } from "./support/client.mjs";
import { World, organisations, password, people } from "./support/seed.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
const current = "/api/v1/sessions/current";
let world;

before(async () => {
  world = await World.open();
});
after(async () => {
  await world.close();
});

const login = (name, secret, options = {}) =>
  world.anybody.post(
    "/api/v1/sessions",
    { login: name, password: secret, bearer: true, ...Client.proof(world.server, name) },
    { key: null, ...options },
  );

chapter("a program gets a token, and is told who it is", async () => {
  for (const name of ["buyer", "s0116", "countysupervisor"]) {
    const { body } = await login(name, password);
    const [organisation, roles] = people[name];
    assert.equal(body.user.login, name);
    assert.equal(body.organisation.id, organisations[organisation].id);
    assert.deepEqual([...body.roles].sort(), [...roles].sort());
    assert.deepEqual(body.memberships, [{ organisation: body.organisation, roles: body.roles }]);
    assert.equal(body.organisation.scope, organisations[organisation].authority?.scope ?? null);
    const client = new Client(world.server, { token: body.token });
    const again = (await client.get(current)).body;
    assert.deepEqual(again, { ...body, token: null });
    client.close();
  }
});

chapter("login names are folded to one case; what is wrong is not told apart", async () => {
  await login("BuYeR", password);
  const wrong = await login("buyer", "not the password", { expect: 401 });
  const unknown = await login("nobody.of.that.name", "not the password", { expect: 401 });
  const { instance: _, ...one } = wrong.body;
  const { instance: __, ...two } = unknown.body;
  assert.deepEqual(one, two);
  assert.equal(one.code, "E_LOGIN_REFUSED");
  await login("buyer", password);
});

chapter("a browser gets a cookie that no script reads and no other site may use", async () => {
  const { server } = world;
  const answer = await world.anybody.post("/api/v1/sessions", { login: "buyer", password }, { key: null, headers: { Origin: server.url } });
  assert.equal(answer.body.token, null);
  const [cookie, ...flags] = answer.headers["set-cookie"][0].split("; ");
  assert.match(cookie, /^__Host-session=[\w-]{20,}$/);
  assert.deepEqual(flags.sort(), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
  const browser = (options) => ({ key: null, ...options, headers: { Cookie: `a=b; ${cookie}`, ...options?.headers } });

  await world.anybody.get(current, browser());
  const lines = { lines: [{ sku: "1", quantity: 1 }] };
  for (const headers of [
    {},
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
  ]) {
    const refused = await world.anybody.post("/api/v1/order-pricings", lines, browser({ headers, expect: 403 }));
    assert.equal(refused.body.code, "E_ORIGIN", JSON.stringify(headers));
  }
  for (const headers of [{ Origin: server.url }, { "Sec-Fetch-Site": "same-origin" }])
    await world.anybody.post("/api/v1/order-pricings", lines, browser({ headers, expect: 200 }));
  const foreign = await login("buyer", password, { headers: { Origin: "http://evil.example" }, expect: 403 });
  assert.equal(foreign.body.code, "E_ORIGIN");

  const gone = await world.anybody.delete(current, browser({ headers: { Origin: server.url } }));
  assert.match(gone.headers["set-cookie"][0], /^__Host-session=;.*Max-Age=0/);
  await world.anybody.get(current, browser({ expect: 401 }));
});

chapter("whoever logs out is out, and nobody else", async () => {
  const [one, two] = [await Client.login(world.server, "approver", password), await Client.login(world.server, "approver", password)];
  await one.delete(current);
  await one.get(current, { expect: 401 });
  await two.get(current);
  one.close();
  two.close();
});

chapter("a session names one of the user's organisations, and acts for that one only", async () => {
  const userId = world.server.sql("SELECT id FROM user WHERE login = 'buyer2'")[0].id;
  world.server.sql(
    `INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${userId}', '${organisations.S0116.id}', 'dispatcher', 0)`,
  );
  const asked = { login: "buyer2", password, bearer: true };
  const { body } = await world.anybody.post("/api/v1/sessions", { ...asked, organisation: organisations.S0116.id }, { key: null });
  assert.deepEqual([body.organisation.id, body.roles, body.memberships.length], [organisations.S0116.id, ["dispatcher"], 2]);
  const client = new Client(world.server, { token: body.token });
  await client.post("/api/v1/order-pricings", { lines: [{ sku: "1", quantity: 1 }] }, { expect: 403 });
  await client.get("/api/v1/supply-orders");
  const refused = await world.anybody.post(
    "/api/v1/sessions",
    { ...asked, organisation: organisations.S0176.id },
    { key: null, expect: 422 },
  );
  assert.equal(refused.body.errors[0].pointer, "/organisation");
  client.close();
});

chapter("a role that is taken away is gone with the next request", async () => {
  const client = await Client.login(world.server, "unitadmin", password);
  await client.get("/api/v1/purchase-orders");
  world.server.sql("DELETE m FROM membership m JOIN user u ON u.id = m.user WHERE u.login = 'unitadmin'");
  await client.get("/api/v1/purchase-orders", { expect: 401 });
  await login("unitadmin", password, { expect: 401 });
  client.close();
});

chapter("five wrong passwords shut the user out from that address for fifteen minutes, and nobody else", async () => {
  for (let i = 0; i < 5; i++) await login("auditor", "not the password", { expect: 401 });
  await login("auditor", password, { expect: 401 });
  await login("supervisor", password);
  const elsewhere = new Client(world.server, { localAddress: "127.0.0.9" });
  const proof = Client.proof(world.server, "auditor");
  await elsewhere.post("/api/v1/sessions", { login: "auditor", password, bearer: true, ...proof }, { key: null });
  elsewhere.close();
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-20T02:14:00Z" });
  await login("auditor", password, { expect: 401 });
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-20T02:20:00Z" });
  await login("auditor", password);
});

chapter("a login tells when the last one was, and how many were refused since", async () => {
  await login("dispatcher", password);
  for (let i = 0; i < 2; i++) await login("dispatcher", "not the password", { expect: 401 });
  const { body } = await login("dispatcher", password);
  assert.equal(body.failures_since, 2);
  assert.ok(Date.parse(body.last_login_at) > 0);
  const again = (await login("dispatcher", password)).body;
  assert.equal(again.failures_since, 0);
  assert.ok(Date.parse(again.last_login_at) >= Date.parse(body.last_login_at));
});

chapter("my sessions are listed and can be ended, those of others are not there", async () => {
  const { server } = world;
  const [one, two] = [await Client.login(server, "finance", password), await Client.login(server, "finance", password)];
  const other = await Client.login(server, "buyer", password);
  const mine = await one.all("/api/v1/sessions", { limit: 1, headers: { "User-Agent": "story" } });
  assert.equal(mine.filter(({ current: here }) => here).length, 1);
  assert.equal(mine.find(({ current: here }) => here).id, one.session.id);
  const card = mine.find(({ id }) => id === two.session.id);
  assert.deepEqual([card.organisation, card.address, card.second_factor], [organisations.school.id, "127.0.0.1", false]);

  await one.delete(`/api/v1/sessions/${other.session.id}`, { expect: 404 });
  await one.delete(`/api/v1/sessions/${two.session.id}`);
  await one.delete(`/api/v1/sessions/${two.session.id}`, { expect: 404 });
  await two.get(current, { expect: 401 });
  await other.get(current);
  assert.equal(server.number(`SELECT COUNT(*) FROM event WHERE kind = 'session.revoked' AND object = '${two.session.id}'`), 1);
  for (const client of [one, two, other]) client.close();
});

chapter("a session ends after thirty idle minutes, and after twelve hours whatever happens", async () => {
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-21T00:00:00Z" });
  const [idle, busy] = [await Client.login(world.server, "buyer", password), await Client.login(world.server, "finance", password)];
  for (let minutes = 20; minutes <= 700; minutes += 170) {
    // what the server would see of somebody who asks every 20 minutes
    world.server.sql(`UPDATE session SET seen_at = ${Date.UTC(2026, 9, 21, 0, minutes - 20) * 1000} WHERE id = '${busy.session.id}'`);
    await world.server.restart({ XIANGCAI_CLOCK: new Date(Date.UTC(2026, 9, 21, 0, minutes)).toISOString() });
    await busy.get(current);
    await idle.get(current, { expect: minutes < 30 ? 200 : 401 });
  }
  world.server.sql(`UPDATE session SET seen_at = ${Date.UTC(2026, 9, 21, 11, 59) * 1000} WHERE id = '${busy.session.id}'`);
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-21T12:00:30Z" });
  await busy.get(current, { expect: 401 });
  idle.close();
  busy.close();
});

chapter("tokens and passwords are in no log line and in no row", async () => {
  const client = await Client.login(world.server, "buyer", password);
  await client.get(current);
  const written = world.server.log.join("\n");
  for (const secret of [client.token, password]) assert.ok(!written.includes(secret));
  const hex = Buffer.from(client.token).toString("hex");
  assert.equal(world.server.number(`SELECT COUNT(*) FROM session WHERE HEX(token_digest) LIKE '%${hex}%'`), 0);
  assert.equal(world.server.number(`SELECT COUNT(*) FROM idempotency WHERE INSTR(reply, '${client.token}') > 0`), 0);
  client.close();
});

chapter("HEAD is GET without its body, OPTIONS tells the methods", async () => {
  const client = await Client.login(world.server, "buyer", password);
  const got = await client.get("/api/v1/categories");
  const head = await client.send("HEAD", "/api/v1/categories", { expect: 200 });
  assert.deepEqual(
    [head.bytes.length, head.headers.etag, head.headers["content-length"]],
    [0, got.headers.etag, got.headers["content-length"]],
  );
  const options = await exchange(world.server.url, { method: "OPTIONS", target: "/api/v1/purchase-orders" });
  assert.equal(options.status, 204);
  assert.deepEqual(options.headers.allow.split(", ").sort(), ["GET", "HEAD", "OPTIONS", "POST"]);
  client.close();
});

chapter("problems are told in the language that was asked for", async () => {
  for (const [asked, pattern] of [
    ["zh-CN,zh;q=0.9", /请先登录/],
    ["en-GB,en;q=0.8", /please log in/],
    ["fr", /请先登录/],
    ["en;q=0.1, zh;q=0.9", /请先登录/],
  ]) {
    const { body } = await world.anybody.get("/api/v1/jobs", { expect: 401, headers: { "Accept-Language": asked } });
    assert.match(body.title, pattern, asked);
    assert.equal(body.code, "E_UNAUTHENTICATED");
  }
});

chapter("a request's id is echoed when it is a sound one, and stands in the problem", async () => {
  const answer = await world.anybody.get("/api/v1/jobs", { expect: 401, headers: { "X-Request-Id": "story-1.a_b" } });
  assert.deepEqual([answer.headers["x-request-id"], answer.body.instance], ["story-1.a_b", "story-1.a_b"]);
  const odd = await world.anybody.get("/api/v1/jobs", { expect: 401, headers: { "X-Request-Id": "<script>" } });
  assert.match(odd.headers["x-request-id"], /^[0-9a-f]+$/);
});
