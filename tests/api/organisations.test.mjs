// Organisations as those see and keep them who oversee them: units by their place, region and name, one organisation with its history,
// moves and mergers that begin on a day, names, suspensions, and contacts that are masked but for a reason.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World, organisations } from "./support/seed.mjs";
import { once, story } from "./support/steps.mjs";

const chapter = story(test);
const { platform, union, school, company, S0101, S0116 } = organisations;
const units = "/api/v1/units";
const ids = ({ body }) => body.items.map((item) => item.id);
const at = (id) => `/api/v1/organisations/${id}`;
let world, reviewer, supervisor, unionSupervisor, countyReviewer, unitAdmin, buyer;

before(async () => {
  world = await World.open();
  [reviewer, supervisor, unionSupervisor, countyReviewer, unitAdmin, buyer] = await Promise.all(
    ["reviewer", "supervisor", "unionsupervisor", "countysupervisor", "unitadmin", "buyer"].map((login) => world.as(login)),
  );
  world.server.sql(`UPDATE unit SET city = '西安市', region_code = '610124' WHERE organisation = '${school.id}'`);
});
after(async () => {
  await world.close();
});

/** What the trail keeps of an object's events of a kind, the oldest first. */
const states = (kind, object) =>
  world.server
    .sql(`SELECT before_state, after_state FROM event WHERE kind = '${kind}' AND object = '${object}' ORDER BY at, id`)
    .map((row) => ({ before: JSON.parse(row.before_state), after: JSON.parse(row.after_state) }));

chapter("everybody sees the units and suppliers of the own scope", async () => {
  const all = [platform, union, school, company].map((o) => o.id);
  assert.deepEqual(ids(await supervisor.get(units)), all);
  assert.deepEqual(ids(await unionSupervisor.get(units)), [union.id, school.id]);
  assert.deepEqual(ids(await countyReviewer.get(units)), [school.id]);
  await buyer.get(units, { expect: 403 });

  assert.equal((await supervisor.get("/api/v1/suppliers?limit=2&count=true")).body.count, 5);
  assert.equal((await supervisor.all("/api/v1/suppliers", { limit: 2 })).length, 5);
  assert.deepEqual(ids(await countyReviewer.get("/api/v1/suppliers")), [S0101.id]);
  assert.deepEqual(ids(await countyReviewer.get("/api/v1/suppliers?county=610723")), []);
  assert.deepEqual((await unionSupervisor.get("/api/v1/suppliers?count=true")).body, { items: [], next: null, count: 0 });
  await buyer.get("/api/v1/suppliers", { expect: 403 });
});

chapter("units are found by place, region, kind and name", async () => {
  const found = {
    "hierarchy=union": [platform.id],
    [`hierarchy=union&parent=${platform.id}`]: [union.id, company.id],
    [`hierarchy=union&ancestor=${union.id}`]: [union.id, school.id],
    [`hierarchy=government&ancestor=${union.id}`]: [],
    "city=西安市": [school.id],
    "region=610124": [school.id],
    "kind=工会&status=active": [platform.id, union.id, school.id, company.id],
    "status=suspended": [],
    "q=小学": [school.id],
    "q=u0355": [company.id],
    "q=8961": [platform.id, union.id],
    "q=%25": [],
    [`hierarchy=union&ancestor=${platform.id}&q=小学&city=西安市&region=610124&kind=工会&status=active`]: [school.id],
  };
  for (const [query, wanted] of Object.entries(found)) {
    const answer = await supervisor.get(`${units}?count=true&${query.replaceAll(/[\u4e00-\u9fff]+/g, encodeURIComponent)}`);
    assert.deepEqual(ids(answer), wanted, query);
    assert.equal(answer.body.count, wanted.length, query);
  }
  assert.deepEqual(
    (await supervisor.all(units, { limit: 1 })).map((unit) => unit.id),
    [platform, union, school, company].map((o) => o.id),
  );
  // within the own scope only, whatever is asked for
  assert.deepEqual(ids(await unionSupervisor.get(`${units}?hierarchy=union&ancestor=${platform.id}`)), [union.id, school.id]);
  assert.deepEqual(ids(await unionSupervisor.get(`${units}?hierarchy=union&parent=${platform.id}`)), [union.id]);
  assert.deepEqual(ids(await countyReviewer.get(`${units}?hierarchy=union&ancestor=${union.id}`)), [school.id]);
  assert.deepEqual(ids(await countyReviewer.get(`${units}?region=610102`)), []);

  const { body } = await supervisor.get(`${units}?parent=${union.id}&ancestor=${union.id}&status=gone`, { expect: 422 });
  assert.deepEqual(body.errors.map((error) => [error.pointer, error.code]).sort(), [["status", "E_WORD"]]);
  const both = await supervisor.get(`${units}?parent=${union.id}&ancestor=${union.id}`, { expect: 422 });
  assert.deepEqual(both.body.errors.map((error) => [error.pointer, error.code]).sort(), [
    ["ancestor", "E_REPEATED"],
    ["hierarchy", "E_REQUIRED"],
  ]);
});

chapter("one organisation is seen by itself and by whoever oversees it", async () => {
  const { body: seen, headers } = await buyer.get(at(school.id));
  assert.equal(headers.etag, `"v${seen.version}"`);
  assert.equal(seen.unit.region_code, "610124");
  assert.equal(seen.supplier, null);
  assert.equal(seen.contact, null);
  assert.deepEqual(seen.places, [{ hierarchy: "union", parent: union.id, parent_name: union.name, since: null, until: null }]);
  for (const client of [supervisor, unionSupervisor, countyReviewer]) assert.deepEqual((await client.get(at(school.id))).body, seen);
  await buyer.get(at(company.id), { expect: 404 });
  await unionSupervisor.get(at(company.id), { expect: 404 });
  await countyReviewer.get(at(company.id), { expect: 404 });
  await supervisor.get(at(randomUUID()), { expect: 404 });
  assert.deepEqual((await supervisor.get(at(union.id))).body.authority, {
    scope: "hierarchy",
    county: null,
    hierarchy: "union",
    root: union.id,
  });
});

chapter("facts change for whoever saw the version", async () => {
  const target = at(company.id);
  const { headers } = await reviewer.get(target);
  const change = { member_count: 4000, region_code: "610322" };
  await reviewer.patch(target, change, { expect: 428 });
  const { body } = await reviewer.patch(target, change, { headers: { "If-Match": headers.etag }, expect: 200 });
  assert.equal(body.member_count, 4000);
  assert.equal(body.region_code, "610305", "the code that the county had before is its code of today");
  assert.deepEqual(ids(await supervisor.get(`${units}?region=610322`)), [company.id]);
  await reviewer.patch(target, change, { headers: { "If-Match": headers.etag }, expect: 412 });
  await supervisor.patch(target, change, { headers: { "If-Match": "*" }, expect: 403 });
  await countyReviewer.patch(target, change, { headers: { "If-Match": "*" }, expect: 404 });
  const wrong = await reviewer.patch(target, { region_code: "999999" }, { headers: { "If-Match": "*" }, expect: 422 });
  assert.deepEqual(wrong.body.errors.map((error) => [error.pointer, error.code]), [["/region_code", "E_REGION_UNKNOWN"]]);
  const both = await reviewer.patch(target, { region_code: "999999", member_count: -1 }, { headers: { "If-Match": "*" }, expect: 422 });
  assert.deepEqual(both.body.errors.map((error) => error.pointer).sort(), ["/member_count", "/region_code"]);
  await reviewer.patch(target, {}, { headers: { "If-Match": "*" }, expect: 422 });
  await reviewer.patch(at(S0116.id), change, { headers: { "If-Match": "*" }, expect: 422 });
});

chapter("a unit moves from tomorrow on at the earliest, and takes those below along", async () => {
  const target = `${units}/${union.id}/placements`;
  const refused = async (id, body, code, pointer) => {
    const answer = await reviewer.post(`${units}/${id}/placements`, { hierarchy: "union", ...body }, { expect: 422 });
    assert.deepEqual(answer.body.errors.map((error) => [error.pointer, error.code]), [[pointer, code]]);
  };
  await refused(union.id, { parent: company.id, since: "2026-10-20" }, "E_TOO_EARLY", "/since");
  await refused(union.id, { parent: school.id, since: "2026-10-21" }, "E_CYCLE", "/parent");
  await refused(union.id, { parent: union.id, since: "2026-10-21" }, "E_CYCLE", "/parent");
  await refused(union.id, { parent: randomUUID(), since: "2026-10-21" }, "E_UNKNOWN_REFERENCE", "/parent");
  await refused(union.id, { since: "2026-10-21", leaves: true }, "E_PLACE_BELOW", "/hierarchy");
  await refused(school.id, { hierarchy: "government", parent: company.id }, "E_PLACE_MISSING", "/parent");
  await refused(school.id, { hierarchy: "government", leaves: true }, "E_PLACE_NONE", "/hierarchy");
  await supervisor.post(target, { hierarchy: "union", parent: company.id }, { expect: 403 });
  await countyReviewer.post(target, { hierarchy: "union", parent: company.id }, { expect: 404 });
  const outside = await countyReviewer.post(`${units}/${school.id}/placements`, { hierarchy: "union" }, { expect: 403 });
  assert.equal(outside.body.code, "E_SCOPE");

  const { body } = await once(reviewer, target, { hierarchy: "union", parent: company.id });
  assert.equal(body.since, "2026-10-21");
  const [moved] = states("unit.placed", union.id);
  assert.deepEqual([moved.before.parent, moved.before.since, moved.after.parent, moved.after.since], [platform.id, null, company.id, "2026-10-21"]);
  const places = (await reviewer.get(at(union.id))).body.places;
  assert.deepEqual(
    places.map(({ parent, since, until }) => [parent, since, until]),
    [
      [platform.id, null, "2026-10-20"],
      [company.id, "2026-10-21", null],
    ],
  );
  const below = `${units}?hierarchy=union&ancestor=${company.id}`;
  assert.deepEqual(ids(await supervisor.get(below)), [company.id], "nothing has moved today");
  // the next day, in the same sessions
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-21T02:00:00Z" });
  world.server.sql("UPDATE session SET created_at = created_at + 86400000000, seen_at = seen_at + 86400000000");
  assert.deepEqual(ids(await supervisor.get(below)), [union.id, school.id, company.id]);
  assert.deepEqual(ids(await unionSupervisor.get(units)), [union.id, school.id]);
});

chapter("names change today or later; the ones before stay", async () => {
  const target = `${at(school.id)}/renamings`;
  const early = await reviewer.post(target, { name: "新名", short_name: "新", since: "2026-10-20" }, { expect: 422 });
  assert.equal(early.body.errors[0].code, "E_TOO_EARLY");
  await once(reviewer, target, { name: "新城区实验小学", short_name: "实验小学" });
  await reviewer.post(target, { name: "新城区第二小学", short_name: "二小", since: "2027-01-01" });
  const { body } = await buyer.get(at(school.id));
  assert.equal(body.name, "新城区实验小学");
  assert.deepEqual(
    body.names.map(({ name, since }) => [name, since]),
    [
      [school.name, null],
      ["新城区实验小学", "2026-10-21"],
      ["新城区第二小学", "2027-01-01"],
    ],
  );
});

chapter("suspending ends what is open, and nothing else", async () => {
  const target = `${at(school.id)}/suspensions`;
  await reviewer.post(target, {}, { expect: 422 });
  await buyer.post(target, { reason: "核查" }, { expect: 403 });
  await once(reviewer, target, { reason: "核查" });
  const [suspended] = states("organisation.suspended", school.id);
  assert.deepEqual([suspended.before.status, suspended.after.status, suspended.after.reason], ["active", "suspended", "核查"]);
  await reviewer.post(target, { reason: "核查" }, { expect: 409 });
  await buyer.get(at(school.id), { expect: 401 });
  assert.deepEqual(ids(await supervisor.get(`${units}?status=suspended`)), [school.id]);
  await once(reviewer, `${at(school.id)}/resumptions`, { reason: "已查清" });
  assert.equal((await supervisor.get(at(school.id))).body.status_reason, null);
  await buyer.get(at(school.id), { expect: 401 });
  await reviewer.post(`${at(platform.id)}/suspensions`, { reason: "自己" }, { expect: 403 });
  world.server.sql(`UPDATE session SET ended_at = NULL WHERE organisation = '${school.id}'`);
  await buyer.get(at(school.id));
});

chapter("a supplier that a reviewer suspends is told so, with the reason", async () => {
  const cataloguer = await world.as("s0116");
  await once(reviewer, `${at(S0116.id)}/suspensions`, { reason: "抽检不合格" });
  await once(reviewer, `${at(S0116.id)}/resumptions`, { reason: "已整改" });
  world.server.sql(`UPDATE session SET ended_at = NULL WHERE organisation = '${S0116.id}'`);
  const told = (await cataloguer.get("/api/v1/notices", { headers: { "Accept-Language": "en" } })).body.items;
  const stopped = told.filter(({ kind }) => kind === "supplier.stopped");
  assert.equal(stopped.length, 1);
  assert.match(stopped[0].sentence, / was suspended: 抽检不合格$/);
  assert.ok(!told.some(({ kind }) => kind === "supplier.suspended"));
});

chapter("contacts are shown for a reason only", async () => {
  const target = `${at(school.id)}/contact`;
  const contact = { name: "王小明", phone: "13800001234" };
  const seen = async () => ({ "If-Match": (await unitAdmin.get(at(school.id))).headers.etag });
  await unitAdmin.put(target, contact, { expect: 428 });
  await unitAdmin.put(target, contact, { expect: 204, headers: await seen() });
  await buyer.put(target, contact, { expect: 403, headers: await seen() });
  await unitAdmin.put(`${at(company.id)}/contact`, contact, { expect: 404, headers: { "If-Match": "*" } });
  await unitAdmin.put(target, { name: "", phone: "1380000abcd" }, { expect: 422, headers: await seen() });

  assert.deepEqual((await supervisor.get(at(school.id))).body.contact, { name: "王**", phone: "138****1234" });
  const disclosures = `${at(school.id)}/disclosures`;
  assert.deepEqual((await countyReviewer.post(disclosures, { reason: "核实验收" })).body, contact);
  assert.deepEqual((await unitAdmin.post(disclosures, { reason: "核对" })).body, contact);
  await supervisor.post(disclosures, { reason: "好奇" }, { expect: 403 });
  await reviewer.post(`${at(company.id)}/disclosures`, { reason: "没有联系人" }, { expect: 404 });
  const stored = world.server.number(
    `SELECT (SELECT COUNT(*) FROM idempotency WHERE reply LIKE '%13800001234%') + (SELECT COUNT(*) FROM event WHERE after_state LIKE '%13800001234%')`,
  );
  assert.equal(stored, 0);
  assert.equal(world.server.number("SELECT COUNT(*) FROM event WHERE kind = 'contact.disclosed'"), 2);
});

chapter("a merger takes those below along on its day", async () => {
  const target = `${units}/${union.id}/mergers`;
  const merger = { into: company.id, since: "2026-11-01", reason: "机构改革" };
  await reviewer.post(target, { ...merger, since: "2026-10-21" }, { expect: 422 });
  const self = await reviewer.post(target, { ...merger, into: union.id }, { expect: 422 });
  assert.equal(self.body.errors[0].code, "E_MERGER_SELF");
  await reviewer.post(target, { ...merger, into: S0116.id }, { expect: 422 });
  const blocked = await reviewer.post(`${at(union.id)}/closings`, { since: "2026-11-01", reason: "撤销" }, { expect: 422 });
  assert.deepEqual(blocked.body.errors.map((error) => [error.pointer, error.code]), [["/parent", "E_PLACE_BELOW"]]);
  const { body } = await once(reviewer, target, merger);
  assert.equal(body.moved, 1);
  assert.deepEqual(states("unit.merger_planned", union.id)[0].before.places.map(({ parent }) => parent), [company.id]);
  const ending = (await supervisor.get(at(union.id))).body;
  assert.deepEqual([ending.status, ending.ends_on, ending.successor], ["active", "2026-11-01", company.id]);
  assert.deepEqual(
    (await supervisor.get(at(school.id))).body.places.map(({ parent, since, until }) => [parent, since, until]),
    [
      [union.id, null, "2026-10-31"],
      [company.id, "2026-11-01", null],
    ],
  );
  await reviewer.post(target, merger, { expect: 422 });
  await once(reviewer, `${at(S0116.id)}/closings`, { since: "2026-12-01", reason: "退出平台" });
});

chapter("the books agree with all of it", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
