// A platform that begins with nothing: the operator makes the first authority and its first person on the command line, and from
// there on people come in by invitations and rosters alone.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Client, totpCode } from "./support/client.mjs";
import { Server, command } from "./support/server.mjs";
import { story } from "./support/steps.mjs";

const chapter = story(test);
const data = mkdtempSync(join(tmpdir(), "xiangcai-beginning-"));
const chosen = "a quiet river in March";
let server, first, made;

const authority = (...options) => command(["authority", "add", "--data", data, ...options]);
const platform = ["--code", "P0001", "--uscc", "89610000XU003B348X", "--name", "省总工会（演示）"];

before(async () => {
  const { status, err } = await command(["migrate", "--data", data]);
  assert.equal(status, 0, err);
});
after(async () => {
  first?.close();
  await server?.stop();
  rmSync(data, { recursive: true, force: true });
});

chapter("the operator makes the first authority; every fault of the options is told, and nothing is made of them", async () => {
  const cases = [
    [["--code", "P0001", "--scope", "province"], 2, /--scope: must be/],
    [["--scope", "platform"], 2, /--code: is missing/],
    [["--code", "p1", "--scope", "province", "--uscc", "1"], 2, /--scope: must be[^]*--code: has the wrong format[^]*--uscc: is not a unified/],
    [["--code", "p1", "--scope", "platform"], 1, /--code: .*E_FORMAT[^]*--uscc: .*E_USCC[^]*--name: .*E_LENGTH/],
    [["--code", "P0001", "--scope", "platform"], 1, /--uscc: .*E_USCC[^]*--name: .*E_LENGTH[^]*--short-name: .*E_LENGTH/],
    [[...platform, "--scope", "county:999999"], 1, /--scope: .*E_COUNTY_UNKNOWN/],
    [[...platform, "--scope", "hierarchy:union:U99"], 1, /--scope: .*E_UNKNOWN_REFERENCE/],
  ];
  for (const [options, expected, fault] of cases) {
    const { status, err } = await authority(...options);
    assert.equal(status, expected, options.join(" "));
    assert.match(err, fault);
  }
  const { status, out, err } = await authority(...platform, "--scope", "platform");
  assert.equal(status, 0, err);
  assert.match(out, /^[0-9a-f-]{36}\n$/);
  const other = await authority("--code", "P0001", "--scope", "county:610124", "--name", "不算数");
  assert.equal(other.out, out, other.err);
  const again = await authority("--code", "P0001", "--scope", "platform");
  assert.equal(again.out, out, "the same organisation");
});

chapter("the first person gets a password that was made, and must choose another", async () => {
  const person = ["--login", "keeper", "--name", "安全管理员", "--organisation", "P0001", "--roles", "security_admin"];
  const { status, out, err } = await command(["user", "add", "--data", data, ...person]);
  assert.equal(status, 0, err);
  made = out.match(/^password: (.+)$/m)[1];

  server = await Server.start({ data });
  assert.equal(server.number("SELECT COUNT(*) FROM organisation"), 1);
  first = await Client.login(server, "keeper", made);
  assert.equal(first.session.due, "password");
  const refused = await first.get("/api/v1/members", { expect: 403 });
  assert.equal(refused.body.type, "/problems/password-due");
  await first.send("PUT", "/api/v1/me/password", { body: { current: made, new: chosen }, expect: 204 });
});

chapter("then a second factor is due, and only then the person acts", async () => {
  const refused = await first.get("/api/v1/members", { expect: 403 });
  assert.equal(refused.body.type, "/problems/totp-due");
  const { secret } = (await first.post("/api/v1/me/totp", { password: chosen })).body;
  await first.post("/api/v1/me/totp/confirmations", { code: totpCode(secret, server.now()) });
  assert.deepEqual(
    (await first.get("/api/v1/members")).body.items.map((member) => member.login),
    ["keeper"],
  );
});

chapter("colleagues come in by invitations, and the trail tells the whole beginning", async () => {
  const { token } = (await first.post("/api/v1/invitations", { roles: ["reviewer"], name: "审核" })).body;
  const anybody = new Client(server);
  await anybody.post(`/api/v1/invitations/${token}/acceptances`, { login: "reviewer", name: "审核", password: chosen + "!" }, { key: null });
  anybody.close();
  const reviewer = await Client.login(server, "reviewer", chosen + "!");
  assert.equal(reviewer.session.due, "totp");
  reviewer.close();
  const kinds = server.sql("SELECT kind FROM event ORDER BY at, id").map((row) => row.kind);
  for (const kind of ["authority.added", "user.added", "session.opened"]) assert.ok(kinds.includes(kind), `${kind} of ${kinds}`);
  // each time with what it was before; the clocks of commands all begin at the same instant, so that theirs tell no order
  const states = server.sql("SELECT before_state, after_state FROM event WHERE kind = 'authority.added'");
  const told = states.map((row) => [row.before_state, row.after_state].map((state) => JSON.parse(state || "null")?.scope ?? null));
  for (const change of [
    [null, "platform"],
    ["platform", "county"],
    ["county", "platform"],
  ])
    assert.ok(
      told.some((one) => String(one) === String(change)),
      `${change} of ${JSON.stringify(told)}`,
    );
  assert.equal((await server.verify()).status, 0);
});

chapter("the operator helps the only security administrator back in", async () => {
  const reset = (...options) => command(["user", "reset", "--data", data, ...options]);
  for (const [options, expected, fault] of [
    [[], 2, /--login: is missing/],
    [["--login", "keeper", "--roles", "auditor"], 2, /reset takes --login and --second-factor alone/],
    [["--login", "nobody"], 1, /--login: refers to nothing.*E_UNKNOWN_REFERENCE/],
  ]) {
    const { status, err } = await reset(...options);
    assert.equal(status, expected, err);
    assert.match(err, fault);
  }
  const odd = await command(["usr", "reset"]);
  assert.equal(odd.status, 2);
  assert.match(odd.err, /^xiangcai: there is no command "usr"/);

  await first.get("/api/v1/members");
  const { status, out, err } = await reset("--login", "Keeper", "--second-factor");
  assert.equal(status, 0, err);
  const again = out.match(/^password: (.+)$/m)[1];
  await first.get("/api/v1/members", { expect: 401 });
  const old = new Client(server);
  await old.post("/api/v1/sessions", { login: "keeper", password: chosen, bearer: true }, { key: null, expect: 401 });
  old.close();
  const back = await Client.login(server, "keeper", again);
  assert.equal(back.session.due, "password");
  const used = await back.send("PUT", "/api/v1/me/password", { body: { current: again, new: chosen }, expect: 422 });
  assert.equal(used.body.errors[0].code, "E_PASSWORD_USED");
  await back.send("PUT", "/api/v1/me/password", { body: { current: again, new: chosen + " 2" }, expect: 204 });
  assert.equal((await back.get("/api/v1/sessions/current")).body.due, "totp");
  back.close();
  const [event] = server.sql("SELECT after_state FROM event WHERE kind = 'user.reset'");
  assert.deepEqual(JSON.parse(event.after_state), { login: "keeper", second_factor_removed: true, api_keys_ended: 0 });
  assert.equal((await server.verify()).status, 0);
});
