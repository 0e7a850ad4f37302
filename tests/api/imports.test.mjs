// What suppliers really send: the messy catalogue in UTF-8, in GB18030, in GBK (with the characters that it lost) and as a workbook. Every record
// must be accepted, rejected or skipped as was decided by hand in expected_results.csv, and what is accepted must stand in the
// catalogue as it says there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { dataFile, importFile, story, sum, upload } from "./support/steps.mjs";

const chapter = story(test);
const csv = { media: "text/csv", format: "csv", sheet: null };
const xlsx = { media: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", format: "xlsx", sheet: "产品目录", encoding: null };
const byHand = { decision: "decision", reasons: "reasons" };
const variants = [
  { name: "UTF-8", file: "messy_catalogue.csv", login: "s0176", ...byHand, ...csv, encoding: "UTF-8" },
  { name: "GB18030", file: "messy_catalogue_gb18030.csv", login: "s0236", ...byHand, ...csv, encoding: "GB18030" },
  { name: "GBK", file: "messy_catalogue_gbk.csv", login: "s0256", decision: "decision_gbk", reasons: "reasons_gbk", ...csv, encoding: "GB18030" },
  { name: "XLSX", file: "messy_catalogue.xlsx", login: "cataloguer", decision: "decision_xlsx", reasons: "reasons_xlsx", ...xlsx },
];

// The column of a code where expected_results.csv does not say it behind a colon.
const columnsOfCodes = [
  [/^E_(SKU_|DUP_SKU)/, "sku"],
  [/^E_PRICE_/, "price"],
  [/^E_TIER_/, "tiers"],
  [/^E_MOQ_/, "moq"],
  [/^E_CATEGORY_/, "category"],
  [/^E_COUNTY_/, "county"],
  [/^E_UNIT_/, "unit"],
  [/^E_STORAGE/, "storage"],
  [/^E_SHELF_/, "shelf"],
  [/^E_WEIGHT_/, "weight"],
  [/^E_CERT_/, "cert"],
  [/^E_BARCODE_/, "barcode"],
  [/^E_COLUMN_COUNT/, "columns"],
];

/** RFC 4180, whole: rows of cells. */
function csvRows(text) {
  const rows = [[""]];
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    const row = rows.at(-1);
    if (quoted && c === '"' && text[i + 1] === '"') row[row.length - 1] += text[++i];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ",") row.push("");
    else if (!quoted && c === "\n") rows.push([""]);
    else if (quoted || c !== "\r") row[row.length - 1] += c;
  }
  return rows.filter((row) => row.length > 1 || row[0] !== "");
}

function records(text) {
  const [head, ...rows] = csvRows(text.replace(/^\ufeff/, ""));
  return rows.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i] ?? ""])));
}

const expected = records(dataFile("expected_results.csv").toString("utf8"));

function expectedFaults({ decision, reasons }) {
  return expected
    .filter((row) => row[decision] === "reject")
    .flatMap((row) =>
      row[reasons].split("|").map((reason) => {
        const [code, column] = reason.split(":");
        return `${row.record} ${column ?? columnsOfCodes.find(([pattern]) => pattern.test(code))[1]} ${code}`;
      }),
    );
}

let world;
const known = {};

before(async () => {
  world = await World.open();
});
after(async () => {
  await world.close();
});

for (const variant of variants) {
  const count = (word) => expected.filter((row) => row[variant.decision] === word).length;
  const counts = ({ accepted, rejected, skipped }) => ({ accepted, rejected, skipped });
  const wanted = { accepted: count("accept"), rejected: count("reject"), skipped: count("skip") };

  chapter(`${variant.name}: a dry run counts every record and changes nothing`, async () => {
    const cataloguer = await world.as(variant.login);
    const file = await upload(cataloguer, dataFile(variant.file));
    assert.equal(file.media_type, variant.media);
    const tried = await importFile(cataloguer, file.id, { dryRun: true });
    assert.deepEqual(counts(tried), wanted);
    assert.deepEqual(
      [tried.state, tried.encoding, tried.created, tried.published, tried.problem, tried.reason],
      ["done", variant.encoding, wanted.accepted, false, null, null],
    );
    assert.deepEqual([tried.format, tried.sheet], [variant.format, variant.sheet]);
    assert.deepEqual((await cataloguer.get("/api/v1/supplier/products")).body.items, []);
    known[variant.name] = { file: file.id };
  });

  chapter(`${variant.name}: all or nothing gives nothing, since some are rejected`, async () => {
    const cataloguer = await world.as(variant.login);
    const refused = await importFile(cataloguer, known[variant.name].file, { policy: "all_or_nothing" });
    assert.deepEqual(counts(refused), wanted);
    assert.deepEqual([refused.state, refused.created, refused.changed, refused.published], ["done", 0, 0, false]);
    assert.equal(refused.problem, "E_ROWS_REJECTED");
    assert.match(refused.reason, /按策略未导入任何行/);
    assert.deepEqual((await cataloguer.get("/api/v1/supplier/products")).body.items, []);
  });

  chapter(`${variant.name}: good rows are accepted, and each fault of the others is told`, async () => {
    const cataloguer = await world.as(variant.login);
    const done = await importFile(cataloguer, known[variant.name].file);
    assert.deepEqual(counts(done), wanted);
    assert.deepEqual([done.state, done.created, done.changed, done.unchanged, done.published], ["done", wanted.accepted, 0, 0, true]);
    const place = `/api/v1/supplier/imports/${done.id}`;
    const faults = await cataloguer.all(`${place}/rejected-rows`, { limit: 10 });
    assert.deepEqual(
      faults.map(({ record, field, code }) => `${record} ${field} ${code}`),
      expectedFaults(variant),
    );
    known[variant.name].place = place;
    known[variant.name].faults = faults;
  });

  chapter(`${variant.name}: what was accepted stands in the catalogue as it should`, async () => {
    const cataloguer = await world.as(variant.login);
    const products = await cataloguer.all("/api/v1/supplier/products");
    const accepted = expected.filter((row) => row[variant.decision] === "accept");
    assert.deepEqual(products.map((product) => product.code).sort(), accepted.map((row) => row.norm_sku).sort());
    for (const row of accepted) {
      const { id } = products.find((product) => product.code === row.norm_sku);
      const {
        revisions: [revision],
        ...product
      } = (await cataloguer.get(`/api/v1/supplier/products/${id}`)).body;
      const { sale_unit, shelf_days, weight_g, barcode } = revision;
      const found = {
        name: product.name,
        county: product.county,
        category: product.category,
        spec: product.specification,
        unit: sale_unit,
        tiers: product.ladder.map((rung) => `${rung.quantity}:${rung.unit_price_fen}`).join(";"),
        price: product.ladder[0].unit_price_fen,
        moq: product.minimum,
        stock: product.available,
        shelf: shelf_days,
        storage: revision.storage,
        weight: weight_g,
        cert: revision.certificates.join("、"),
        barcode,
        remark: revision.remark,
      };
      const number = (text) => (text === "" ? null : Number(text));
      assert.deepEqual(
        found,
        {
          name: row.norm_name,
          county: row.norm_county_code,
          category: row.norm_category_code,
          spec: row.norm_spec,
          unit: row.norm_unit,
          tiers: row.norm_tiers,
          price: number(row.norm_price_fen),
          moq: number(row.norm_moq),
          stock: number(row.norm_stock),
          shelf: number(row.norm_shelf_days) || null,
          storage: row.norm_storage,
          weight: number(row.norm_weight_g),
          cert: row.norm_cert === "无" ? "" : row.norm_cert,
          barcode: row.norm_barcode || null,
          remark: row.norm_remark,
        },
        `record ${row.record}: ${row.case}`,
      );
    }
  });

  chapter(`${variant.name}: the same file again changes nothing`, async () => {
    const [cataloguer, reviewer] = [await world.as(variant.login), await world.as("reviewer")];
    const [stock, waiting] = [await cataloguer.all("/api/v1/supplier/products"), (await reviewer.all("/api/v1/product-reviews")).length];
    const again = await importFile(cataloguer, known[variant.name].file);
    assert.deepEqual(counts(again), wanted);
    assert.deepEqual([again.created, again.changed, again.unchanged], [0, 0, wanted.accepted]);
    assert.deepEqual(await cataloguer.all("/api/v1/supplier/products"), stock);
    assert.equal((await reviewer.all("/api/v1/product-reviews")).length, waiting);
  });
}

chapter("the rejected rows come as a file, in which no cell begins like a formula", async () => {
  const cataloguer = await world.as("s0176");
  const { place, faults } = known["UTF-8"];
  const csv = await cataloguer.get(`${place}/rejected-rows`, { accept: "text/csv" });
  assert.deepEqual([...csv.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const rows = records(csv.text);
  const bare = (cell) => cell.replace(/^'/, "");
  assert.deepEqual(
    rows.map(({ record, field, code, cell }) => [Number(record), field, code, bare(cell)]),
    faults.map(({ record, field, code, cell }) => [record, field, code, bare(cell)]),
  );
  assert.ok(
    faults.some((fault) => /^[=+@-]/.test(fault.cell)),
    "the file has formulas",
  );
  for (const row of rows)
    for (const cell of [row.cell, row.reason]) assert.doesNotMatch(cell, /^[=+@\t\r]|^-(?![0-9.])/, `record ${row.record}`);
});

chapter("reasons are told in Chinese or in English", async () => {
  const cataloguer = await world.as("s0176");
  const { place, faults } = known["UTF-8"];
  const english = await cataloguer.all(`${place}/rejected-rows`, { headers: { "Accept-Language": "en" } });
  for (const [i, fault] of faults.entries()) {
    assert.equal(english[i].code, fault.code);
    assert.match(fault.reason, /\p{Script=Han}/u);
    assert.match(english[i].reason, /^[\x20-\x7e]/, fault.code);
    assert.doesNotMatch(fault.reason + english[i].reason, /\{\}/, `${fault.code}: an argument is missing`);
  }
});

chapter("the file that docs/imports.md shows is accepted as it stands", async () => {
  const cataloguer = await world.as("s0176");
  const page = readFileSync(new URL("../../docs/imports.md", import.meta.url), "utf8");
  const [, shown] = page.match(/```csv\n([^`]+)```/);
  const file = await upload(cataloguer, Buffer.from(shown));
  const tried = await importFile(cataloguer, file.id, { policy: "all_or_nothing", dryRun: true });
  assert.deepEqual([tried.accepted, tried.rejected, tried.created + tried.changed, tried.problem], [1, 0, 1, null]);
});

chapter("a column that the file lacks gives no note", async () => {
  const cataloguer = await world.as("s0176");
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重";
  const file = await upload(cataloguer, Buffer.from(`${head}\nBARE-1,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,168.00,500,540,常温,520\n`));
  const done = await importFile(cataloguer, file.id, { dryRun: true });
  assert.equal(done.accepted, 1);
  assert.deepEqual(await cataloguer.all(`/api/v1/supplier/imports/${done.id}/normalisations`), []);
});

chapter("what was normalised is told for accepted records only, and is not nothing", async () => {
  const cataloguer = await world.as("s0176");
  const notes = await cataloguer.all(`${known["UTF-8"].place}/normalisations`, { limit: 25 });
  const accepted = new Set(expected.filter((row) => row.decision === "accept").map((row) => Number(row.record)));
  for (const note of notes) {
    assert.ok(accepted.has(note.record), `record ${note.record} was not accepted`);
    assert.notEqual(note.cell.trim(), "", `record ${note.record} ${note.field}: no text`);
    assert.notEqual(note.cell, note.taken);
  }
  const said = (record) => notes.filter((note) => note.record === record).map((note) => note.field);
  assert.deepEqual(said(5), [], "record 5 is written as it should be");
  assert.ok(said(8).includes("price"), "128元/箱");
});

chapter("a file without a header row is the client's fault, and says so", async () => {
  const cataloguer = await world.as("s0116");
  const file = await upload(cataloguer, Buffer.from("一,二,三\n1,2,3\n"));
  const failed = await importFile(cataloguer, file.id);
  assert.deepEqual([failed.state, failed.problem, failed.published], ["failed", "E_HEADER_MISSING", false]);
  assert.match(failed.reason, /商品编码.*逗号分隔/);
  const english = await cataloguer.get(`/api/v1/supplier/imports/${failed.id}`, { headers: { "Accept-Language": "en" } });
  assert.match(english.body.reason, /at least 5 known column names.*separated by commas/);
});

chapter("a file without rows of data is done, but not like one that was taken over", async () => {
  const cataloguer = await world.as("s0116");
  const [head] = dataFile("uploads/S0116.csv").toString("utf8").split("\n");
  const file = await upload(cataloguer, Buffer.from(`${head}\n`));
  const empty = await importFile(cataloguer, file.id);
  assert.deepEqual([empty.state, empty.problem, empty.published], ["done", "E_NO_ROWS", false]);
  assert.match(empty.reason, /没有数据行/);
});

chapter("a CSV file that is not sound says what may be wrong with it", async () => {
  const cataloguer = await world.as("s0116");
  const file = await upload(cataloguer, Buffer.from('商品编码,"商品名称\n1,2\n'));
  const failed = await importFile(cataloguer, file.id);
  assert.deepEqual([failed.state, failed.problem], ["failed", "E_SHEET_BROKEN"]);
  assert.match(failed.reason, /引号未结束/);
});

chapter("a document is refused as a catalogue when its import is asked for", async () => {
  const cataloguer = await world.as("s0116");
  const file = await upload(cataloguer, Buffer.from("%PDF-1.7\n"));
  const wanted = { file: file.id, policy: "accept_good_rows" };
  const { body } = await cataloguer.post("/api/v1/supplier/imports", wanted, { expect: 422 });
  assert.deepEqual(
    body.errors.map(({ pointer, code }) => [pointer, code]),
    [["/file", "E_SHEET_TYPE"]],
  );
  assert.match(JSON.stringify(body.errors), /CSV.*XLSX/);
});

chapter("a workbook that cannot be read says why", async () => {
  const cataloguer = await world.as("s0116");
  const whole = dataFile("messy_catalogue.xlsx");
  for (const [bytes, problem, reason] of [
    [Buffer.from("PK\x03\x04xlsx"), "E_XLSX_BROKEN", /不完好/],
    [whole.subarray(0, whole.length - 100), "E_XLSX_BROKEN", /不完好/],
    [Buffer.from(whole.toString("latin1").replaceAll("[Content_Types].xml", "[Content-Types].xml"), "latin1"), "E_SHEET_ZIP", /压缩包/],
    [Buffer.from(whole.toString("latin1").replaceAll("xl/worksheets/sheet2.xml", "xl/worksheets/../../xx.x"), "latin1"), "E_XLSX_UNSAFE", /越界路径/],
  ]) {
    const failed = await importFile(cataloguer, (await upload(cataloguer, bytes)).id);
    assert.deepEqual([failed.state, failed.problem, failed.published], ["failed", problem, false]);
    assert.match(failed.reason, reason);
  }
});

chapter("sheets that are hidden are not read, and that is said", async () => {
  const cataloguer = await world.as("cataloguer");
  const notes = await cataloguer.all(`${known.XLSX.place}/normalisations`);
  assert.deepEqual(
    notes.filter((note) => note.record === 0),
    [{ record: 0, field: "sheet", cell: "填写示例", taken: "" }],
  );
});

chapter("what is no table is refused when it is uploaded", async () => {
  const cataloguer = await world.as("s0116");
  const refusal = async (bytes, status, type) => (await cataloguer.post("/api/v1/files", bytes, { expect: status, type })).text;
  assert.match(await refusal(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 1]), 415), /CSV.*PDF.*PNG.*JPEG.*XLSX/);
  assert.match(await refusal(Buffer.alloc(0), 422), /文件为空/);
  const form = '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\na,b\r\n--b--\r\n';
  assert.match(await refusal(Buffer.from(form), 415, "multipart/form-data; boundary=b"), /multipart/);
});

chapter("a file of many thousand rows is imported in one go", async () => {
  const cataloguer = await world.as("s0116");
  const [head, row] = dataFile("uploads/S0116.csv").toString("utf8").split("\n");
  const many = 5_000;
  const rows = Array.from({ length: many }, (_, i) => row.replace(/^[^,]+/, `BULK-${i}`));
  const file = await upload(cataloguer, Buffer.from([head, ...rows, ""].join("\n")));
  const done = await importFile(cataloguer, file.id);
  assert.deepEqual([done.accepted, done.created, done.published], [many, many, true]);
  const products = await cataloguer.all("/api/v1/supplier/products");
  assert.equal(products.length, many);
  assert.equal(
    sum(products, (product) => product.available),
    many * products[0].available,
  );
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
