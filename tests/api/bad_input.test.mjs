// Bad input to every route of the contract, made from the contract: wrong types, missing and unknown fields, broken and oversized
// bodies, wrong content types, ids, queries, keys, methods, tokens and roles. Each must be refused with a problem document that
// names the fault; nothing may change, fail on the server's side, or hang.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import http from "node:http";
import { after, before, test } from "node:test";

import { checkAnswer, checkProblem, findOperation, operations } from "./support/contract.mjs";
import { exchange } from "./support/client.mjs";
import { brokenBodies, chineseBodies, chineseQueries, leastBody, sample, wrongBodies, wrongIds, wrongKeys, wrongQueries, wrongTypes, written } from "./support/mutations.mjs";
import { World, people, someoneWith } from "./support/seed.mjs";

const AT_ONCE = 8;
const sound = { id: "01900000-0000-7000-8000-000000000000", slug: "refused", token: "x".repeat(43) };
const passport = `QUFB.${"0".repeat(64)}`;

// What the contract's sample makes something of: a name in it may well be Chinese.
const soundSamples = new Set(["POST /api/v1/bank-accounts"]);

let world, agent;
let count = 0;

before(async () => {
  world = await World.open({ XIANGCAI_LOG_LEVEL: "warning" });
  agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
});
after(async () => {
  agent.destroy();
  await world.close();
});

const targetOf = (operation) =>
  operation.path.replace("{id}", operation.path.includes("passports") ? passport : sound.id).replace("{slug}", sound.slug).replace("{token}", sound.token).replace("{name}", "report.csv").replace("{document}", sound.id).replace("{revision}", sound.id).replace("{file}", sound.id).replace("{key}", sound.id).replace("{size}", "small").replace("{digest}", "0".repeat(64)).replace("{code}", "NO-SUCH-SKU");

/** The head that @operation takes: somebody's token who may, a key, a content type. */
async function headersFor(operation) {
  const headers = {};
  if (operation.roles.length) headers.Authorization = `Bearer ${(await world.as(someoneWith(operation.roles[0]))).token}`;
  if (operation.bodySchema) {
    headers["Content-Type"] = operation.media === "*/*" ? "text/csv" : operation.media;
    headers["Idempotency-Key"] = randomUUID();
  }
  if (operation.parameters.some((parameter) => parameter.name === "If-Match")) headers["If-Match"] = "*";
  return headers;
}

async function ask(operation, { target = targetOf(operation), headers, body, method = operation.method }) {
  const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
  count++;
  const answer = await exchange(world.server.url, { method, target, headers: { ...headers, ...length }, body, agent });
  return answer;
}

/** A refusal: 4xx, a problem document, and where the contract knows the route as it describes it. */
function refused(answer, what, method, target) {
  assert.ok(answer.status >= 400 && answer.status < 500, `${what} → ${answer.status}\n${answer.text.slice(0, 500)}`);
  if (method && findOperation(method, target)) checkAnswer(method, target, answer);
  else checkProblem(answer);
}

/** Does @task for every item, a few at a time; all that failed are told together. */
async function each(items, task) {
  const queue = [...items];
  const failures = [];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift())
      await task(item).catch((error) => failures.push(error.message));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  assert.equal(failures.length, 0, `${failures.length} failed:\n${failures.slice(0, 20).join("\n")}`);
}

function faultsOf(answer) {
  return (answer.body.errors ?? []).map((fault) => fault.pointer);
}

// ---- bodies ----

async function wrongFields(operation) {
  const headers = await headersFor(operation);
  await each(wrongBodies(operation.bodySchema), async ({ what, body, pointer }) => {
    if (Buffer.byteLength(body) > operation.bodyMax) return;
    const answer = await ask(operation, { headers, body });
    refused(answer, what, operation.method, targetOf(operation));
    if (pointer === null || answer.status === 400) return;
    assert.equal(answer.status, 422, `${what} → ${answer.status} ${answer.text}`);
    const told = faultsOf(answer);
    assert.ok(
      told.some((at) => at === pointer || at.startsWith(`${pointer}/`)),
      `${what}: told at ${told.join(", ")}, not at ${pointer}`,
    );
  });
}

async function allFaultsAtOnce(operation) {
  const good = sample(operation.bodySchema);
  const names = Object.keys(good);
  const bad = Object.fromEntries(names.map((name) => [name, { wrong: true }]));
  const answer = await ask(operation, { headers: await headersFor(operation), body: written({ ...bad, other: 1 }) });
  refused(answer, "every member wrong", operation.method, targetOf(operation));
  assert.deepEqual(new Set(faultsOf(answer)), new Set([...names, "other"].map((name) => `/${name}`)));
}

async function brokenJson(operation) {
  const headers = await headersFor(operation);
  await each(brokenBodies(operation.bodySchema), async (body) => {
    if (!body.length && !operation.bodyRequired) return;
    const what = JSON.stringify(body.toString("latin1").slice(0, 60));
    const answer = await ask(operation, { headers, body });
    refused(answer, what, operation.method, targetOf(operation));
    assert.ok([400, 422].includes(answer.status), `${what} → ${answer.status}`);
  });
}

async function wrongContentTypes(operation) {
  const { "Content-Type": _, ...headers } = await headersFor(operation);
  const body = written(sample(operation.bodySchema));
  await each(wrongTypes, async (type) => {
    const answer = await ask(operation, { headers: type === null ? headers : { ...headers, "Content-Type": type }, body });
    assert.equal(answer.status, 415, `${type}: ${answer.text}`);
    refused(answer, type, operation.method, targetOf(operation));
  });
}

/** One byte too much, told by its length; and as many again in chunks, whose end nobody has told. */
async function oversized(operation) {
  const headers = await headersFor(operation);
  const body = Buffer.alloc(operation.bodyMax + 1, " ");
  const told = await ask(operation, { headers: { ...headers, Connection: "close" }, body });
  assert.equal(told.status, 413, told.text);
  refused(told, "too large", operation.method, targetOf(operation));
  assert.ok(told.body.detail.includes(String(operation.bodyMax)), told.body.detail);
  count++;
  const chunked = await exchange(world.server.url, {
    method: operation.method,
    target: targetOf(operation),
    headers: { ...headers, "Transfer-Encoding": "chunked", Connection: "close" },
    body,
  });
  assert.equal(chunked.status, 413, chunked.text);
  refused(chunked, "too large in chunks", operation.method, targetOf(operation));
}

// ---- everything else ----

async function wrongPaths(operation) {
  const headers = await headersFor(operation);
  const body = operation.media === "application/json" ? written(sample(operation.bodySchema)) : undefined;
  await each(wrongIds, async (id) => {
    const target = operation.path.replace(/\{[^}]+\}/, id);
    const answer = await ask(operation, { target, headers, body });
    assert.ok([400, 404].includes(answer.status), `${target} → ${answer.status} ${answer.text.slice(0, 200)}`);
    checkProblem(answer);
  });
}

async function unknownObject(operation) {
  const headers = await headersFor(operation);
  const body = operation.bodySchema && written(leastBody(operation));
  const query = operation.parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  const target = `${targetOf(operation)}?${query.map(({ name, schema }) => `${name}=${sample(schema)}`).join("&")}`;
  const answer = await ask(operation, { target, headers, body });
  assert.equal(answer.status, 404, answer.text);
  refused(answer, "an id of nothing", operation.method, targetOf(operation));
}

async function badQueries(operation) {
  const headers = await headersFor(operation);
  await each(wrongQueries(operation.parameters), async ({ what, query, name }) => {
    const target = targetOf(operation) + query;
    const answer = await ask(operation, { target, headers });
    refused(answer, what, operation.method, target);
    if (name === null || answer.status !== 422) return;
    assert.ok(faultsOf(answer).includes(name), `${what}: told at ${faultsOf(answer)}`);
  });
}

/** Whatever is wrong with it, or right: codes, words and digests are ASCII in the database, which must not be what finds out. */
const withoutFailure = (answer, what) => assert.ok(answer.status < 500, `${what} → ${answer.status} ${answer.text.slice(0, 300)}`);

async function chineseTexts(operation) {
  const headers = await headersFor(operation);
  const isJson = operation.media === "application/json";
  const body = isJson ? written(sample(operation.bodySchema)) : operation.bodySchema && "编码,品名\n";
  const names = [...operation.path.matchAll(/\{[^}]+\}/g)].map(([name]) => name);
  await each(names, async (name) => {
    const target = targetOf({ ...operation, path: operation.path.replace(name, encodeURIComponent("紫阳老树红茶")) });
    withoutFailure(await ask(operation, { target, headers, body }), target);
  });
  await each(chineseQueries(operation.parameters), async (query) => {
    withoutFailure(await ask(operation, { target: targetOf(operation) + query, headers, body }), query);
  });
  if (!isJson || soundSamples.has(`${operation.method} ${operation.path}`)) return;
  await each(chineseBodies(operation.bodySchema), async ({ what, body: chinese }) => {
    if (Buffer.byteLength(chinese) > operation.bodyMax) return;
    withoutFailure(await ask(operation, { headers: { ...headers, "Idempotency-Key": randomUUID() }, body: chinese }), what);
  });
}

async function wrongIdempotencyKeys(operation) {
  const { "Idempotency-Key": _, ...headers } = await headersFor(operation);
  const body = operation.media === "application/json" ? written(sample(operation.bodySchema)) : "a,b\n";
  if (operation.keyRequired) {
    const answer = await ask(operation, { headers, body });
    assert.deepEqual([answer.status, answer.body.code], [400, "E_KEY_MISSING"]);
  }
  await each(wrongKeys, async (key) => {
    const answer = await ask(operation, { headers: { ...headers, "Idempotency-Key": Buffer.from(key).toString("latin1") }, body });
    refused(answer, `the key ${JSON.stringify(key)}`, operation.method, targetOf(operation));
    assert.equal(answer.status, 400, answer.text);
  });
}

async function wrongTokens(operation) {
  const { Authorization: _, ...headers } = await headersFor(operation);
  const body = operation.media === "application/json" ? written(sample(operation.bodySchema)) : operation.bodySchema && "a,b\n";
  const tokens = [
    undefined,
    "Bearer",
    "Bearer ",
    "Bearer x",
    `Bearer ${"A".repeat(43)}`,
    `Bearer ${"A".repeat(2000)}`,
    "Basic YTpi",
    "Bearer a b",
    "Bearer \u00ff",
  ];
  await each(
    tokens.map((token) => [token]),
    async ([token]) => {
      const answer = await ask(operation, { headers: token === undefined ? headers : { ...headers, Authorization: token }, body });
      assert.equal(answer.status, 401, `${token}: ${answer.text}`);
      assert.equal(answer.headers["www-authenticate"], "Bearer");
      refused(answer, `the token ${token}`, operation.method, targetOf(operation));
    },
  );
}

async function wrongRoles(operation) {
  if (operation.roles[0] === "any") return;
  const headers = await headersFor(operation);
  const body = operation.bodySchema && written(sample(operation.bodySchema));
  const others = Object.keys(people).filter((login) => !people[login][1].some((role) => operation.roles.includes(role)));
  assert.ok(others.length > 0);
  await each(others, async (login) => {
    const answer = await ask(operation, { headers: { ...headers, Authorization: `Bearer ${(await world.as(login)).token}` }, body });
    assert.equal(answer.status, 403, `${login}: ${answer.text}`);
    refused(answer, login, operation.method, targetOf(operation));
  });
}

async function wrongMethods(operation) {
  const headers = await headersFor(operation);
  const taken = new Set(operations.filter((other) => other.path === operation.path).map((other) => other.method));
  await each(
    ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !taken.has(method)),
    async (method) => {
      const answer = await ask(operation, { method, headers });
      assert.equal(answer.status, 405, `${method}: ${answer.text}`);
      checkProblem(answer);
      for (const one of taken) assert.ok(answer.headers.allow.split(", ").includes(one), answer.headers.allow);
    },
  );
}

async function withBody(operation) {
  const headers = { ...(await headersFor(operation)), "Content-Type": "application/json", Connection: "close" };
  const answer = await ask(operation, { headers, body: "{}" });
  assert.ok(answer.status < 500, `${answer.status} ${answer.text}`);
}

for (const operation of operations) {
  const hasId = /\{[^}]+\}/.test(operation.path);
  const isJson = operation.media === "application/json";
  const faults = [
    isJson && ["wrong, missing and unknown fields", wrongFields],
    isJson && Object.keys(sample(operation.bodySchema)).length && ["all faults at once", allFaultsAtOnce],
    isJson && ["broken JSON", brokenJson],
    isJson && ["wrong content types", wrongContentTypes],
    operation.bodyMax && ["oversized bodies", oversized],
    operation.bodySchema && ["wrong keys", wrongIdempotencyKeys],
    !operation.bodySchema && ["a body that nobody asked for", withBody],
    hasId && ["wrong ids", wrongPaths],
    operation.path.includes("{id}") && ["an unknown object", unknownObject],
    operation.parameters.some((parameter) => parameter.in === "query") && ["wrong queries", badQueries],
    ["Chinese in every text", chineseTexts],
    operation.roles.length && ["wrong tokens", wrongTokens],
    operation.roles.length && ["wrong roles", wrongRoles],
    ["wrong methods", wrongMethods],
  ].filter(Boolean);

  test(`${operation.method} ${operation.path}`, async (t) => {
    for (const [name, check] of faults) await t.test(name, () => check(operation));
  });
}

test("after all that the server is well, and nothing has changed", async (t) => {
  t.diagnostic(`${count} bad requests`);
  await world.anybody.get("/readyz");
  for (const table of ["product", "file", "purchase_order", "bank_account", "bank_credit", "claim", "statement", "import"])
    assert.equal(world.server.number(`SELECT COUNT(*) FROM \`${table}\``), 0, table);
  assert.deepEqual(
    world.server.logged((line) => line.level === "error"),
    [],
  );
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
