// How organisations come in and what keeps them in: a supplier is returned twice, mended, recommended by its county, approved by the
// platform, and its first administrator comes in by a link; a unit is admitted under its superior; licences end, people are told
// before, goods go off the shelf and come back.

import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { World, organisations } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { approveAll, dataFile, eventually, importFile, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const applications = "/api/v1/applications";
const reviews = "/api/v1/application-reviews";
const pdf = Buffer.from("%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n");
const png = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), randomBytes(40)]);
const jpeg = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(40)]);
const contact = { contact_name: "王小明", contact_phone: "13812345678" };
const { platform, union, county, company, S0116 } = organisations;
let world, reviewer, office, otherOffice, unionReviewer, both, operator;

// ---- codes and people ----

/** A unified social credit code with both of its check characters (GB 11714, GB 32100-2015). */
function creditCode(department, region, body) {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const digits = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const sum = (text, weights, alphabet) => [...text].reduce((total, c, i) => total + alphabet.indexOf(c) * weights[i], 0);
  const first = 11 - (sum(body, [3, 7, 9, 10, 5, 8, 4, 2], letters) % 11);
  const organisation = body + (first === 10 ? "X" : first === 11 ? "0" : String(first));
  const most = `${department}${region}${organisation}`;
  const weights = Array.from({ length: 17 }, (_, i) => 3 ** i % 31);
  return most + digits[(31 - (sum(most, weights, digits) % 31)) % 31];
}

/** A client with a session that nobody had to log in for; the second factor was given in it. */
function sessionOf(user, organisation, name) {
  const token = randomBytes(32).toString("base64url");
  const digest = createHash("sha256").update(token).digest("hex");
  world.server.sql(
    `INSERT INTO session (token_digest, id, user, organisation, created_at, seen_at, address, second_factor)
     SELECT UNHEX('${digest}'), '${randomUUID()}', '${user}', '${organisation}', MAX(created_at), MAX(seen_at), '127.0.0.1', TRUE FROM session`,
  );
  const client = new Client(world.server, { token, name });
  client.id = user;
  return client;
}

function join(user, organisation, roles) {
  world.server.sql(`INSERT INTO membership (user, organisation, roles, created_at) VALUES ('${user}', '${organisation}', '${roles}', 0)`);
}

function someone(login, organisation, roles) {
  const id = randomUUID();
  world.server.sql(
    `INSERT INTO user (id, login, name, password_hash, status, created_at)
       SELECT '${id}', '${login}', '${login}', password_hash, 'active', created_at FROM user WHERE login = 'buyer'`,
  );
  join(id, organisation, roles);
  return sessionOf(id, organisation, login);
}

async function books() {
  const { status, out, err } = await world.server.verify();
  assert.equal(status, 0, `${out}${err}`);
}

const events = (kind) => world.server.number(`SELECT COUNT(*) FROM event WHERE kind = '${kind}'`);
/** What the trail keeps of an object's events of a kind, the oldest first. */
const states = (kind, object) =>
  world.server
    .sql(`SELECT before_state, after_state FROM event WHERE kind = '${kind}' AND object = '${object}' ORDER BY at, id`)
    .map((row) => ({ before: JSON.parse(row.before_state), after: JSON.parse(row.after_state) }));
const codesOf = (answer) => answer.body.errors.map(({ pointer, code }) => `${pointer} ${code}`).sort();

/** An application with its own client. */
async function apply(body) {
  const { body: application, headers } = await world.anybody.post(applications, body, { key: null });
  assert.equal(headers.location, `${applications}/${application.id}`);
  const client = new Client(world.server, { token: application.token, name: "applicant" });
  return { ...application, client, place: `${applications}/${application.id}` };
}

const addDocument = (application, kind, bytes = pdf, expiresOn = "2027-10-20", options = {}) =>
  application.client.post(`${application.place}/documents?kind=${kind}${expiresOn ? `&expires_on=${expiresOn}` : ""}`, bytes, {
    type: "application/octet-stream",
    ...options,
  });
const submit = (application, options) => application.client.post(`${application.place}/submissions`, {}, { expect: 200, ...options });
const change = async (application, body, options = {}) => {
  const { headers } = await application.client.get(application.place);
  return application.client.send("PATCH", application.place, { body, expect: 200, headers: { "If-Match": headers.etag }, ...options });
};
/** A verdict on what the application says now. */
const verdict = (place) => (who, application, body, options) => {
  const version = world.server.number(`SELECT version FROM application WHERE id = '${application.id}'`);
  const headers = { "If-Match": `"v${version}"` };
  return who.post(`${applications}/${application.id}/${place}`, body, { expect: 200, headers, ...options });
};
const decide = verdict("decisions");
const recommend = verdict("recommendations");

const supplierCode = creditCode("91", "610124", "MA6TADM1");
const supplier = {
  kind: "supplier",
  uscc: supplierCode,
  name: "周至县新果源果业有限公司",
  type: "有限公司",
  county: "610124",
  households_assisted: 12,
  ...contact,
};

before(async () => {
  world = await World.open();
  await world.as("buyer");
  reviewer = someone("adm.reviewer", platform.id, "reviewer");
  office = someone("adm.office", county.id, "reviewer");
  world.server.sql(
    `INSERT IGNORE INTO unit_place (hierarchy, unit, parent)
       SELECT a.hierarchy, a.unit, p.ancestor FROM unit_ancestor a
         LEFT JOIN unit_ancestor p ON p.hierarchy = a.hierarchy AND p.unit = a.unit AND p.depth = 1 WHERE a.depth = 0`,
  );
  const farOffice = randomUUID();
  world.server.sql(
    `INSERT INTO organisation (id, uscc, code, name, short_name, is_unit, is_supplier, is_authority, status, created_at)
       VALUES ('${farOffice}', '${creditCode("11", "610723", "MA6TADM2")}', 'ADM1', '洋县财政局', '洋县财政局', 0, 0, 1, 'active', 0);
     INSERT INTO authority (organisation, scope, county) VALUES ('${farOffice}', 'county', '610723')`,
  );
  otherOffice = someone("adm.far", farOffice, "reviewer");
  unionReviewer = someone("adm.union", union.id, "reviewer");
  join(office.id, platform.id, "reviewer");
  both = sessionOf(office.id, platform.id, "adm.office at the platform");
  operator = someone("adm.operator", platform.id, "system_admin");
});
after(async () => {
  for (const client of [reviewer, office, otherOffice, unionReviewer, both, operator]) client?.close();
  await world.close();
});

// ---- a supplier ----

let first;

chapter("whoever applies gets a token once, and is nobody without it", async () => {
  first = await apply({ kind: "supplier", uscc: supplierCode, name: supplier.name });
  assert.deepEqual([first.state, first.age_days, first.documents], ["draft", null, []]);
  const again = (await first.client.get(first.place)).body;
  assert.deepEqual([again.token, again.id], [null, first.id]);
  for (const token of [null, "x", first.token.replace(/^./, (c) => (c === "A" ? "B" : "A")), (await world.as("buyer")).token]) {
    const stranger = new Client(world.server, { token });
    await stranger.get(first.place, { expect: 404 });
    await stranger.post(`${first.place}/submissions`, {}, { expect: 404 });
    await stranger.post(`${first.place}/documents?kind=other`, pdf, { expect: 404, type: "application/pdf" });
    stranger.close();
  }
  const other = await apply({ kind: "supplier", uscc: supplierCode, name: "另一家" });
  await other.client.get(first.place, { expect: 404 });
  await other.client.post(`${other.place}/withdrawals`, {}, { expect: 200 });
  other.client.close();
  assert.equal(world.server.number(`SELECT COUNT(*) FROM idempotency WHERE INSTR(reply, '${first.token}') > 0`), 0);
  assert.ok(!world.server.log.join("\n").includes(first.token));
});

chapter("a wrong credit code and other faults are told at once", async () => {
  const bad = await world.anybody.post(
    applications,
    { kind: "farm", uscc: "short", name: "x", contact_phone: "12345678901x", county: "61012a", color: "red" },
    { key: null, expect: 422 },
  );
  assert.deepEqual(codesOf(bad), [
    "/color E_UNKNOWN_FIELD",
    "/contact_phone E_PHONE",
    "/county E_REGION_CODE",
    "/kind E_WORD",
    "/name E_LENGTH",
    "/uscc E_LENGTH",
  ]);
  const code = await world.anybody.post(
    applications,
    { ...supplier, uscc: `${supplierCode.slice(0, 17)}${supplierCode[17] === "A" ? "B" : "A"}` },
    { key: null, expect: 422 },
  );
  assert.deepEqual(codesOf(code), ["/uscc E_USCC"]);
  const layers = await world.anybody.post(
    applications,
    { ...supplier, uscc: `${supplierCode.slice(0, 17)}${supplierCode[17] === "A" ? "B" : "A"}`, county: "999999", contact_phone: "029-1" },
    { key: null, expect: 422 },
  );
  assert.deepEqual(codesOf(layers), ["/contact_phone E_PHONE", "/county E_REGION_UNKNOWN", "/uscc E_USCC"], "shapes, codes and what the platform knows in one round");
});

chapter("a code that a county had before is taken for the one it has", async () => {
  const { id, client, place } = await apply({ kind: "supplier", uscc: supplierCode, name: supplier.name, county: "610928" });
  assert.equal((await client.get(place)).body.county, "610981");
  const { headers } = await client.get(place);
  const changed = await client.send("PATCH", place, { body: { county: "610124" }, expect: 200, headers: { "If-Match": headers.etag } });
  assert.equal(changed.body.county, "610124");
  const back = await client.send("PATCH", place, { body: { county: "610928" }, expect: 200, headers: { "If-Match": "*" } });
  assert.equal(back.body.county, "610981");
  await client.post(`${place}/withdrawals`, {}, { expect: 200 });
  assert.equal(world.server.number(`SELECT COUNT(*) FROM application WHERE id = '${id}' AND county = '610981'`), 1);
  client.close();
});

chapter("a draft is changed by its version, its contacts are masked, and no reviewer sees it", async () => {
  await first.client.send("PATCH", first.place, { body: contact, expect: 428 });
  await first.client.send("PATCH", first.place, { body: contact, expect: 412, headers: { "If-Match": '"v99"' } });
  const { body, headers } = await change(first, { contact_name: contact.contact_name, contact_phone: contact.contact_phone });
  assert.equal(headers.etag, '"v2"');
  assert.deepEqual([body.contact_name, body.contact_phone], ["王**", "138****5678"]);
  await first.client.get(first.place, { expect: 304, headers: { "If-None-Match": headers.etag } });
  await reviewer.get(`${reviews}/${first.id}`, { expect: 404 });
  assert.deepEqual((await reviewer.get(reviews)).body.items, []);
  await reviewer.get(`${reviews}?state=draft`, { expect: 422 });
  const stored = world.server.sql(`SELECT HEX(contact_phone) AS phone FROM application WHERE id = '${first.id}'`)[0].phone;
  assert.ok(!stored.includes(Buffer.from(contact.contact_phone).toString("hex").toUpperCase()));
});

chapter("documents are PDF, JPEG or PNG by their content, of bounded size and number", async () => {
  const refused = await addDocument(first, "business_licence", Buffer.from("a,b\n1,2\n"), null, { expect: 415 });
  assert.equal(refused.body.code, "E_DOCUMENT_TYPE");
  await addDocument(first, "business_licence", Buffer.from("PK\x03\x04zip"), null, { expect: 415 });
  await addDocument(first, "business_licence", Buffer.alloc(0), null, { expect: 422 });
  const billboard = Buffer.concat([png.subarray(0, 8), Buffer.from("\0\0\0\rIHDR\0\0\x1f\x41\0\0\x13\x88", "latin1")]); // 8,001 by 5,000
  assert.equal((await addDocument(first, "other", billboard, null, { expect: 422 })).body.code, "E_IMAGE_SIZE");
  await addDocument(first, "driving_licence", pdf, null, { expect: 422 });
  await addDocument(first, "other", pdf, "2027-02-30", { expect: 422 });
  await addDocument(first, "other", Buffer.concat([pdf, Buffer.alloc(10 * 1024 * 1024)]), null, { expect: 413 });
  const kinds = [pdf, png, jpeg].map((bytes, i) => [bytes, ["application/pdf", "image/png", "image/jpeg"][i]]);
  const made = [];
  for (const [bytes, type] of kinds) {
    const { body } = await addDocument(first, "other", bytes, null);
    assert.deepEqual([body.media_type, body.size, body.expires_on], [type, bytes.length, null]);
    const file = await first.client.get(`${first.place}/documents/${body.id}`);
    assert.deepEqual(file.bytes, bytes);
    assert.match(file.headers["content-disposition"], /^attachment;/);
    assert.deepEqual([file.headers["cache-control"], file.headers["x-content-type-options"]], ["no-store", "nosniff"]);
    made.push(body.id);
  }
  while (made.length < 12) made.push((await addDocument(first, "other", pdf, null)).body.id);
  const many = await addDocument(first, "other", pdf, null, { expect: 409 });
  assert.equal(many.body.code, "E_DOCUMENTS_MANY");
  for (const document of made) await first.client.delete(`${first.place}/documents/${document}`);
  await first.client.delete(`${first.place}/documents/${made[0]}`, { expect: 404 });
});

chapter("handing in tells everything that is missing, and then it waits for its county", async () => {
  await addDocument(first, "organic_certificate", pdf, null);
  assert.deepEqual(codesOf(await addDocument(first, "other", pdf, "2026-10-19", { expect: 422 })), ["expires_on E_LICENCE_OVER"]);
  const { body: old } = await addDocument(first, "other", pdf, "2027-10-19");
  world.server.sql(`UPDATE application_document SET expires_on = '2026-10-19' WHERE id = '${old.id}'`);
  const refused = await submit(first, { expect: 422 });
  assert.deepEqual(codesOf(refused), [
    "/county E_REQUIRED",
    "/documents E_DOCUMENT_MISSING",
    "/documents E_DOCUMENT_MISSING",
    "/documents/0/expires_on E_REQUIRED",
    "/documents/1/expires_on E_LICENCE_OVER",
    "/type E_REQUIRED",
  ]);
  for (const { id } of (await first.client.get(first.place)).body.documents) await first.client.delete(`${first.place}/documents/${id}`);
  await addDocument(first, "business_licence", pdf, null);
  await addDocument(first, "food_business_licence", png, "2027-10-20");
  await change(first, { type: "有限公司", county: "610102", households_assisted: 12 });
  assert.deepEqual(codesOf(await submit(first, { expect: 422 })), ["/county E_COUNTY_NOT_ASSISTED"]);
  await change(first, { county: "610124" });
  const { body } = await submit(first);
  assert.deepEqual([body.state, body.age_days], ["applied", 0]);
  assert.equal((await submit(first, { expect: 409 })).body.code, "E_TRANSITION");
  await change(first, { type: "合作社" }, { expect: 409 });
  await addDocument(first, "other", pdf, null, { expect: 409 });
});

chapter("fields of the other kind are refused by name, in whichever step they come", async () => {
  const odd = { ...supplier, region_code: "610723", member_count: 3 };
  const refused = await world.anybody.post(applications, odd, { key: null, expect: 422 });
  assert.deepEqual(codesOf(refused), ["/member_count E_OTHER_KIND", "/region_code E_OTHER_KIND"]);
  const plain = await apply({ kind: "unit", uscc: company.uscc, name: company.name });
  assert.deepEqual(codesOf(await change(plain, { county: "610124" }, { expect: 422 })), ["/county E_OTHER_KIND"]);
  // a row that has both is its own county's alone
  world.server.sql(`UPDATE application SET region_code = '610723' WHERE id = '${first.id}'`);
  assert.deepEqual((await otherOffice.get(reviews)).body.items, []);
  await otherOffice.get(`${reviews}/${first.id}`, { expect: 404 });
  await recommend(otherOffice, first, { verdict: "recommend" }, { expect: 404 });
  world.server.sql(`UPDATE application SET region_code = NULL WHERE id = '${first.id}'`);
  await plain.client.post(`${plain.place}/withdrawals`, {}, { expect: 200 });
  plain.client.close();
});

chapter("a second application for the same code is refused while one is open, and so is one of a member", async () => {
  const second = await apply(supplier);
  await addDocument(second, "business_licence", pdf, null);
  await addDocument(second, "food_business_licence");
  const open = await submit(second, { expect: 409 });
  assert.deepEqual([open.body.code, codesOf(open)], ["E_APPLICATION_OPEN", ["/uscc E_APPLICATION_OPEN"]]);
  await change(second, { uscc: S0116.uscc });
  const member = await submit(second, { expect: 409 });
  assert.deepEqual([member.body.code, codesOf(member)], ["E_ADMITTED", ["/uscc E_ADMITTED"]]);
  await second.client.post(`${second.place}/withdrawals`, {}, { expect: 200 });
  await second.client.post(`${second.place}/withdrawals`, {}, { expect: 409 });
  second.client.close();
});

chapter("the county sees it with its documents; another county, a subtree and other roles do not", async () => {
  const { items } = (await office.get(`${reviews}?kind=supplier&county=610124`)).body;
  assert.deepEqual(
    items.map(({ id, contact_phone, age_days }) => [id, contact_phone, age_days]),
    [[first.id, "138****5678", 0]],
  );
  assert.equal((await reviewer.get(`${reviews}?waiting_days=1`)).body.items.length, 0);
  const { body } = await office.get(`${reviews}/${first.id}`);
  assert.equal(body.documents.length, 2);
  assert.deepEqual((await office.get(`${reviews}/${first.id}/documents/${body.documents[0].id}`)).bytes, pdf);
  for (const stranger of [otherOffice, unionReviewer]) {
    assert.deepEqual((await stranger.get(reviews)).body.items, []);
    await stranger.get(`${reviews}/${first.id}`, { expect: 404 });
    await stranger.get(`${reviews}/${first.id}/documents/${body.documents[0].id}`, { expect: 404 });
    await recommend(stranger, first, { verdict: "recommend" }, { expect: 404 });
    await decide(stranger, first, { verdict: "approve" }, { expect: 404 });
  }
  const buyer = await world.as("buyer");
  await buyer.get(reviews, { expect: 403 });
  await recommend(buyer, first, { verdict: "recommend" }, { expect: 403 });
  await recommend(reviewer, first, { verdict: "recommend" }, { expect: 403 });
  await decide(office, first, { verdict: "approve" }, { expect: 403 });
  assert.equal((await decide(reviewer, first, { verdict: "approve" }, { expect: 409 })).body.code, "E_TRANSITION");
  const told = (await office.get("/api/v1/notices?unread=true", { headers: { "Accept-Language": "zh" } })).body.items;
  assert.deepEqual(
    told.map(({ kind, object }) => [kind, object]),
    [["application.applied", first.id]],
  );
  assert.match(told[0].sentence, /^周至县新果源果业有限公司（申请 \d+）申请入驻/);
  assert.deepEqual((await otherOffice.get("/api/v1/notices")).body.items, []);
});

chapter("it is returned twice with points, mended each time, and recommended", async () => {
  assert.deepEqual(codesOf(await recommend(office, first, { verdict: "return" }, { expect: 422 })), ["/reason E_REQUIRED"]);
  const nowhere = ["households_assisted", "/documents/9", "/documents/x", "/token"].map((pointer) => ({ pointer, text: "请核对" }));
  const refused = await recommend(office, first, { verdict: "return", points: nowhere }, { expect: 422 });
  assert.deepEqual(codesOf(refused), [...nowhere.map((_, i) => `/points/${i}/pointer E_POINT_NOWHERE`), "/reason E_REQUIRED"]);
  const points = [{ pointer: "/households_assisted", text: "请核对帮扶户数" }];
  const returned = (await recommend(office, first, { verdict: "return", reason: "户数不符", points })).body;
  assert.deepEqual([returned.state, returned.reason, returned.points, returned.age_days], ["returned", "户数不符", points, null]);
  assert.deepEqual((await first.client.get(first.place)).body.points, points);
  assert.equal((await change(first, { households_assisted: 15, contact_phone: "029-87654321" })).body.households_assisted, 15);
  const [changed] = states("application.changed", first.id).slice(-1);
  assert.deepEqual([changed.before.households_assisted, changed.after.households_assisted, changed.after.contact_phone], [12, 15, "***"]);
  await change(first, contact);
  assert.deepEqual(states("application.returned", first.id)[0].after.points, points);
  const again = (await submit(first)).body;
  assert.deepEqual([again.state, again.reason, again.points], ["applied", null, null], "what was mended is history");
  assert.deepEqual(states("application.applied", first.id).slice(-1)[0].before.points, points);
  await recommend(office, first, { verdict: "recommend" }, { expect: 428, headers: {} });
  await recommend(office, first, { verdict: "recommend" }, { expect: 412, headers: { "If-Match": `"v${returned.version}"` } });
  const good = await recommend(office, first, { verdict: "recommend", reason: "属实" });
  assert.equal(good.headers.etag, `"v${good.body.version}"`);
  assert.equal((await office.get(reviews)).body.items[0].state, "recommended");
  assert.equal((await decide(both, first, { verdict: "approve" }, { expect: 403 })).body.code, "E_SAME_PERSON");
  await decide(reviewer, first, { verdict: "return", reason: "证照不清晰", points: [{ pointer: "/documents/0", text: "请重新扫描" }] });
  await submit(first);
  assert.deepEqual((await first.client.get(first.place)).body.state, "applied");
  await recommend(office, first, { verdict: "recommend" });
});

chapter("contacts are shown to a reviewer in scope who says why, and that is on the trail", async () => {
  const target = `${applications}/${first.id}/disclosures`;
  await otherOffice.post(target, { reason: "想看" }, { expect: 404 });
  const { body } = await reviewer.post(target, { reason: "电话核实" });
  assert.deepEqual([body.contact_name, body.contact_phone], [contact.contact_name, contact.contact_phone]);
  const [row] = world.server.sql(`SELECT after_state FROM event WHERE kind = 'application.disclosed' AND object = '${first.id}'`);
  assert.ok(row.after_state.includes("电话核实") && !row.after_state.includes(contact.contact_phone));
  for (const [table, column] of [
    ["event", "after_state"],
    ["event", "before_state"],
    ["idempotency", "reply"],
  ])
    assert.equal(world.server.number(`SELECT COUNT(*) FROM ${table} WHERE INSTR(${column}, '${contact.contact_phone}') > 0`), 0, table);
});

let admin; // of the new supplier

chapter("approved, the organisation stands with its licences, and its first administrator comes in by the link, once", async () => {
  await first.client.post(`${first.place}/invitations`, {}, { expect: 409 });
  const { body } = await decide(reviewer, first, { verdict: "approve" });
  assert.equal(body.state, "approved");
  await decide(reviewer, first, { verdict: "approve" }, { expect: 409 });
  const [row] = world.server.sql(
    `SELECT o.uscc, o.is_supplier, o.is_unit, s.county, (SELECT COUNT(*) FROM licence l WHERE l.organisation = o.id AND l.state = 'valid') AS licences
       FROM organisation o JOIN supplier s ON s.organisation = o.id WHERE o.id = '${body.organisation}'`,
  );
  assert.deepEqual(row, { uscc: supplierCode, is_supplier: "1", is_unit: "0", county: "610124", licences: "2" });

  const lost = (await first.client.post(`${first.place}/invitations`, {}, { key: null })).body;
  const link = (await first.client.post(`${first.place}/invitations`, {}, { key: null })).body;
  const person = { login: "newadmin", name: "王小明", password: "correct horse battery" };
  await world.anybody.post(`/api/v1/invitations/${lost.token}/acceptances`, person, { key: null, expect: 404 });
  await world.anybody.post(`/api/v1/invitations/${link.token}/acceptances`, person, { key: null });
  assert.equal((await first.client.post(`${first.place}/invitations`, {}, { key: null, expect: 409 })).body.code, "E_ADMIN_THERE");
  admin = await Client.login(world.server, "newadmin", person.password);
  assert.deepEqual([admin.session.organisation.id, admin.session.roles], [body.organisation, ["supplier_admin"]]);
  const licences = (await admin.get("/api/v1/licences")).body.items;
  assert.deepEqual(licences.map(({ kind, state, expires_on }) => [kind, state, expires_on]).sort(), [
    ["business_licence", "valid", null],
    ["food_business_licence", "valid", "2027-10-20"],
  ]);
  const food = licences.find(({ kind }) => kind === "food_business_licence");
  assert.deepEqual((await admin.get(`/api/v1/licences/${food.id}/file`)).bytes, png);
  assert.deepEqual((await office.get(`/api/v1/licences/${food.id}/file`)).bytes, png);
  await otherOffice.get(`/api/v1/licences/${food.id}/file`, { expect: 404 });
  assert.equal((await admin.get(`/api/v1/files/${food.file}`)).bytes.length, png.length);
  await books();
});

// ---- a unit ----

chapter("a unit is admitted under its superior by whoever oversees that tree, without a recommendation", async () => {
  const unit = await apply({
    kind: "unit",
    uscc: creditCode("81", "610102", "MA6TADM3"),
    name: "西安市新城区教育工会",
    type: "工会",
    ...contact,
  });
  assert.deepEqual(codesOf(await submit(unit, { expect: 422 })), [
    "/city E_REQUIRED",
    "/documents E_DOCUMENT_MISSING",
    "/hierarchy E_REQUIRED",
    "/member_count E_REQUIRED",
    "/parent_uscc E_REQUIRED",
    "/region_code E_REQUIRED",
  ]);
  await addDocument(unit, "legal_person_certificate", pdf, null);
  await change(unit, { city: "西安市", region_code: "610102", hierarchy: "state_assets", parent_uscc: union.uscc, member_count: 20 });
  assert.deepEqual(codesOf(await submit(unit, { expect: 422 })), ["/parent_uscc E_PARENT_UNKNOWN"]);
  await change(unit, { hierarchy: "union" });
  await submit(unit);
  await decide(office, unit, { verdict: "approve" }, { expect: 404 });
  await recommend(unionReviewer, unit, { verdict: "recommend" }, { expect: 403 });
  const { body } = await decide(unionReviewer, unit, { verdict: "approve" });
  const places = world.server.sql(
    `SELECT ancestor, depth FROM unit_ancestor WHERE unit = '${body.organisation}' AND hierarchy = 'union' ORDER BY depth`,
  );
  assert.deepEqual(places, [
    { ancestor: body.organisation, depth: "0" },
    { ancestor: union.id, depth: "1" },
    { ancestor: platform.id, depth: "2" },
  ]);
  unit.client.close();
});

chapter("an organisation that is there already gets the other capacity", async () => {
  const keeperOfUnit = someone("adm.unit", company.id, "unit_admin");
  const own = { name: "李主席", phone: "13900001111" };
  const place = `/api/v1/organisations/${company.id}`;
  await keeperOfUnit.put(`${place}/contact`, own, { expect: 204, headers: { "If-Match": "*" } });
  const before = await keeperOfUnit.get(place);
  const more = await apply({ ...supplier, uscc: company.uscc, name: "冒名" });
  await addDocument(more, "business_licence", pdf, null);
  await addDocument(more, "food_production_licence", pdf, "2026-10-20");
  assert.deepEqual(codesOf(await submit(more, { expect: 422 })), ["/name E_NAME_DIFFERS"]);
  await change(more, { name: company.name });
  await submit(more);
  const { existing } = (await office.get(`${reviews}/${more.id}`)).body;
  assert.deepEqual(existing, { id: company.id, is_unit: true, is_supplier: false, status: "active", name: company.name });
  await recommend(office, more, { verdict: "recommend" });
  // what ended while it waited is looked at again
  world.server.sql(`UPDATE application_document SET expires_on = '2026-10-19' WHERE application = '${more.id}' AND expires_on IS NOT NULL`);
  const over = await decide(reviewer, more, { verdict: "approve" }, { expect: 422 });
  assert.deepEqual(codesOf(over), ["/documents/1/expires_on E_LICENCE_OVER"]);
  world.server.sql(`UPDATE application_document SET expires_on = '2027-10-20' WHERE application = '${more.id}' AND expires_on IS NOT NULL`);
  const { body } = await decide(reviewer, more, { verdict: "approve" });
  assert.equal(body.organisation, company.id);
  // its contact and its people stay; they administer the new capacity too; everything is on the trail
  const after = await keeperOfUnit.get(place);
  assert.notEqual(after.headers.etag, before.headers.etag);
  assert.deepEqual(after.body.contact, { name: "李**", phone: "139****1111" });
  assert.equal((await more.client.post(`${more.place}/invitations`, {}, { key: null, expect: 409 })).body.code, "E_ADMIN_THERE");
  const roles = world.server.sql(`SELECT roles FROM membership WHERE user = '${keeperOfUnit.id}'`)[0].roles;
  assert.equal(roles, "unit_admin,supplier_admin");
  const [noted] = world.server.sql(
    `SELECT before_state, after_state FROM event WHERE kind = 'organisation.capacity_added' AND object = '${company.id}'`,
  );
  assert.deepEqual([JSON.parse(noted.before_state).is_supplier, JSON.parse(noted.after_state).is_supplier], [false, true]);
  assert.equal(world.server.number(`SELECT COUNT(*) FROM event WHERE kind = 'member.changed' AND object = '${keeperOfUnit.id}'`), 1);
  assert.equal(
    world.server.number(
      `SELECT COUNT(*) FROM event e JOIN licence l ON l.id = e.object WHERE e.kind = 'licence.taken_over' AND l.organisation = '${company.id}'`,
    ),
    2,
  );
  keeperOfUnit.close();
  const [row] = world.server.sql(`SELECT is_unit, is_supplier FROM organisation WHERE id = '${company.id}'`);
  assert.deepEqual(row, { is_unit: "1", is_supplier: "1" });
  more.client.close();
});

// ---- licences that end ----

let keeper, cataloguer, buyer, product, stale;

const run = async (day) => {
  const ahead = day > "2026-10-20" && { confirm_future: true };
  const { body, headers } = await operator.post("/api/v1/daily-runs", { day, ...ahead }, { expect: 202 });
  const { body: job } = await eventually(
    () => operator.get(headers.location),
    ({ body: seen }) => ["done", "failed"].includes(seen.state),
  );
  assert.deepEqual([job.id, job.state], [body.id, "done"]);
};
const inbox = async (kind) =>
  (await keeper.all("/api/v1/notices", { headers: { "Accept-Language": "en" } })).filter((notice) => notice.kind === kind);
const handIn = async (kind, expiresOn) => {
  const file = await upload(keeper, jpeg, "image/jpeg");
  return (await keeper.post("/api/v1/licences", { kind, file: file.id, number: "JY1610723", expires_on: expiresOn })).body;
};
const judge = (who, licence, body, options) => who.post(`/api/v1/licences/${licence.id}/decisions`, body, { expect: 200, ...options });

chapter("a member hands a licence in, which waits for a reviewer of its county or the platform", async () => {
  keeper = someone("adm.keeper", S0116.id, "supplier_admin");
  cataloguer = await world.as("s0116");
  await cataloguer.get("/api/v1/licences", { expect: 403 });
  const text = await upload(keeper, Buffer.from("a,b\n"));
  const wrong = await keeper.post("/api/v1/licences", { kind: "food_business_licence", file: text.id }, { expect: 422 });
  assert.deepEqual(codesOf(wrong), ["/expires_on E_REQUIRED", "/file E_DOCUMENT_TYPE"]);
  const alien = await upload(cataloguer, jpeg, "image/jpeg");
  const foreign = await admin.post("/api/v1/licences", { kind: "other", file: alien.id }, { expect: 422 });
  assert.deepEqual(codesOf(foreign), ["/file E_UNKNOWN_REFERENCE"]);

  const refused = await handIn("food_business_licence", "2027-10-20");
  assert.equal(refused.state, "pending");
  assert.deepEqual(
    (await otherOffice.get("/api/v1/licences?state=pending")).body.items.map(({ id }) => id),
    [refused.id],
  );
  await judge(office, refused, { verdict: "accept" }, { expect: 404 });
  await judge(keeper, refused, { verdict: "accept" }, { expect: 403 });
  assert.deepEqual(codesOf(await judge(otherOffice, refused, { verdict: "refuse" }, { expect: 422 })), ["/reason E_REQUIRED"]);
  await judge(otherOffice, refused, { verdict: "refuse", reason: "看不清" });
  await judge(otherOffice, refused, { verdict: "accept" }, { expect: 409 });

  const older = await handIn("food_business_licence", "2027-10-20");
  await judge(otherOffice, older, { verdict: "accept" });
  const newer = await handIn("food_business_licence", "2027-01-18"); // ninety days from the beginning
  await judge(reviewer, newer, { verdict: "accept" });
  const states = Object.fromEntries((await keeper.get("/api/v1/licences")).body.items.map(({ id, state }) => [id, state]));
  assert.deepEqual(states, { [refused.id]: "refused", [older.id]: "replaced", [newer.id]: "valid" });
  assert.deepEqual(
    (await reviewer.get(`/api/v1/licences?organisation=${S0116.id}&expiring_before=2027-01-19`)).body.items.map(({ id }) => id),
    [newer.id],
  );
});

chapter("notices come 90, 30 and 7 days before, each once, also when a day was missed", async () => {
  const office403 = await keeper.post("/api/v1/daily-runs", { day: "2026-10-20" }, { expect: 403 });
  assert.equal(office403.body.code, "E_FORBIDDEN");
  await operator.post("/api/v1/daily-runs", { day: "tomorrow" }, { expect: 422 });
  for (const doubt of [{ day: "2099-01-01" }, { day: "2026-10-21", confirm_future: false }])
    assert.deepEqual(codesOf(await operator.post("/api/v1/daily-runs", doubt, { expect: 422 })), ["/day E_FUTURE"]);
  const counts = [];
  for (const day of ["2026-10-19", "2026-10-21", "2026-10-21", "2026-10-22", "2026-12-20", "2027-01-12", "2027-01-18"]) {
    await run(day);
    counts.push((await inbox("licence.expiring")).length);
  }
  assert.deepEqual(counts, [0, 1, 1, 1, 2, 3, 3]);
  assert.match((await inbox("licence.expiring"))[0].sentence, /: the food business licence ends on 2027-01-18/);
  assert.equal((await cataloguer.get("/api/v1/notices")).body.items.length, 0);
});

chapter("on the day after its last one the licence is over, and the supplier's goods are off the shelf", async () => {
  buyer = await world.as("buyer");
  await importFile(cataloguer, (await upload(cataloguer, dataFile("uploads/S0116.csv"))).id);
  await approveAll(reviewer, `?supplier=${S0116.id}`);
  const shop = await eventually(
    () => world.anybody.get("/api/v1/products?limit=100"),
    ({ body }) => body.items.length > 1,
  );
  [product] = shop.body.items;
  const { lines } = await priced(
    buyer,
    shop.body.items.slice(0, 3).map(({ sku, minimum, multiple }) => [sku, minimum * multiple]),
  );
  stale = lines;
  const order = (await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines })).body;

  // orders that race with the suspension are placed or refused, nothing between
  const racing = Array.from({ length: 12 }, () =>
    buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines }, { expect: undefined }),
  );
  const ran = command(["daily", "--data", world.server.data, "--day", "2027-01-19"], { settings: world.server.settings });
  const answers = await Promise.all(racing);
  assert.ok(
    answers.every(({ status }) => status === 201 || status === 409),
    answers.map(({ status }) => status).join(),
  );
  const { status, out, err } = await ran;
  assert.equal(status, 0, err);
  assert.match(out, /^2027-01-19\nlicence_notices +0\nlicence_expiries +1\n/);

  assert.equal(events("supplier.suspended"), 1);
  const { supplier: block } = (await reviewer.get(`/api/v1/organisations/${S0116.id}`)).body;
  assert.deepEqual([block.selling, block.selling_reason], ["suspended", "licence"]);
  const listed = (await reviewer.get("/api/v1/suppliers?limit=200")).body.items;
  assert.deepEqual([...new Set(listed.filter(({ selling }) => selling === "suspended").map(({ id }) => id))], [S0116.id]);
  assert.deepEqual((await inbox("supplier.suspended")).length, 1);
  assert.equal((await inbox("licence.expired")).length, 1);
  const gone = await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines: stale }, { expect: 409 });
  assert.ok(["E_NOT_ON_SALE", "E_OFFER_STALE"].includes(gone.body.errors[0].code), gone.text);
  await eventually(
    () => world.anybody.get("/api/v1/products?limit=100"),
    ({ body }) => body.items.length === 0,
  );
  await world.anybody.get(`/api/v1/products/${product.id}`, { expect: 404 });
  const pricing = (await buyer.post("/api/v1/order-pricings", { lines: [{ sku: product.sku, quantity: product.minimum }] }, { expect: 200 })).body;
  assert.deepEqual([pricing.orderable, pricing.lines[0].status], [false, "not_on_sale"]);
  // what was placed goes on
  await cataloguer.post(`/api/v1/supply-orders/${order.supply_orders[0].id}/confirmations`, {});
  // what is approved meanwhile does not come on the shelf by that
  const other = dataFile("uploads/S0116.csv").toString("utf8").replace("82.40,30:77.50", "81.40,30:76.50").replace("常温,3200,", "常温,3300,");
  assert.equal((await importFile(cataloguer, (await upload(cataloguer, Buffer.from(other))).id)).changed, 1);
  assert.equal((await approveAll(reviewer, `?supplier=${S0116.id}`)).length, 1);
  assert.equal(world.server.number("SELECT COUNT(*) FROM stock WHERE on_sale"), 0);
  const again = await command(["daily", "--data", world.server.data, "--day", "2027-01-19"], { settings: world.server.settings });
  assert.match(again.out, /licence_expiries +0 \(done before\)/);
  await books();
});

chapter("a licence that is accepted brings the goods back, at new offers", async () => {
  const next = await handIn("food_production_licence", "2028-01-01");
  await judge(otherOffice, next, { verdict: "accept" });
  assert.equal(events("supplier.resumed"), 1);
  await eventually(
    () => world.anybody.get("/api/v1/products?limit=100"),
    ({ body }) => body.items.length > 1,
  );
  const late = await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines: stale }, { expect: 409 });
  assert.equal(late.body.errors[0].code, "E_OFFER_STALE");
  const { lines } = await priced(buyer, [[product.sku, product.minimum * product.multiple]]);
  await buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines });
  assert.equal((await inbox("supplier.resumed")).length, 1);
  await books();
});

chapter("the inbox is everybody's own: read one by one, or all at once", async () => {
  const { items } = (await keeper.get("/api/v1/notices?unread=true&limit=2")).body;
  const place = `/api/v1/notices/${items[0].id}`;
  await cataloguer.send("PATCH", "/api/v1/notices/00000000-0000-7000-8000-000000000000", { body: { read: true }, expect: 404 });
  await admin.send("PATCH", place, { body: { read: true }, expect: 404 });
  const read = (await keeper.send("PATCH", place, { body: { read: true }, expect: 200 })).body;
  assert.notEqual(read.read_at, null);
  assert.equal((await keeper.send("PATCH", place, { body: { read: false }, expect: 200 })).body.read_at, null);
  const unread = (await keeper.all("/api/v1/notices?unread=true")).length;
  assert.equal((await keeper.post("/api/v1/notices/read-marks", {}, { expect: 200 })).body.count, unread);
  assert.deepEqual((await keeper.get("/api/v1/notices?unread=true")).body.items, []);
  admin.close();
  keeper.close();
});

chapter("the day comes by itself: after a pause the days that were missed are run in order", async () => {
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-23T01:00:00Z" });
  const days = await eventually(
    async () => ({ body: world.server.sql("SELECT day FROM daily_mark WHERE step = 'day' AND day < '2026-11-01' ORDER BY at, day") }),
    ({ body }) => body.some(({ day }) => day === "2026-10-23"),
  );
  assert.deepEqual([...new Set(days.body.map(({ day }) => day))].sort().slice(-4), ["2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23"]);
});

chapter("a clock that jumped ahead ends nothing by itself: the loop stands still until somebody runs a day", async () => {
  const marks = () => world.server.sql("SELECT day FROM daily_mark WHERE step = 'day' AND day BETWEEN '2026-10-24' AND '2026-11-10' ORDER BY day").map(({ day }) => day);
  const doubts = ({ message }) => message?.startsWith("stands still");
  const standsStill = async () => ({ body: world.server.logged(doubts) });
  await world.server.restart({ XIANGCAI_CLOCK: "2026-11-10T01:00:00Z" });
  const { body } = await eventually(standsStill, ({ body: lines }) => lines.length > 0);
  assert.deepEqual([body[0].level, body[0].last, body[0].today], ["error", "2026-10-23", "2026-11-10"]);
  assert.deepEqual(marks(), []);
  const { status, out } = await command(["daily", "--data", world.server.data, "--day", "2026-11-08"], { settings: world.server.settings });
  assert.equal(status, 0, out);
  await world.server.restart({ XIANGCAI_CLOCK: "2026-11-10T01:00:00Z" });
  await eventually(async () => ({ body: marks() }), ({ body: days }) => days.at(-1) === "2026-11-10");
  assert.deepEqual(marks(), ["2026-11-08", "2026-11-09", "2026-11-10"]);
});
