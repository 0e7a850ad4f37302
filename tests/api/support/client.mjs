// A client of the API that believes nothing: every answer is held against the contract, and every request says the status
// that it expects.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import http from "node:http";

import { checkAnswer } from "./contract.mjs";

const ANSWER_MS = 60_000;

/** One exchange, unchecked: { status, headers, bytes, text, body }. @body: Buffer, string or absent. */
export function exchange(url, { method, target, headers = {}, body, agent }) {
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const request = http.request({ hostname, port, method, path: target, headers, agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => done(answerOf(response, Buffer.concat(chunks))));
    });
    request.setTimeout(ANSWER_MS, () => request.destroy(new Error(`${method} ${target}: no answer within ${ANSWER_MS} ms`)));
    request.on("error", fail);
    request.end(body);
  });
}

function answerOf(response, bytes) {
  const answer = { status: response.statusCode, headers: response.headers, bytes, text: bytes.toString("utf8") };
  if ((response.headers["content-type"] ?? "").split(";")[0].endsWith("json") && bytes.length) answer.body = JSON.parse(answer.text);
  return answer;
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code that an authenticator with @secret (base32) shows at @instant, in milliseconds (RFC 6238). */
export function totpCode(secret, instant) {
  const bits = [...secret].map((letter) => base32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(instant / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

export class Client {
  /** @localAddress: one of 127.0.0.0/8, from which the server then sees the requests come. */
  constructor(server, { token = null, name = "nobody", localAddress } = {}) {
    this.server = server;
    this.token = token;
    this.name = name;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64, localAddress });
  }

  /** A client who has logged in, with a code of the second factor for whom the server's `secrets` have one. */
  static async login(server, login, password) {
    const client = new Client(server, { name: login });
    const { body } = await client.post("/api/v1/sessions", { login, password, bearer: true, ...Client.proof(server, login) }, { key: null });
    client.token = body.token;
    client.session = body;
    return client;
  }

  /**
   * { code } for the second factor of @login, or {}. Each code is taken once; stories that log in again within half a minute do not
   * wait for the next one, but have the last one forgotten.
   */
  static proof(server, login) {
    const secret = server.secrets?.[login];
    if (!secret) return {};
    server.sql(`UPDATE totp t JOIN user u ON u.id = t.user SET t.step = 0 WHERE u.login = '${login}'`);
    return { code: totpCode(secret, server.now()) };
  }

  /** Sets up a second factor for whoever is logged in here; later logins by Client.login use it. Gives the recovery codes. */
  async enrol(password) {
    const { secret } = (await this.post("/api/v1/me/totp", { password })).body;
    const codes = (await this.post("/api/v1/me/totp/confirmations", { code: totpCode(secret, this.server.now()) })).body;
    (this.server.secrets ??= {})[this.name] = secret;
    return codes.recovery_codes;
  }

  /**
   * Sends and checks. @options: expect (status), body (object: JSON; Buffer: as it is), type, key (Idempotency-Key: a string, null for
   * none; new for each write otherwise), headers, accept. Gives the answer; `body` is its JSON.
   */
  async send(method, target, { expect, body, type, key, headers = {}, accept } = {}) {
    const sent = { ...headers };
    const isJson = body !== undefined && !Buffer.isBuffer(body) && typeof body !== "string";
    const bytes = body === undefined ? undefined : Buffer.from(isJson ? JSON.stringify(body) : body);
    if (bytes) {
      sent["Content-Type"] ??= type ?? (isJson ? "application/json" : "text/csv");
      sent["Content-Length"] = bytes.length;
    }
    if (accept) sent.Accept = accept;
    if (this.token) sent.Authorization ??= `Bearer ${this.token}`;
    if (method === "POST" && key !== null) sent["Idempotency-Key"] = key ?? randomUUID();
    const answer = await exchange(this.server.url, { method, target, headers: sent, body: bytes, agent: this.agent });
    checkAnswer(method, target, answer);
    this.server.observe?.(method, target, answer);
    if (expect !== undefined)
      assert.equal(
        answer.status,
        expect,
        `${this.name}: ${method} ${target} → ${answer.status}, expected ${expect}\n${answer.text.slice(0, 2000)}`,
      );
    return answer;
  }

  get(target, options = {}) {
    return this.send("GET", target, { expect: 200, ...options });
  }

  post(target, body, options = {}) {
    return this.send("POST", target, { expect: 201, body, ...options });
  }

  put(target, body, options = {}) {
    return this.send("PUT", target, { expect: 204, body, ...options });
  }

  patch(target, body, options = {}) {
    return this.send("PATCH", target, { expect: 200, body, ...options });
  }

  delete(target, options = {}) {
    return this.send("DELETE", target, { expect: 204, ...options });
  }

  /** All items of a keyset list, page by page. */
  async all(target, { limit = 200, ...options } = {}) {
    const items = [];
    let after = null;
    do {
      const mark = target.includes("?") ? "&" : "?";
      const page = await this.get(`${target}${mark}limit=${limit}${after ? `&after=${encodeURIComponent(after)}` : ""}`, options);
      assert.ok(page.body.items.length <= limit, "a page holds more than its limit");
      items.push(...page.body.items);
      after = page.body.next;
    } while (after);
    return items;
  }

  /** How many statements the server took for an answer. */
  static statements(answer) {
    return Number(answer.headers["x-statements"]);
  }

  close() {
    this.agent.destroy();
  }
}
