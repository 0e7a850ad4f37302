// Nobody asks without end: every class of routes has a quota for each address and one for each user. Who has used one up is told
// so, and when to come back; other addresses and other users go on, and time gives back what was used. Loopback has as many
// addresses as a test can want.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { checkAnswer } from "./support/contract.mjs";
import { World } from "./support/seed.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
const quotas = { PUBLIC: 6, READ: 40, READ_USER: 20, WRITE: 5, WRITE_USER: 3, REPORT: 4, REPORT_USER: 2, LOGIN: 3, APPLICATION: 2 };
let world;

before(async () => {
  world = await World.open(Object.fromEntries(Object.entries(quotas).map(([name, quota]) => [`XIANGCAI_RATE_${name}`, String(quota)])));
});
after(async () => {
  await world.close();
});

/** One request from an address of loopback, held against the contract. */
async function ask(from, method, target, { token, body } = {}) {
  const { hostname, port } = new URL(world.server.url);
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = { ...(bytes && { "Content-Type": "application/json", "Content-Length": bytes.length }) };
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await new Promise((done, fail) => {
    const request = http.request({ hostname, port, method, path: target, headers, localAddress: from, agent: false }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => done({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    request.on("error", fail);
    request.end(bytes);
  });
  if ((answer.headers["content-type"] ?? "").split(";")[0].endsWith("json")) answer.body = JSON.parse(answer.text);
  checkAnswer(method, target, answer);
  return answer;
}

/** The members of RateLimit or RateLimit-Policy: { read: { r: 3, t: 20 } }. */
function limitsOf(field) {
  assert.ok(field, "the field is missing");
  return Object.fromEntries(
    field.split(", ").map((member) => {
      const [name, ...parameters] = member.split(";");
      assert.match(name, /^"[a-z-]+"$/);
      return [
        JSON.parse(name),
        Object.fromEntries(
          parameters.map((parameter) => {
            const [key, value] = parameter.split("=");
            assert.match(value, /^\d+$/);
            return [key, Number(value)];
          }),
        ),
      ];
    }),
  );
}

function assertRefused(answer, name, quota) {
  assert.equal(answer.status, 429, answer.text);
  assert.equal(answer.body.code, "E_TOO_MANY");
  assert.deepEqual(limitsOf(answer.headers["ratelimit-policy"])[name], { q: quota, w: 60 });
  const { r, t } = limitsOf(answer.headers["ratelimit"])[name];
  assert.equal(r, 0);
  assert.ok(t > 0 && t <= 60);
  const wait = Number(answer.headers["retry-after"]);
  assert.ok(wait >= 1 && wait <= Math.ceil(60 / quota), `Retry-After: ${wait}`);
}

// What counts by the address counts before anybody is asked who they are: these are all nobody's.
const byAddress = [
  { name: "public", quota: quotas.PUBLIC, method: "GET", target: "/api/v1/products?limit=1", status: 200 },
  { name: "read", quota: quotas.READ, method: "GET", target: "/api/v1/purchase-orders", status: 401 },
  { name: "write", quota: quotas.WRITE, method: "POST", target: "/api/v1/order-pricings", body: {}, status: 401 },
  { name: "report", quota: quotas.REPORT, method: "GET", target: "/api/v1/reports/totals", status: 401 },
  {
    name: "login",
    quota: quotas.LOGIN,
    method: "POST",
    target: "/api/v1/sessions",
    body: { login: "nobody.at.all", password: "not the password", bearer: true },
    status: 401,
  },
];

for (const { name, quota, method, target, body, status } of byAddress)
  chapter(`an address that used up its quota of ${name} waits; another goes on`, async () => {
    for (let i = 1; i <= quota; i++) {
      const answer = await ask("127.0.0.2", method, target, { body });
      assert.equal(answer.status, status, answer.text);
      const { r } = limitsOf(answer.headers["ratelimit"])[name];
      assert.ok(r >= quota - i && r < quota, `${r} left after ${i} of ${quota}`);
    }
    assertRefused(await ask("127.0.0.2", method, target, { body }), name, quota);
    assert.equal((await ask("127.0.0.3", method, target, { body })).status, status);
  });

const byUser = [
  { name: "read", quota: quotas.READ_USER, method: "GET", target: "/api/v1/sessions/current", status: 200 },
  { name: "write", quota: quotas.WRITE_USER, method: "POST", target: "/api/v1/order-pricings", body: {}, status: 422 },
];

for (const { name, quota, method, target, body, status } of byUser)
  chapter(`a user who used up the quota of ${name} waits, wherever; another goes on`, async () => {
    const { buyer, buyer2 } = world.tokens;
    for (let i = 1; i <= quota; i++) {
      const answer = await ask("127.0.0.4", method, target, { token: buyer, body });
      assert.equal(answer.status, status, answer.text);
      assert.deepEqual(Object.keys(limitsOf(answer.headers["ratelimit"])), [name, `${name}-user`]);
    }
    assertRefused(await ask("127.0.0.4", method, target, { token: buyer, body }), `${name}-user`, quota);
    assertRefused(await ask("127.0.0.5", method, target, { token: buyer, body }), `${name}-user`, quota);
    assert.equal((await ask("127.0.0.4", method, target, { token: buyer2, body })).status, status);
  });

chapter("one quota is not another's", async () => {
  const { buyer } = world.tokens;
  assert.equal((await ask("127.0.0.4", "GET", "/api/v1/products?limit=1", { token: buyer })).status, 200);
  assert.equal((await ask("127.0.0.2", "GET", "/healthz")).status, 200);
});

chapter("who waits as long as was said is let in again", async () => {
  const { buyer } = world.tokens;
  let answer;
  do answer = await ask("127.0.0.6", "GET", "/api/v1/sessions/current", { token: buyer });
  while (answer.status === 200);
  assertRefused(answer, "read-user", quotas.READ_USER);
  await pause(Number(answer.headers["retry-after"]) * 1000);
  answer = await ask("127.0.0.6", "GET", "/api/v1/sessions/current", { token: buyer });
  assert.equal(answer.status, 200);
});

chapter("zero is no limit, and then none is told", async () => {
  await world.server.restart({ XIANGCAI_RATE_PUBLIC: "0", XIANGCAI_RATE_READ: "0", XIANGCAI_RATE_READ_USER: "0" });
  for (let i = 0; i < 3 * quotas.PUBLIC; i++) {
    const answer = await ask("127.0.0.2", "GET", "/api/v1/products?limit=1");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers["ratelimit"], undefined);
  }
  const answer = await ask("127.0.0.2", "GET", "/api/v1/sessions/current", { token: world.tokens.buyer });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["ratelimit-policy"], undefined);
});
