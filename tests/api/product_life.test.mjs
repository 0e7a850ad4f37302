// What becomes of products with time and among others: pictures that belong to a revision, certificates and mandates that end, SKUs
// that several revisions want, writes of one product that race.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { jpeg, zip } from "./support/pictures.mjs";
import { World } from "./support/seed.mjs";
import { command } from "./support/server.mjs";
import { eventually, importFile, priced, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const base = "/api/v1/supplier/products";
let world, cataloguer, reviewer, buyer;
const known = {};

const clients = async () => {
  [cataloguer, reviewer, buyer] = await Promise.all(["cataloguer", "reviewer", "buyer"].map((login) => world.as(login)));
};
before(async () => {
  world = await World.open();
  await clients();
});
after(() => world?.close());

const ladder = (...rungs) => rungs.map(([quantity, unit_price_fen]) => ({ quantity, unit_price_fen }));
const sku = (code, more = {}) => ({ code, specification: "5斤装", sale_unit: "箱", weight_g: 2500, ladder: ladder([2, 6800]), stock: 100, ...more });
const product = (name, skus, more = {}) => ({ name, county: "610124", category: "0101", storage: "常温", shelf_days: 30, skus, ...more });
const bare = ({ stock, ladder: asked, ...rest }) => rest;
const codesOf = (answer) => answer.body.errors.map(({ pointer, code }) => `${pointer} ${code}`).sort();
const get = async (path) => (await cataloguer.get(`${base}${path}`)).body;
const match = { "If-Match": "*" };
const create = async (body) => (await cataloguer.post(base, body)).body;
const approve = (id) => reviewer.post(`/api/v1/product-reviews/${id}/decisions`, { decision: "approve" }, { expect: 200 });
const sold = async (name, skus, more) => {
  const written = await create(product(name, skus, { ...more, submit: true }));
  await approve(written.id);
  return written;
};
const card = (id, done) => eventually(() => world.anybody.get(`/api/v1/products/${id}`, { expect: undefined }), ({ status, body }) => done(body, status));

// ---- pictures

const picture = async (seed) => {
  const { body } = await cataloguer.send("POST", "/api/v1/supplier/images", { body: jpeg(640, 480, { seed }), type: "image/jpeg", expect: 202 });
  return eventually(
    () => cataloguer.get(`/api/v1/supplier/images/${body.id}`),
    (answer) => answer.body.state === "ready",
    { limit: 60_000 },
  ).then((answer) => answer.body);
};
const media = (digest, expect = 200) => world.anybody.get(`/media/${digest}`, { expect });
/** Digests in whatever shape an answer has them. */
const digestsIn = (body) => new Set(JSON.stringify(body).match(/"digest":"[0-9a-f]{64}"/g)?.map((found) => found.slice(10, -1)) ?? []);

chapter("a picture stands in a draft before it is ready, and is handed in only then", async () => {
  const image = await picture(1);
  const state = (word) => world.server.sql(`UPDATE image SET state = '${word}' WHERE id = '${image.id}'`);
  known.first = image;
  state("queued");
  const draft = await create(product("带图猕猴桃", [sku("I-1")], { images: [{ id: image.id }] }));
  const place = `${base}/${draft.product}/revisions/${draft.id}`;
  assert.deepEqual(draft.images.map(({ id }) => id), [image.id]);
  assert.deepEqual(codesOf(await cataloguer.post(`${place}/submissions`, undefined, { expect: 422 })), ["/images/0/id E_IMAGE_UNREADY"]);
  const again = product("带图猕猴桃", [bare(sku("I-1"))], { images: [{ id: image.id }] });
  again.skus[0].ladder = ladder([2, 6800]);
  assert.deepEqual(codesOf(await cataloguer.send("PUT", place, { body: { ...again, submit: true }, expect: 422, headers: match })), ["/images/0/id E_IMAGE_UNREADY"]);
  state("refused");
  assert.deepEqual(codesOf(await cataloguer.send("PUT", place, { body: again, expect: 422, headers: match })), ["/images/0/id E_IMAGE_UNREADY"]);
  state("ready");
  known.pictured = (await cataloguer.post(`${place}/submissions`, undefined, { expect: 200 })).body;
  assert.equal(known.pictured.state, "submitted");
});

chapter("with the approval everybody sees the picture; with the next revision's the shop shows that one's", async () => {
  const { product: id } = known.pictured;
  const digests = known.first.renditions.map(({ digest }) => digest);
  assert.equal(digests.length, 3);
  for (const digest of digests) await media(digest, 404);
  await approve(known.pictured.id);
  const { body } = await card(id, (shown) => digestsIn(shown).size >= 1);
  const shown = digestsIn(body);
  assert.ok(shown.size >= 1 && [...shown].every((digest) => digests.includes(digest)), `${[...shown]} of ${digests}`);
  const item = (await world.anybody.get(`/api/v1/products?q=${encodeURIComponent("带图")}`)).body.items.find((one) => one.id === id);
  assert.equal(item.image, known.first.renditions.find(({ size }) => size === "small").digest);
  for (const digest of shown) assert.match((await media(digest)).headers["content-type"], /^image\//);

  const next = await picture(2);
  const draft = (
    await cataloguer.post(`${base}/${id}/revisions`, product("带图猕猴桃", [bare(sku("I-1"))], { images: [{ id: next.id }], submit: true }))
  ).body;
  await approve(draft.id);
  const fresh = next.renditions.map(({ digest }) => digest);
  const after = await card(id, (seen) => [...digestsIn(seen)].some((digest) => fresh.includes(digest)));
  assert.ok([...digestsIn(after.body)].every((digest) => fresh.includes(digest)));
  await media(fresh[0]);
  await media([...shown][0]); // what buyers have ordered goes on to be shown
});

// ---- certificates and mandates

const daily = async (day) => {
  const { status, out, err } = await command(["daily", "--data", world.server.data, "--day", day], { settings: world.server.settings });
  assert.equal(status, 0, err);
  return Number(out.match(/^goods +(\d+)/m)[1]);
};
const told = async (kind) =>
  (await cataloguer.all("/api/v1/notices", { headers: { "Accept-Language": "en" } })).filter((notice) => notice.kind === kind).map(({ sentence }) => sentence);
const expiring = async (word = "true") => (await cataloguer.get(`${base}?expiring=${word}`)).body.items.map(({ name }) => name).sort();

chapter("what ends within thirty days is listed, and told once", async () => {
  const mandate = await upload(cataloguer, Buffer.from("%PDF-1.4\n%%EOF\n"), "application/pdf");
  const agency = { agency: true, producer: "周至某社", mandate: mandate.id };
  known.over = await sold("授权至今日", [sku("T-1"), sku("T-2")], { ...agency, mandate_until: "2026-10-20" });
  await sold("授权三十日", [sku("T-3")], { ...agency, mandate_until: "2026-11-19" });
  await sold("授权三十一日", [sku("T-4")], { ...agency, mandate_until: "2026-11-20" });
  await sold("证书将到期", [sku("T-5")], { certificates: [{ name: "有机", number: "C-1", valid_until: "2026-10-25" }, { name: "绿色食品" }] });
  const waiting = await create(product("未上架", [sku("T-6")], { ...agency, mandate_until: "2026-10-21", submit: true }));
  known.waiting = waiting.id;
  assert.deepEqual(await expiring(), ["授权三十日", "授权至今日", "未上架", "证书将到期"].sort());
  assert.deepEqual(await expiring("false"), ["带图猕猴桃", "授权三十一日"].sort());
  await cataloguer.get(`${base}?expiring=soon`, { expect: 422 });

  world.server.sql("DELETE FROM daily_mark WHERE step = 'goods'"); // the loop ran it when the server began
  assert.equal(await daily("2026-10-20"), 1);
  const [sentence, ...more] = await told("goods.expiring");
  assert.equal(more.length, 0);
  assert.match(sentence, /of 3 products end within 30 days/);
  for (const name of ["授权至今日", "授权三十日", "证书将到期"]) assert.ok(sentence.includes(name), sentence);
  assert.deepEqual(await told("goods.expired"), []);
  assert.equal(await daily("2026-10-20"), 0, "what was told is not told again");
  assert.equal((await told("goods.expiring")).length, 1);
  assert.equal((await get(`/${known.over.product}`)).on_sale, true, "on its last day");
  assert.equal((await (await world.as("s0116")).all("/api/v1/notices")).filter(({ kind }) => kind.startsWith("goods.")).length, 0);
});

chapter("behind its last day nothing is ordered under a mandate, whatever the offer says; the day's run tells of it", async () => {
  const skus = (await get(`/${known.over.product}`)).skus.map(({ sku: number }) => number);
  const { lines, pricing } = await priced(buyer, skus.map((number) => [number, 2]));
  assert.deepEqual(pricing.lines.map(({ status }) => status), ["ok", "ok"]);
  world.server.sql("INSERT INTO daily_mark (day, step, done, at) VALUES ('2026-10-21', 'day', 0, 0)"); // the loop leaves the day to this story
  await world.server.restart({ XIANGCAI_CLOCK: "2026-10-20T16:00:01Z" });
  world.forget();
  await clients();
  assert.equal(world.server.number(`SELECT COUNT(*) FROM stock WHERE on_sale AND sku IN (${skus})`), 2, "nobody took them off yet");
  const late = await priced(buyer, skus.map((number) => [number, 2]));
  assert.deepEqual([late.pricing.orderable, ...late.pricing.lines.map(({ status }) => status)], [false, "not_on_sale", "not_on_sale"]);
  const order = () => buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines }, { expect: 409 });
  assert.deepEqual([...new Set((await order()).body.errors.map(({ code }) => code))], ["E_NOT_ON_SALE"]);
  const verified = await world.server.verify();
  assert.equal(verified.status, 0, verified.out);

  assert.equal(await daily("2026-10-21"), 2, "what has ended, and what ends within thirty days since");
  const [sentence, ...more] = await told("goods.expired");
  assert.equal(more.length, 0);
  assert.match(sentence, /of 1 products have ended.*授权至今日/);
  assert.equal((await told("goods.expiring")).length, 2, "what came within thirty days since");
  assert.equal((await get(`/${known.over.product}`)).on_sale, false);
  assert.ok((await order()).body.errors.every(({ code }) => code === "E_NOT_ON_SALE"));
  world.server.sql("DELETE FROM daily_mark WHERE step = 'goods'");
  assert.equal(await daily("2026-10-21"), 0);
  assert.equal(world.server.number("SELECT COUNT(*) FROM stock WHERE on_sale AND sku IN (SELECT k.number FROM sku k JOIN product p ON p.id = k.product JOIN revision r ON r.id = p.revision WHERE r.mandate_until < '2026-10-21')"), 0);
});

chapter("a switch or a price moves nothing back on the shelf; a revision with a new mandate does", async () => {
  const path = `${base}/${known.over.product}`;
  for (const listed of [false, true]) await cataloguer.put(`${path}/listing`, { listed }, { expect: 200, headers: match });
  assert.equal((await get(`/${known.over.product}`)).on_sale, false);
  await cataloguer.post(`${path}/revisions/${known.over.id}/copies`, { submit: true }, { expect: 422 });
  const whole = await get(`/${known.over.product}/revisions/${known.over.id}`);
  const body = product("授权已续", [bare(sku("T-1")), bare(sku("T-2"))], { agency: true, producer: "周至某社", mandate: whole.mandate, mandate_until: "2027-12-31", submit: true });
  const { body: renewed } = await cataloguer.post(`${path}/revisions`, body);
  await approve(renewed.id);
  assert.equal((await get(`/${known.over.product}`)).on_sale, true);
  await card(known.over.product, (_, status) => status === 200);
  assert.equal((await expiring()).includes("授权已续"), false);
  const refused = await reviewer.post(`/api/v1/product-reviews/${known.waiting}/decisions`, { decision: "return", reason: "授权将到期", points: [{ pointer: "/mandate_until", note: "请续" }] }, { expect: 200 });
  assert.equal(refused.body.state, "returned");
  const [again] = (await cataloguer.get(`${base}?state=returned`)).body.items;
  const [returned] = (await get(`/${again.id}`)).revisions;
  assert.deepEqual([returned.reason, returned.points], ["授权将到期", [{ pointer: "/mandate_until", note: "请续" }]]);
});

// ---- SKUs that several revisions want

const bulk = async (ids) =>
  (await reviewer.post("/api/v1/product-reviews/decisions", { items: ids.map((id) => ({ id, decision: "approve" })) }, { expect: 200 })).body;
const joinTo = async (target, own, ...codes) =>
  (await cataloguer.post(`${base}/${target.product}/revisions`, product(`并入${codes}`, [bare(sku(own)), ...codes.map((code) => bare(sku(code)))], { submit: true }))).body;

chapter("of many decisions, one by which a SKU can no longer join is refused alone", async () => {
  const [one, two, lone] = [await sold("并入甲", [sku("J-1")]), await sold("并入乙", [sku("J-2")]), await sold("独立", [sku("J-3", { stock: 9 })])];
  await card(lone.product, (_, status) => status === 200);
  const wanted = [await joinTo(one, "J-1", "J-3"), await joinTo(two, "J-2", "J-3")];
  const plain = await create(product("另一商品", [sku("J-4")], { submit: true }));
  const first = await bulk([wanted[0].id, wanted[1].id, plain.id]);
  assert.deepEqual([first.done, first.refused], [2, 1]);
  assert.deepEqual(first.items.map(({ code }) => code ?? "done").sort(), ["E_CONFLICT", "done", "done"]);
  const refused = first.items.find(({ code }) => code);
  assert.deepEqual(refused.errors.map(({ code }) => code), ["E_CODE_ELSEWHERE"]);
  const left = await get(`/${lone.product}`);
  assert.deepEqual([left.skus, left.revision, left.listed], [[], null, false]);
  const shown = await card(lone.product, (_, status) => status === 404);
  assert.equal(shown.status, 404, "the shop shows its SKU in one product only");
  const relisted = await cataloguer.put(`${base}/${lone.product}/listing`, { listed: true }, { expect: 409, headers: match });
  assert.equal(relisted.body.code, "E_PRODUCT_EMPTY");
  const owner = refused.id === wanted[0].id ? two : one;
  assert.deepEqual((await get(`/${owner.product}`)).skus.map(({ code, on_sale }) => [code, on_sale]).filter(([code]) => code === "J-3"), [["J-3", true]]);
  assert.deepEqual([(await bulk([refused.id])).items[0].code], ["E_CONFLICT"], "its SKU now stands among others");
  known.alone = owner === two ? one : two;
});

chapter("a product that is approved beside does not lose its SKU, nor one that got company", async () => {
  const lone = await sold("将有同伴", [sku("J-5")]);
  const own = known.alone.skus[0].code;
  const joining = await joinTo(known.alone, own, "J-5");
  const next = (await cataloguer.post(`${base}/${lone.product}/revisions`, product("将有新名", [bare(sku("J-5"))], { submit: true }))).body;
  const answer = await bulk([joining.id, next.id]);
  assert.deepEqual(answer.items.map(({ code }) => code), ["E_CONFLICT", null]);
  assert.equal((await get(`/${lone.product}`)).name, "将有新名");
  await cataloguer.post(`${base}/${lone.product}/revisions`, product("将有同伴", [bare(sku("J-5")), sku("J-6")]));
  await reviewer.post(`/api/v1/product-reviews/${joining.id}/decisions`, { decision: "approve" }, { expect: 409 });
  assert.deepEqual((await get(`/${lone.product}`)).skus.map(({ code }) => code).sort(), ["J-5", "J-6"]);
});

chapter("what only a draft has does not join: the draft may be deleted, and its codes with it", async () => {
  const draft = await create(product("只有草稿", [sku("J-7")]));
  const own = known.alone.skus[0].code;
  const wanted = product("想并入", [bare(sku(own)), { ...bare(sku("J-7")), ladder: ladder([2, 6800]) }]);
  const refused = await cataloguer.post(`${base}/${known.alone.product}/revisions`, wanted, { expect: 422 });
  assert.deepEqual(codesOf(refused), ["/skus/1/code E_CODE_ELSEWHERE"]);
  await cataloguer.send("DELETE", `${base}/${draft.product}/revisions/${draft.id}`, { expect: 204, headers: match });
  await cataloguer.get(`${base}/${draft.product}`, { expect: 404 });
});

chapter("an import hands in what was a draft: the draft may go away, the product stays", async () => {
  const draft = await create(product("草稿在先", [sku("IMP-1")]));
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,起订量,库存,保质期,储存方式,毛重";
  const row = (price) => Buffer.from(`${head}\nIMP-1,导入在后,周至县,猕猴桃,5斤装,箱,${price},2,50,30,常温,2500\n`);
  const first = await importFile(cataloguer, (await upload(cataloguer, row("70.00"))).id);
  assert.deepEqual([first.state, first.accepted], ["done", 1]);
  const whole = await get(`/${draft.product}`);
  assert.deepEqual([whole.latest_state, whole.draft], ["submitted", draft.id]);
  await cataloguer.send("DELETE", `${base}/${draft.product}/revisions/${draft.id}`, { expect: 204, headers: match });
  const after = await get(`/${draft.product}`);
  assert.deepEqual([after.latest, after.latest_state, after.draft], [whole.latest, "submitted", null]);
  const second = await importFile(cataloguer, (await upload(cataloguer, row("71.00"))).id);
  assert.deepEqual([second.state, second.changed], ["done", 1]);
  await approve((await get(`/${draft.product}`)).latest);
  assert.deepEqual((await get(`/${draft.product}`)).skus[0].ladder, ladder([2, 7100]));
});

chapter("a header that comes again with other columns says of the product what the first one said", async () => {
  const goods = await sold("两次表头", [sku("HH-1"), sku("HH-2")], { brand: "甲牌" });
  const head = "商品编码,商品名称,产地,类目,规格,单位,单价,起订量,库存,保质期,储存方式,毛重";
  const row = (code, more) => `${code},两次表头,周至县,猕猴桃,5斤装,箱,68.00,2,50,30,常温,2500${more}`;
  const rows = (...lines) => upload(cataloguer, Buffer.from(`${lines.join("\n")}\n`));
  const run = await importFile(cataloguer, (await rows(`${head},品牌`, row("HH-1", ",乙牌"), head, row("HH-2", ""))).id);
  assert.deepEqual([run.state, run.accepted, run.rejected], ["done", 2, 0], JSON.stringify(run));
  const [waiting] = (await get(`/${goods.product}`)).revisions;
  assert.deepEqual([waiting.state, waiting.brand, waiting.skus.length], ["submitted", "乙牌", 2]);

  const odd = await sold("三次表头", [sku("HH-3"), sku("HH-4"), sku("HH-5")], { category: "0502" });
  const of = (code, more) => row(code, more).replace("两次", "三次");
  const torn = await rows(head, of("HH-3", ""), `${head},品牌`, of("HH-4", ",丙牌"), of("HH-5", ",丁牌"));
  const refused = await importFile(cataloguer, torn.id);
  assert.deepEqual([refused.state, refused.accepted, refused.rejected], ["done", 1, 2], JSON.stringify(refused));
  assert.equal((await get(`/${odd.product}`)).latest_state, "approved");
});

// ---- prices that stand apart

chapter("a revision that says no price keeps the quantity that the price begins at", async () => {
  const goods = await sold("起订量", [sku("MM-1")]);
  const path = `${base}/${goods.product}/revisions`;
  const of = (more) => product("起订量改名", [{ ...bare(sku("MM-1")), ...more }]);
  const refused = async (more) => codesOf(await cataloguer.post(path, of(more), { expect: 422 }));
  assert.deepEqual(await refused({ minimum: 10 }), ["/skus/0/minimum E_MINIMUM_PRICED"]);
  assert.deepEqual(await refused({ multiple: 5 }), ["/skus/0/minimum E_NOT_MULTIPLE"]);
  const { body: waiting } = await cataloguer.post(path, { ...of({ ladder: ladder([10, 6000]) }), submit: true });
  const { body: draft } = await cataloguer.post(path, of({}));
  assert.deepEqual([draft.skus[0].minimum, draft.skus[0].ladder], [2, null]);
  await approve(waiting.id);
  const late = await cataloguer.post(`${path}/${draft.id}/submissions`, {}, { expect: 422 });
  assert.deepEqual(codesOf(late), ["/skus/0/minimum E_MINIMUM_PRICED"], "the price has moved meanwhile");
  const body = { ...product("起订量又改", [bare(sku("MM-1"))]), submit: true };
  const again = (await cataloguer.send("PUT", `${path}/${draft.id}`, { body, expect: 200, headers: match })).body;
  assert.equal(again.skus[0].minimum, 10);
  await cataloguer.post(`${path}/${draft.id}/withdrawals`, { why: "?" }, { expect: 422 });
  await cataloguer.post(`${path}/${draft.id}/withdrawals`, {}, { expect: 200 });
  const thrice = await cataloguer.post(base, product("重复", [sku("MM-2"), sku("MM-2"), sku("MM-2")]), { expect: 422 });
  assert.deepEqual(codesOf(thrice), ["/skus/1/code E_REPEATED", "/skus/2/code E_REPEATED"]);
});

chapter("pictures of an archive change no price", async () => {
  const goods = await sold("有图", [sku("VV-1")]);
  const lower = { policy: "accept_good_rows", items: [{ code: "VV-1", ladder: ladder([2, 6000]) }] };
  await cataloguer.post("/api/v1/supplier/price-updates", lower, { expect: 200 });
  const content = jpeg(64, 64, { seed: 71 });
  const { body } = await cataloguer.send("POST", "/api/v1/supplier/image-archives?submit=true", {
    body: zip([{ name: "VV-1.jpg", content }]),
    type: "application/zip",
    expect: 202,
  });
  const done = await eventually(
    () => cataloguer.get(`/api/v1/supplier/image-archives/${body.id}`),
    (answer) => answer.body.state !== "queued",
  );
  assert.deepEqual([done.body.state, done.body.attached], ["done", 1]);
  const [waiting] = (await get(`/${goods.product}`)).revisions;
  assert.deepEqual([waiting.state, waiting.images.length, waiting.skus[0].ladder], ["submitted", 1, null]);
  await approve(waiting.id);
  assert.deepEqual((await get(`/${goods.product}`)).skus[0].ladder, ladder([2, 6000]));
});

// ---- writes that race

const statuses = (answers) => answers.map(({ status }) => status).sort().join();

chapter("of writes that race one wins, and what is left is whole", async () => {
  const any = { expect: undefined };
  for (let round = 0; round < 6; round++) {
    const goods = await sold(`竞争${round}`, [sku(`R-${round}`)]);
    const path = `${base}/${goods.product}/revisions`;
    const body = (name) => product(name, [bare(sku(`R-${round}`))]);
    const two = await Promise.all(["甲", "乙"].map((name) => cataloguer.post(path, body(name), any)));
    assert.equal(statuses(two), "201,409", "one draft at a time");
    const draft = two.find(({ status }) => status === 201).body;

    // written by two with the same version, deleted and handed in at once
    const { headers } = await cataloguer.get(`${path}/${draft.id}`);
    const seen = { ...any, headers: { "If-Match": headers.etag } };
    const puts = await Promise.all(["丙", "丁"].map((name) => cataloguer.send("PUT", `${path}/${draft.id}`, { ...seen, body: body(name) })));
    assert.equal(statuses(puts), "200,412");
    const ends = await Promise.all([
      cataloguer.send("DELETE", `${path}/${draft.id}`, { ...any, headers: match }),
      cataloguer.post(`${path}/${draft.id}/submissions`, undefined, any),
    ]);
    assert.ok(["200,404", "204,404", "200,409"].includes(statuses(ends)), statuses(ends));

    // a newer revision is handed in while the older one is decided, or withdrawn
    const older = ends[1].status === 200 ? ends[1].body : (await cataloguer.post(path, { ...body("戊"), submit: true })).body;
    const race = await Promise.all([
      reviewer.post(`/api/v1/product-reviews/${older.id}/decisions`, { decision: "approve" }, any),
      cataloguer.post(path, { ...body("己"), submit: true }, any),
      cataloguer.post(`${path}/${older.id}/withdrawals`, undefined, any),
    ]);
    assert.ok(race.every(({ status }) => [200, 201, 409].includes(status)), statuses(race));
    assert.ok(race.filter(({ status }) => status === 200).length <= 1, "decided or withdrawn, never both");
    const whole = await get(`/${goods.product}`);
    assert.equal(whole.revisions.filter(({ state }) => state === "submitted").length, 1);
    assert.deepEqual([whole.latest_state, whole.draft, whole.on_sale], ["submitted", null, true]);
  }
});

chapter("a SKU joins while it is ordered: every order has its goods, and one that priced before is told", async () => {
  const [goods, lone] = [await sold("并入丙", [sku("O-1")]), await sold("被购", [sku("O-2", { stock: 40 })])];
  const number = lone.skus[0].sku;
  const joining = await joinTo(goods, "O-1", "O-2");
  const { lines } = await priced(buyer, [[number, 2]]);
  const order = () => buyer.post("/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines }, { expect: undefined });
  const [decided, drafted, ...orders] = await Promise.all([
    reviewer.post(`/api/v1/product-reviews/${joining.id}/decisions`, { decision: "approve" }, { expect: undefined }),
    cataloguer.post(`${base}/${lone.product}/revisions`, product("被购新名", [bare(sku("O-2")), sku("O-3")]), { expect: undefined }),
    ...Array.from({ length: 10 }, order),
  ]);
  assert.ok(orders.every(({ status }) => [201, 409].includes(status)), statuses(orders));
  assert.ok([decided.status, drafted.status].includes(409) || drafted.status === 422, `${decided.status} ${drafted.status}`);
  const placed = orders.filter(({ status }) => status === 201).length;
  assert.equal(world.server.number(`SELECT available FROM stock WHERE sku = ${number}`), 40 - 2 * placed);
  assert.equal(world.server.number("SELECT COUNT(*) FROM product p JOIN revision r ON r.id = p.draft WHERE r.state <> 'draft'"), 0);
});

chapter("in the end everything recomputed from its rows agrees", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
});
