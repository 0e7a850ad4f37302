// The authorization matrix: every operation of the contract, called as every role of the right and of the wrong organisation, county
// and hierarchy, and by nobody. What must come is computed from the table of permissions, the routes, and whose the object of the
// path is (x-object); nothing here says it of a single route, but for the exceptions below, each with its reason.
//
// The world has two sides. On the right one a school of the union, in the county 610124, buys from the supplier S0101 of that county;
// every object of a path belongs to them. The wrong side is a company of the state-assets tree and a supplier, both of 610723. Above
// stand authorities: the platform, an office in each county, one over each tree. Requests that must be refused come first, with a body
// that the contract allows, so that nothing but the refusal can stop them; those that must pass come last, with an empty object where
// that is refused for its content: it proves that the gate was passed and changes nothing.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { operations } from "./support/contract.mjs";
import { leastBody, sample } from "./support/mutations.mjs";
import { jpeg, showPicture, uploadPicture, zip } from "./support/pictures.mjs";
import { World, organisations } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { dataFile, eventually, importFile, once, ownGoods, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const AT_ONCE = 12;

// ---- who asks ----

// name: organisation; side, as seen from the objects; scope of authorities
const places = {
  school: { kind: "unit", right: true },
  company: { kind: "unit", right: false },
  S0101: { kind: "supplier", right: true },
  S0116: { kind: "supplier", right: false },
  platform: { kind: "authority", scope: "platform" },
  county: { kind: "authority", scope: "county", right: true },
  county2: { kind: "authority", scope: "county", right: false },
  union: { kind: "authority", scope: "hierarchy", right: true },
  assets: { kind: "authority", scope: "hierarchy", right: false },
  trader: { kind: "authority", scope: "county", right: true, alone: [] }, // suppliers that are county offices as well
  trader2: { kind: "authority", scope: "county", right: false, alone: [] },
};
const rolesOf = {
  unit: ["buyer", "approver", "unit_finance", "unit_admin"],
  supplier: ["cataloguer", "dispatcher", "supplier_finance", "supplier_admin"],
  authority: ["reviewer", "reconciler", "supervisor", "system_admin", "security_admin", "auditor"],
};

// What an organisation of two capacities can give to one person: a role of its own business and one of its office. Neither may be
// used in the sight of the other.
const together = {
  platform: ["buyer security_admin", "unit_admin system_admin", "unit_finance supervisor", "unit_finance reconciler", "unit_admin reviewer"],
  union: ["buyer supervisor", "unit_finance auditor", "unit_admin reviewer"],
  trader: ["supplier_finance supervisor", "supplier_finance reconciler", "cataloguer reviewer", "supplier_admin system_admin", "dispatcher auditor"],
  trader2: ["supplier_finance supervisor", "supplier_finance reconciler", "cataloguer reviewer", "supplier_admin reviewer", "dispatcher supervisor"],
};

// ---- what must come ----

/** Whether the object of an operation is there for an actor whom the roles let through. */
const covers = {
  public: () => true,
  platform: () => true,
  token: () => false,
  user: (actor, owner) => actor.place === owner.place && actor.role === owner.role,
  organisation: (actor, owner) => actor.place === owner.place,
  unit: (actor) => sees(actor, actor.place === "school"),
  supplier: (actor) => sees(actor, actor.place === "S0101") && actor.scope !== "hierarchy",
  order: (actor) => sees(actor, ["school", "S0101"].includes(actor.place)),
  scope: (actor) => ["union", "platform"].includes(actor.place),
};
const sees = (actor, owns) => (actor.kind === "authority" ? actor.scope === "platform" || actor.right : owns);

const isHidden = (operation, actor) => operation.object && !covers[operation.object](actor, instanceOf(operation));

const isOfAuthority = (role) => rolesOf.authority.includes(role);

/** The actor as he counts for an operation: with those roles that give its permission, and the sight of an authority only by one of these. */
function counting(operation, actor) {
  if (!actor || operation.roles.length === 0) return actor;
  const narrow = reachOf(operation) === "platform" && actor.scope !== "platform";
  const roles = operation.roles.includes("any")
    ? actor.roles
    : actor.roles.filter((role) => operation.roles.includes(role) && !(narrow && isOfAuthority(role)));
  return { ...actor, roles, kind: roles.some(isOfAuthority) ? "authority" : "own" };
}

/** unauthenticated, forbidden, hidden, or passes. */
function expected(operation, caller) {
  const { roles } = operation;
  const actor = counting(operation, caller);
  if (roles.length === 0) return isHidden(operation, actor) ? "hidden" : "passes";
  if (!actor) return "unauthenticated";
  if (actor.roles.length === 0) return "forbidden";
  return isHidden(operation, actor) ? "hidden" : "passes";
}

// 403 that the gate does not say, but what stands behind it: who may act on what others did, or give which role
const laterRefusals = new Set(["E_SAME_PERSON", "E_ROLE_GRANT"]);

const verdicts = {
  unauthenticated: ({ status }) => status === 401,
  forbidden: ({ status, body }) => status === 403 && body.code === "E_FORBIDDEN",
  hidden: ({ status }) => status === 404,
  passes: ({ status, body }, operation) =>
    operation.method === "GET"
      ? status === 200
      : ![401, 404].includes(status) && status < 500 && (status !== 403 || laterRefusals.has(body.code)),
};

// Operations whose answer the table alone does not tell: what comes instead where `when` holds, and why.
const exceptions = {};
const except = (ids, reason, when, verdict) => {
  for (const id of ids) (exceptions[id] ??= []).push({ reason, when, verdict });
};
const passing = (actor, expectation) => expectation === "passes";
const hiding = (actor, expectation) => expectation === "hidden";

except(["createSession"], "a login of nobody is refused with 401, and by nothing before", passing, ({ status }) => [401, 422].includes(status));
except(
  operations.filter((operation) => operation.object === "token").map((operation) => operation.id),
  "the token opens it, not a role: without one it is not there",
  hiding,
  ({ status }) => [401, 404].includes(status),
);
except(
  ["updatePassword", "createTotp", "deleteTotp", "createRecoveryCodes", "createTotpConfirmation"],
  "asks for the password again",
  passing,
  ({ status }) => [404, 409, 422].includes(status),
);

except(
  ["getOrganisation"],
  "who keeps settings and jobs sees no organisation but the own one",
  (actor, expectation) => passing(actor, expectation) && actor.roles.includes("system_admin"),
  ({ status }) => status === 404,
);

except(["removeUserTotp"], "there is one to remove, for the first who does", passing, ({ status }) => [204, 404, 422].includes(status));

// Bodies that get as far as the object, where the least that the contract allows does not.
const bodies = { changeContact: { name: "张三", phone: "13800001234" }, setStock: { change: 1 } };

// ---- the world ----

let world, actors, objects, listed, reaches, routes;
const results = { checked: 0, byExpectation: {}, exceptions: {}, faults: [] };
const quote = (value) => (value === null ? "NULL" : `'${value}'`);
const sql = (text) => world.server.sql(text);

const reachOf = (operation) => reaches.get(routes.get(`${operation.method} ${operation.path}`));

async function tables() {
  const lines = async (name) =>
    (await command([name])).out
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
  reaches = new Map((await lines("permissions")).map(([word, , reach]) => [word, reach]));
  routes = new Map((await lines("routes")).map((row) => [`${row[0]} ${row[1].replaceAll(/:[a-z]+\}/g, "}")}`, row[7]]));
}

/** The offices that the small world does not have, and where its units stand. */
function build() {
  const office = (name, uscc, scope, sells = 0) => {
    const id = randomUUID();
    organisations[name] = { id, name };
    sql(
      `INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, is_authority, status, created_at)
         VALUES ('${id}', '${uscc}', '${name}', '${name}', '${name}', 0, ${sells}, 1, 'active', 0);
       INSERT INTO authority (organisation, scope, county, hierarchy, root) VALUES ('${id}', ${scope.map(quote).join(", ")});`,
    );
  };
  office("county2", "11610723XU003YKU1X", ["county", "610723", null, null]);
  office("assets", "11610000XU003YKU1Y", ["hierarchy", null, "state_assets", organisations.company.id]);
  office("trader", "11610124XU003YKU2A", ["county", "610124", null, null], 1);
  office("trader2", "11610723XU003YKU2B", ["county", "610723", null, null], 1);
  for (const name of ["trader", "trader2"])
    sql(`INSERT INTO supplier (organisation, county, kind, households_assisted) VALUES ('${organisations[name].id}', '611026', '公司', 1)`);
  sql(
    `UPDATE unit SET region_code = '610124' WHERE organisation = '${organisations.school.id}';
     UPDATE unit SET region_code = '610723' WHERE organisation = '${organisations.company.id}';
     INSERT INTO unit_ancestor (hierarchy, ancestor, unit, depth)
       VALUES ('state_assets', '${organisations.company.id}', '${organisations.company.id}', 0);`,
  );
}

/** A user with a session for each role of each organisation and each pair, by a few statements: no password is hashed. */
function people() {
  const [{ created_at: at, seen_at: seen }] = sql("SELECT MAX(created_at) AS created_at, MAX(seen_at) AS seen_at FROM session");
  const rows = Object.entries(places).flatMap(([place, what]) =>
    [...(what.alone ?? rolesOf[what.kind]), ...(together[place] ?? [])].map((role) => ({ place, role, roles: role.split(" "), ...what })),
  );
  const users = [];
  const memberships = [];
  const sessions = [];
  for (const actor of rows) {
    actor.user = randomUUID();
    actor.session = randomUUID();
    actor.name = `${actor.role} of ${actor.place}`;
    actor.organisation = organisations[actor.place].id;
    const token = randomBytes(32).toString("base64url");
    actor.client = new Client(world.server, { token, name: actor.name });
    users.push(`('${actor.user}', '${actor.place.toLowerCase()}.${actor.role.replace(" ", "-")}', '${actor.name}', 'none', 'active', ${at})`);
    memberships.push(`('${actor.user}', '${actor.organisation}', '${actor.roles.join(",")}', ${at})`);
    sessions.push(
      `(UNHEX('${createHash("sha256").update(token).digest("hex")}'), '${actor.session}', '${actor.user}', '${actor.organisation}', ${at}, ${seen}, '127.0.0.1', TRUE)`,
    );
  }
  sql(
    `INSERT INTO user (id, login, name, password_hash, status, created_at) VALUES ${users.join(", ")};
     INSERT INTO membership (user, organisation, roles, created_at) VALUES ${memberships.join(", ")};
     INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address, second_factor) VALUES ${sessions.join(", ")};`,
  );
  return rows;
}

const person = (place, role) => actors.find((actor) => actor.place === place && actor.role === role);
const as = (place, role) => person(place, role).client;

// Objects of one person or of one organisation alone belong to a buyer of the school, but for these.
const owners = { "/api/v1/jobs/{id}": { place: "S0101", role: "cataloguer" } };
const prefixOf = (operation) => operation.path.replace(/(\{[a-z]+\}).*/, "$1");
const instanceOf = (operation) => owners[prefixOf(operation)] ?? { place: "school", role: "buyer" };

/** One instance of everything, made by the steps of the main job. Gives what stands for the parameters of each path. */
async function instances() {
  const [buyer, cataloguer, dispatcher] = [as("school", "buyer"), as("S0101", "cataloguer"), as("S0101", "dispatcher")];
  const [money, one] = [as("S0101", "supplier_finance"), as("platform", "reconciler")];
  const imported = await importFile(cataloguer, (await upload(cataloguer, dataFile("uploads/S0101.csv"))).id);
  const told = { file: imported.file, policy: "accept_good_rows", dry_run: true, columns: [{ header: "备忘", column: null }] };
  await cataloguer.post("/api/v1/supplier/imports", told, { expect: 202 });
  const [remembered] = (await cataloguer.get("/api/v1/supplier/imports/mapping")).body.items;
  const reviewer = as("platform", "reviewer");
  const [waiting, ...others] = await reviewer.all("/api/v1/product-reviews");
  for (const review of others) await reviewer.post(`/api/v1/product-reviews/${review.id}/decisions`, { decision: "approve" }, { expect: 200 });
  const all = await ownGoods(cataloguer);
  const products = all.filter((item) => item.sku);
  await eventually(
    () => world.anybody.get("/api/v1/products"),
    ({ body }) => body.items.length > 3,
  );
  const onSale = new Set((await world.anybody.all("/api/v1/products")).map((item) => item.id));
  const wanted = products.filter((item) => onSale.has(item.id)).slice(0, 3);
  const { lines } = await priced(
    buyer,
    wanted.map(({ sku, minimum, multiple }) => [sku, minimum * multiple]),
  );
  const order = (await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines })).body;
  const supply = order.supply_orders[0].id;
  const place = `/api/v1/supply-orders/${supply}`;
  await once(dispatcher, `${place}/confirmations`, {});
  const shipment = (await once(dispatcher, `${place}/shipments`, { carrier: "顺丰", tracking_number: "1" })).body;
  await once(buyer, `${place}/receipts`, { shipment: shipment.id });
  const account = (await once(one, "/api/v1/bank-accounts", { name: "监管户", bank: "示例银行", number: "6100000000000000018" })).body;
  const due = (await buyer.get(place)).body.agreed_fen;
  const credit = (
    await once(one, "/api/v1/bank-credits", {
      bank_account: account.id,
      serial: "1",
      day: "2026-10-20",
      amount_fen: due,
      payer_name: "小学",
      remark: order.payment_code,
    })
  ).body;
  await once(as("school", "unit_finance"), "/api/v1/claims", { bank_credit: credit.id, payment_code: order.payment_code });
  await once(buyer, `${place}/acceptances`, { shipment: shipment.id });
  const statement = (await once(one, "/api/v1/statement-runs", { supplier: organisations.S0101.id, month: "2026-10" })).body;
  const paid = (await once(money, "/api/v1/supplier-accounts", sample(schemaOf("createSupplierAccount"), false))).body;
  const report = (await as("union", "supervisor").get("/api/v1/reports/totals?measure=net_accepted&by=month")).body;
  const file = (await buyer.post("/api/v1/files", Buffer.from("a,b\n1,2\n"), { type: "text/csv" })).body;
  const invitation = (await as("school", "unit_admin").post("/api/v1/invitations", { roles: ["buyer"] })).body;
  const event = sql(`SELECT id FROM event WHERE organisation = '${organisations.school.id}' AND kind LIKE 'purchase%' ORDER BY id LIMIT 1`)[0];
  const owner = person("school", "buyer");
  memberKey = apiKey(person("school", "approver"));
  const goods = sql(`SELECT k.code, n.ladder FROM sku k JOIN price n ON n.sku = k.number WHERE k.supplier = '${organisations.S0101.id}' ORDER BY k.number LIMIT 1`)[0];
  const ladder = goods.ladder.split(";").map((rung) => rung.split(":").map(Number)).map(([quantity, fen]) => ({ quantity, unit_price_fen: fen }));
  const plan = { code: goods.code, ladder, starts_at: "2027-01-01T00:00:00Z" };
  const put = (await cataloguer.post("/api/v1/supplier/price-updates", { policy: "all_or_nothing", items: [plan] }, { expect: 200 })).body;
  assert.ok(put.items[0].plan, JSON.stringify(put));
  const picture = await uploadPicture(cataloguer, jpeg(64, 64));
  const packed = zip([{ name: "nobody.jpg", content: jpeg(16, 16) }]);
  const archive = (await cataloguer.post("/api/v1/supplier/image-archives", packed, { type: "application/zip", expect: 202 })).body;
  ({ revision } = wanted[0]);
  mandate = fileOf(organisations.S0101.id);
  sql(`UPDATE revision SET mandate = '${mandate}' WHERE id = '${waiting.id}'`);
  const paths = {
    "/api/v1/sessions/{id}": spareSession(owner),
    "/api/v1/me/api-keys/{id}": apiKey(owner),
    "/api/v1/notices/{id}": notice(owner),
    "/api/v1/members/{id}": person("school", "approver").user,
    "/api/v1/invitations/{id}": invitation.id,
    "/api/v1/invitations/{token}": "x".repeat(43),
    "/api/v1/users/{id}": bystander(),
    "/api/v1/products/{id}": wanted[0].id,
    "/api/v1/supplier/products/{id}": wanted[0].id,
    "/api/v1/supplier/imports/{id}": imported.id,
    "/api/v1/supplier/imports/mapping/{id}": remembered.id,
    "/api/v1/supplier/skus/{code}": goods.code,
    "/api/v1/supplier/price-updates/{id}": put.items[0].plan,
    "/api/v1/product-reviews/{id}": waiting.id,
    "/api/v1/regions/{code}": "610124",
    "/api/v1/categories/{code}": "0401",
    "/api/v1/supplier/images/{id}": picture.id,
    "/api/v1/images/{id}": picture.id,
    "/media/{digest}": showPicture(world.server, picture),
    "/api/v1/supplier/image-archives/{id}": archive.id,
    "/api/v1/purchase-orders/{id}": order.id,
    "/api/v1/supply-orders/{id}": supply,
    "/api/v1/bank-accounts/{id}": account.id,
    "/api/v1/supplier-accounts/{id}": paid.id,
    "/api/v1/statements/{id}": statement.id,
    "/api/v1/passports/{id}": report.total.passport,
    "/api/v1/audit-events/{id}": event.id,
    "/api/v1/applications/{id}": application(),
    "/api/v1/licences/{id}": licence(),
    "/api/v1/units/imports/{id}": await rosterImport(reviewer),
    "/api/v1/files/{id}": file.id,
    "/api/v1/jobs/{id}": jobWithFile(imported.id),
    "/api/v1/units/{id}": organisations.school.id,
    "/api/v1/suppliers/{id}": organisations.S0101.id,
    "/api/v1/organisations/{id}": organisations.school.id,
    "/problems/{slug}": "refused",
  };
  paths["/api/v1/application-reviews/{id}"] = paths["/api/v1/applications/{id}"];
  listed = {
    listPurchaseOrders: ["order", order.id],
    listSupplyOrders: ["order", supply],
    listStatements: ["supplier", statement.id],
    listProductReviews: ["supplier", waiting.id],
    listImports: ["supplier", imported.id],
    listImages: ["supplier", picture.id],
    listSupplierProducts: ["supplier", wanted[0].id],
    listPriceUpdates: ["supplier", put.items[0].plan],
    listSupplierAccounts: ["supplier", paid.id],
    listInvitations: ["organisation", invitation.id],
    listMembers: ["organisation", paths["/api/v1/members/{id}"]],
    listLicences: ["supplier", paths["/api/v1/licences/{id}"]],
    listApplicationReviews: ["supplier", paths["/api/v1/applications/{id}"]],
    listApiKeys: ["user", paths["/api/v1/me/api-keys/{id}"]],
    listNotices: ["user", paths["/api/v1/notices/{id}"]],
  };
  return paths;
}

const schemaOf = (id) => operations.find((operation) => operation.id === id).bodySchema;

function spareSession({ user, organisation, session }) {
  const id = randomUUID();
  sql(
    `INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address)
       SELECT UNHEX('${randomBytes(32).toString("hex")}'), '${id}', '${user}', '${organisation}', created_at, seen_at, address
         FROM session WHERE id = '${session}'`,
  );
  return id;
}

function apiKey({ user, organisation }) {
  const id = randomUUID();
  sql(
    `INSERT INTO api_key (id, digest, prefix, user, organisation, name, roles, created_at, expires_at)
       SELECT '${id}', UNHEX('${randomBytes(32).toString("hex")}'), 'ABCDEFGH', '${user}', '${organisation}', 'key', 'buyer', created_at,
              created_at + 86400000000 FROM session LIMIT 1`,
  );
  return id;
}

function notice({ user, organisation }) {
  const id = randomUUID();
  sql(
    `INSERT INTO notice (user, id, organisation, kind, object, arguments, at)
       SELECT '${user}', '${id}', '${organisation}', kind, object, arguments, at FROM notice LIMIT 1;
     INSERT INTO notice (user, id, organisation, kind, object, arguments, at)
       SELECT '${user}', '${id}', '${organisation}', 'licence.due_90', '${id}', CONCAT('营业执照', CHAR(31), '2026-12-31', CHAR(31)), 1 FROM DUAL
        WHERE NOT EXISTS (SELECT 1 FROM notice WHERE id = '${id}');`,
  );
  return id;
}

const document = randomUUID();
let mandate; // of the revision that waits
let memberKey, revision; // of the member and of the product in the table of instances

function application() {
  const id = randomUUID();
  sql(
    `INSERT INTO application (id, number, kind, state, version, token_digest, uscc, name, short_name, type, county, households_assisted, waiting_since, created_at)
       VALUES ('${id}', 1, 'supplier', 'applied', 1, UNHEX('${randomBytes(32).toString("hex")}'), '91610124XD00048B8H', '周至一家', '一家', '合作社', '610124', 1, 1, 1);
     INSERT INTO application_document (id, application, kind, file, media_type, size, created_at)
       VALUES ('${document}', '${id}', 'business_licence', '${fileOf(id)}', 'application/pdf', 8, 1)`,
  );
  return id;
}

/** A file of @owner with the content of one that is there. */
function fileOf(owner) {
  const id = randomUUID();
  sql(
    `INSERT INTO file (id, organisation, user, digest, size, media_type, created_at)
       SELECT '${id}', '${owner}', user, digest, size, 'application/pdf', created_at FROM file LIMIT 1`,
  );
  return id;
}

function licence() {
  const id = randomUUID();
  const { id: organisation } = organisations.S0101;
  sql(
    `INSERT INTO licence (id, organisation, kind, file, state, submitted_at)
       VALUES ('${id}', '${organisation}', 'business_licence', '${fileOf(organisation)}', 'pending', 1)`,
  );
  return id;
}

function jobWithFile(job) {
  sql(
    `INSERT INTO job_file (job, name, digest, size, media_type, created_at)
       SELECT '${job}', 'result.csv', digest, size, 'text/csv', created_at FROM file LIMIT 1`,
  );
  return job;
}

/** An import of a roster, whatever comes of it. */
async function rosterImport(reviewer) {
  const file = await upload(reviewer, Buffer.from("a,b\n1,2\n"));
  return (await reviewer.post("/api/v1/units/imports", { ...sample(schemaOf("createRosterImport"), false), file: file.id }, { expect: 202 })).body.id;
}

/** Somebody with a second factor, who may be suspended without anybody else's loss. */
function bystander() {
  const id = randomUUID();
  sql(
    `INSERT INTO user (id, login, name, password_hash, status, created_at) VALUES ('${id}', 'bystander', 'bystander', 'none', 'active', 1);
     INSERT INTO totp (id, user, state, secret_sealed, created_at, confirmed_at) VALUES ('${randomUUID()}', '${id}', 'active', '', 1, 1)`,
  );
  return id;
}

// ---- one request ----

/** The path with its objects; null where the table of instances has none for it. */
function targetOf(operation) {
  const prefix = prefixOf(operation);
  let path = operation.path;
  if (path.includes("{")) {
    if (!(prefix in objects)) return null;
    path = path.replace(/\{[a-z]+\}/, objects[prefix]).replace("{name}", "result.csv").replace("{document}", document).replace("{file}", mandate).replace("{size}", "small").replace("{key}", memberKey).replace("{revision}", revision);
  }
  const query = operation.parameters.filter((parameter) => parameter.in === "query" && parameter.required);
  return query.length ? `${path}?${query.map((parameter) => `${parameter.name}=${encodeURIComponent(sample(parameter.schema))}`).join("&")}` : path;
}

function optionsOf(operation, expectation) {
  const options = { headers: {}, key: operation.method === "POST" ? randomUUID() : null };
  if (operation.parameters.some((parameter) => parameter.name === "If-Match")) options.headers["If-Match"] = '"v999999"';
  if (operation.media === "application/json")
    options.body = expectation === "hidden" ? (bodies[operation.id] ?? leastBody(operation)) : {};
  else if (operation.media) Object.assign(options, { body: Buffer.from("a,b\n1,2\n"), type: operation.media === "*/*" ? "text/csv" : operation.media });
  return options;
}

async function ask(operation, actor) {
  const expectation = expected(operation, actor);
  const exception = exceptions[operation.id]?.find((row) => row.when(actor, expectation));
  const client = actor?.client ?? world.anybody;
  const answer = await client.send(operation.method, targetOf(operation), optionsOf(operation, expectation)).catch((error) => ({ error }));
  if (answer.error) {
    results.faults.push(`${operation.id} as ${actor?.name ?? "nobody"}: ${answer.error.message.slice(0, 600)}`);
    answer.status = 0;
  }
  const right = exception ? exception.verdict(answer) : verdicts[expectation](answer, operation);
  results.checked++;
  results.byExpectation[expectation] = (results.byExpectation[expectation] ?? 0) + 1;
  if (exception) results.exceptions[exception.reason] = (results.exceptions[exception.reason] ?? 0) + 1;
  if (!right)
    results.faults.push(`${operation.id} (${operation.method} ${operation.path}) as ${actor?.name ?? "nobody"}: ${expectation}, but ${answer.status} ${answer.body?.code ?? ""}`);
  else if (answer.status === 200 && actor && listed[operation.id]) seen(operation, actor, answer);
}

/** A list holds what the actor sees and nothing else. */
function seen(operation, actor, answer) {
  const [kind, id] = listed[operation.id];
  const holds = answer.text.includes(id);
  if (holds !== Boolean(covers[kind](counting(operation, actor), { place: "school", role: "buyer" })))
    results.faults.push(`${operation.id} as ${actor.name}: the list ${holds ? "holds" : "lacks"} what is ${holds ? "not " : ""}in sight`);
}

async function inParallel(tasks) {
  const left = [...tasks];
  const work = async () => {
    for (let task = left.shift(); task; task = left.shift()) await task();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

// ---- the test ----

before(async () => {
  await tables();
  world = await World.open();
  build();
  actors = people();
  objects = await instances();
});
after(async () => {
  for (const actor of actors ?? []) actor.client.close();
  await world?.close();
});

const ends = (operation) => operation.method === "DELETE" || /suspendUser|suspendMember/.test(operation.id);
const pairs = (wanted) =>
  operations.flatMap((operation) => [null, ...actors].filter((actor) => wanted(expected(operation, actor))).map((actor) => [operation, actor]));

chapter("every permission of the program is one of the table, and every path has its instance", () => {
  for (const operation of operations) {
    const word = routes.get(`${operation.method} ${operation.path}`);
    assert.ok(word !== undefined, `${operation.id} has no route`);
    assert.equal(word === "-", operation.roles.length === 0 || operation.roles.includes("any"), `${operation.id}: ${word}`);
    assert.ok(word === "-" || reaches.has(word), `${operation.id}: ${word} is no permission`);
  }
  assert.deepEqual(
    operations.filter((operation) => targetOf(operation) === null).map((operation) => operation.path),
    [],
    "paths without an instance",
  );
});

chapter("whoever must be refused is refused", async () => {
  await inParallel(pairs((expectation) => expectation !== "passes").map(([operation, actor]) => () => ask(operation, actor)));
});

chapter("whoever may is let through", async () => {
  const all = pairs((expectation) => expectation === "passes");
  const steps = [
    all.filter(([operation]) => operation.method === "GET"),
    all.filter(([operation]) => operation.method !== "GET" && !ends(operation)),
    all.filter(([operation]) => ends(operation) && operation.id !== "deleteSession"),
    all.filter(([operation]) => operation.id === "deleteSession"),
  ];
  for (const step of steps) await inParallel(step.map(([operation, actor]) => () => ask(operation, actor)));
});

chapter("the answers are those of the table", (t) => {
  t.diagnostic(`${results.checked} combinations of ${operations.length} operations and ${actors.length + 1} callers: ${JSON.stringify(results.byExpectation)}`);
  for (const [reason, count] of Object.entries(results.exceptions)) t.diagnostic(`${count} otherwise: ${reason}`);
  assert.equal(results.checked, operations.length * (actors.length + 1), "some were left out");
  assert.equal(results.faults.length, 0, `${results.faults.length} faults:\n${results.faults.sort().join("\n")}`);
});
