// What suppliers really send: the messy catalogue in UTF-8, in GB18030, in GBK (with the characters that it lost) and as a workbook. Every record
// must be accepted, rejected or skipped as was decided by hand in expected_results.csv, and what is accepted must stand in the
// catalogue as it says there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { dataFile, importFile, ownGoods, story, sum, upload } from "./support/steps.mjs";
import { sheetsOf, workbook } from "./support/xlsx.mjs";

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

/** RFC 4180, whole: rows of cells, blank ones too. */
function csvTable(text) {
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
  return rows;
}
const csvRows = (text) => csvTable(text).filter((row) => row.length > 1 || row[0] !== "");

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
    const products = await ownGoods(cataloguer);
    const accepted = expected.filter((row) => row[variant.decision] === "accept");
    assert.deepEqual(products.map((product) => product.code).sort(), accepted.map((row) => row.norm_sku).sort());
    for (const row of accepted) {
      const { id } = products.find((product) => product.code === row.norm_sku);
      const {
        revisions: [revision],
        skus: [sku],
        ...rest
      } = (await cataloguer.get(`/api/v1/supplier/products/${id}`)).body;
      const product = { ...rest, ...sku };
      const { shelf_days } = revision;
      const { sale_unit, weight_g, barcode } = revision.skus[0];
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
        cert: revision.certificates.map((one) => one.name).join("、"),
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
    const [stock, waiting] = [await ownGoods(cataloguer), (await reviewer.all("/api/v1/product-reviews")).length];
    const again = await importFile(cataloguer, known[variant.name].file);
    assert.deepEqual(counts(again), wanted);
    assert.deepEqual([again.created, again.changed, again.unchanged], [0, 0, wanted.accepted]);
    assert.deepEqual(await ownGoods(cataloguer), stock);
    assert.equal((await reviewer.all("/api/v1/product-reviews")).length, waiting);
  });
}

const bare = (cell) => cell.replace(/^'(?=.)/, "");
const csvOf = (rows) => Buffer.from(rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(",")).join("\r\n"));
const decoded = (bytes, encoding) => new TextDecoder(encoding ?? "utf-8").decode(bytes);
const tableOf = (answer) => csvRows(answer.text.replace(/^\ufeff/, ""));
const withoutRecords = (faults) => faults.map(({ field, code }) => `${field} ${code}`);
// What only repeated a row that was accepted stands alone in the file that comes back: it gets a code of its own there.
const [twin, dear] = [36, 9];

chapter("the rejected rows come back as they stood in the file, with their errors in one more column", async () => {
  const cataloguer = await world.as("s0176");
  const { place, faults } = known["UTF-8"];
  const source = csvTable(decoded(dataFile("messy_catalogue.csv")));
  const exported = "SELECT COUNT(*) AS n FROM event WHERE kind = 'import.exported'";
  const before_ = Number(world.server.sql(exported)[0].n);
  const answer = await cataloguer.get(`${place}/rejected-rows`, { accept: "text/csv" });
  assert.equal(Number(world.server.sql(exported)[0].n), before_ + 1);
  assert.match(answer.headers["content-disposition"], /rejected-rows\.csv/);
  assert.deepEqual([...answer.bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const [head, ...rows] = tableOf(answer);
  const headOfSource = source.find((row) => row[0].startsWith("商品编码"));
  assert.deepEqual(head, [...headOfSource, "错误"]);
  const records = [...new Set(faults.map((fault) => fault.record))];
  assert.equal(rows.length, records.length);
  const width = headOfSource.length;
  for (const [i, record] of records.entries()) {
    const errors = rows[i][width];
    const cells = rows[i].toSpliced(width, 1);
    assert.deepEqual(cells.map(bare), source[record - 1].slice(0, Math.max(width, cells.length)), `record ${record}`);
    for (const fault of faults.filter((one) => one.record === record)) assert.ok(errors.includes(fault.reason), `record ${record}: ${errors}`);
    for (const cell of rows[i]) assert.doesNotMatch(cell, /^[=+@\t\r]|^-/, `record ${record}`);
  }
  assert.ok(
    faults.some((fault) => /^[=+@-]/.test(fault.cell)),
    "the file has formulas",
  );
  const several = rows[records.indexOf(112)][width];
  assert.match(several, /^商品名称\*：必填；类目：没有此类目.*；单位：.*；单价（元）：.*；库存：.*；储存方式：/);
  const english = await cataloguer.get(`${place}/rejected-rows`, { accept: "text/csv", headers: { "Accept-Language": "en" } });
  const [headInEnglish, ...inEnglish] = tableOf(english);
  assert.equal(headInEnglish.at(-1), "errors");
  assert.match(inEnglish[records.indexOf(112)][width], /^商品名称\*: is required; 类目: there is no such category/);
});

for (const { name, file, login, format } of variants) {
  chapter(`${name}: what came back and was mended in two rows is accepted in these two, and rejected as before in the others`, async () => {
    const cataloguer = await world.as(login);
    const { place, faults } = known[name];
    const media = format === "xlsx" ? xlsx.media : csv.media;
    const fetched = (from) => cataloguer.get(`${from}/rejected-rows`, { accept: media });
    const rowsOf = (answer) => (format === "xlsx" ? Object.values(sheetsOf(answer.bytes))[0] : tableOf(answer));
    const answer = await fetched(place);
    const [head, ...rows] = rowsOf(answer);
    const at = (record) => [...new Set(faults.map((fault) => fault.record))].indexOf(record);
    const left = faults.filter(({ record }) => record !== twin && record !== dear);

    const asItCame = await importFile(cataloguer, (await upload(cataloguer, answer.bytes)).id, { dryRun: true });
    const still = await cataloguer.all(`/api/v1/supplier/imports/${asItCame.id}/rejected-rows`);
    assert.deepEqual(withoutRecords(still), withoutRecords(faults.filter(({ record }) => record !== twin)), file);
    assert.deepEqual(
      still.map(({ cell }) => bare(cell)),
      // of the one true formula, in a workbook, what it shows comes back, and still as a formula
      faults.filter(({ record }) => record !== twin).map(({ cell }) => (cell === "点我" ? "=点我" : bare(cell))),
    );

    rows[at(twin)][0] = "TWIN-1";
    rows[at(dear)][head.indexOf("单价（元）")] = "128";
    const bytes = format === "xlsx" ? workbook({ 修改后: [head, ...rows] }) : csvOf([head, ...rows]);
    const mended = await importFile(cataloguer, (await upload(cataloguer, bytes)).id);
    assert.deepEqual([mended.accepted, mended.rejected, mended.created, mended.published], [2, rows.length - 2, 2, true]);
    const again = `/api/v1/supplier/imports/${mended.id}`;
    assert.deepEqual(withoutRecords(await cataloguer.all(`${again}/rejected-rows`)), withoutRecords(left));
    // and once more: the old column of errors has made room for the new one
    const gone = [at(twin), at(dear)];
    assert.deepEqual(rowsOf(await fetched(again)), [head, ...rows.filter((_, i) => !gone.includes(i))]);
  });
}

chapter("a file of which every row is rejected is not taken over, and says so", async () => {
  const cataloguer = await world.as("s0176");
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重";
  const row = (price) => `ALL-1,紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,${price},500,540,常温,520`;
  const file = await upload(cataloguer, Buffer.from(`${head}\n${row("面议")}\n${row("#N/A")}\n`));
  for (const dryRun of [true, false]) {
    const refused = await importFile(cataloguer, file.id, { dryRun });
    assert.deepEqual([refused.state, refused.accepted, refused.rejected, refused.published], ["done", 0, 2, false]);
    assert.equal(refused.problem, "E_ALL_ROWS_REJECTED");
    assert.match(refused.reason, /所有行都被拒绝/);
    const faults = await cataloguer.all(`/api/v1/supplier/imports/${refused.id}/rejected-rows`);
    assert.deepEqual(withoutRecords(faults), ["price E_PRICE_FORMAT", "price E_CELL_ERROR"]);
  }
});

chapter("a column that is missing is named, headers that stand again in another order hold for the rows below them", async () => {
  const cataloguer = await world.as("s0176");
  const one = "编码,品名,产地,类目,规格,单位,库存,保质期,储存方式,毛重";
  const two = "品名,编码,产地,类目,规格,单位,库存,保质期,储存方式,毛重,单价";
  const row = "紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,500,540,常温,520";
  const text = `目录\n${one}\nAGAIN-1,${row}\n${one}\nAGAIN-2,${row}\n合计,,500\n${two}\n绿茶,a!,紫阳县,绿茶,125g×2罐,盒,500,540,常温,520,1\n`;
  const done = await importFile(cataloguer, (await upload(cataloguer, Buffer.from(text))).id);
  const { text: back } = await cataloguer.get(`/api/v1/supplier/imports/${done.id}/rejected-rows`, { accept: "text/csv" });
  const required = "单价：必填";
  assert.deepEqual(back.replace(/^\ufeff/, "").trimEnd().split("\n"), [
    `${one},错误`,
    `AGAIN-1,${row},${required}`,
    `AGAIN-2,${row},${required}`,
    `${two},错误`,
    `绿茶,a!,紫阳县,绿茶,125g×2罐,盒,500,540,常温,520,1,${back.match(/编码：商品编码应为[^\n"]*/)[0]}`,
  ]);
});

chapter("a workbook that would be too large to be imported is not given; as CSV the rows come back", async () => {
  const cataloguer = await world.as("s0176");
  const [head, row] = ["商品编码,商品名称,产地,类目,规格,单位,单价,库存,保质期,储存方式,毛重", ",紫阳富硒绿茶,紫阳县,绿茶,125g×2罐,盒,面议,500,540,常温,520"];
  const wide = (line, cell) => line + `,${cell}`.repeat(255 - 11);
  const many = 3_000;
  const file = await upload(cataloguer, Buffer.from([wide(head, "x"), ...Array.from({ length: many }, (_, i) => wide(`WIDE-${i}${row}`, "1"))].join("\n")));
  const done = await importFile(cataloguer, file.id);
  assert.deepEqual([done.rejected, done.problem], [many, "E_ALL_ROWS_REJECTED"]);
  const place = `/api/v1/supplier/imports/${done.id}/rejected-rows`;
  const { body } = await cataloguer.get(place, { accept: xlsx.media, expect: 422 });
  assert.equal(body.code, "E_REJECTED_TOO_MANY");
  const back = await cataloguer.get(place, { accept: "text/csv" });
  const again = await importFile(cataloguer, (await upload(cataloguer, back.bytes)).id, { dryRun: true });
  assert.deepEqual([again.rejected, again.problem], [many, "E_ALL_ROWS_REJECTED"]);
});

chapter("of a file that could not be read there is nothing to take back; catalogues have one part", async () => {
  const cataloguer = await world.as("s0176");
  const failed = await importFile(cataloguer, (await upload(cataloguer, Buffer.from("一,二,三\n1,2,3\n"))).id);
  const refused = await cataloguer.get(`/api/v1/supplier/imports/${failed.id}/rejected-rows`, { accept: "text/csv", expect: 409 });
  assert.equal(refused.body.code, "E_IMPORT_NOT_READ");
  assert.deepEqual(await cataloguer.all(`/api/v1/supplier/imports/${failed.id}/rejected-rows`), []);
  await cataloguer.get(`${known["UTF-8"].place}/rejected-rows?part=places`, { accept: "text/csv", expect: 422 });
  const stranger = await world.as("s0236");
  await stranger.get(`${known["UTF-8"].place}/rejected-rows`, { accept: "text/csv", expect: 404 });
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
  const products = await ownGoods(cataloguer);
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
