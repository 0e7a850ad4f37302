// The contract as the tests use it: its operations, and what it says of a response. A response that it does not
// describe is an error wherever it happens, so every story checks the contract by the way.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

export const contractPath = fileURLToPath(new URL("../../../schema/http/openapi.yaml", import.meta.url));
export const contractText = readFileSync(contractPath, "utf8");
export const contract = parse(contractText);

const methods = ["get", "post", "put", "patch", "delete"];
const schemaPlace = "#/components/schemas/";

export const ajv = new Ajv2020.default({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true });
addFormats.default(ajv);
ajv.addVocabulary(["x-summary-zh", "x-roles", "x-object", "x-body-max"]);
ajv.addSchema({ $id: "contract", $defs: rebase(contract.components.schemas) });

/** What a `$ref` inside the contract names; anything else is given back. */
export function resolve(node) {
  if (!node || typeof node.$ref !== "string") return node;
  assert.ok(node.$ref.startsWith("#/"), `${node.$ref} points out of the contract`);
  const found = node.$ref
    .slice(2)
    .split("/")
    .reduce((at, name) => at?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], contract);
  assert.ok(found !== undefined, `${node.$ref} points to nothing`);
  return resolve(found);
}

const compiled = new Map();

/** A validator of a schema that stands in the contract, its references being those of the contract. */
export function validatorOf(schema) {
  if (!compiled.has(schema)) compiled.set(schema, ajv.compile(rebase(schema)));
  return compiled.get(schema);
}

// The document itself is no schema: its schemas are put where a schema keeps others.
function rebase(node) {
  if (Array.isArray(node)) return node.map(rebase);
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) =>
      name === "$ref" ? [name, value.replace(schemaPlace, "contract#/$defs/")] : [name, rebase(value)],
    ),
  );
}

function operationOf(path, method) {
  const item = contract.paths[path];
  const row = item[method];
  const parameters = [...(item.parameters ?? []), ...(row.parameters ?? [])].map(resolve);
  const body = resolve(row.requestBody);
  const [media] = Object.keys(body?.content ?? {});
  return {
    method: method.toUpperCase(),
    path,
    id: row.operationId,
    roles: row["x-roles"],
    object: row["x-object"],
    bodyMax: row["x-body-max"] ?? 0,
    media,
    bodySchema: body?.content[media].schema,
    parameters,
    bodyRequired: body?.required === true,
    keyRequired: parameters.some((p) => p.in === "header" && p.name === "Idempotency-Key" && p.required),
    responses: Object.fromEntries(Object.entries(row.responses).map(([status, r]) => [status, resolve(r)])),
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
    row,
  };
}

/** Every operation, in the order of the contract. */
export const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => operationOf(path, method)),
);

/** The operation behind a request; literal segments win over parameters, as in the program. */
export function findOperation(method, target) {
  const path = target.split("?")[0];
  const asked = method === "HEAD" ? "GET" : method;
  const hits = operations.filter((o) => o.method === asked && o.pattern.test(path));
  return hits.sort((a, b) => a.path.split("{").length - b.path.split("{").length)[0];
}

function responseOf(operation, status) {
  return operation.responses[status] ?? operation.responses[`${String(status)[0]}XX`];
}

function checkHeaders(described, headers, complain) {
  for (const [name, header] of Object.entries(described.headers ?? {})) {
    const { required, schema } = resolve(header);
    const value = headers[name.toLowerCase()];
    if (value === undefined && required) complain(`the header ${name} is missing`);
    const validate = validatorOf(schema);
    if (value !== undefined && !validate(value)) complain(`the header ${name}: ${value} — ${ajv.errorsText(validate.errors)}`);
  }
}

function mediaOf(described, type) {
  const content = described.content ?? {};
  return content[type] ?? content["*/*"];
}

function checkBody(described, { headers, body, text }, complain) {
  const type = (headers["content-type"] ?? "").split(";")[0].trim();
  if (!described.content) {
    if (text) complain(`a body of ${text.length} characters, where there is none`);
    return;
  }
  const media = mediaOf(described, type);
  if (!media) {
    complain(`the content type ${type || "(none)"}`);
    return;
  }
  const validate = validatorOf(media.schema);
  if (!validate(type.endsWith("json") ? body : text)) complain(ajv.errorsText(validate.errors, { separator: "\n  " }));
}

/**
 * Throws unless the contract describes this answer: { status, headers, body (parsed JSON), text }. A problem document must
 * also tell its own status. HEAD answers have no body to check.
 */
export function checkAnswer(method, target, answer) {
  const faults = [];
  const complain = (what) => faults.push(what);
  const operation = findOperation(method, target);
  const described = operation && responseOf(operation, answer.status);

  if (!operation) complain("no such operation");
  else if (!described) complain("no such status");
  if (described) {
    checkHeaders(described, answer.headers, complain);
    if (method !== "HEAD") checkBody(described, answer, complain);
    if (answer.status >= 400 && answer.body?.status !== answer.status) complain("the problem tells another status");
  }
  assert.equal(
    faults.length,
    0,
    `${method} ${target} → ${answer.status} breaks the contract:\n  ${faults.join("\n  ")}\n${(answer.text ?? "").slice(0, 2000)}`,
  );
}

/** The same for problems of requests that no operation describes: 400, 404, 405 and the like. */
export function checkProblem(answer) {
  const validate = validatorOf({ $ref: "#/components/schemas/Problem" });
  assert.ok(
    validate(answer.body) && answer.body.status === answer.status,
    `${answer.status} is no problem document: ${ajv.errorsText(validate.errors)}\n${(answer.text ?? "").slice(0, 500)}`,
  );
}
