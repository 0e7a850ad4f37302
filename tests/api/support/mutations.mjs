// Bad requests, made from the contract: a sample that it allows, and everything near it that it does not.

import { ajv, resolve, validatorOf } from "./contract.mjs";

const uuid = "01900000-0000-7000-8000-000000000000";
const samples = {
  uuid,
  date: "2026-10-20",
  "date-time": "2026-10-20T02:00:00Z",
};
// Strings for the patterns of the contract; the first that one allows is taken.
const candidates = ["1", "01", "10000001", "0000000000", "610124", "6100000000000000018", "2026-10", "key-1", "word", `QQ.${"0".repeat(64)}`, "/api/v1/x"];

/** The type of a schema's values, null aside. */
const typeOf = (node) => [node.type].flat().find((type) => type !== "null");

/** A value that the schema allows: with @whole every member, else what is required. */
export function sample(schema, whole = true) {
  const node = resolve(schema);
  if ("const" in node) return node.const;
  if (node.enum) return node.enum[0];
  switch (typeOf(node)) {
    case "object":
      return Object.fromEntries(
        Object.entries(node.properties ?? {})
          .filter(([name]) => whole || node.required?.includes(name))
          .map(([name, member]) => [name, sample(member, whole)]),
      );
    case "array":
      return Array.from({ length: Math.max(1, node.minItems ?? 0) }, () => sample(node.items, whole));
    case "boolean":
      return true;
    case "integer":
      return Math.max(1, node.minimum ?? 1);
    default:
      return samples[node.format] ?? sampleText(node);
  }
}

function sampleText(node) {
  if (!node.pattern) return "x".repeat(Math.max(1, node.minLength ?? 1));
  const found = candidates.find((candidate) => new RegExp(node.pattern, "u").test(candidate));
  if (found === undefined) throw new Error(`no sample for ${node.pattern}`);
  return found;
}

/** As little as an operation takes: what is required, and one member where nothing is. */
export function leastBody({ method, bodySchema }) {
  const required = sample(bodySchema, false);
  if (method !== "PATCH" || Object.keys(required).length) return required;
  const all = sample(bodySchema);
  const [name] = "name" in all ? ["name"] : Object.keys(all);
  return { [name]: all[name] };
}

/** A number as it is written: what JSON.stringify would not write so. */
class Raw {
  constructor(text) {
    this.text = text;
  }
}

/** JSON text with numbers as they were meant. */
export function written(value) {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}:${written(member)}`)
      .join(",")}}`;
  return JSON.stringify(value);
}

// Of no type that a member has, or of the wrong one; the schema is asked which are wrong.
const strangers = [
  null,
  true,
  false,
  0,
  1,
  -1,
  12.5,
  "",
  "x",
  "1",
  [],
  [[]],
  {},
  { a: 1 },
  "null",
  "-1",
  " ",
  new Raw("1e3"),
  new Raw("1.0"),
  new Raw("-0"),
  new Raw("9223372036854775808"),
  new Raw("1e400"),
  "0190-not-a-uuid",
  "2026-02-30",
  "2026-13-01",
  "2026-10-20T25:00:00Z",
  "\u0000",
  "a\u0001b",
  "\ud83d\ude00".repeat(2000),
];

function nearLimits(node) {
  const list = [];
  if (node.minimum !== undefined) list.push(node.minimum - 1, -node.minimum - 5);
  if (node.maximum !== undefined) list.push(node.maximum + 1);
  if (node.maxLength !== undefined) list.push("界".repeat(node.maxLength + 1), "a".repeat(node.maxLength + 1));
  if (node.enum) list.push(`${node.enum[0]} `, String(node.enum[0]).toUpperCase());
  if (node.pattern || node.format) list.push("界面", "1 ", "\t1");
  if (typeOf(node) === "array") list.push(...arraysNearLimits(node));
  return list;
}

function arraysNearLimits(node) {
  const item = sample(node.items, false);
  const list = [item, [item, null], [1, "x", item]];
  if (node.minItems) list.push([]);
  if (node.maxItems !== undefined && node.maxItems < 1000) list.push(Array.from({ length: node.maxItems + 1 }, () => item));
  return list;
}

const plain = (value) => JSON.parse(written(value));

/** Control characters are refused everywhere, and digits must be written as an integer's: what the schema cannot say. */
function isBeyondSchema(node, value) {
  if (value instanceof Raw) return typeOf(node) === "integer" && !/^-?[0-9]+$/.test(value.text);
  return typeof value === "string" && typeOf(node) === "string" && /[\u0000-\u001f]/.test(value);
}

function isWrong(schema, value) {
  if (isBeyondSchema(resolve(schema), value)) return true;
  if (value instanceof Raw && /e400/.test(value.text)) return true;
  return !validatorOf(schema)(plain(value));
}

/** Every wrong value of a schema's own level: values, not what is inside. */
export function wrongValues(schema) {
  const node = resolve(schema);
  return [...strangers, ...nearLimits(node)].filter((value) => isWrong(schema, value));
}

const replaced = (value, path, change) => {
  if (!path.length) return change(value);
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[path[0]] = replaced(copy[path[0]], path.slice(1), change);
  return copy;
};
const pointerOf = (path) => path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/**
 * Bodies that are one fault away from what @schema allows: { what, body (JSON text), pointer (where the fault must be told, null where
 * the text as a whole is meant) }.
 */
export function* wrongBodies(schema) {
  const good = sample(schema);
  yield* wrongBelow(schema, good, [], good);
}

function* wrongBelow(schema, good, path, value) {
  const node = resolve(schema);
  const pointer = pointerOf(path);
  const change = (how) => written(replaced(good, path, how));

  for (const wrong of wrongValues(schema))
    yield {
      what: `${pointer || "the body"} is ${written(wrong).slice(0, 60)}`,
      body: change(() => wrong),
      pointer: path.length ? pointer : null,
      value: wrong,
    };
  if (typeOf(node) === "object") {
    yield { what: `${pointer}/unknown_field`, body: change((o) => ({ ...o, unknown_field: 1 })), pointer: `${pointer}/unknown_field` };
    yield {
      what: `${pointer}/__proto__`,
      body: change((o) => Object.fromEntries([...Object.entries(o), ["constructor", 1]])),
      pointer: `${pointer}/constructor`,
    };
    for (const name of node.required ?? [])
      yield { what: `${pointer}/${name} is missing`, body: change(({ [name]: _, ...rest }) => rest), pointer: `${pointer}/${name}` };
    for (const [name, member] of Object.entries(node.properties ?? {})) yield* wrongBelow(member, good, [...path, name], value[name]);
  }
  if (typeOf(node) === "array") yield* wrongBelow(node.items, good, [...path, 0], value[0]);
}

/** Texts that are no JSON object at all, or one that strict readers refuse. */
export function* brokenBodies(schema) {
  const text = written(sample(schema));
  const cuts = [1, Math.floor(text.length / 3), Math.floor(text.length / 2), text.length - 1].filter((at) => at > 0 && at < text.length);
  const [name] = Object.keys(sample(schema));
  yield* [
    "",
    " ",
    "not json",
    "{",
    "}",
    "[]",
    "null",
    "1",
    '"x"',
    `${text}x`,
    `${text}${text}`,
    `${text},`,
    `\ufeff${text}`,
    `[${text}]`,
    "{'a':1}",
    "{a:1}",
    '{"a":}',
    '{"a":1,}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":NaN}',
    '{"a":"\\x"}',
    '{"a":"\\ud800"}',
    '{"a":"\\u0000"}',
    '{"a":"\n"}',
    "/* */{}",
    `${"[".repeat(3000)}`,
    `${'{"a":'.repeat(100)}1${"}".repeat(100)}`,
    ...cuts.map((at) => text.slice(0, at)),
    ...(name ? [text.replace("{", `{${JSON.stringify(name)}:null,`)] : []),
  ].map((body) => Buffer.from(body));
  yield Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]);
  yield Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]);
  yield Buffer.from([0x7b, 0x00, 0x7d]);
}

/** Queries with one fault each: { what, query, name (the parameter that must be told, null where any will do) }. */
export function* wrongQueries(parameters) {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const good = known.filter((parameter) => parameter.required).map((parameter) => [parameter.name, String(sample(parameter.schema))]);
  const text = (pairs) => `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&")}`;
  const withOne = (name, value) => text([...good.filter(([other]) => other !== name), [name, value]]);

  for (const { name, schema, required } of known) {
    for (const wrong of wrongParameters(schema)) yield { what: `${name}=${wrong.slice(0, 40)}`, query: withOne(name, wrong), name };
    const value = String(sample(schema));
    yield { what: `${name} twice`, query: `${withOne(name, value)}&${name}=${encodeURIComponent(value)}`, name };
    if (required) yield { what: `no ${name}`, query: text(good.filter(([other]) => other !== name)), name };
  }
  yield { what: "an unknown parameter", query: withOne("nothing_of_the_kind", "1"), name: "nothing_of_the_kind" };
  yield { what: "a broken escape", query: `${text(good)}&a=%zz`, name: null };
  yield { what: "bytes that are no UTF-8", query: `${text(good)}&a=%ff%fe`, name: null };
  yield { what: "a NUL", query: `${text(good)}&a=%00`, name: null };
  yield { what: "no name", query: `${text(good)}&=1`, name: null };
  yield { what: "a thousand parameters", query: `${text(good)}${"&a=1".repeat(1000)}`, name: null };
}

function wrongParameters(schema) {
  const node = resolve(schema);
  const texts = ["", " ", "x", "-1", "0", "1e3", "1.5", "9223372036854775808", "null", "2026-02-30", "TRUE", "界".repeat(600), "\u0001"];
  if (node.maximum !== undefined) texts.push(String(node.maximum + 1));
  if (typeOf(node) === "string" && !node.pattern && !node.format && !node.enum)
    return texts.filter((text) => text === "\u0001" || [...text].length > (node.maxLength ?? Infinity));
  return texts.filter((text) => !isParameter(node, text));
}

function isParameter(node, text) {
  const value =
    typeOf(node) === "integer"
      ? /^-?(0|[1-9][0-9]*)$/.test(text)
        ? Number(text)
        : text
      : typeOf(node) === "boolean"
        ? ({ true: true, false: false }[text] ?? text)
        : text;
  const validate = ajv.compile(node);
  return validate(value);
}

/** What stands where an id should. */
export const wrongIds = [
  "x",
  "1",
  uuid.slice(1),
  `${uuid}0`,
  uuid.replace("0", "g"),
  "%00",
  "%ff",
  "..",
  "%2e%2e",
  `${uuid}%2f`,
  "a".repeat(300),
  "*",
  "%E7%95%8C",
  " ".replace(" ", "%20"),
  "null",
  "'%20OR%201=1",
];

export const wrongKeys = ["", " ", "a b", "a".repeat(65), "kéy", "a\tb"];
export const wrongTypes = [
  null,
  "text/plain",
  "application/xml",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/json; charset=gbk",
  "json",
  "application/jsonx",
];

/** Chinese of a length that the schema takes, where it takes any. */
const chineseFor = ({ minLength = 1, maxLength = 6 }) => "紫阳老树红茶".repeat(Math.ceil(Math.max(minLength, 6) / 6)).slice(0, Math.max(minLength, Math.min(maxLength, 6)));

/** Bodies that have Chinese where one text was, each text in turn; what the schema takes there does not matter. */
export function* chineseBodies(schema) {
  const good = sample(schema);
  yield* chineseBelow(schema, good, []);
}

function* chineseBelow(schema, good, path) {
  const node = resolve(schema);
  if (typeOf(node) === "string" && path.length) {
    const text = chineseFor(node);
    yield { what: `${pointerOf(path)} is ${text}`, body: written(replaced(good, path, () => text)) };
  }
  for (const [name, member] of Object.entries(node.properties ?? {})) yield* chineseBelow(member, good, [...path, name]);
  if (typeOf(node) === "array") yield* chineseBelow(node.items, good, [...path, 0]);
}

/** Queries that have Chinese in one parameter, each text in turn, of several lengths. */
export function* chineseQueries(parameters) {
  const known = parameters.filter((parameter) => parameter.in === "query");
  const good = known.filter((parameter) => parameter.required).map((parameter) => [parameter.name, String(sample(parameter.schema))]);
  for (const { name } of known)
    for (const text of ["紫阳", "紫阳县,红茶", "紫阳老树红茶"])
      yield `?${[...good.filter(([other]) => other !== name), [name, text]].map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`;
}
