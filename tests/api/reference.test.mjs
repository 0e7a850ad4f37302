// Reference data has days: designations of counties begin and end by a reviewer of the platform, and what was is still told.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { once, story } from "./support/steps.mjs";

const chapter = story(test);
const county = "610124";
const place = `/api/v1/regions/${county}`;
const codes = (answer) => answer.body.errors.map(({ pointer, code }) => [pointer, code]);
let world, reviewer;

const day = (ahead) => new Date(world.server.now() + 8 * 3_600_000 + ahead * 86_400_000).toISOString().slice(0, 10);
const designations = async (on) => {
  const { body } = await world.anybody.get(`/api/v1/regions${on ? `?on=${on}` : ""}`);
  return body.items.find(({ code }) => code === county).designations;
};

before(async () => {
  world = await World.open();
  reviewer = await world.as("reviewer");
});
after(() => world?.close());

chapter("a designation ends with a day and may begin anew behind it; every day tells what held then", async () => {
  const [assisted] = (await designations()).filter(({ kind }) => kind === "assisted");
  assert.equal(assisted.until, null);
  const { body: ended } = await once(reviewer, `${place}/designation-endings`, { kind: "assisted", until: day(10) }, { expect: 200 });
  assert.deepEqual(ended, { ...assisted, until: day(10) });
  const { body: again } = await once(reviewer, `${place}/designations`, { kind: "assisted", since: day(30) }, { expect: 201 });
  assert.deepEqual(again, { kind: "assisted", since: day(30), until: null });
  const kinds = async (on) => (await designations(on)).map(({ kind }) => kind).includes("assisted");
  assert.deepEqual([await kinds(day(0)), await kinds(day(10)), await kinds(day(11)), await kinds(day(29)), await kinds(day(30))], [true, true, false, false, true]);
  assert.deepEqual((await designations()).filter(({ kind }) => kind === "assisted"), [ended, again]);
  const events = world.server.sql("SELECT kind FROM event WHERE kind LIKE 'county.%' ORDER BY id");
  assert.deepEqual(events.map(({ kind }) => kind), ["county.designation_ended", "county.designated"]);
});

chapter("what cannot be is refused: a past day, two at once, an end of nothing, no such county, no such role", async () => {
  const designate = (body, expect, client = reviewer, at = place) => client.post(`${at}/designations`, body, { expect });
  const end = (body, expect, client = reviewer, at = place) => client.post(`${at}/designation-endings`, body, { expect });
  assert.deepEqual(codes(await designate({ kind: "assisted", since: day(-1) }, 422)), [["/since", "E_TOO_EARLY"]]);
  assert.deepEqual(codes(await designate({ kind: "assisted", since: day(5) }, 409)), [["/kind", "E_DESIGNATED"]]);
  assert.deepEqual(codes(await end({ kind: "assisted", until: day(-1) }, 422)), [["/until", "E_TOO_EARLY"]]);
  assert.deepEqual(codes(await end({ kind: "assisted", until: day(20) }, 409)), [["/until", "E_NOT_DESIGNATED"]]);
  assert.deepEqual(codes(await designate({ kind: "rich", since: "2026-02-30" }, 422)), [["/kind", "E_WORD"], ["/since", "E_TYPE"]].slice(0, 2));
  await designate({ kind: "assisted", since: day(5) }, 404, reviewer, "/api/v1/regions/999999");
  for (const login of ["countysupervisor", "buyer", "cataloguer"]) {
    const client = await world.as(login);
    await designate({ kind: "assisted", since: day(40) }, 403, client);
    await end({ kind: "assisted", until: day(40) }, 403, client);
  }
  await world.anybody.get("/api/v1/regions?on=2026-13-01", { expect: 422 });
});
