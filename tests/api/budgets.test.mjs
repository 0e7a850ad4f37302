// The statement budget of every operation: how many statements a worker may send to the database for one request, BEGIN, COMMIT,
// authentication and the key's row among them. A walk through the main job does each of them at least once.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client } from "./support/client.mjs";
import { findOperation, operations } from "./support/contract.mjs";
import { jpeg, showPicture, uploadPicture, zip } from "./support/pictures.mjs";
import { World, organisations, password } from "./support/seed.mjs";
import { approveAll, dataFile, eventually, importFile, once, ownGoods, priced, story, upload } from "./support/steps.mjs";

// For an order of twelve lines at one supplier: multi-row statements come in widths, so that more lines take more of them. What runs on
// a loop has no database: 0.
const budgets = {
  // sessions
  createSession: 16,
  getSession: 4,
  deleteSession: 8,
  listSessions: 2,
  updateSession: 11,
  revokeSession: 8,
  updatePassword: 15,
  getTotp: 3,
  createTotp: 12,
  createTotpConfirmation: 13,
  deleteTotp: 16,
  createRecoveryCodes: 13,
  listApiKeys: 2,
  createApiKey: 12,
  deleteApiKey: 8,
  // shop
  listRegions: 2,
  listCategories: 0,
  getCategory: 1,
  listProducts: 0,
  listSearchSuggestions: 0,
  getProduct: 0,
  // supplier
  listSupplierProducts: 3,
  getSupplierProduct: 8,
  createSupplierProduct: 20,
  listProductRevisions: 6,
  getProductRevision: 6,
  createProductRevision: 28,
  changeProductRevision: 31,
  deleteProductRevision: 21,
  createRevisionSubmission: 23,
  createRevisionWithdrawal: 16,
  createRevisionCopy: 23,
  changeListing: 13,
  listImports: 2,
  createImport: 13,
  createImportPreview: 4,
  listImportHeaders: 2,
  deleteImportHeader: 9,
  listImportRows: 6,
  getImport: 2,
  listRejectedRows: 3,
  listNormalisations: 3,
  listImportChanges: 3,
  // images
  listImages: 3,
  createImage: 13,
  getImage: 3,
  deleteImage: 21,
  getImageRendition: 4,
  createImageArchive: 12,
  getImageArchive: 2,
  listImageArchiveEntries: 3,
  getMedia: 1,
  // stock and prices, of a dozen SKUs
  getStock: 2,
  setStock: 12,
  listStockMovements: 3,
  listPrices: 3,
  createStockUpdate: 11,
  listPriceUpdates: 2,
  createPriceUpdate: 18,
  cancelPriceUpdate: 9,
  // organisations
  listUnits: 2,
  listSuppliers: 2,
  getOrganisation: 4,
  changeOrganisation: 10,
  createRenaming: 11,
  createClosing: 12,
  createSuspension: 13, // the offers, and that they changed
  createResumption: 12,
  createPlacement: 18,
  createMerger: 23,
  changeContact: 10,
  createContactDisclosure: 8,
  // rosters
  listRosterImports: 2,
  createRosterImport: 12,
  getRosterImport: 2,
  listRosterRejectedRows: 3,
  listRosterNormalisations: 3,
  // review
  listProductReviews: 8,
  getProductReviewSummary: 2,
  createDesignation: 10,
  createDesignationEnding: 10,
  createCategory: 11,
  createCategoryVersion: 12,
  createCategoryEnding: 11,
  getProductReview: 13,
  getReviewFile: 5,
  createDecision: 22, // the content, its price, that in the history, the offer, and that it changed
  createDecisions: 22, // however many
  // ordering
  createOrderPricing: 2,
  listPurchaseOrders: 2,
  createPurchaseOrder: 12,
  getPurchaseOrder: 2,
  listPurchaseOrderLines: 3,
  listSupplyOrders: 2,
  getSupplyOrder: 2,
  listSupplyOrderLines: 3,
  // fulfilment
  createConfirmation: 16,
  listShipments: 4,
  createShipment: 14,
  createReceipt: 15,
  listAcceptances: 4,
  createAcceptance: 21,
  // money
  listBankAccounts: 2,
  getBankAccount: 2,
  createBankAccount: 8,
  discloseBankAccount: 8,
  listSupplierAccounts: 2,
  createSupplierAccount: 8,
  getSupplierAccount: 2,
  changeSupplierAccount: 9,
  discloseSupplierAccount: 8,
  listBankCredits: 2,
  createBankCredit: 12,
  listClaims: 3,
  createClaim: 17,
  // settlement
  createStatementRun: 12,
  listStatements: 2,
  getStatement: 2,
  listStatementLines: 3,
  createStatementConfirmation: 9,
  createStatementRelease: 13,
  // ledger
  listJournals: 3,
  listAccounts: 2,
  getTrialBalance: 2,
  // reports
  getTotals: 3,
  getPassport: 3,
  listPassportRows: 2,
  // audit
  listAuditEvents: 2,
  getAuditEvent: 2,
  listAuditSeals: 2,
  // members
  listMembers: 2,
  getMember: 2,
  changeMember: 12,
  endMember: 13,
  suspendMember: 12,
  resumeMember: 9,
  discloseMember: 8,
  resetMemberPassword: 10,
  listMemberApiKeys: 3,
  revokeMemberApiKey: 8,
  changeMe: 9,
  listInvitations: 2,
  createInvitation: 9,
  revokeInvitation: 9,
  acceptInvitation: 16,
  createUnitInvitations: 10,
  findUsers: 3,
  suspendUser: 14,
  resumeUser: 10,
  resetUserPassword: 10,
  unlockUser: 11,
  removeUserTotp: 13,
  // admission
  createApplication: 8,
  getApplication: 2,
  changeApplication: 11,
  createApplicationDocument: 15,
  getApplicationDocument: 4,
  deleteApplicationDocument: 14,
  createSubmission: 15,
  createWithdrawal: 10,
  createApplicationInvitation: 12,
  listApplicationReviews: 2,
  getApplicationReview: 4,
  getReviewDocument: 5,
  createRecommendation: 11,
  createApplicationDecision: 20,
  discloseApplication: 8,
  listLicences: 2,
  createLicence: 11,
  getLicenceFile: 4,
  createLicenceDecision: 14,
  createDailyRun: 8,
  // notices
  listNotices: 2,
  changeNotice: 8,
  createReadMarks: 6,
  // files
  createFile: 8,
  getFile: 3,
  listJobs: 2,
  getJob: 2,
  getJobFile: 3,
  getJobEvents: 2,
  createJobCancellation: 8,
  // system
  getContract: 0,
  getHome: 0,
  getDocs: 0,
  getDocsStyle: 0,
  getDocsScript: 0,
  getProblem: 0,
  getHealth: 0,
  getReadiness: 0,
};

// The same as CSV or XLSX: taking rows away is an event, in a transaction of its own, six statements.
const asFiles = {
  listStockMovements: 9,
  listRejectedRows: 12, // and one for each 5,000 faults more
  listRosterRejectedRows: 15, // of two tables
  getStatement: 9,
  getTotals: 9,
  listPassportRows: 8,
  listAuditEvents: 9, // and the job that makes a large one
};
const isSheet = (answer) => /^text\/csv|spreadsheetml/.test(answer.headers["content-type"] ?? "");

const chapter = story(test);
// a report asks again and again for its position while events wait for theirs, those of the requests before it among them
const everythingPositioned = () =>
  eventually(
    () => ({ body: world.server.number("SELECT COUNT(*) FROM outbox") }),
    ({ body }) => body === 0,
  );
const counted = new Map(); // operationId → the most statements of a success that was no repetition
const countedFiles = new Map();
let world;

before(async () => {
  world = await World.open();
  world.server.observe = (method, target, answer) => {
    const { id } = findOperation(method, target);
    const statements = Number(answer.headers["x-statements"] ?? 0);
    const table = id in asFiles && (isSheet(answer) || answer.status === 202) ? countedFiles : counted;
    if (answer.status < 300 && answer.headers["idempotency-replayed"] === undefined) table.set(id, Math.max(table.get(id) ?? 0, statements));
  };
});
after(async () => {
  await world.close();
});

chapter("a walk through the main job", async () => {
  const { anybody } = world;
  const [buyer, cataloguer, dispatcher, supplierFinance] = await Promise.all(
    ["buyer", "s0116", "s0116", "s0116"].map((login) => world.as(login)),
  );
  const [reviewer, finance, one, two, auditor, supervisor] = await Promise.all(
    ["reviewer", "finance", "reconciler1", "reconciler2", "auditor", "supervisor"].map((login) => world.as(login)),
  );

  // a session is marked as seen once a minute: not by chance in the midst of this
  world.server.sql("UPDATE session SET seen_at = seen_at + 3600000000");

  for (const target of ["regions", "categories", "products", "search-suggestions?q=pg", "openapi.yaml"]) await anybody.get(`/api/v1/${target}`);
  for (const target of ["/", "/docs", "/docs/docs.css", "/docs/docs.js", "/healthz", "/readyz", "/problems/refused"]) await anybody.get(target);
  const leaving = await Client.login(world.server, "approver", password);
  await leaving.get("/api/v1/sessions/current");
  const [other] = (await leaving.get("/api/v1/sessions")).body.items.filter(({ current }) => !current);
  await leaving.delete(`/api/v1/sessions/${other.id}`);
  await leaving.patch("/api/v1/sessions/current", { organisation: organisations.school.id });
  const expires = new Date(world.server.now()).toISOString().slice(0, 10);
  const key = (await leaving.post("/api/v1/me/api-keys", { name: "key", roles: ["approver"], expires_on: expires, password })).body;
  await leaving.get("/api/v1/me/api-keys");
  await leaving.delete(`/api/v1/me/api-keys/${key.id}`);
  await leaving.enrol(password);
  await leaving.get("/api/v1/me/totp");
  const proof = () => ({ password, ...Client.proof(world.server, "approver") });
  await leaving.post("/api/v1/me/totp/recovery-codes", proof());
  await leaving.delete("/api/v1/me/totp", { body: proof() });
  delete world.server.secrets.approver;
  await leaving.put("/api/v1/me/password", { current: password, new: "another long password" });
  await leaving.delete("/api/v1/sessions/current");

  const file = await upload(cataloguer, dataFile("uploads/S0116.csv"));
  await cataloguer.get(`/api/v1/files/${file.id}`);
  const imported = await importFile(cataloguer, file.id);
  for (const target of ["", `/${imported.id}`, `/${imported.id}/rejected-rows`, `/${imported.id}/normalisations`, `/${imported.id}/changes`])
    await cataloguer.get(`/api/v1/supplier/imports${target}`);

  await cataloguer.post("/api/v1/supplier/import-previews", { file: file.id }, { expect: 200 });
  const said = { file: file.id, policy: "accept_good_rows", dry_run: true, columns: [{ header: "备忘", column: null }] };
  const tried = (await cataloguer.post("/api/v1/supplier/imports", said, { expect: 202 })).body;
  await cataloguer.post(`/api/v1/jobs/${tried.id}/cancellations`, undefined, { expect: undefined });
  await cataloguer.get(`/api/v1/jobs/${tried.id}/events`);
  const [remembered] = (await cataloguer.get("/api/v1/supplier/imports/mapping")).body.items;
  await cataloguer.delete(`/api/v1/supplier/imports/mapping/${remembered.id}`);
  await cataloguer.get(`/api/v1/supplier/imports/${imported.id}/rows`);

  const roster = await upload(reviewer, Buffer.from("unit_code,name,unit_type,city,uscc\nU1,一,二,三,四\n"));
  const listed = await upload(reviewer, Buffer.from("unit_code,hierarchy,parent_unit_code\nU1,union,\n"));
  const rosters = await once(reviewer, "/api/v1/units/imports", { file: roster.id, places: listed.id, policy: "all_or_nothing" }, { expect: 202 });
  await eventually(
    () => reviewer.get(`/api/v1/units/imports/${rosters.body.id}`),
    ({ body }) => body.state === "done",
  );
  for (const target of ["", `/${rosters.body.id}`, `/${rosters.body.id}/rejected-rows`, `/${rosters.body.id}/normalisations`])
    await reviewer.get(`/api/v1/units/imports${target}`);
  await cataloguer.get("/api/v1/jobs");
  const [{ id: review }] = await reviewer.all("/api/v1/product-reviews");
  world.server.sql(`UPDATE revision SET mandate = '${file.id}' WHERE id = '${review}'`);
  for (const target of ["summary", review, `${review}/files/${file.id}`]) await reviewer.get(`/api/v1/product-reviews/${target}`);
  await once(reviewer, "/api/v1/product-reviews/decisions", { items: [{ id: review, decision: "approve" }] }, { expect: 200 });
  const dated = (ahead) => new Date(world.server.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  await once(reviewer, "/api/v1/regions/610124/designation-endings", { kind: "assisted", until: dated(400) }, { expect: 200 });
  await once(reviewer, "/api/v1/regions/610124/designations", { kind: "assisted", since: dated(500) });
  const kind = { name: "试验类", name_en: "Trial", vat_kind: "exempt", since: dated(30) };
  await once(reviewer, "/api/v1/categories", { code: "91", ...kind });
  const { etag } = (await anybody.get("/api/v1/categories/91")).headers;
  await reviewer.post("/api/v1/categories/91/versions", { ...kind, since: dated(40) }, { expect: 201, headers: { "If-Match": etag } });
  await reviewer.post("/api/v1/categories/91/endings", { until: dated(50) }, { expect: 200, headers: { "If-Match": "*" } });
  await approveAll(reviewer);
  const [product, ...products] = await ownGoods(cataloguer);
  await cataloguer.get(`/api/v1/supplier/products/${product.id}`);
  await writeProduct(cataloguer, product);
  await eventually(
    () => anybody.get("/api/v1/products"),
    ({ body }) => body.items.length === products.length + 1,
  );
  await anybody.get(`/api/v1/products/${product.id}`);

  const shown = await uploadPicture(cataloguer, jpeg(64, 64, { seed: 1 }));
  await anybody.get(`/media/${showPicture(world.server, shown)}`);
  const spare = await uploadPicture(cataloguer, jpeg(64, 64, { seed: 2 }));
  await cataloguer.get("/api/v1/supplier/images");
  await cataloguer.get(`/api/v1/images/${spare.id}/large`);
  await reviewer.get(`/api/v1/images/${spare.id}/large`);
  await cataloguer.delete(`/api/v1/supplier/images/${spare.id}`);
  const packed = zip([{ name: "nobody.jpg", content: jpeg(16, 16) }]);
  const archive = (await once(cataloguer, "/api/v1/supplier/image-archives", packed, { type: "application/zip", expect: 202 })).body;
  for (const target of ["", "/entries"]) await cataloguer.get(`/api/v1/supplier/image-archives/${archive.id}${target}`);

  const { lines } = await priced(
    buyer,
    [product, ...products].map(({ sku, minimum, multiple }) => [sku, minimum * multiple]),
  );
  const order = (await once(buyer, "/api/v1/purchase-orders", { submit: true, delivery_address: "西安", lines })).body;
  const place = `/api/v1/supply-orders/${order.supply_orders[0].id}`;
  for (const target of ["", `/${order.id}`, `/${order.id}/lines`]) await buyer.get(`/api/v1/purchase-orders${target}`);
  for (const target of ["/api/v1/supply-orders", place, `${place}/lines`]) await buyer.get(target);
  await once(dispatcher, `${place}/confirmations`, { declined: [{ line: 1, reason: "缺货" }] });
  const shipment = (await once(dispatcher, `${place}/shipments`, { carrier: "顺丰", tracking_number: "1" })).body;
  await once(buyer, `${place}/receipts`, { shipment: shipment.id });
  const account = (await once(one, "/api/v1/bank-accounts", { name: "监管户", bank: "示例银行", number: "6100000000000000018" })).body;
  await finance.post(`/api/v1/bank-accounts/${account.id}/disclosures`, { reason: "汇款" });
  const paid = (await once(supplierFinance, "/api/v1/supplier-accounts", { holder: "金穗", bank: "示例银行", number: "6228000000000000018" })).body;
  for (const target of ["", `/${paid.id}`]) await supplierFinance.get(`/api/v1/supplier-accounts${target}`);
  await supplierFinance.send("PATCH", `/api/v1/supplier-accounts/${paid.id}`, {
    expect: 200,
    body: { bank: "示例银行洋县支行" },
    headers: { "If-Match": "*" },
  });
  await supplierFinance.post(`/api/v1/supplier-accounts/${paid.id}/disclosures`, { reason: "核对" });
  const due = (await buyer.get(place)).body.agreed_fen;
  const credit = (
    await once(one, "/api/v1/bank-credits", {
      bank_account: account.id,
      serial: "1",
      day: "2026-10-20",
      amount_fen: due,
      payer_name: "小学",
      remark: order.payment_code,
    })
  ).body;
  await once(finance, "/api/v1/claims", { bank_credit: credit.id, payment_code: order.payment_code });
  await once(buyer, `${place}/acceptances`, { shipment: shipment.id });
  for (const target of ["shipments", "acceptances"]) await buyer.get(`${place}/${target}`);
  for (const target of ["bank-accounts", `bank-accounts/${account.id}`, "bank-credits", "claims"]) await finance.get(`/api/v1/${target}`);

  const statement = (await once(one, "/api/v1/statement-runs", { supplier: organisations.S0116.id, month: "2026-10" })).body;
  await once(supplierFinance, `/api/v1/statements/${statement.id}/confirmations`, {});
  await once(two, `/api/v1/statements/${statement.id}/releases`, {});
  for (const target of ["", `/${statement.id}`, `/${statement.id}/lines`]) await supplierFinance.get(`/api/v1/statements${target}`);
  for (const target of ["journals", "accounts?kind=payable", "trial-balance"]) await auditor.get(`/api/v1/ledger/${target}`);
  await everythingPositioned();
  const report = (await supervisor.get("/api/v1/reports/totals?measure=net_accepted&by=county")).body;
  await supervisor.get(`/api/v1/passports/${report.total.passport}`);
  await supervisor.get(`/api/v1/passports/${report.total.passport}/rows`);

  const sheets = [
    [cataloguer, `/api/v1/supplier/imports/${imported.id}/rejected-rows`],
    [supplierFinance, `/api/v1/statements/${statement.id}`],
    [supervisor, "/api/v1/reports/totals?measure=net_accepted&by=county"],
    [supervisor, `/api/v1/passports/${report.total.passport}/rows`],
    [auditor, "/api/v1/audit-events"],
  ];
  for (const [client, target] of sheets) {
    await everythingPositioned();
    await client.get(target, { accept: "text/csv" });
  }
  const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
  await reviewer.get(`/api/v1/units/imports/${rosters.body.id}/rejected-rows`, { accept: workbook });
  const { body: trail } = await auditor.get("/api/v1/audit-events?kind=totals.exported");
  await auditor.get(`/api/v1/audit-events/${trail.items[0].id}`);
  await auditor.get("/api/v1/audit-seals");
  // more than a file holds at once is a job's, whose file has a place of its own
  world.server.sql(
    `INSERT INTO event SELECT UUID(), 'test.made', object, organisation, user, roles, address, request, at, NULL, NULL, mac
       FROM event JOIN seq_1_to_5001 WHERE id = '${trail.items[0].id}'`,
  );
  const { body: large } = await auditor.get("/api/v1/audit-events?kind=test.made", { accept: "text/csv", expect: 202 });
  await eventually(
    () => auditor.get(`/api/v1/jobs/${large.job}`),
    ({ body }) => body.state === "done",
  );
  await auditor.get(large.file);
  assert.equal(report.total.movements, lines.length - 1);
});

chapter("stock and prices of a supplier", async () => {
  const cataloguer = await world.as("s0116");
  const codes = world.server.sql(
    `SELECT k.code, n.ladder FROM sku k JOIN price n ON n.sku = k.number JOIN stock s ON s.sku = k.number AND s.on_sale WHERE k.supplier = '${organisations.S0116.id}' ORDER BY k.number LIMIT 12`,
  );
  assert.ok(codes.length);
  const place = `/api/v1/supplier/skus/${codes[0].code}`;
  await cataloguer.get(`${place}/stock`);
  await cataloguer.put(`${place}/stock`, { change: 1 }, { expect: 200, headers: { "If-Match": "*" } });
  await cataloguer.get(`${place}/stock-movements`);
  await cataloguer.get(`${place}/stock-movements`, { accept: "text/csv" });
  await cataloguer.get(`${place}/prices`);
  const stock = { policy: "all_or_nothing", items: codes.map(({ code }) => ({ code, change: 2 })) };
  assert.ok((await once(cataloguer, "/api/v1/supplier/stock-updates", stock, { expect: 200 })).body.applied);
  const cheaper = (ladder) => ladder.split(";").map((rung) => rung.split(":").map(Number)).map(([quantity, fen]) => ({ quantity, unit_price_fen: fen - 1 }));
  const prices = codes.map(({ code, ladder }) => ({ code, ladder: cheaper(ladder) }));
  const later = prices.map((item) => ({ ...item, starts_at: "2026-12-01T00:00:00Z" }));
  const put = (await once(cataloguer, "/api/v1/supplier/price-updates", { policy: "all_or_nothing", items: [...prices, ...later] }, { expect: 200 })).body;
  assert.deepEqual([put.changed, put.scheduled], [codes.length, codes.length]);
  await cataloguer.get("/api/v1/supplier/price-updates");
  await cataloguer.delete(`/api/v1/supplier/price-updates/${put.items.at(-1).plan}`);
});

chapter("a walk through admission", async () => {
  const [county, reviewer, system, admin] = await Promise.all(
    ["countysupervisor", "reviewer", "systemadmin", "supplieradmin"].map((login) => world.as(login)),
  );
  world.server.sql("UPDATE session SET seen_at = seen_at + 3600000000");
  const pdf = Buffer.from("%PDF-1.4\n%%EOF\n");
  const raw = { type: "application/pdf" };
  const made = { kind: "supplier", uscc: organisations.company.uscc, name: organisations.company.name };
  const { body: application } = await world.anybody.post("/api/v1/applications", made, { key: null });
  const applicant = new Client(world.server, { token: application.token });
  const place = `/api/v1/applications/${application.id}`;
  const { headers } = await applicant.get(place);
  const more = { type: "公司", county: "610124", contact_name: "王小明", contact_phone: "13812345678" };
  await applicant.send("PATCH", place, { body: more, expect: 200, headers: { "If-Match": headers.etag } });
  const { body: spare } = await applicant.post(`${place}/documents?kind=other`, pdf, raw);
  await applicant.get(`${place}/documents/${spare.id}`);
  await applicant.delete(`${place}/documents/${spare.id}`);
  const { body: document } = await applicant.post(`${place}/documents?kind=business_licence`, pdf, raw);
  await applicant.post(`${place}/documents?kind=food_registration&expires_on=2027-01-01`, pdf, raw);
  await applicant.post(`${place}/submissions`, {}, { expect: 200 });
  const review = `/api/v1/application-reviews/${application.id}`;
  for (const target of ["/api/v1/application-reviews", review, `${review}/documents/${document.id}`]) await county.get(target);
  const seen = { expect: 200, headers: { "If-Match": "*" } };
  await county.post(`${place}/recommendations`, { verdict: "recommend" }, seen);
  await reviewer.post(`${place}/disclosures`, { reason: "核实" });
  await reviewer.post(`${place}/decisions`, { verdict: "approve" }, seen);
  await applicant.post(`${place}/invitations`, {}, { key: null });
  const { body: other } = await world.anybody.post("/api/v1/applications", made, { key: null });
  const leaving = new Client(world.server, { token: other.token });
  await leaving.post(`/api/v1/applications/${other.id}/withdrawals`, {}, { expect: 200 });
  for (const client of [applicant, leaving]) client.close();

  const file = await upload(admin, pdf, "application/pdf");
  const asked = { kind: "food_registration", file: file.id, expires_on: "2027-01-01" };
  const { body: licence } = await once(admin, "/api/v1/licences", asked);
  await admin.get("/api/v1/licences");
  await admin.get(`/api/v1/licences/${licence.id}/file`);
  await reviewer.post(`/api/v1/licences/${licence.id}/decisions`, { verdict: "accept" }, { expect: 200 });
  await system.post("/api/v1/daily-runs", { day: "2026-10-20" }, { expect: 202 });
  const { body: inbox } = await reviewer.get("/api/v1/notices");
  await reviewer.send("PATCH", `/api/v1/notices/${inbox.items[0].id}`, { body: { read: true }, expect: 200 });
  await reviewer.post("/api/v1/notices/read-marks", {}, { expect: 200 });
});

chapter("a walk through the members", async () => {
  const { server, anybody } = world;
  server.sql("UPDATE membership m JOIN user u ON u.id = m.user SET m.roles = 'security_admin' WHERE u.login = 'reconciler2'");
  const [admin, security] = await Promise.all(["unitadmin", "reconciler2"].map((login) => world.as(login)));
  server.sql("UPDATE session SET seen_at = seen_at + 3600000000");
  const sent = (await admin.post("/api/v1/invitations", { roles: ["buyer"], phone: "13812345678" })).body;
  const came = (
    await anybody.post(`/api/v1/invitations/${sent.token}/acceptances`, { login: "new.comer", name: "新人", password: "long enough 2026" })
  ).body;
  const [place, user] = [`/api/v1/members/${came.user}`, `/api/v1/users/${came.user}`];
  const match = { headers: { "If-Match": "*" } };
  await admin.get("/api/v1/members");
  await admin.get("/api/v1/invitations");
  await admin.get(place);
  const change = { roles: ["approver"], name: "某人", phone: "13987654321" };
  await admin.send("PATCH", place, { ...match, body: change, expect: 200 });
  await admin.post(`${place}/disclosures`, { reason: "联系" });
  const key = randomUUID();
  server.sql(`INSERT INTO api_key (id, digest, prefix, user, organisation, name, roles, created_at, expires_at)
    VALUES ('${key}', UNHEX('${"ab".repeat(32)}'), 'ABCDEFGH', '${came.user}', '${organisations.school.id}', 'k', 'buyer', 1, 2)`);
  await admin.get(`${place}/api-keys`);
  await admin.delete(`${place}/api-keys/${key}`);
  for (const at of [place, user]) {
    await (at === place ? admin : security).post(`${at}/password-resets`, {});
    for (const action of ["suspensions", "resumptions"])
      await (at === place ? admin : security).post(`${at}/${action}`, { reason: "试" }, { expect: 200 });
  }
  await admin.send("PATCH", "/api/v1/me", { body: { name: "管理员" }, expect: 200 });
  await security.get("/api/v1/users?login=new.comer");
  await security.delete(`${user}/locks?reason=x`);
  server.sql(`INSERT INTO totp (id, user, state, secret_sealed, created_at) VALUES (UUID(), '${came.user}', 'active', '', 1)`);
  await security.delete(`${user}/totp?reason=x`);
  const open = (await admin.post("/api/v1/invitations", { roles: ["buyer"] })).body;
  await admin.delete(`/api/v1/invitations/${open.id}`);
  await admin.delete(place, match);
  const ending = (status) => server.sql(`UPDATE membership SET status = '${status}' WHERE organisation = '${organisations.company.id}'`);
  ending("ended");
  await security.post("/api/v1/unit-invitations", {});
  ending("active");
});

chapter("a walk through organisations", async () => {
  const [reviewer, supervisor] = await Promise.all(["reviewer", "supervisor"].map((login) => world.as(login)));
  const { union, company, S0236, S0256 } = organisations;
  const at = (o) => `/api/v1/organisations/${o.id}`;
  const any = { headers: { "If-Match": "*" } };

  await supervisor.get("/api/v1/units");
  await supervisor.get("/api/v1/suppliers");
  await supervisor.get(at(company));
  await reviewer.patch(at(company), { member_count: 5 }, any);
  await reviewer.put(`${at(company)}/contact`, { name: "王小明", phone: "13800001234" }, any);
  await reviewer.post(`${at(company)}/disclosures`, { reason: "核实" });
  await reviewer.post(`${at(company)}/renamings`, { name: "新名", short_name: "新" });
  await reviewer.post(`${at(S0256)}/suspensions`, { reason: "核查" });
  await reviewer.post(`${at(S0256)}/resumptions`, { reason: "已查清" });
  await reviewer.post(`${at(S0236)}/closings`, { since: "2027-01-01", reason: "退出" });
  await reviewer.post(`/api/v1/units/${union.id}/placements`, { hierarchy: "union", parent: company.id });
  await reviewer.post(`/api/v1/units/${union.id}/mergers`, { into: company.id, since: "2027-01-01", reason: "合并" });
});

/** A product with a SKU, a certificate and a mandate, from the first draft to what is taken back; and the switch of @listed. */
async function writeProduct(cataloguer, listed) {
  const base = "/api/v1/supplier/products";
  const any = { "If-Match": "*" };
  const pdf = await upload(cataloguer, Buffer.from("%PDF-1.4\n%%EOF\n"), "application/pdf");
  const sku = { code: "BUDGET-1", specification: "一箱", sale_unit: "箱", weight_g: 500, ladder: [{ quantity: 1, unit_price_fen: 100 }] };
  const content = {
    name: "预算",
    county: "610124",
    category: "0101",
    storage: "常温",
    shelf_days: 30,
    agency: true,
    producer: "合作社",
    mandate: pdf.id,
    mandate_until: "2099-12-31",
    certificates: [{ name: "有机", number: "1", file: pdf.id }],
    skus: [{ ...sku, stock: 5 }],
  };
  const { body: draft } = await cataloguer.post(base, content);
  const revisions = `${base}/${draft.product}/revisions`;
  await cataloguer.get(revisions);
  await cataloguer.get(`${revisions}/${draft.id}`);
  const more = { ...content, skus: [sku, { ...sku, code: "BUDGET-2", stock: 5 }] };
  await cataloguer.send("PUT", `${revisions}/${draft.id}`, { body: more, expect: 200, headers: any });
  await cataloguer.post(`${revisions}/${draft.id}/submissions`, undefined, { expect: 200 });
  const { body: copy } = await cataloguer.post(`${revisions}/${draft.id}/copies`, {});
  await cataloguer.send("DELETE", `${revisions}/${copy.id}`, { expect: 204, headers: any });
  await cataloguer.post(`${revisions}/${draft.id}/withdrawals`, undefined, { expect: 200 });
  await cataloguer.post(revisions, { ...more, skus: [sku, { ...sku, code: "BUDGET-3", stock: 5 }], submit: true });
  for (const on of [false, true]) await cataloguer.put(`${base}/${listed.id}/listing`, { listed: on }, { expect: 200, headers: any });
}

chapter("the walk comes by every operation", () => {
  assert.deepEqual([...counted.keys()].sort(), operations.map((operation) => operation.id).sort());
  assert.deepEqual(Object.keys(budgets).sort(), operations.map((operation) => operation.id).sort());
});

chapter("no operation takes more statements than its budget", () => {
  const over = [...counted].filter(([id, statements]) => statements > budgets[id]);
  assert.deepEqual(
    over.map(([id, statements]) => `${id} took ${statements} of ${budgets[id]}`),
    [],
  );
  assert.deepEqual([...countedFiles.keys()].sort(), Object.keys(asFiles).sort());
  assert.deepEqual(
    [...countedFiles].filter(([id, statements]) => statements === 0 || statements > asFiles[id]),
    [],
    "files",
  );
  const untold = [...counted].filter(([id, statements]) => budgets[id] > 0 && statements === 0);
  assert.deepEqual(untold, [], "X-Statements is missing");
});
