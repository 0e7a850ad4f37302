// A catalogue goes out as a file and comes in again: unchanged it changes nothing, with three cells edited exactly these. And the messy
// files as the workbooks that a spreadsheet would make of them: the decisions are those of the text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { World } from "./support/seed.mjs";
import { approveAll, dataFile, importFile, story, upload } from "./support/steps.mjs";
import { workbook } from "./support/xlsx.mjs";

const chapter = story(test);
const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const place = "/api/v1/supplier/products";

/** RFC 4180: rows of cells. */
function table(text) {
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
  if (rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  return rows;
}
const cellText = (cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csvOf = (rows) => Buffer.from(`\ufeff${rows.map((row) => row.map(cellText).join(",")).join("\n")}\n`);
const head = [
  ...["商品编码", "商品名称", "产地", "类目", "规格", "单位", "单价", "阶梯价", "起订量", "库存", "保质期", "储存方式", "毛重", "认证", "条码", "备注"],
  ...["订货倍数", "税率", "品牌", "生产商", "产地说明", "联农带农", "带动农户数", "调价原因"],
];
const goods = (code, more) => {
  const row = {
    ...{ 商品编码: code, 商品名称: `往返茶 ${code}`, 产地: "紫阳县", 类目: "绿茶", 规格: "125g×2罐", 单位: "盒", 单价: "168.00", 阶梯价: "20:160;100:150" },
    ...{ 起订量: "2", 库存: "500", 保质期: "540", 储存方式: "常温", 毛重: "520", 认证: "有机、地理标志", 条码: "", 备注: "", 订货倍数: "2" },
    ...{ 税率: "", 品牌: "", 生产商: "", 产地说明: "", 联农带农: "", 带动农户数: "", 调价原因: "" },
    ...more,
  };
  return head.map((name) => row[name]);
};
const messy = [
  goods("RT-001", { 备注: "-18℃以下也可", 品牌: "秦巴'山'" }),
  goods("RT-002", { 备注: "'引号在前", 产地说明: "'-18℃ 高山" }),
  goods("RT-003", { 商品名称: '带"引号"，逗号, 与；分号', 条码: "6901234567892" }),
  goods("RT-004", { 备注: "第一行\n第二行", 联农带农: "与 12 户签约\n保底收购" }),
  goods("RT-005", { 商品名称: "ＦＵＬＬ　宽　１２３", 规格: "＝不是公式的规格".slice(1), 带动农户数: "１２户" }),
  goods("RT-006", { 商品名称: "𠮷祥茶 🍵 &amp; <6%", 税率: "0.09" }),
  goods("RT-007", { 税率: "免税", 起订量: "1,000", 订货倍数: "10", 阶梯价: "无", 单价: "￥1,280.50元" }),
  goods("RT-008", { 类目: "0401", 生产商: "紫阳县某合作社", 备注: "000123456789012345678" }),
];

let world;
let cataloguer;
before(async () => {
  world = await World.open();
  cataloguer = await world.as("cataloguer");
});
after(() => world.close());

async function exported(accept, language = "zh") {
  const { bytes, headers } = await cataloguer.get(place, { accept, headers: { "Accept-Language": language } });
  assert.match(headers["content-disposition"], /^attachment; filename="catalogue\.(csv|xlsx)"$/);
  return bytes;
}
const counts = ({ accepted, rejected, created, changed, unchanged, priced, restocked }) => ({ accepted, rejected, created, changed, unchanged, priced, restocked });
const nothing = (accepted) => ({ accepted, rejected: 0, created: 0, changed: 0, unchanged: accepted, priced: 0, restocked: 0 });
async function imported(bytes, type = "text/csv", options) {
  return importFile(cataloguer, (await upload(cataloguer, bytes, type)).id, options);
}

chapter("a dry run says what would be made", async () => {
  const done = await imported(csvOf([head, ...messy]), "text/csv", { dryRun: true });
  assert.deepEqual(counts(done), { ...nothing(messy.length), created: messy.length, unchanged: 0 });
  const rows = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/changes`);
  assert.deepEqual(
    rows.map(({ record, code, created, differences }) => [record, code, created, differences]),
    messy.map(([code], i) => [i + 2, code, true, []]),
  );
});

chapter("goods come in, wait, and the same file changes nothing while they wait and when they are approved", async () => {
  const file = csvOf([head, ...messy]);
  assert.equal((await imported(file)).created, messy.length);
  assert.deepEqual(counts(await imported(file)), nothing(messy.length));
  await approveAll(await world.as("reviewer"));
  const done = await imported(file);
  assert.deepEqual(counts(done), nothing(messy.length));
  const unchanged = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/changes?outcome=unchanged`);
  assert.equal(unchanged.length, messy.length);
  assert.deepEqual(await cataloguer.all(`/api/v1/supplier/imports/${done.id}/changes?outcome=restocked`), []);
});

for (const [name, accept, type, language] of [
  ["CSV", "text/csv", "text/csv", "zh"],
  ["CSV with English headers", "text/csv", "text/csv", "en"],
  ["a workbook", xlsxType, xlsxType, "zh"],
])
  chapter(`${name}: what went out unchanged changes nothing`, async () => {
    const bytes = await exported(accept, language);
    const done = await imported(bytes, type);
    assert.deepEqual(counts(done), nothing(messy.length));
    const faults = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/rejected-rows`);
    assert.deepEqual(faults, []);
  });

chapter("three cells edited are three changes and no other", async () => {
  const rows = table((await exported("text/csv")).toString().replace(/^\ufeff/, ""));
  const at = (code) => rows.find((row) => row[rows[0].indexOf("商品编码")] === code);
  const column = (name) => rows[0].indexOf(name);
  at("RT-001")[column("单价")] = "170.00";
  at("RT-003")[column("库存")] = "499";
  at("RT-008")[column("品牌")] = "紫阳";
  const bytes = csvOf(rows);
  const tried = await imported(bytes, "text/csv", { dryRun: true });
  const done = await imported(bytes);
  for (const one of [tried, done]) {
    assert.deepEqual(counts(one), { ...nothing(messy.length), changed: 1, unchanged: messy.length - 1, priced: 1, restocked: 1 });
    const changes = (await cataloguer.all(`/api/v1/supplier/imports/${one.id}/changes`)).filter(({ differences }) => differences.length);
    assert.deepEqual(
      changes.map(({ code, differences }) => [code, differences]).sort(),
      [
        ["RT-001", [{ field: "price", before: "168.00", after: "170.00" }]],
        ["RT-003", [{ field: "stock", before: "500", after: "499" }]],
        ["RT-008", [{ field: "brand", before: "", after: "紫阳" }]],
      ],
    );
  }
  assert.deepEqual(counts(await imported(bytes)), nothing(messy.length));
});

chapter("a price above the band waits for a reviewer, with the reason once it is given", async () => {
  const rows = table((await exported("text/csv")).toString().replace(/^\ufeff/, ""));
  const column = (name) => rows[0].indexOf(name);
  const row = rows.find(([code]) => code === "RT-007");
  row[column("单价")] = "1500.00";
  assert.deepEqual(counts(await imported(csvOf(rows))), { ...nothing(messy.length), changed: 1, unchanged: messy.length - 1 });
  row[column("调价原因")] = "春茶减产";
  const done = await imported(csvOf(rows));
  assert.equal(done.changed, 1);
  const [told] = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/changes?outcome=changed`);
  assert.deepEqual(told.differences, [{ field: "price_reason", before: "", after: "春茶减产" }]);
  assert.deepEqual(counts(await imported(await exported("text/csv"))), nothing(messy.length));
});

chapter("faults of the columns that are new have names", async () => {
  const bad = goods("RT-100", { 订货倍数: "0", 税率: "8%", 带动农户数: "许多", 品牌: "<b>", 产地说明: "=1+1", 调价原因: "长".repeat(201) });
  const done = await imported(csvOf([head, bad]), "text/csv", { dryRun: true });
  const rows = await cataloguer.all(`/api/v1/supplier/imports/${done.id}/rejected-rows`);
  assert.deepEqual(
    rows.map(({ field, code }) => [field, code]),
    [
      ["multiple", "E_RANGE"],
      ["vat", "E_VAT"],
      ["brand", "E_MARKUP"],
      ["origin", "E_FORMULA"],
      ["households", "E_HOUSEHOLDS"],
      ["price_reason", "E_TOO_LONG"],
    ],
  );
});

chapter("others see nothing of an import, its changes or the goods", async () => {
  const done = await imported(csvOf([head, ...messy]), "text/csv", { dryRun: true });
  const other = await world.as("s0176");
  assert.equal((await other.get(`/api/v1/supplier/imports/${done.id}/changes`, { expect: 404 })).body.code, "E_NOT_FOUND");
  await (await world.as("buyer")).get(`/api/v1/supplier/imports/${done.id}/changes`, { expect: 403 });
  assert.equal((await cataloguer.get(`/api/v1/supplier/imports/${done.id}/changes?outcome=none`, { expect: 422 })).body.errors.length, 1);
  const { text } = await other.get(place, { accept: "text/csv" });
  assert.equal(table(text.replace(/^\ufeff/, "")).length, 1);
});

// What a spreadsheet holds of a cell: a number where it is written as one, else text; signs that XML cannot hold are escaped.
const held = (cell) => {
  if (/^(0|[1-9]\d{0,14})(\.\d{1,2})?$/.test(cell) && cell.replace(".", "").length <= 15) return Number(cell);
  // eslint-disable-next-line no-control-regex
  return cell.replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => `_x${c.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}_`);
};
for (const [name, file, encoding, decision, login] of [
  ["UTF-8", "messy_catalogue.csv", "utf-8", "decision", "s0176"],
  ["GB18030", "messy_catalogue_gb18030.csv", "gb18030", "decision", "s0236"],
  ["GBK", "messy_catalogue_gbk.csv", "gb18030", "decision_gbk", "s0256"],
])
  chapter(`${name} as a workbook: the decisions are those of the text`, async () => {
    const client = await world.as(login);
    const rows = table(new TextDecoder(encoding).decode(dataFile(file)).replace(/^\ufeff/, ""));
    const book = workbook({ 商品: rows.map((row) => row.map(held)) });
    const done = await importFile(client, (await upload(client, book, xlsxType)).id, { dryRun: true });
    const [names, ...expected] = table(dataFile("expected_results.csv").toString().replace(/^\ufeff/, ""));
    const rejected = expected.filter((row) => row[names.indexOf(decision)] === "reject").map((row) => Number(row[names.indexOf("record")]));
    const faults = await client.all(`/api/v1/supplier/imports/${done.id}/rejected-rows`);
    assert.deepEqual([...new Set(faults.map(({ record }) => record))].sort((a, b) => a - b), rejected);
    assert.equal(done.accepted, expected.filter((row) => row[names.indexOf(decision)] === "accept").length);
  });
