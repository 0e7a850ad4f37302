// The small world of the stories: one reporting tree of units, suppliers of the files in tests/data, authorities of three
// scopes, and a person for every role. The catalogue is empty. Logins are those of the demonstration where both have them.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Client } from "./client.mjs";
import { Server, command, prepared } from "./server.mjs";

export const password = "xiangcai-demo";

const id = (number) => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

// code, name, capacity; the credit codes are those of the demonstration's rosters
export const organisations = {
  platform: {
    id: id(1),
    code: "U00001",
    uscc: "89610000XU003B348X",
    name: "陕西省总工会（演示）",
    authority: { scope: "platform" },
    unit: {},
  },
  union: {
    id: id(2),
    code: "U00002",
    uscc: "89610000XU003B4E6P",
    name: "陕西省教科文卫体工会委员会（演示）",
    authority: { scope: "hierarchy", hierarchy: "union", root: id(2) },
    unit: { parent: id(1) },
  },
  county: {
    id: id(3),
    code: "U00459",
    uscc: "11610124XU003YKU12",
    name: "周至县财政局（演示）",
    authority: { scope: "county", county: "610124" },
  },
  school: { id: id(11), code: "U01628", uscc: "12610102XU005JFY2B", name: "新城区第一小学（演示）", unit: { parent: id(2) } },
  company: {
    id: id(12),
    code: "U03553",
    uscc: "91610100XU0087KXXA",
    name: "陕西瑞禾煤业集团西安工程有限公司（演示）",
    unit: { parent: id(1) },
  },
  S0101: { id: id(101), code: "S0101", uscc: "91610124XD00048BXH", name: "周至县绿源果业有限公司（演示）", supplier: { county: "610124" } },
  S0116: { id: id(116), code: "S0116", uscc: "91610723XD0004T897", name: "洋县金穗粮油有限公司（演示）", supplier: { county: "610723" } },
  S0176: {
    id: id(176),
    code: "S0176",
    uscc: "91610924XD00074U89",
    name: "紫阳县梨花里茶业有限公司（演示）",
    supplier: { county: "610924" },
  },
  S0236: { id: id(236), code: "S0236", uscc: "91611026XD0009EF4J", name: "柞水县霜降菌业有限公司（演示）", supplier: { county: "611026" } },
  S0256: { id: id(256), code: "S0256", uscc: "91610827XD000A7BXN", name: "米脂县云岭杂粮有限公司（演示）", supplier: { county: "610827" } },
};

const supplierRoles = ["cataloguer", "dispatcher", "supplier_finance"];

// login: organisation, roles
export const people = {
  buyer: ["school", ["buyer"]],
  approver: ["school", ["approver"]],
  finance: ["school", ["unit_finance"]],
  unitadmin: ["school", ["unit_admin"]],
  buyer2: ["company", ["buyer", "unit_finance"]],
  cataloguer: ["S0101", ["cataloguer"]],
  dispatcher: ["S0101", ["dispatcher"]],
  supplierfinance: ["S0101", ["supplier_finance"]],
  s0116: ["S0116", supplierRoles],
  s0176: ["S0176", supplierRoles],
  s0236: ["S0236", supplierRoles],
  s0256: ["S0256", supplierRoles],
  reviewer: ["platform", ["reviewer"]],
  reconciler1: ["platform", ["reconciler"]],
  reconciler2: ["platform", ["reconciler"]],
  supervisor: ["platform", ["supervisor"]],
  auditor: ["platform", ["auditor"]],
  unionsupervisor: ["union", ["supervisor"]],
  countysupervisor: ["county", ["supervisor", "reviewer"]],
  supplieradmin: ["S0101", ["supplier_admin"]],
  systemadmin: ["platform", ["system_admin"]],
  securityadmin: ["platform", ["security_admin"]],
};

/** The login of somebody who has this role; "any" is anybody. */
export function someoneWith(role) {
  return role === "any" ? "buyer" : Object.keys(people).find((login) => people[login][1].includes(role));
}

const quote = (value) => (value === null || value === undefined ? "NULL" : `'${String(value).replaceAll("'", "''")}'`);
const insert = (table, row) =>
  `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).map(quote).join(", ")});`;

function ancestorsOf(unit) {
  const chain = [];
  for (let at = unit; at; at = Object.values(organisations).find((o) => o.id === at.unit.parent)) chain.push(at.id);
  return chain;
}

function organisationRows(o, createdAt) {
  return [
    insert("organisation", {
      id: o.id,
      uscc: o.uscc,
      code: o.code,
      name: o.name,
      short_name: o.name,
      is_unit: o.unit ? 1 : 0,
      is_supplier: o.supplier ? 1 : 0,
      is_authority: o.authority ? 1 : 0,
      status: "active",
      created_at: createdAt,
    }),
    o.unit &&
      insert("unit", {
        organisation: o.id,
        kind: "工会",
        city: "省直",
        region_code: "610000",
        member_count: 100,
        annual_budget_fen: 10000000,
      }),
    ...(o.unit
      ? ancestorsOf(o).map((ancestor, depth) => insert("unit_ancestor", { hierarchy: "union", ancestor, unit: o.id, depth }))
      : []),
    o.unit && insert("unit_place", { hierarchy: "union", unit: o.id, parent: o.unit.parent }),
    o.supplier && insert("supplier", { organisation: o.id, county: o.supplier.county, kind: "合作社", households_assisted: 10 }),
    o.authority &&
      insert("authority", {
        organisation: o.id,
        scope: o.authority.scope,
        county: o.authority.county,
        hierarchy: o.authority.hierarchy,
        root: o.authority.root,
      }),
  ].filter(Boolean);
}

/** The first person comes in by the command; the others get the same hash, which takes a third of a second to make. */
async function makePeople(server, createdAt) {
  const [first, ...others] = Object.keys(people);
  const [organisation, roles] = people[first];
  const added = await command(
    [
      "user",
      "add",
      "--data",
      server.data,
      "--login",
      first,
      "--name",
      first,
      "--organisation",
      organisations[organisation].code,
      "--roles",
      roles.join(","),
      "--password-stdin",
    ],
    { input: `${password}\n` },
  );
  if (added.status !== 0) throw new Error(`user add: ${added.err}`);
  const statements = others.flatMap((login, i) => [
    `INSERT INTO user (id, login, name, password_hash, status, created_at) SELECT ${quote(id(1000 + i))}, ${quote(login)}, ${quote(login)}, password_hash, 'active', ${createdAt} FROM user WHERE login = ${quote(first)};`,
    insert("membership", {
      user: id(1000 + i),
      organisation: organisations[people[login][0]].id,
      roles: people[login][1].join(","),
      created_at: createdAt,
    }),
  ]);
  server.sql(statements.join("\n"));
}

// A login takes a third of a second of hashing, for which no story should wait: the sessions are prepared too. They hold while
// the server's clock starts at the same instant.
const tokensFile = (data) => join(data, "tokens.json");

async function openSessions(server) {
  const tokens = {};
  for (const login of Object.keys(people)) {
    const client = await Client.login(server, login, password);
    if (organisations[people[login][0]].authority) await client.enrol(password); // who acts for an authority needs a second factor
    tokens[login] = client.token;
    client.close();
  }
  writeFileSync(tokensFile(server.data), JSON.stringify({ tokens, secrets: server.secrets }));
}

async function plant(server) {
  const createdAt = String(Date.UTC(2026, 0, 1) * 1000);
  server.sql(
    Object.values(organisations)
      .flatMap((o) => organisationRows(o, createdAt))
      .join("\n"),
  );
  await makePeople(server, createdAt);
  await openSessions(server);
}

/** The prepared data directory of this world. */
export function seeded() {
  return prepared(readFileSync(fileURLToPath(import.meta.url)), plant);
}

/** A server over a copy of this world, with clients who have logged in: world.as("buyer"). */
export class World {
  static async open(settings = {}) {
    const world = new World();
    world.server = await Server.start({ from: await seeded(), settings });
    world.anybody = new Client(world.server);
    world.clients = new Map();
    const kept = existsSync(tokensFile(world.server.data)) ? JSON.parse(readFileSync(tokensFile(world.server.data), "utf8")) : {};
    world.tokens = kept.tokens ?? {};
    world.server.secrets = { ...kept.secrets };
    return world;
  }

  /** Whoever logs in once stays, until the server forgets or the clock runs on: then forget(). */
  async as(login) {
    if (!this.clients.has(login)) this.clients.set(login, (await this.resume(login)) ?? (await Client.login(this.server, login, password)));
    return this.clients.get(login);
  }

  /** A client with the prepared session; null when it does not hold any more. */
  async resume(login) {
    const client = new Client(this.server, { token: this.tokens[login], name: login });
    const { status, body } = await client.get("/api/v1/sessions/current", { expect: undefined });
    if (status !== 200) {
      client.close();
      return null;
    }
    client.session = body;
    return client;
  }

  forget() {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
  }

  /**
   * Ends the server; its log must hold no line that says something is wrong with the program. That the daily run stands still is no
   * such line: the world was made on another day than the one that a test set the clock to.
   */
  async close() {
    this.forget();
    this.anybody.close();
    const isBad = ({ level, subject, message }) => (level === "error" && !(subject === "daily" && message.startsWith("stands still"))) || subject === "not JSON";
    const bad = this.server.logged(isBad);
    await this.server.stop();
    if (bad.length) throw new Error(`the server's log:\n${bad.map((line) => JSON.stringify(line)).join("\n")}`);
  }
}
