// What a supplier's wizard does, step by step: looks at the file, says what its columns are, mends cells in place, and finds all that
// remembered the next time.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { eventually, story, upload } from "./support/steps.mjs";
import { bookParts, sheetPart, sheetsOf, workbook, zip } from "./support/xlsx.mjs";

const chapter = story(test);
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const imports = "/api/v1/supplier/imports";
const head = ["货号", "商品名称", "产地", "类目", "规格", "单位", "到岸报价", "库存", "保质期", "储存方式", "毛重", "内部备忘"];
const row = (code, price, memo = "x") => [code, "紫阳富硒绿茶", "紫阳县", "绿茶", "125g×2罐", "盒", price, "500", "540", "常温", "520", memo];
const rows = [row("WIZ-1", "100"), row("WIZ-2", "面议"), row("WIZ-3", "120"), row("WIZ-4", "130").with(2, "火星县")];
const csvOf = (table) => Buffer.from(table.map((cells) => cells.join(",")).join("\n"));

let world;
let cataloguer;
let stranger;
const known = {};

async function run(file, more = {}) {
  const started = await cataloguer.post(imports, { file, policy: "accept_good_rows", ...more }, { expect: 202 });
  await eventually(
    () => cataloguer.get(`/api/v1/jobs/${started.body.id}`),
    ({ body }) => ["done", "failed"].includes(body.state),
  );
  return (await cataloguer.get(`${imports}/${started.body.id}`)).body;
}
const preview = async (body) => (await cataloguer.post("/api/v1/supplier/import-previews", body, { expect: 200 })).body;
const cell = (row_, name) => row_.cells.find(({ column }) => column === name).value;
const by = (seen) => Object.fromEntries(seen.columns.map(({ header, column, by: way }) => [header, `${column} ${way}`]));

before(async () => {
  world = await World.open();
  [cataloguer, stranger] = [await world.as("s0176"), await world.as("s0236")];
});
after(async () => {
  await world.close();
});

chapter("a preview tells the sheets, the header, what its cells were taken for and what is missing", async () => {
  const inline = (value) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
  const part = (table) => sheetPart(table.map((cells) => `<row>${cells.map(inline).join("")}</row>`).join(""));
  const sheets = { 封面: part([["欢迎"]]), 目录: part([["二〇二六年报价单"], [], head, ...rows]), 底价: part([["秘密"]]) };
  known.book = (await upload(cataloguer, zip(bookParts(sheets, { states: { 底价: "veryHidden" } })), xlsxType)).id;
  const first = await preview({ file: known.book });
  assert.deepEqual(first.sheets, [
    { name: "封面", visible: true },
    { name: "目录", visible: true },
    { name: "底价", visible: false },
  ]);
  assert.deepEqual([first.sheet, first.header_row, first.columns, first.missing], ["封面", 0, [], []]);
  assert.deepEqual(first.rows, [{ record: 1, cells: ["欢迎"] }]);
  const seen = await preview({ file: known.book, sheet: "目录" });
  assert.deepEqual([seen.format, seen.sheet, seen.header_row, seen.missing], ["xlsx", "目录", 3, ["price"]]);
  assert.equal(by(seen)["货号"], "sku word");
  assert.equal(by(seen)["到岸报价"], "null none");
  assert.deepEqual(seen.rows[1], { record: 5, cells: rows[1] });
  const said = await preview({ file: known.book, sheet: "目录", columns: [{ header: "到岸报价", column: "price" }, { header: "内部备忘" }] });
  assert.deepEqual([by(said)["到岸报价"], by(said)["内部备忘"], said.missing], ["price said", "null ignored", []]);
  await cataloguer.post("/api/v1/supplier/import-previews", { file: known.book, sheet: "底价" }, { expect: 422 });
  await cataloguer.post("/api/v1/supplier/import-previews", { file: randomUUID() }, { expect: 422 });
  await stranger.post("/api/v1/supplier/import-previews", { file: known.book }, { expect: 422 });
  await (await world.as("buyer")).post("/api/v1/supplier/import-previews", { file: known.book }, { expect: 403 });
});

chapter("columns that nobody knows are told; what is said of them holds, and is remembered", async () => {
  const untold = await run(known.book, { sheet: "目录", dry_run: true });
  assert.deepEqual([untold.accepted, untold.rejected, untold.header_row], [0, 4, 3]);
  assert.deepEqual(untold.unknown_columns, ["到岸报价", "内部备忘"]);
  const columns = [{ header: " 到岸 报价", column: "price" }, { header: "内部备忘", column: null }];
  const told = await run(known.book, { sheet: "目录", dry_run: true, columns });
  assert.deepEqual([told.accepted, told.rejected, told.unknown_columns, told.sheet], [2, 2, [], "目录"]);

  const list = (await cataloguer.get(`${imports}/mapping`)).body.items;
  assert.deepEqual(list.map(({ header, column }) => `${header} ${column}`).sort(), [" 到岸 报价 price", "内部备忘 null"]);
  assert.deepEqual((await stranger.get(`${imports}/mapping`)).body.items, []);
  assert.equal(by(await preview({ file: known.book, sheet: "目录" }))["到岸报价"], "price remembered");
  const next = await run((await upload(cataloguer, csvOf([head, ...rows]))).id, { dry_run: true });
  assert.deepEqual([next.accepted, next.rejected, next.unknown_columns], [2, 2, []]);
  known.told = told;

  const memo = list.find(({ column }) => column === null);
  await stranger.delete(`${imports}/mapping/${memo.id}`, { expect: 404 });
  await cataloguer.delete(`${imports}/mapping/${memo.id}`);
  await cataloguer.delete(`${imports}/mapping/${memo.id}`, { expect: 404 });
  assert.equal(world.server.number("SELECT COUNT(*) FROM event WHERE kind = 'import_header.forgotten'"), 1);
  assert.deepEqual((await run(known.book, { sheet: "目录", dry_run: true })).unknown_columns, ["内部备忘"]);
});

chapter("names that a cell may have meant are offered, the nearest first", async () => {
  const wrong = [row("WIZ-5", "1").with(2, "紫羊县"), row("WIZ-6", "1").with(3, "绿荼")];
  const { id } = await run((await upload(cataloguer, csvOf([head.with(6, "单价"), ...wrong]))).id, { dry_run: true });
  const page = (await cataloguer.get(`${imports}/${id}/rows?verdict=rejected`)).body.items;
  assert.deepEqual(
    page.map(({ faults }) => faults.map(({ code, suggestions }) => [code, suggestions[0]])),
    [[["E_COUNTY_UNKNOWN", "紫阳县"]], [["E_CATEGORY_UNKNOWN", "绿茶"]]],
  );
});

chapter("a header row may be said; one that names nothing is refused by name", async () => {
  const table = [["商品编码", "商品名称", "产地", "类目", "规格", "单位"], ["（示例，请勿填写）"], head, ...rows];
  const file = (await upload(cataloguer, csvOf(table))).id;
  const said = await run(file, { dry_run: true, header_row: 3 });
  assert.deepEqual([said.header_row, said.accepted, said.rejected, said.skipped], [3, 2, 2, 3]);
  const refused = await run(file, { dry_run: true, header_row: 2 });
  assert.deepEqual([refused.state, refused.problem], ["failed", "E_HEADER_ROW"]);
});

chapter("cells are mended in place, and the result is what a mended file would give", async () => {
  const page = (await cataloguer.get(`${imports}/${known.told.id}/rows?verdict=rejected`)).body.items;
  assert.deepEqual(
    page.map(({ record, faults }) => `${record} ${faults.map(({ field, code }) => `${field} ${code}`)}`),
    ["5 price E_PRICE_FORMAT", "7 county E_COUNTY_UNKNOWN"],
  );
  assert.deepEqual([cell(page[0], "sku"), cell(page[0], "price"), cell(page[1], "county")], ["WIZ-2", "面议", "火星县"]);
  assert.deepEqual([page[0].faults[0].suggestions, page[1].faults[0].suggestions], [[], []]);
  const corrections = [
    { record: 7, column: "county", value: "紫阳县" },
    { record: 5, column: "price", value: "110" },
  ];
  const mended = await run(known.book, { sheet: "目录", corrections });
  assert.deepEqual([mended.accepted, mended.rejected, mended.created, mended.published], [4, 0, 4, true]);
  const whole = [row("WIZ-1", "100"), row("WIZ-2", "110"), row("WIZ-3", "120"), row("WIZ-4", "130")];
  const same = await run((await upload(cataloguer, workbook({ 目录: [head, ...whole] }), xlsxType)).id);
  assert.deepEqual([same.created, same.changed, same.unchanged], [0, 0, 4]);
  const all = await cataloguer.all(`${imports}/${mended.id}/rows`, { limit: 2 });
  assert.deepEqual(
    all.map(({ record, verdict }) => `${record} ${verdict}`),
    ["1 skipped", "3 skipped", "4 accepted", "5 accepted", "6 accepted", "7 accepted"],
  );
  assert.equal(cell(all[3], "price"), "110");
  await stranger.get(`${imports}/${mended.id}/rows`, { expect: 404 });
});

chapter("what is still wrong comes back with its corrections, in the format that was sent", async () => {
  const corrections = [{ record: 5, column: "price", value: "再议" }];
  const done = await run(known.book, { sheet: "目录", dry_run: true, corrections });
  assert.equal(done.rejected, 2);
  const back = await cataloguer.get(`${imports}/${done.id}/rejected-rows`, { accept: xlsxType });
  const [first, ...others] = Object.values(sheetsOf(back.bytes))[0];
  assert.deepEqual(first, [...head, "错误"]);
  assert.equal(others[0][6], "再议");
  assert.match(others[0][12], /^到岸报价：价格格式不正确/);
  const csv = await cataloguer.get(`${imports}/${done.id}/rejected-rows`, { accept: "text/csv" });
  assert.match(csv.text, /再议/);
});

chapter("corrections that find no cell, and columns that are none, are refused by name", async () => {
  for (const [record, column] of [[1, "price"], [99, "price"], [5, "tiers"]]) {
    const failed = await run(known.book, { sheet: "目录", corrections: [{ record, column, value: "1" }] });
    assert.deepEqual([failed.state, failed.problem, failed.published], ["failed", "E_CORRECTION_PLACE", false], `${record} ${column}`);
    assert.match(failed.reason, new RegExp(`第 ${record} 行“${column}”列`));
  }
  const body = {
    file: known.book,
    policy: "accept_good_rows",
    columns: [{ header: "甲", column: "nothing" }, { header: "乙", column: "sku" }, { header: " 乙 ", column: "name" }],
    corrections: [{ record: 5, column: "nothing", value: "" }, { record: 5, column: "sku", value: "A" }, { record: 5, column: "sku", value: "B" }],
  };
  const { body: problem } = await cataloguer.post(imports, body, { expect: 422 });
  assert.deepEqual(
    problem.errors.map(({ pointer, code }) => `${pointer} ${code}`),
    ["/columns/0/column E_WORD", "/columns/2/header E_REPEATED", "/corrections/0/column E_WORD", "/corrections/2 E_REPEATED"],
  );
});

chapter("a header that was said and is not there ends the import, and a preview, by its name", async () => {
  const columns = [{ header: "到岸报价", column: "price" }, { header: "出厂价", column: "price" }];
  const failed = await run(known.book, { sheet: "目录", dry_run: true, columns });
  assert.deepEqual([failed.state, failed.problem], ["failed", "E_COLUMN_ABSENT"]);
  assert.equal(failed.reason, "表头中没有所指的列名：出厂价");
  const { body } = await cataloguer.post("/api/v1/supplier/import-previews", { file: known.book, sheet: "目录", columns }, { expect: 422 });
  assert.deepEqual(body.errors.map(({ pointer, code }) => `${pointer} ${code}`), ["/columns/1/header E_COLUMN_ABSENT"]);
  // what is remembered of other files is not asked of this one
  const next = await run(known.book, { sheet: "目录", dry_run: true });
  assert.deepEqual([next.state, next.problem], ["done", null]);
});

chapter("a preview refuses what is no table as an import does", async () => {
  const jpeg = Buffer.concat([Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex"), Buffer.alloc(64)]);
  const file = (await upload(cataloguer, jpeg, "image/jpeg")).id;
  for (const [path, body] of [["/api/v1/supplier/import-previews", { file }], [imports, { file, policy: "accept_good_rows" }]]) {
    const answer = await cataloguer.post(path, body, { expect: 422 });
    assert.deepEqual(answer.body.errors.map(({ pointer, code }) => `${pointer} ${code}`), ["/file E_SHEET_TYPE"], path);
  }
});
