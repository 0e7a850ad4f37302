// Account numbers: shown masked to everybody, in the clear to who says why, which stands in the audit trail; kept by whom they belong to;
// and those of a database of before are sealed when the program opens it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { exchange } from "./support/client.mjs";
import { World, organisations } from "./support/seed.mjs";
import { once, story } from "./support/steps.mjs";

const chapter = story(test);
const number = "6100123456780000018";
const own = "6228480000000009999";
let world, reconciler, finance, auditor, supplier, other;

before(async () => {
  world = await World.open();
  [reconciler, finance, auditor, supplier, other] = await Promise.all(
    ["reconciler1", "finance", "auditor", "supplierfinance", "s0116"].map((login) => world.as(login)),
  );
});
after(async () => {
  await world.close();
});

const columns = (table) => world.server.sql(`SELECT * FROM ${table}`);
const events = (kind) => world.server.sql(`SELECT kind, object, before_state, after_state FROM event WHERE kind = '${kind}' ORDER BY id`);

chapter("a supervised account is answered masked, to whoever sees it", async () => {
  const account = (await once(reconciler, "/api/v1/bank-accounts", { name: "监管户", bank: "示例银行", number })).body;
  assert.equal(account.number_masked, "6100 **** 0018");
  for (const person of [reconciler, finance, auditor]) {
    assert.deepEqual((await person.get(`/api/v1/bank-accounts/${account.id}`)).body, account);
    assert.deepEqual((await person.get("/api/v1/bank-accounts")).body.items, [account]);
  }
  const twice = await reconciler.post("/api/v1/bank-accounts", { name: "又一户", bank: "示例银行", number }, { expect: 409 });
  assert.equal(twice.body.errors[0].pointer, "/number");
  const [row] = columns("bank_account");
  assert.equal(row.number, null);
  assert.ok(row.number_sealed);
});

chapter("who needs the number says why, each time anew", async () => {
  const [account] = (await finance.get("/api/v1/bank-accounts")).body.items;
  const place = `/api/v1/bank-accounts/${account.id}/disclosures`;
  const key = randomUUID();
  for (const person of [reconciler, finance]) assert.equal((await person.post(place, { reason: "向该账户汇款" })).body.number, number);
  for (let i = 0; i < 2; i++) {
    const answer = await finance.post(place, { reason: "再次核对" }, { key });
    assert.equal(answer.body.number, number);
    assert.equal(answer.headers["idempotency-replayed"], undefined);
  }
  await auditor.post(place, { reason: "审计" }, { expect: 403 });
  await supplier.post(place, { reason: "看看" }, { expect: 403 });
  await finance.post(`/api/v1/bank-accounts/${randomUUID()}/disclosures`, { reason: "汇款" }, { expect: 404 });
  const refused = await finance.post(place, { reason: "" }, { expect: 422 });
  assert.equal(refused.body.errors[0].pointer, "/reason");
  const written = events("bank_account.disclosed");
  assert.deepEqual(
    written.map((event) => JSON.parse(event.after_state).reason),
    ["向该账户汇款", "向该账户汇款", "再次核对", "再次核对"],
  );
  assert.ok(written.every((event) => event.object === account.id));
});

chapter("a supplier keeps the one account that it is paid to", async () => {
  const wanted = { holder: "周至县绿源果业有限公司", bank: "示例银行周至支行", number: own };
  const wrong = await supplier.post("/api/v1/supplier-accounts", { holder: "", bank: "x", number: "12 34" }, { expect: 422 });
  assert.deepEqual(wrong.body.errors.map((error) => error.pointer).sort(), ["/holder", "/number"]);
  const account = (await once(supplier, "/api/v1/supplier-accounts", wanted)).body;
  assert.deepEqual(
    [account.supplier, account.number_masked, account.version],
    [organisations.S0101.id, "6228 **** 9999", 1],
  );
  await supplier.post("/api/v1/supplier-accounts", wanted, { expect: 409 });
  await reconciler.post("/api/v1/supplier-accounts", wanted, { expect: 403 });
  const place = `/api/v1/supplier-accounts/${account.id}`;
  for (const person of [supplier, reconciler, auditor]) {
    assert.deepEqual((await person.get(place)).body, account);
    assert.deepEqual((await person.get("/api/v1/supplier-accounts")).body.items, [account]);
  }
  assert.deepEqual((await other.get("/api/v1/supplier-accounts")).body.items, []);
  await other.get(place, { expect: 404 });
  await other.post(`${place}/disclosures`, { reason: "看看" }, { expect: 404 });
  await auditor.post(`${place}/disclosures`, { reason: "审计" }, { expect: 403 });
  await finance.get(place, { expect: 403 });
  assert.equal((await supplier.post(`${place}/disclosures`, { reason: "核对" })).body.number, own);
  assert.equal((await reconciler.post(`${place}/disclosures`, { reason: "付款" })).body.number, own);
});

chapter("a change needs the version that was seen, and leaves alone what it does not name", async () => {
  const [account] = (await supplier.get("/api/v1/supplier-accounts")).body.items;
  const place = `/api/v1/supplier-accounts/${account.id}`;
  const change = (body, tag, expect) => supplier.send("PATCH", place, { expect, body, headers: tag ? { "If-Match": tag } : {} });
  const tag = (await supplier.get(place)).headers.etag;
  await change({ bank: "另一家" }, null, 428);
  const changed = (await change({ bank: "另一家" }, tag, 200)).body;
  assert.deepEqual([changed.bank, changed.holder, changed.number_masked, changed.version], ["另一家", account.holder, "6228 **** 9999", 2]);
  await change({ bank: "再一家" }, tag, 412);
  await change({ number: "622848000000000777" }, (await supplier.get(place)).headers.etag, 200);
  assert.equal((await supplier.post(`${place}/disclosures`, { reason: "核对" })).body.number, "622848000000000777");
  await other.send("PATCH", place, { expect: 404, body: { bank: "x" }, headers: { "If-Match": "*" } });
  const [first, second] = events("supplier_account.changed").map((event) => JSON.parse(event.after_state));
  assert.equal(first.bank, "另一家");
  assert.equal(first.number, undefined);
  assert.equal(second.number, "***");
});

chapter("what a database of before has in the clear is sealed when it is opened", async () => {
  const id = "00000000-0000-7000-8000-00000000b001";
  const old = "6100999988887777666";
  world.server.sql(`INSERT INTO bank_account (id, name, bank, number, created_at) VALUES ('${id}', '旧户', '示例银行', '${old}', 1)`);
  await world.server.restart();
  const [row] = world.server.sql(`SELECT number, LENGTH(number_sealed) AS size FROM bank_account WHERE id = '${id}'`);
  assert.deepEqual([row.number, Number(row.size)], [null, old.length + 33]);
  assert.equal((await finance.get(`/api/v1/bank-accounts/${id}`)).body.number_masked, "6100 **** 7666");
  assert.equal((await finance.post(`/api/v1/bank-accounts/${id}/disclosures`, { reason: "汇款" })).body.number, old);
  await reconciler.post("/api/v1/bank-accounts", { name: "x", bank: "y", number: old }, { expect: 409 });
});

chapter("a sealed value that was put into another row is not read", async () => {
  const [one, two] = world.server.sql("SELECT id FROM bank_account ORDER BY id DESC");
  world.server.sql(
    `UPDATE bank_account a, bank_account b SET a.number_sealed = b.number_sealed WHERE a.id = '${one.id}' AND b.id = '${two.id}'`,
  );
  const answer = await exchange(world.server.url, {
    method: "GET",
    target: `/api/v1/bank-accounts/${one.id}`,
    headers: { Authorization: `Bearer ${finance.token}` },
  });
  assert.deepEqual([answer.status, answer.body.code], [500, "E_SEAL"]);
  world.server.log = world.server.log.filter((line) => !line.includes("E_SEAL"));
});
