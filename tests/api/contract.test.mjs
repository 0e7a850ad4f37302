// The contract against the program and against its own rules: the same routes on both sides, with roles, keys, limits,
// content types and statuses; a valid OpenAPI 3.1 document; every schema closed; the layout that /docs reads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Validator } from "@seriousme/openapi-schema-validator";

import { contract, contractText, operations, resolve, validatorOf } from "./support/contract.mjs";
import { command } from "./support/server.mjs";
import { World } from "./support/seed.mjs";

const nameOf = ({ method, path }) => `${method} ${path}`;

const objects = new Set(["user", "organisation", "unit", "supplier", "order", "scope", "platform", "token", "public"]);

/** The program's own list: `xiangcai routes`. Types of parameters are the router's business. */
async function programRoutes() {
  const { status, out } = await command(["routes"]);
  assert.equal(status, 0);
  return out
    .trim()
    .split("\n")
    .map((line) => {
      const [method, path, roles, key, bodyMax, media, success] = line.split("\t");
      return { method, path: path.replaceAll(/:[a-z]+\}/g, "}"), roles, key, bodyMax: Number(bodyMax), media, success };
    });
}

test("the program and the contract have the same routes", async () => {
  const routes = await programRoutes();
  assert.deepEqual(operations.map(nameOf).sort(), routes.map(nameOf).sort());
});

test("each route is what the contract says of it", async () => {
  const byName = new Map(operations.map((operation) => [nameOf(operation), operation]));
  for (const route of await programRoutes()) {
    const operation = byName.get(nameOf(route));
    const roles = operation.roles.length ? [...operation.roles].sort().join(",") : "public";
    assert.equal(roles, route.roles.split(",").sort().join(","), `${nameOf(route)}: roles`);
    assert.equal(operation.keyRequired, route.key === "key", `${nameOf(route)}: Idempotency-Key`);
    assert.equal(operation.bodyMax, route.bodyMax, `${nameOf(route)}: x-body-max`);
    assert.equal(operation.media ?? "-", route.media === "*" ? "*/*" : route.media, `${nameOf(route)}: content type`);
    assert.deepEqual(
      // a file that is too large to be the answer is made by a job: 202
      Object.keys(operation.responses).filter((s) => s[0] === "2" && !(s === "202" && operation.method === "GET")),
      [route.success],
      `${nameOf(route)}: status`,
    );
  }
});

test("the contract is a valid OpenAPI 3.1 document", async () => {
  const result = await new Validator().validate(structuredClone(contract));
  assert.deepEqual(result.errors ?? [], []);
  assert.ok(result.valid);
});

/** Calls @visit for every schema object under @node, with the place where it stands. */
function eachObject(node, place, visit) {
  if (node === null || typeof node !== "object") return;
  if (!Array.isArray(node)) visit(node, place);
  for (const [name, child] of Object.entries(node)) eachObject(child, `${place}/${name}`, visit);
}

test("every reference points to something, and everything is referred to", () => {
  const used = new Set();
  eachObject(contract, "#", (node) => {
    if (typeof node.$ref !== "string") return;
    resolve(node);
    used.add(node.$ref);
  });
  for (const kind of ["schemas", "parameters", "headers", "responses"])
    for (const name of Object.keys(contract.components[kind]))
      assert.ok(used.has(`#/components/${kind}/${name}`), `components/${kind}/${name} is used nowhere`);
});

test("every object is closed, and what it requires is there", () => {
  const open = new Set(["ProductFields", "SupplierProductFields"]); // parts of others, which are closed
  eachObject(contract.components.schemas, "#", (node, place) => {
    if (node.type !== "object") return;
    const [name] = place.slice(2).split("/");
    const isPart = open.has(name) || place.includes("/allOf/");
    const isClosed = node.additionalProperties === false || node.unevaluatedProperties === false;
    assert.ok(isPart || isClosed, `${place} takes unknown members`);
    for (const member of node.required ?? []) assert.ok(node.properties?.[member], `${place} requires ${member}, which it does not have`);
  });
});

test("every schema compiles under the strict rules of JSON Schema 2020-12", () => {
  for (const name of Object.keys(contract.components.schemas)) validatorOf({ $ref: `#/components/schemas/${name}` });
});

test("answers tell all of their members", () => {
  const seen = new Set();
  const visit = (schema, place) => {
    const node = resolve(schema);
    if (!node || seen.has(node)) return;
    seen.add(node);
    if (node.type === "object" && !node.allOf && node !== contract.components.schemas.Problem)
      assert.deepEqual(
        [...(node.required ?? [])].sort(),
        Object.keys(node.properties ?? {}).sort(),
        `${place}: members that may be missing`,
      );
    for (const child of [node.items, ...(node.allOf ?? []), ...(node.oneOf ?? []), ...Object.values(node.properties ?? {})])
      visit(child, place);
  };
  for (const operation of operations)
    for (const [status, response] of Object.entries(operation.responses))
      for (const media of Object.values(response.content ?? {})) visit(media.schema, `${nameOf(operation)} ${status}`);
});

test("every operation says what it is, in both languages, and how it fails", () => {
  const ids = new Set();
  const tags = new Set(contract.tags.map((tag) => tag.name));
  for (const operation of operations) {
    const { row } = operation;
    const name = nameOf(operation);
    assert.match(row.summary, /^[A-Z][^\n]*\.$/, `${name}: summary`);
    assert.match(row["x-summary-zh"], /\p{Script=Han}/u, `${name}: x-summary-zh`);
    assert.match(row.operationId, /^[a-z][A-Za-z]+$/, `${name}: operationId`);
    assert.ok(!ids.has(row.operationId), `${name}: operationId is taken`);
    ids.add(row.operationId);
    assert.equal(row.tags.length, 1, `${name}: one tag`);
    assert.ok(tags.has(row.tags[0]), `${name}: tag`);
    assert.ok(operation.responses["4XX"] && operation.responses["503"], `${name}: failures`);
    assert.equal(operation.roles.length === 0, row.security?.length === 0, `${name}: security of what is public`);
    assert.equal(objects.has(operation.object), operation.path.includes("{"), `${name}: x-object says whose the object of the path is`);
    const inPath = [...operation.path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
    assert.deepEqual(
      operation.parameters.filter((p) => p.in === "path").map((p) => p.name),
      inPath,
      `${name}: path parameters`,
    );
    const isFile = "*/*" in (operation.responses["200"]?.content ?? {}) || ["getJobFile", "getJobEvents"].includes(operation.id);
    if (operation.method === "GET" && operation.path.startsWith("/api/") && operation.path.includes("{id}") && !isFile)
      assert.ok(operation.responses["304"], `${name}: 304`);
  }
});

test("paths stand at two blanks, methods at four, their members at six", () => {
  const lines = contractText.split("\n");
  const from = lines.indexOf("paths:");
  const section = lines.slice(
    from + 1,
    lines.findIndex((line, i) => i > from && /^\S/.test(line)),
  );
  const counted = (pattern) => section.filter((line) => pattern.test(line)).length;
  assert.equal(counted(/^ {2}\/\S*:$/), Object.keys(contract.paths).length);
  assert.equal(counted(/^ {4}(get|post|put|patch|delete):$/), operations.length);
  assert.equal(counted(/^ {6}summary: \S/), operations.length);
  assert.equal(counted(/^ {6}x-roles: \[.*\]$/), operations.length);
});

test("the server shows the contract, its page, and the pages of problems", async () => {
  const world = await World.open();
  try {
    const { anybody } = world;
    const served = await anybody.get("/api/v1/openapi.yaml");
    assert.equal(served.text, contractText);
    await anybody.get("/api/v1/openapi.yaml", { headers: { "If-None-Match": served.headers.etag }, expect: 304 });
    const page = await anybody.get("/docs");
    for (const operation of operations) {
      assert.ok(page.text.includes(`<code>${operation.path}</code>`), `/docs lacks ${operation.path}`);
      assert.ok(page.text.includes(operation.row.summary.replaceAll('"', "&quot;")), `/docs lacks the summary of ${nameOf(operation)}`);
    }
    await anybody.get("/docs/docs.css");
    await anybody.get("/docs/docs.js");
    await anybody.get("/healthz");
    await anybody.get("/readyz");
    const { body } = await anybody.get("/api/v1/jobs", { expect: 401, headers: { "Accept-Language": "en" } });
    assert.equal(body.code, "E_UNAUTHENTICATED");
    const explained = await anybody.get(body.type);
    assert.ok(explained.text.includes("E_UNAUTHENTICATED"));
    await anybody.get("/problems/nothing-of-the-kind", { expect: 404 });
  } finally {
    await world.close();
  }
});
