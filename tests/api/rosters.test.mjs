// Rosters of units: the 6,400 of the demonstration with their places in three hierarchies come in as CSV and as a workbook, twice
// without doubling; a broken copy is rejected row by row; what a second roster says otherwise of units that exist renames and moves
// them. Times are printed, never asserted.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { World, organisations } from "./support/seed.mjs";
import { eventually, once, story, upload } from "./support/steps.mjs";
import { sheetsOf, workbook } from "./support/xlsx.mjs";

const demo = (name) => readFileSync(new URL(`../../demo/${name}`, import.meta.url), "utf8");
const table = (text) =>
  text
    .replace(/^\ufeff/, "")
    .trim()
    .split("\n")
    .map((line) => line.split(","));
/** RFC 4180, whole. */
const csvRows = (text) =>
  [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n)/g)]
    .reduce(
      (rows, [, quoted, bare, end]) => {
        rows.at(-1).push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
        if (end !== ",") rows.push([]);
        return rows;
      },
      [[]],
    )
    .filter((row) => row.length > 0);
const csv = (rows) => Buffer.from(`${rows.map((row) => row.join(",")).join("\n")}\n`);
const units = table(demo("units.csv"));
const places = table(demo("unit_hierarchies.csv"));
const seeded = Object.values(organisations).filter((o) => units.some((row) => row[8] === o.uscc));

let world;
async function importRoster(client, body) {
  const began = performance.now();
  const started = await once(client, "/api/v1/units/imports", { policy: "all_or_nothing", ...body }, { expect: 202 });
  await eventually(
    () => client.get(started.headers.location),
    ({ body: job }) => ["done", "failed"].includes(job.state),
  );
  const done = (await client.get(`/api/v1/units/imports/${started.body.id}`)).body;
  return { ...done, ms: Math.round(performance.now() - began), place: `/api/v1/units/imports/${done.id}` };
}
const counts = ({ accepted, rejected, created, changed, unchanged }) => ({ accepted, rejected, created, changed, unchanged });
const number = (sql) => Number(Object.values(world.server.sql(sql)[0])[0]);
const column = (sql) => world.server.sql(sql).map((row) => Object.values(row)[0]);
const standing = () => ({
  organisations: number("SELECT COUNT(*) FROM organisation"),
  units: number("SELECT COUNT(*) FROM unit"),
  places: number("SELECT COUNT(*) FROM unit_place"),
  ancestors: number("SELECT COUNT(*) FROM unit_ancestor"),
  names: number("SELECT COUNT(*) FROM organisation_name"),
});
const faultsOf = async (client, { place }) =>
  (await client.all(`${place}/rejected-rows`)).map(({ record, field, code }) => `${record} ${field} ${code}`);

const ways = {
  CSV: async (client) => ({
    file: (await upload(client, csv(units))).id,
    places: (await upload(client, csv(places))).id,
  }),
  XLSX: async (client) => ({ file: (await upload(client, workbook({ 单位名册: units, 条线: places }))).id }),
};

for (const [way, filesOf] of Object.entries(ways)) {
  const chapter = story(test);
  let files, before_;

  chapter(`${way}: a dry run counts 6,400 units and changes nothing`, async (t) => {
    world = await World.open();
    const reviewer = await world.as("reviewer");
    files = await filesOf(reviewer);
    before_ = standing();
    const tried = await importRoster(reviewer, { ...files, dry_run: true });
    assert.deepEqual([tried.state, tried.problem, tried.format, tried.published], ["done", null, way.toLowerCase(), false]);
    assert.deepEqual([tried.accepted, tried.rejected, tried.created], [6400, 0, 6400 - seeded.length]);
    assert.deepEqual(standing(), before_);
    t.diagnostic(`${way}: dry run of 6,400 units in ${tried.ms} ms`);
  });

  chapter(`${way}: the roster is taken over in one go`, async (t) => {
    const reviewer = await world.as("reviewer");
    const done = await importRoster(reviewer, files);
    assert.deepEqual([done.state, done.problem, done.published], ["done", null, true]);
    assert.deepEqual([done.accepted, done.created, done.changed + done.unchanged], [6400, 6400 - seeded.length, seeded.length]);
    const now = standing();
    assert.equal(now.organisations, before_.organisations + done.created);
    // what the world has besides stays
    const besides = seeded.filter((o) => o.unit && !places.some((row) => row[0] === o.code && row[1] === "union")).length;
    const last = "SELECT COUNT(DISTINCT hierarchy, unit) FROM unit_place WHERE until = '9999-12-31'";
    assert.equal(number(last), places.length - 1 + besides);
    assert.equal(number("SELECT COUNT(*) FROM unit WHERE annual_budget_fen = 28800000 AND member_count = 180"), 1);
    assert.equal(number("SELECT COUNT(*) FROM event WHERE kind = 'import.published'"), 1);
    // each unit that was made or changed has its event
    const made = "SELECT COUNT(DISTINCT e.object) FROM event e JOIN unit u ON u.organisation = e.object WHERE e.kind = 'unit.imported'";
    assert.equal(number(made), done.created);
    assert.equal(number("SELECT COUNT(*) FROM event WHERE kind = 'unit.imported' AND JSON_LENGTH(after_state, '$.places') > 0"), done.created);
    const touched = "SELECT COUNT(DISTINCT object) FROM event WHERE kind IN ('unit.changed', 'organisation.renamed', 'unit.placed') AND before_state IS NOT NULL";
    assert.ok(number(touched) <= done.changed);
    t.diagnostic(`${way}: 6,400 units with ${places.length - 1} places taken over in ${done.ms} ms`);
  });

  chapter(`${way}: the same roster again changes nothing, and says so`, async (t) => {
    const reviewer = await world.as("reviewer");
    const now = standing();
    const again = await importRoster(reviewer, files);
    assert.deepEqual(counts(again), { accepted: 6400, rejected: 0, created: 0, changed: 0, unchanged: 6400 });
    assert.deepEqual(standing(), now);
    t.diagnostic(`${way}: the same again in ${again.ms} ms`);
  });

  chapter(`${way}: what the books say of it agrees`, async () => {
    const { status, out } = await world.server.verify();
    await world.close();
    assert.equal(status, 0, out);
  });
}

// ---- a broken copy ----

const broken = units.map((row) => [...row]);
const brokenPlaces = places.map((row) => [...row]);
const rowOf = (code) => broken.find((row) => row[0] === code);
const record = (code) => units.findIndex((row) => row[0] === code) + 1;
const placeOf = (code, hierarchy) => brokenPlaces.find((row) => row[0] === code && row[1] === hierarchy);
const placeRecord = (code, hierarchy) => places.findIndex((row) => row[0] === code && row[1] === hierarchy) + 1;
const childrenOf = (code) => places.filter((row) => row[1] === "union" && row[2] === code).map((row) => row[0]);
const below = (code) => childrenOf(code).flatMap((child) => [child, ...below(child)]);
const superiors = new Set(places.map((row) => row[2]));
const isSeeded = (code) => seeded.some((o) => o.code === code);
const leaves = places.filter((row) => row[1] === "union" && !superiors.has(row[0]) && !isSeeded(row[0])).map((row) => row[0]);
const [twice, twin, orphan, checked, organ, short, empty, counted, regional] = leaves;
// Somebody below the federation with units below it that are nobody else's superiors, in no hierarchy.
const closed = (codes) => places.every((row) => !codes.includes(row[2]) || codes.includes(row[0]));
const inner = childrenOf("U00001").find((code) => {
  const all = [code, ...below(code)];
  return all.length > 3 && closed(all) && !all.some(isSeeded);
});
const innerBelow = below(inner);
const wrongDigit = (code, at) => `${code.slice(0, at)}${code[at] === "0" ? "1" : "0"}${code.slice(at + 1)}`;

rowOf(twice)[8] = rowOf(twin)[8];
placeOf(orphan, "union")[2] = "U99999";
rowOf(checked)[8] = wrongDigit(rowOf(checked)[8], 17);
rowOf(organ)[8] = wrongDigit(rowOf(organ)[8], 16);
rowOf(short)[8] = rowOf(short)[8].slice(0, 17);
rowOf(empty)[1] = "";
rowOf(counted)[9] = "many";
rowOf(regional)[7] = "999999";
// the superior of all below it stands under one of them
placeOf(inner, "union")[2] = innerBelow[0];
broken.push([...units[record(leaves[20]) - 1]]);

// Of two rows that share something, the later one is at fault.
const [first, second] = [twice, twin].sort((a, b) => record(a) - record(b));

const chapter = story(test);
before(async () => {
  assert.ok(first && inner && innerBelow.length > 2 && regional, "the roster has what is broken here");
});
after(async () => {
  await world?.close();
});

chapter("a broken copy is rejected row by row, and nothing of it is taken over", async () => {
  world = await World.open();
  const reviewer = await world.as("reviewer");
  const files = { file: (await upload(reviewer, csv(broken))).id, places: (await upload(reviewer, csv(brokenPlaces))).id };
  const now = standing();
  const refused = await importRoster(reviewer, files);
  assert.deepEqual([refused.state, refused.problem, refused.published], ["done", "E_ROWS_REJECTED", false]);
  assert.match(refused.reason, /未导入任何行/);
  assert.deepEqual(standing(), now);
  const faults = await faultsOf(reviewer, refused);
  for (const wanted of [
    `${record(second)} uscc E_DUP_ROW`,
    `${broken.length} unit_code E_DUP_ROW`,
    `${broken.length} uscc E_DUP_ROW`,
    `${placeRecord(orphan, "union")} places.parent_code E_SUPERIOR_UNKNOWN`,
    `${record(orphan)} places E_PLACE_REFUSED`,
    `${record(checked)} uscc E_USCC`,
    `${record(organ)} uscc E_USCC`,
    `${record(short)} uscc E_USCC`,
    `${record(empty)} name E_REQUIRED`,
    `${record(counted)} member_count E_QTY_FORMAT`,
    `${record(regional)} region_code E_REGION_UNKNOWN`,
    `${placeRecord(inner, "union")} places.parent_code E_CYCLE`,
    `${placeRecord(innerBelow[0], "union")} places.parent_code E_CYCLE`,
  ])
    assert.ok(faults.includes(wanted), `${wanted} is missing in\n${faults.join("\n")}`);
  const english = { headers: { "Accept-Language": "en" } };
  const reasons = (await reviewer.all(`${refused.place}/rejected-rows`, english)).filter((row) => row.code === "E_USCC").map((row) => row.reason);
  assert.deepEqual(reasons.map((reason) => reason.match(/E_\w+/)[0]).sort(), ["E_CHECK", "E_LENGTH", "E_ORG_CHECK"]);
  world.files = files;
  world.faults = faults;
  world.rejected = refused.rejected;
});

chapter("good rows alone are taken over where that is asked for; what hangs from rejected rows is rejected by name", async () => {
  const reviewer = await world.as("reviewer");
  const done = await importRoster(reviewer, { ...world.files, policy: "accept_good_rows" });
  assert.deepEqual([done.state, done.published, done.rejected], ["done", true, world.rejected]);
  assert.deepEqual(await faultsOf(reviewer, done), world.faults);
  const rejected = new Set(world.faults.map((fault) => Number(fault.split(" ")[0])));
  const lost = [second, orphan, checked, organ, short, empty, counted, regional, inner, ...innerBelow];
  for (const code of lost) {
    assert.equal(number(`SELECT COUNT(*) FROM organisation WHERE code = '${code}'`), 0, code);
    assert.ok(rejected.has(record(code)), code);
  }
  assert.equal(done.rejected, lost.length + 1, "and the row that was there twice");
  assert.equal(done.accepted, broken.length - 1 - done.rejected);
  for (const code of innerBelow.slice(1))
    if (!world.faults.includes(`${placeRecord(code, "union")} places.parent_code E_CYCLE`))
      assert.ok(world.faults.includes(`${placeRecord(code, "union")} places.parent_code E_SUPERIOR_REJECTED`), code);
  assert.equal(number(`SELECT COUNT(*) FROM unit`), done.created + seeded.length);
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const rowsOf = ({ text }) => csvRows(text.replace(/^\ufeff/, ""));
const placedIn = (fault) => fault.includes(" places.");
// Which unit a fault is about, by its code: records are others in each file.
const byUnit = (faults, rows, placed) =>
  faults
    .map((fault) => {
      const [at, field, code] = fault.split(" ");
      return `${(placedIn(fault) ? placed : rows)[Number(at) - 1][0]} ${field} ${code}`;
    })
    .sort();

/** What came back, with one unit's own credit code, another's superior, and without the row that was there twice. */
function mend(rows, placed) {
  const own = units[record(twice) - 1][8];
  const superior = places[placeRecord(orphan, "union") - 1][2];
  return [
    rows.filter((row) => row[0] !== leaves[20]).map((row) => (row[0] === second ? row.with(8, own) : row)),
    placed.map((row) => (row[0] === orphan && row[1] === "union" ? row.with(2, superior) : row)),
  ];
}

chapter("the rejected rows come back as files that can be mended, with the places of the units that they name", async () => {
  const reviewer = await world.as("reviewer");
  const [{ id, policy }] = (await reviewer.get("/api/v1/units/imports?limit=1")).body.items;
  assert.equal(policy, "accept_good_rows");
  const place = `/api/v1/units/imports/${id}/rejected-rows`;
  const rows = rowsOf(await reviewer.get(place, { accept: "text/csv" }));
  const placed = rowsOf(await reviewer.get(`${place}?part=places`, { accept: "text/csv" }));
  const rejected = [...new Set(world.faults.filter((fault) => !placedIn(fault)).map((fault) => Number(fault.split(" ")[0])))];
  assert.deepEqual(rows, [[...units[0], "错误"], ...rejected.map((at, i) => [...broken[at - 1], rows[i + 1].at(-1)])]);
  assert.ok(rows.every((row) => row.at(-1) !== ""));
  const lost = new Set(rejected.map((at) => broken[at - 1][0]));
  lost.delete(leaves[20]); // its other row was good
  assert.deepEqual(
    placed.map((row) => row.slice(0, -1)),
    [places[0], ...brokenPlaces.filter((row) => lost.has(row[0]))],
  );
  const errorsOf = (table, code) => table.find((row) => row[0] === code && row[1] !== "state_assets" && row[1] !== "government").at(-1);
  assert.match(errorsOf(rows, checked), /^uscc：.*校验位不符/);
  assert.match(errorsOf(rows, orphan), /^条线表第 \d+ 行有误/);
  assert.match(errorsOf(placed, orphan), /^parent_unit_code：名册与平台中都没有上级单位 U99999/);
  assert.equal(errorsOf(placed, checked), "", "what is not wrong itself has no errors");

  const answer = await reviewer.get(place, { accept: xlsx });
  assert.equal(answer.headers["content-type"], xlsx);
  assert.match(answer.headers["content-disposition"], /rejected-rows\.xlsx/);
  const sheets = sheetsOf(answer.bytes);
  const filled = (table) => table.map((row) => [...row, ...Array(table[0].length - row.length).fill("")]);
  assert.deepEqual(Object.keys(sheets), ["被拒绝的行", "条线"]);
  assert.deepEqual(filled(sheets.被拒绝的行), rows);
  assert.deepEqual(filled(sheets.条线), placed);
  world.returned = { rows, placed, workbook: answer.bytes };
});

chapter("sent again as they came they are rejected as before; mended ones are taken over", async () => {
  const reviewer = await world.as("reviewer");
  const { rows, placed, workbook: bytes } = world.returned;
  // of two rows that repeat each other only the rejected one is here, and repeats nothing
  const alone = byUnit(world.faults, broken, brokenPlaces).filter((fault) => !fault.endsWith("E_DUP_ROW"));
  const asTheyCame = await importRoster(reviewer, { file: (await upload(reviewer, bytes)).id, policy: "accept_good_rows", dry_run: true });
  assert.deepEqual(byUnit(await faultsOf(reviewer, asTheyCame), rows, placed), alone);

  const [mendedRows, mendedPlaces] = mend(rows, placed);
  const left = alone.filter((fault) => !fault.startsWith(`${orphan} `));
  const quoted = (table) => Buffer.from(table.map((row) => row.map((cell) => `"${cell}"`).join(",")).join("\r\n"));
  const wanted = { accepted: 2, rejected: mendedRows.length - 1 - 2, created: 2, changed: 0, unchanged: 0 };
  const tried = await importRoster(reviewer, {
    file: (await upload(reviewer, workbook({ 修改后: mendedRows, 条线: mendedPlaces }))).id,
    policy: "accept_good_rows",
    dry_run: true,
  });
  assert.deepEqual([counts(tried), tried.published], [wanted, false]);
  const done = await importRoster(reviewer, {
    file: (await upload(reviewer, quoted(mendedRows))).id,
    places: (await upload(reviewer, quoted(mendedPlaces))).id,
    policy: "accept_good_rows",
  });
  assert.deepEqual([counts(done), done.published], [wanted, true]);
  for (const one of [tried, done]) assert.deepEqual(byUnit(await faultsOf(reviewer, one), mendedRows, mendedPlaces), left);
  const superiors = `SELECT p.code FROM unit_place u JOIN organisation o ON o.id = u.unit JOIN organisation p ON p.id = u.parent WHERE o.code = '${orphan}' AND u.hierarchy = 'union'`;
  assert.deepEqual(column(superiors), [places[placeRecord(orphan, "union") - 1][2]]);

  const one = quoted(rows.filter((row, i) => i === 0 || row[0] === checked));
  const again = await importRoster(reviewer, { file: (await upload(reviewer, one)).id, policy: "accept_good_rows" });
  assert.deepEqual([again.problem, again.published, again.accepted, again.rejected], ["E_ALL_ROWS_REJECTED", false, 0, 1]);
  await reviewer.get(`${again.place}/rejected-rows?part=places`, { accept: "text/csv", expect: 404 });
  await reviewer.get(`${again.place}/rejected-rows?part=all`, { accept: "text/csv", expect: 422 });
});

// ---- what a roster says of units that exist ----

const head = "单位编码,单位名称,简称,单位类型,上级编码,地市,行政区划代码,统一社会信用代码,职工人数,预算（元）";
const rosterOf = (...rows) => Buffer.from([head, ...rows, ""].join("\n"));

chapter("names and superiors that changed are renamings and placements from tomorrow on; codes are normalised, and all of it is said", async () => {
  const reviewer = await world.as("reviewer");
  const row = units.find((one) => one[0] === leaves[30]);
  const [code, name, shortName, kind, , , city, region, uscc, members, fen] = row;
  const [, , parent] = places.find((place) => place[0] === code && place[1] === "union");
  const yuan = (Number(fen) / 100).toFixed(2);
  const wide = uscc.toLowerCase().replace(/[0-9]/, (digit) => String.fromCodePoint(digit.codePointAt(0) + 0xfee0));
  assert.notEqual(parent, "U00002");
  const file = await upload(reviewer, rosterOf(`${code},${name}新,${shortName},${kind},U00002,${city},${region},${wide},${members},"￥${yuan}元"`));
  const done = await importRoster(reviewer, { file: file.id });
  assert.deepEqual(counts(done), { accepted: 1, rejected: 0, created: 0, changed: 1, unchanged: 0 });
  const notes = await reviewer.all(`${done.place}/normalisations`);
  const said = Object.fromEntries(notes.map((note) => [note.field, note]));
  assert.equal(said.uscc.taken, uscc);
  assert.match(said.parent_code.taken, /^\d{4}-\d\d-\d\d$/);
  const names = column(`SELECT n.name FROM organisation_name n JOIN organisation o ON o.id = n.organisation WHERE o.code = '${code}' ORDER BY n.since`);
  assert.deepEqual(names, [name, `${name}新`]);
  const parents = column(
    `SELECT p.code FROM unit_place u JOIN organisation o ON o.id = u.unit JOIN organisation p ON p.id = u.parent WHERE o.code = '${code}' AND u.hierarchy = 'union' ORDER BY u.since`,
  );
  assert.deepEqual(parents, [parent, "U00002"]);
  const again = await importRoster(reviewer, { file: file.id });
  assert.deepEqual(counts(again), { accepted: 1, rejected: 0, created: 0, changed: 0, unchanged: 1 });
});

chapter("a county's former code is taken for the one of today, and a code that is another's is refused", async () => {
  const reviewer = await world.as("reviewer");
  const [code, name, shortName, kind, , , city, , uscc, members, fen] = units.find((one) => one[0] === checked);
  const old = await upload(reviewer, rosterOf(`${code},${name},${shortName},${kind},U00001,${city},610928,${uscc},${members},${Number(fen) / 100}`));
  const tried = await importRoster(reviewer, { file: old.id, dry_run: true });
  assert.equal(tried.accepted, 1, JSON.stringify(await reviewer.all(`${tried.place}/rejected-rows`)));
  const [note] = await reviewer.all(`${tried.place}/normalisations`);
  assert.deepEqual([note.field, note.cell, note.taken], ["region_code", "610928", "610981"]);
  const taken = await upload(reviewer, rosterOf(`U00001,${name},${shortName},${kind},U00001,${city},610118,${uscc},${members},1`));
  const refused = await importRoster(reviewer, { file: taken.id });
  assert.ok((await faultsOf(reviewer, refused)).includes("2 unit_code E_CODE_TAKEN"));
});

chapter("what a roster makes a unit has bought nothing yet, and stands in its place at once, with members too", async () => {
  const reviewer = await world.as("reviewer");
  const { S0101, S0116 } = organisations;
  const row = ({ code, name, uscc }, parent) => `${code},${name},,公司,${parent},西安市,610124,${uscc},10,1`;
  const file = await upload(reviewer, rosterOf(row(S0101, ""), row(S0116, S0101.code)));
  const done = await importRoster(reviewer, { file: file.id });
  assert.deepEqual(counts(done), { accepted: 2, rejected: 0, created: 0, changed: 2, unchanged: 0 });
  const below = (await reviewer.get(`/api/v1/units?hierarchy=union&ancestor=${S0101.id}`)).body.items;
  assert.deepEqual(below.map(({ id }) => id).sort(), [S0101.id, S0116.id].sort(), "today");
  assert.deepEqual((await reviewer.all(`${done.place}/normalisations`)).filter(({ field }) => field === "parent_code"), []);
});

chapter("a row tells its unknown superior beside its other faults, and what a budget takes", async () => {
  const reviewer = await world.as("reviewer");
  const file = await upload(reviewer, rosterOf("N1,甲单位,,机关,U99999,西安市,610124,123456789012345678,10,-5", "N2,乙单位,,机关,,西安市,610124,123456789012345678,10,1.234"));
  const refused = await importRoster(reviewer, { file: file.id });
  const faults = await faultsOf(reviewer, refused);
  for (const fault of ["2 uscc E_USCC", "2 annual_budget E_AMOUNT_FORMAT", "2 parent_code E_SUPERIOR_UNKNOWN", "3 annual_budget E_AMOUNT_FORMAT"])
    assert.ok(faults.includes(fault), `${fault} of ${faults}`);
});

chapter("codes in Chinese are a fault of their row, and not of the database", async () => {
  const reviewer = await world.as("reviewer");
  const file = await upload(reviewer, rosterOf("单位一,名称,简称,机关,上级二,西安市,610102,信用代码三,1,1"));
  const places = await upload(reviewer, Buffer.from("单位编码,条线,上级编码\n单位一,工会,上级四\n"));
  const refused = await importRoster(reviewer, { file: file.id, places: places.id });
  assert.deepEqual([refused.state, refused.rejected, refused.problem], ["done", 1, "E_ROWS_REJECTED"]);
  const faults = await faultsOf(reviewer, refused);
  for (const wanted of ["2 unit_code E_UNIT_CODE", "2 parent_code E_UNIT_CODE", "2 uscc E_USCC"]) assert.ok(faults.includes(wanted), faults.join("\n"));
});

chapter("files that are no rosters say so", async () => {
  const reviewer = await world.as("reviewer");
  const good = (await upload(reviewer, csv(units.slice(0, 3)))).id;
  const none = (await upload(reviewer, Buffer.from("一,二,三\n1,2,3\n"))).id;
  const headless = await importRoster(reviewer, { file: none });
  assert.deepEqual([headless.state, headless.problem], ["failed", "E_ROSTER_HEADER"]);
  assert.match(headless.reason, /单位编码/);
  const listless = await importRoster(reviewer, { file: good, places: none });
  assert.deepEqual([listless.state, listless.problem], ["failed", "E_PLACES_HEADER"]);
  const stranger = await upload(await world.as("cataloguer"), csv(units.slice(0, 3)));
  for (const body of [
    { file: stranger.id, policy: "all_or_nothing" },
    { file: good, places: stranger.id, policy: "all_or_nothing" },
    { file: good },
    { file: good, policy: "some" },
    { file: good, policy: "all_or_nothing", more: 1 },
  ])
    await reviewer.post("/api/v1/units/imports", body, { expect: 422 });
});

chapter("only reviewers of the whole platform import rosters, and see what they imported", async () => {
  const reviewer = await world.as("reviewer");
  const [newest] = (await reviewer.get("/api/v1/units/imports?limit=1")).body.items;
  for (const login of ["buyer", "cataloguer", "supervisor", "countysupervisor"]) {
    const client = await world.as(login);
    await client.post("/api/v1/units/imports", { file: randomUUID(), policy: "all_or_nothing" }, { expect: 403 });
    for (const target of ["", `/${newest.id}`, `/${newest.id}/rejected-rows`, `/${newest.id}/normalisations`])
      await client.get(`/api/v1/units/imports${target}`, { expect: 403 });
  }
  await world.anybody.get("/api/v1/units/imports", { expect: 401 });
  for (const target of ["", "/rejected-rows", "/normalisations"])
    await reviewer.get(`/api/v1/units/imports/${randomUUID()}${target}`, { expect: 404 });
  const cataloguer = await world.as("cataloguer");
  await cataloguer.get(`/api/v1/supplier/imports/${newest.id}`, { expect: 404 });
});
