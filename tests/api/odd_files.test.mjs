// Files that are odd, damaged or meant to do harm: each is read as it should be, or refused by its name, and the server lives on.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { eventually } from "./support/steps.mjs";
import { bookParts, sheetPart, workbook, zip } from "./support/xlsx.mjs";

const head = ["商品编码", "商品名称", "产地", "类目", "规格", "单位", "单价", "库存", "保质期", "储存方式", "毛重", "备注"];
const good = (code = "ODD-1") => [code, "紫阳富硒绿茶", "紫阳县", "绿茶", "125g×2罐", "盒", "128", "500", "540", "常温", "520", "新茶"];
const csv = (rows, mark = ",", end = "\n") => rows.map((row) => row.join(mark)).join(end);
const text = (value) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
const line = (cells, more = "") => `<row${more}>${cells.join("")}</row>`;
const texts = (row) => row.map(text);
const sheet = (cells, more) => sheetPart(line(texts(head)) + line(cells), more);
/** A workbook whose good row has @cell in the column called @name. */
const withCell = (name, cell, options) => zip(bookParts({ 目录: sheet(texts(good()).with(head.indexOf(name), cell)) }, options));
const book = (xml, options) => zip(bookParts({ 目录: xml }, options));
/** The entries of a sound workbook, one of them changed. */
const changed = (name, to) => bookParts({ 目录: sheet(texts(good())) }).map((entry) => (entry[0].endsWith(name) ? [entry[0], to(entry[1])] : entry));
const without = (name) => zip(bookParts({ 目录: sheet(texts(good())) }).filter((entry) => !entry[0].endsWith(name)));
const unseen = (xml) => `<?xml version="1.0"?>${xml}`;
const laughs = `<!DOCTYPE w [<!ENTITY a "ha">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${"bcdefghij"[i]} "${`&${"abcdefghi"[i]};`.repeat(10)}">`).join("")}]>`;
const compound = (inside) => Buffer.concat([Buffer.from("d0cf11e0a1b11ae1", "hex"), Buffer.alloc(504), Buffer.from(inside, "utf16le"), Buffer.alloc(512)]);

/** All central records of an archive, changed in place. */
function central(bytes, change) {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf("PK\x01\x02", 0, "latin1"); at >= 0; at = copy.indexOf("PK\x01\x02", at + 4, "latin1")) change(copy, at);
  return copy;
}

/** Many names for one piece of packed zeros. */
function overlapping(count, size) {
  const one = zip([["a", "0".repeat(size)]]);
  const record = one.indexOf("PK\x01\x02", 0, "latin1");
  const end = one.indexOf("PK\x05\x06", 0, "latin1");
  const names = Array.from({ length: count }, (_, i) => String.fromCharCode(0x21 + (i % 90)) + i);
  const records = names.map((name) => {
    const copy = Buffer.from(one.subarray(record, end));
    copy.writeUInt16LE(name.length, 28);
    return Buffer.concat([copy.subarray(0, 46), Buffer.from(name)]);
  });
  const last = Buffer.from(one.subarray(end));
  last.writeUInt16LE(count, 8);
  last.writeUInt16LE(count, 10);
  last.writeUInt32LE(records.reduce((sum, part) => sum + part.length, 0), 12);
  return Buffer.concat([one.subarray(0, record), ...records, last]);
}

const currency = `<numFmts><numFmt numFmtId="164" formatCode="&quot;￥&quot;#,##0.00"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="14"/></cellXfs>`;
const noise = () => ["xl/media/noise.bin", randomBytes(1 << 20).toString("latin1")];
const big = (xml) => zip([...bookParts({ 目录: xml }), noise()]);
const read = { accepted: 1, rejected: 0 };

// What is sent, and what comes of it: upload (a refusal of the upload), problem (of the import), or counts, with a cell as it was read.
const cases = {
  "a bomb in a bomb": { bytes: () => zip([["inner.zip", zip([["zeros", "0".repeat(1 << 20)]]).toString("latin1")]]), problem: "E_SHEET_ZIP" },
  "a part that unpacks to too much": { bytes: () => book(sheetPart(" ".repeat(60 << 20))), problem: "E_XLSX_LIMIT" },
  "a part that unpacks a thousandfold": { bytes: () => book(sheetPart(" ".repeat(20 << 20))), problem: "E_XLSX_LIMIT" },
  "parts that lie over each other": { bytes: () => overlapping(900, 1 << 20), problem: "E_XLSX_LIMIT" },
  "a thousand parts and more": { bytes: () => zip(Array.from({ length: 1001 }, (_, i) => [`p${i}`, ""])), problem: "E_XLSX_LIMIT" },
  "sizes that lie": { bytes: () => central(withCell("备注", text("x".repeat(20000))), (copy, at) => copy.writeUInt32LE(50, at + 24)), problem: "E_XLSX_BROKEN" },
  "billion laughs": { bytes: () => zip(changed("sheet1.xml", (xml) => unseen(laughs + xml.replace("新茶", "&j;")))), problem: "E_XLSX_UNSAFE" },
  "an external entity": {
    bytes: () => zip(changed("sheet1.xml", (xml) => unseen(`<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>${xml.replace("新茶", "&x;")}`))),
    problem: "E_XLSX_UNSAFE",
  },
  "an entity that nobody declared": { bytes: () => zip(changed("sheet1.xml", (xml) => xml.replace("新茶", "&x;"))), problem: "E_XLSX_BROKEN" },
  "two million rows of nothing": { bytes: () => big(sheetPart(line(texts(head)) + line(texts(good())) + "<row/>".repeat(2_000_000))), ...read },
  "two million rows that are only declared": {
    bytes: () => book(sheet(texts(good())).replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')),
    ...read,
  },
  "rows that have only a style": {
    bytes: () => big(sheetPart(line(texts(head)) + line(texts(good())) + '<row s="1" customFormat="1"><c s="1"/><c s="1"/></row>'.repeat(300_000))),
    ...read,
  },
  "a row behind all that a spreadsheet has": { bytes: () => book(sheetPart(line(texts(head)) + line(texts(good()), ' r="200000"'))), problem: "E_SHEET_TOO_LONG" },
  "a formula with its value": { bytes: () => withCell("单价", "<c><f>64*2</f><v>128</v></c>"), ...read, cell: ["price", "128"] },
  "a formula without a value": { bytes: () => withCell("单价", "<c><f>64*2</f></c>"), fault: "price E_CELL_UNCOMPUTED" },
  "a formula in a name": { bytes: () => withCell("商品名称", '<c t="str"><f>A1</f><v>茶</v></c>'), fault: "name E_FORMULA" },
  "a cell that is an error": { bytes: () => withCell("单价", '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'), fault: "price E_CELL_ERROR" },
  "only hidden sheets": { bytes: () => book(sheet(texts(good())), { states: { 目录: "hidden" } }), problem: "E_SHEET_MISSING" },
  "only very hidden sheets": { bytes: () => book(sheet(texts(good())), { states: { 目录: "veryHidden" } }), problem: "E_SHEET_MISSING" },
  "a date since 1900": { bytes: () => withCell("备注", '<c s="3"><v>46348</v></c>', { styles: currency }), ...read, cell: ["remark", "2026-11-22"] },
  "a date since 1904": {
    bytes: () => withCell("备注", '<c s="3"><v>44886</v></c>', { styles: currency, properties: '<workbookPr date1904="1"/>' }),
    ...read,
    cell: ["remark", "2026-11-22"],
  },
  "a number as text": { bytes: () => withCell("库存", text("500")), ...read, cell: ["stock", "500"] },
  "a code as number": { bytes: () => withCell("商品编码", "<c><v>690123456789</v></c>"), ...read, cell: ["sku", "690123456789"] },
  "a number with noise behind its digits": { bytes: () => withCell("单价", "<c><v>128.30000000000001</v></c>"), ...read, cell: ["price", "128.3"] },
  "an amount in a currency": { bytes: () => withCell("单价", '<c s="1"><v>1280.5</v></c>', { styles: currency }), ...read, cell: ["price", "1280.5"] },
  "a share in per cent": { bytes: () => withCell("库存", '<c s="2"><v>0.5</v></c>', { styles: currency }), fault: "stock E_QTY_FORMAT" },
  "a county merged over two rows": {
    bytes: () =>
      book(
        sheetPart(line(texts(head)) + line(texts(good())) + line(texts(good("ODD-2")).with(2, "<c/>")), '<mergeCells><mergeCell ref="C2:C3"/></mergeCells>'),
      ),
    accepted: 2,
    rejected: 0,
  },
  "rich text and phonetic runs": {
    bytes: () => withCell("商品名称", '<c t="s"><v>0</v></c>', { strings: "<si><r><t>紫阳</t></r><r><t>绿茶</t></r><rPh><t>ziyang</t></rPh></si>" }),
    ...read,
    cell: ["name", "紫阳绿茶"],
  },
  "a text that cells share and that is not there": { bytes: () => withCell("商品名称", '<c t="s"><v>7</v></c>', { strings: "<si><t>a</t></si>" }), problem: "E_XLSX_BROKEN" },
  "a huge text that many cells share": {
    bytes: () =>
      zip([
        ...bookParts(
          { 目录: sheetPart(line(texts(head)) + line(Array.from({ length: 200 }, () => '<c t="s"><v>0</v></c>')).repeat(20)) },
          { strings: `<si><t>${"长".repeat(10_000)}</t></si>` },
        ),
        noise(),
      ]),
    problem: "E_XLSX_LIMIT",
  },
  "a workbook of before 2007": { bytes: () => compound("Workbook"), upload: [422, "E_SHEET_XLS"] },
  "a workbook with a password": { bytes: () => compound("EncryptedPackage"), upload: [422, "E_SHEET_ENCRYPTED"] },
  "a workbook with macros": { bytes: () => zip([...bookParts({ 目录: sheet(texts(good())) }), ["xl/vbaProject.bin", "MZ"]]), ...read },
  "a binary workbook": { bytes: () => zip(changed("_rels/.rels", (xml) => xml.replace("workbook.xml", "workbook.bin"))), problem: "E_SHEET_XLSB" },
  "an archive with a password": { bytes: () => central(withCell("备注", text("x")), (copy, at) => copy.writeUInt16LE(1, at + 8)), problem: "E_XLSX_UNSAFE" },
  "an OpenDocument spreadsheet": {
    bytes: () => zip([["mimetype", "application/vnd.oasis.opendocument.spreadsheet"], ["content.xml", "<a/>"]]),
    problem: "E_SHEET_ODS",
  },
  "a page of the web called .xls": { bytes: () => Buffer.from(`<html><table><tr>${head.map((cell) => `<td>${cell}</td>`).join("")}</tr></table></html>`), problem: "E_SHEET_HTML" },
  "semicolons between cells": { bytes: () => Buffer.from(csv([head, good()], ";")), ...read },
  "tabs between cells": { bytes: () => Buffer.from(csv([head, good()], "\t", "\r\n")), ...read },
  "Unicode text, low byte first": { bytes: () => Buffer.from(`\ufeff${csv([head, good()], "\t", "\r\n")}`, "utf16le"), ...read, encoding: "UTF-16" },
  "Unicode text, high byte first": { bytes: () => Buffer.from(`\ufeff${csv([head, good()])}`, "utf16le").swap16(), ...read, encoding: "UTF-16" },
  "Unicode text with a NUL": { bytes: () => Buffer.from(`\ufeff${csv([head, good()])}\0 `, "utf16le"), problem: "E_SHEET_BROKEN" },
  "an empty file": { bytes: () => Buffer.alloc(0), upload: [422, "E_FILE_EMPTY"] },
  "only a header": { bytes: () => Buffer.from(csv([head])), problem: "E_NO_ROWS" },
  "three hundred columns": { bytes: () => Buffer.from(csv([[...head, ...Array(288).fill("x")], [...good(), ...Array(288).fill("1")]])), fault: "columns E_COLUMN_COUNT" },
  "a cell of CSV that is too long": { bytes: () => Buffer.from(csv([head, good().with(11, "x".repeat(32_768))])), problem: "E_SHEET_BROKEN" },
  "a cell of a workbook that is too long": { bytes: () => withCell("备注", text("x".repeat(32_768))), problem: "E_XLSX_BROKEN" },
  "NUL bytes": { bytes: () => Buffer.from(`${csv([head, good()])}\0`), upload: [415, "E_FILE_TYPE"] },
  "a header that stands twice": { bytes: () => Buffer.from(csv([[...head, "单价"], [...good(), "1"]])), ...read, cell: ["price", "128"], unknown: ["单价"] },
  "a byte order mark in the middle": { bytes: () => Buffer.from(csv([head, good().with(1, "紫阳\ufeff绿茶")])), ...read },
  "an entry that leads out": { bytes: () => zip([...bookParts({ 目录: sheet(texts(good())) }), ["../../etc/passwd", "x"]]), problem: "E_XLSX_UNSAFE" },
  "an entry from the root": { bytes: () => zip([...bookParts({ 目录: sheet(texts(good())) }), ["/etc/passwd", "x"]]), problem: "E_XLSX_UNSAFE" },
  "a target from the root": { bytes: () => zip(changed("workbook.xml.rels", (xml) => xml.replace("worksheets/", "/xl/worksheets/"))), ...read },
  "a target elsewhere": {
    bytes: () => zip(changed("workbook.xml.rels", (xml) => xml.replace('Target="worksheets/sheet1.xml"', 'TargetMode="External" Target="file:///etc/passwd"'))),
    problem: "E_XLSX_UNSAFE",
  },
  "a target that leads up": { bytes: () => zip(changed("workbook.xml.rels", (xml) => xml.replace("worksheets/", "../../"))), problem: "E_XLSX_UNSAFE" },
  "a sheet that is missing": { bytes: () => without("sheet1.xml"), problem: "E_XLSX_BROKEN" },
  "a workbook that is missing": { bytes: () => without("xl/workbook.xml"), problem: "E_XLSX_BROKEN" },
  "XML that breaks off": { bytes: () => zip(changed("sheet1.xml", (xml) => xml.slice(0, -30))), problem: "E_XLSX_BROKEN" },
  "a sound workbook": { bytes: () => workbook({ 目录: [head, good()] }), ...read },
};

let world;
let cataloguer;

before(async () => {
  world = await World.open();
  cataloguer = await world.as("s0176");
});
after(async () => {
  await world.close();
});

async function outcome(bytes) {
  const file = (await cataloguer.post("/api/v1/files", bytes, { type: "application/octet-stream" })).body;
  const { body } = await cataloguer.post("/api/v1/supplier/imports", { file: file.id, policy: "accept_good_rows", dry_run: true }, { expect: 202 });
  await eventually(
    () => cataloguer.get(`/api/v1/jobs/${body.id}`),
    ({ body: job }) => ["done", "failed"].includes(job.state),
    { limit: 60_000 },
  );
  return (await cataloguer.get(`/api/v1/supplier/imports/${body.id}`)).body;
}

for (const [name, { bytes, upload, problem, fault, cell, encoding, unknown, ...counts }] of Object.entries(cases)) {
  test(name, async () => {
    if (upload) {
      const { body } = await cataloguer.post("/api/v1/files", bytes(), { type: "application/octet-stream", expect: upload[0] });
      assert.equal(body.code, upload[1]);
      return;
    }
    const found = await outcome(bytes());
    const place = `/api/v1/supplier/imports/${found.id}`;
    if (problem) {
      assert.equal(found.problem, problem);
      assert.equal(found.published, false);
      assert.match(found.reason, /\p{Script=Han}/u);
      return;
    }
    if (fault) {
      const faults = (await cataloguer.get(`${place}/rejected-rows`)).body.items;
      assert.deepEqual(
        faults.map(({ field, code }) => `${field} ${code}`),
        [fault],
      );
      return;
    }
    assert.deepEqual({ accepted: found.accepted, rejected: found.rejected }, counts);
    if (encoding) assert.equal(found.encoding, encoding);
    assert.deepEqual(found.unknown_columns, unknown ?? []);
    if (cell) assert.equal((await cataloguer.get(`${place}/rows?verdict=accepted`)).body.items[0].cells.find(({ column }) => column === cell[0]).value, cell[1]);
  });
}
