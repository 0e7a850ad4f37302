// The smallest workbooks that a spreadsheet would open: sheets of rows of cells, numbers as numbers and all else as inline text.

import { crc32, deflateRawSync, inflateRawSync } from "node:zlib";

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packaged = "http://schemas.openxmlformats.org/package/2006";

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);
const cell = (value) =>
  typeof value === "number" ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
const sheet = (rows) =>
  `<worksheet xmlns="${main}"><sheetData>${rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("")}</sheetData></worksheet>`;

/** An archive of [name, text] entries (PKWARE APPNOTE 4.3). */
export function zip(entries) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, text] of entries) {
    const content = Buffer.from(text);
    const packed = deflateRawSync(content);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(crc32(content), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    const local = [Buffer.from("PK\x03\x04"), head, Buffer.from(name), packed];
    directory.push(Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), head, place, Buffer.from(name));
    parts.push(...local);
    at += local.reduce((size, part) => size + part.length, 0);
  }
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((size, part) => size + part.length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

const relation = (id, type, target) => `<Relationship Id="${id}" Type="${office}/${type}" Target="${target}"/>`;
const relations = (all) => `<Relationships xmlns="${packaged}/relationships">${all.join("")}</Relationships>`;

/** A sheet's part around its rows; @more stands behind them. */
export const sheetPart = (rows, more = "") => `<worksheet xmlns="${main}"><sheetData>${rows}</sheetData>${more}</worksheet>`;

/**
 * The entries of a workbook: @sheets { name: xml }, @states { name: "hidden" }, @properties in front of the sheets, the parts @strings
 * and @styles (what stands inside of them).
 */
export function bookParts(sheets, { states = {}, properties = "", strings, styles } = {}) {
  const names = Object.keys(sheets);
  const state = (name) => (states[name] ? ` state="${states[name]}"` : "");
  const listed = names.map((name, i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="r${i}"${state(name)}/>`);
  const related = names.map((_, i) => relation(`r${i}`, "worksheet", `worksheets/sheet${i + 1}.xml`));
  if (strings !== undefined) related.push(relation("s", "sharedStrings", "sharedStrings.xml"));
  if (styles !== undefined) related.push(relation("t", "styles", "styles.xml"));
  return [
    ["[Content_Types].xml", `<Types xmlns="${packaged}/content-types"/>`],
    ["_rels/.rels", relations([relation("r0", "officeDocument", "xl/workbook.xml")])],
    ["xl/workbook.xml", `<workbook xmlns="${main}" xmlns:r="${office}">${properties}<sheets>${listed.join("")}</sheets></workbook>`],
    ["xl/_rels/workbook.xml.rels", relations(related)],
    ...names.map((name, i) => [`xl/worksheets/sheet${i + 1}.xml`, sheets[name]]),
    ...(strings === undefined ? [] : [["xl/sharedStrings.xml", `<sst xmlns="${main}">${strings}</sst>`]]),
    ...(styles === undefined ? [] : [["xl/styles.xml", `<styleSheet xmlns="${main}">${styles}</styleSheet>`]]),
  ];
}

/** A workbook of { name: rows } in that order. */
export function workbook(sheets) {
  return zip(bookParts(Object.fromEntries(Object.entries(sheets).map(([name, rows]) => [name, sheet(rows)]))));
}

/** The same with the texts in one part that cells share, as spreadsheet programs write it. */
export function sharedWorkbook(sheets) {
  const places = new Map();
  const place = (text) => places.get(text) ?? (places.set(text, places.size), places.size - 1);
  const put = (value) => (typeof value === "number" ? `<c><v>${value}</v></c>` : `<c t="s"><v>${place(value)}</v></c>`);
  const rows = (of) => of.map((row, r) => `<row r="${r + 1}">${row.map(put).join("")}</row>`).join("");
  const parts = Object.fromEntries(Object.entries(sheets).map(([name, of]) => [name, sheetPart(rows(of))]));
  const strings = [...places.keys()].map((text) => `<si><t xml:space="preserve">${escaped(text)}</t></si>`).join("");
  return zip(bookParts(parts, { strings }));
}

/** The parts of an archive, by name. */
function unzip(bytes) {
  const parts = new Map();
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [size, nameSize, extraSize, noteSize] = [bytes.readUInt32LE(at + 20), ...[28, 30, 32].map((field) => bytes.readUInt16LE(at + field))];
    const name = bytes.toString("utf8", at + 46, at + 46 + nameSize);
    const local = bytes.readUInt32LE(at + 42);
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const packed = bytes.subarray(from, from + size);
    parts.set(name, (bytes.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed).toString("utf8"));
    at += 46 + nameSize + extraSize + noteSize;
  }
  return parts;
}

const plain = (xml) => xml.replace(/&(amp|lt|gt|quot);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[name]);
const columnAt = (letters) => [...letters].reduce((at, letter) => at * 26 + letter.charCodeAt(0) - 64, 0) - 1;

/** The sheets of a workbook that the server made, { name: rows }: all cells are texts, and anything else is an error. */
export function sheetsOf(bytes) {
  const parts = unzip(bytes);
  const names = [...parts.get("xl/workbook.xml").matchAll(/<sheet name="([^"]*)"/g)].map(([, name]) => plain(name));
  const rowsOf = (xml) =>
    [...xml.matchAll(/<row [^>]*?(?:\/>|>(.*?)<\/row>)/gs)].map(([, cells = ""]) => {
      const row = [];
      for (const [, place, kind, inside] of cells.matchAll(/<c r="([A-Z]+)\d+"[^>]*? t="(\w+)"[^>]*>(.*?)<\/c>/gs)) {
        if (kind !== "inlineStr") throw new Error(`a cell of kind ${kind}`);
        while (row.length < columnAt(place)) row.push("");
        row.push(plain(inside.match(/<t[^>]*>(.*)<\/t>/s)[1]));
      }
      if (/<v>|<f>/.test(cells)) throw new Error("a number or a formula");
      return row;
    });
  return Object.fromEntries(names.map((name, i) => [name, rowsOf(parts.get(`xl/worksheets/sheet${i + 1}.xml`))]));
}
