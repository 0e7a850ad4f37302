// Pictures of goods: uploaded, made anew in three sizes by a process of their own, seen by the supplier and by reviewers, public once
// the goods are approved. And everything that is no picture, or a wicked one: refused by name, with the server alive behind it.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";

import { exchange } from "./support/client.mjs";
import { chunk, displayP3, exif, frame, ihdr, jpeg, manyScans, png, pngSignature, segment, webp, zip } from "./support/pictures.mjs";
import { World } from "./support/seed.mjs";
import { approveAll, dataFile, eventually, importFile, once, story, upload } from "./support/steps.mjs";

const chapter = story(test);
const images = "/api/v1/supplier/images";
const sizes = { small: 160, medium: 480, large: 1280 };
let world, cataloguer, reviewer;

before(async () => {
  world = await World.open({ XIANGCAI_UPLOAD_ORGANISATION_MIB: "400" });
  [cataloguer, reviewer] = await Promise.all(["cataloguer", "reviewer"].map((login) => world.as(login)));
});
after(async () => {
  await world.close();
});

const settled = (id, client = cataloguer) =>
  eventually(
    () => client.get(`${images}/${id}`),
    ({ body }) => body.state !== "queued",
    { limit: 60_000 },
  ).then(({ body }) => body);

const send = (bytes, type = "image/jpeg", options = {}) => cataloguer.send("POST", images, { body: bytes, type, ...options });

/** The code by which the bytes are refused, at once or by the job; "ready" when they are not. */
async function outcome(bytes, type) {
  const { status, body } = await send(bytes, type);
  if (status !== 202) return body.code ?? body.errors?.[0]?.code;
  const image = await settled(body.id);
  assert.ok(image.state === "ready" || image.reason, "a refusal has a sentence");
  return image.problem ?? image.state;
}

const rendition = (id, size, client = cataloguer) => client.get(`/api/v1/images/${id}/${size}`).then(({ bytes }) => bytes);

/** Width and height that a WebP tells (RFC 6386, 9.1). */
const webpSides = (bytes) => [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff];

chapter("a picture becomes three, upright, never larger, and nothing of its own bytes is left", async () => {
  const secret = "34.163N108.201E";
  const bytes = jpeg(1600, 800, { extra: [exif(6, secret), segment(0xfe, Buffer.from("<?php system($_GET['c']); ?>"))] });
  const { body } = await once(cataloguer, images, bytes, { type: "image/jpeg", expect: 202 });
  assert.deepEqual([body.state, body.renditions, body.problem], ["queued", [], null]);
  await eventually(
    () => cataloguer.get(`/api/v1/jobs/${body.job}`),
    (answer) => answer.body.state === "done",
  );
  const image = await settled(body.id);
  assert.deepEqual([image.state, image.width, image.height], ["ready", 800, 1600]);
  assert.deepEqual(image.renditions.map(({ size, width, height }) => [size, width, height]), [
    ["small", 80, 160],
    ["medium", 240, 480],
    ["large", 640, 1280],
  ]);
  for (const { size, bytes: length, digest } of image.renditions) {
    const answer = await cataloguer.get(`/api/v1/images/${image.id}/${size}`);
    assert.equal(answer.headers["content-type"], "image/webp");
    assert.equal(answer.headers.etag, `"${digest}"`);
    assert.equal(answer.bytes.length, length);
    for (const trace of [secret, "Exif", "<?php", "ICCP", "JFIF"]) assert.ok(!answer.bytes.includes(trace), `${trace} is in ${size}`);
  }
  const small = await send(png(24, 16), "image/png", { expect: 202 });
  const kept = await settled(small.body.id);
  assert.deepEqual(kept.renditions.map(({ width, height }) => [width, height]), [[24, 16], [24, 16], [24, 16]]);
});

chapter("colours that are wider than those of screens are brought into them, and the profile is dropped", async () => {
  const small = async (extra) => rendition((await settled((await send(jpeg(96, 96, { seed: 90, extra }))).body.id)).id, "small");
  const profile = (bytes) => segment(0xe2, Buffer.concat([Buffer.from("ICC_PROFILE\0\x01\x01", "latin1"), bytes]));
  const [plain, wide, broken] = [await small([]), await small([profile(displayP3())]), await small([profile(displayP3().subarray(0, 200))])];
  assert.ok(!wide.equals(plain), "the profile is heeded");
  assert.ok(broken.equals(plain), "one that is cut off is as if there were none");
  for (const trace of ["ICC", "mntr", "acsp"]) assert.ok(!wide.includes(trace));
});

chapter("the same bytes are one picture; another supplier's are its own", async () => {
  const bytes = jpeg(64, 64, { seed: 7 });
  const first = (await send(bytes, "image/jpeg", { expect: 202 })).body;
  const again = (await send(bytes, "image/jpeg", { expect: 202 })).body;
  assert.equal(again.id, first.id);
  const other = await world.as("s0116");
  const theirs = (await other.post(images, bytes, { type: "image/jpeg", expect: 202 })).body;
  assert.notEqual(theirs.id, first.id);
  await settled(theirs.id, other);
  await settled(first.id);
  await other.get(`${images}/${first.id}`, { expect: 404 });
  await other.get(`/api/v1/images/${first.id}/small`, { expect: 404 });
  await other.delete(`${images}/${first.id}`, { expect: 404 });
  await cataloguer.get(`${images}/${randomUUID()}`, { expect: 404 });
  await cataloguer.get(`/api/v1/images/${first.id}/huge`, { expect: 404 });
  assert.deepEqual((await cataloguer.all(images, { limit: 2 })).map(({ id }) => id).sort().includes(first.id), true);
  const buyer = await world.as("buyer");
  await buyer.get(images, { expect: 403 });
  await buyer.post(images, bytes, { type: "image/jpeg", expect: 403 });
  await buyer.get(`/api/v1/images/${first.id}/small`, { expect: 403 });
  // what one lets go of, the other still has
  const small = await rendition(theirs.id, "small", other);
  await cataloguer.delete(`${images}/${first.id}`);
  await cataloguer.get(`${images}/${first.id}`, { expect: 404 });
  assert.deepEqual(await rendition(theirs.id, "small", other), small);
  await other.delete(`${images}/${theirs.id}`);
  assert.equal(world.server.number(`SELECT COUNT(*) FROM image_rendition WHERE image IN ('${first.id}', '${theirs.id}')`), 0);
});

chapter("a picture is public with the goods that it was approved with, and stays", async () => {
  const imported = await importFile(cataloguer, (await upload(cataloguer, dataFile("uploads/S0101.csv"))).id);
  assert.ok(imported.created > 0);
  const [review] = (await reviewer.get("/api/v1/product-reviews?limit=1")).body.items;
  const image = await settled((await send(jpeg(320, 320, { seed: 9 }), "image/jpeg", { expect: 202 })).body.id);
  const digest = image.renditions.find(({ size }) => size === "medium").digest;
  const place = `/media/${digest}`;
  await world.anybody.get(place, { expect: 404 });
  world.server.sql(`INSERT INTO revision_image (revision, number, image) VALUES ('${review.id}', 1, '${image.id}')`);
  await world.anybody.get(place, { expect: 404 });

  const waiting = await reviewer.get(`/api/v1/images/${image.id}/medium`);
  assert.match(waiting.headers["cache-control"], /private/);
  const elsewhere = await world.as("s0116");
  await elsewhere.get(`/api/v1/images/${image.id}/medium`, { expect: 404 });

  const refused = await cataloguer.delete(`${images}/${image.id}`, { expect: 409 });
  assert.equal(refused.body.code, "E_IMAGE_USED");
  await approveAll(reviewer);
  const answer = await world.anybody.get(place);
  assert.deepEqual(answer.bytes, waiting.bytes);
  assert.equal(answer.headers["cache-control"], "public, max-age=31536000, immutable");
  assert.equal(answer.headers.etag, `"${digest}"`);
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.equal(answer.headers["cross-origin-resource-policy"], "same-origin");
  assert.match(answer.headers["content-security-policy"], /default-src 'none'; sandbox/);
  const again = await world.anybody.get(place, { expect: 304, headers: { "If-None-Match": `"${digest}"` } });
  assert.equal(again.bytes.length, 0);
  const head = await exchange(world.server.url, { method: "HEAD", target: place });
  assert.deepEqual([head.status, Number(head.headers["content-length"]), head.bytes.length], [200, answer.bytes.length, 0]);
  for (const wrong of ["0".repeat(64), "x", digest.slice(1), `${digest}0`, "g".repeat(64)]) await world.anybody.get(`/media/${wrong}`, { expect: 404 });
});

chapter("what is no picture is refused by name", async () => {
  const foreign = {
    SVG: "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    HTML: "<!doctype html><script>alert(1)</script>",
    GIF: "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
    "GIF with a JPEG behind": "GIF89a\xff\xd8\xff\xe0",
    BMP: "BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00",
    TIFF: "II*\x00\x08\x00\x00\x00",
    ICO: "\x00\x00\x01\x00\x01\x00\x10\x10",
    AVIF: "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00",
    HEIC: "\x00\x00\x00\x18ftypheic",
    PDF: "%PDF-1.7\n",
    ZIP: "PK\x03\x04\x14\x00",
    ELF: "\x7fELF\x02\x01\x01",
    text: "no picture at all",
    "a blank before a PNG": ` ${pngSignature.toString("latin1")}`,
  };
  for (const [what, text] of Object.entries(foreign))
    for (const type of ["image/jpeg", "image/png", "image/webp"]) assert.equal(await outcome(Buffer.from(text, "latin1"), type), "E_IMAGE_TYPE", what);
  for (const type of ["image/svg+xml", "image/gif", "text/html", "application/json", "multipart/form-data; boundary=x"]) {
    const answer = await send(jpeg(16, 16), type, { expect: 415 });
    assert.equal(answer.body.code, "E_IMAGE_TYPE", type);
  }
  assert.equal((await send(Buffer.alloc(0), "image/png")).body.code, "E_FILE_EMPTY");
});

chapter("what is cut off is refused wherever it is cut", async () => {
  const webpBytes = await rendition((await settled((await send(jpeg(240, 160, { seed: 3 })).then((a) => a.body.id)))).id, "large");
  assert.deepEqual(webpSides(webpBytes), [240, 160]);
  const whole = { "image/jpeg": jpeg(240, 160, { seed: 4 }), "image/png": png(40, 30), "image/webp": webpBytes };
  for (const [type, bytes] of Object.entries(whole))
    for (let part = 1; part < 16; part++) {
      const cut = bytes.subarray(0, Math.floor((bytes.length * part) / 16));
      assert.match(await outcome(cut, type), /^E_IMAGE_(BROKEN|TYPE)$/, `${type} cut at ${part}/16`);
    }
  // the structure is whole, the data are not: found by the decoder, in its own process
  const picture = whole["image/jpeg"];
  const ended = Buffer.concat([picture.subarray(0, picture.length - 60), Buffer.from([0xff, 0xd9])]);
  assert.equal(await outcome(ended, "image/jpeg"), "E_IMAGE_BROKEN");
  const short = png(40, 30, { idat: deflateSync(Buffer.alloc(500)) });
  assert.equal(await outcome(short, "image/png"), "E_IMAGE_BROKEN");
  const garbage = png(40, 30, { idat: Buffer.from("this does not inflate") });
  assert.equal(await outcome(garbage, "image/png"), "E_IMAGE_BROKEN");
  const torn = Buffer.from(webpBytes);
  torn.fill(0xaa, 30, 50);
  assert.match(await outcome(torn, "image/webp"), /^(E_IMAGE_BROKEN|ready)$/);
});

chapter("what claims to be huge is refused before it is decoded, and bombs cost nothing", async () => {
  const huge = Buffer.concat([pngSignature, ihdr(65_535, 65_535), chunk("IDAT", deflateSync(Buffer.alloc(10))), chunk("IEND")]);
  const wide = Buffer.concat([pngSignature, ihdr(20_001, 1), chunk("IDAT", deflateSync(Buffer.alloc(10))), chunk("IEND")]);
  const hugeJpeg = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    frame(65_535, 65_535),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0xff, 0xd9]),
  ]);
  const hugeWebp = webp("VP8L", Buffer.from([0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 0, 0]));
  for (const [bytes, type] of [
    [huge, "image/png"],
    [wide, "image/png"],
    [hugeJpeg, "image/jpeg"],
    [hugeWebp, "image/webp"],
  ]) {
    const { status, body } = await send(bytes, type);
    assert.deepEqual([status, body.code], [422, "E_IMAGE_LARGE"]);
  }
  // 300 MB of nothing in IDAT, and in a compressed text, of a picture that says it is small
  const bomb = deflateSync(Buffer.alloc(300 << 20), { level: 9 });
  assert.match(await outcome(png(20, 20, { idat: bomb }), "image/png"), /^(E_IMAGE_BROKEN|E_IMAGE_COST|ready)$/);
  const text = chunk("zTXt", Buffer.concat([Buffer.from("Comment\0\0", "latin1"), bomb]));
  const profile = chunk("iCCP", Buffer.concat([Buffer.from("x\0\0", "latin1"), bomb]));
  assert.equal(await outcome(png(20, 20, { seed: 1, extra: [text, profile] }), "image/png"), "ready");
  assert.equal(await outcome(manyScans(64, 64, 300), "image/jpeg"), "E_IMAGE_SCANS");
  // as large as may be: decoded, within its memory
  const white = png(8000, 5000, { idat: deflateSync(Buffer.alloc(5000 * (1 + 8000 * 3))) });
  assert.equal(await outcome(white, "image/png"), "ready");
  await world.anybody.get("/readyz");
});

chapter("a WebP that lies about its sizes is refused", async () => {
  const good = await rendition((await settled((await send(jpeg(160, 80, { seed: 5 })).then((a) => a.body.id)))).id, "large");
  const type = "image/webp";
  const lie = (at, write) => {
    const copy = Buffer.from(good);
    write(copy, at);
    return copy;
  };
  assert.equal(await outcome(lie(4, (b, at) => b.writeUInt32LE(0x7fffffff, at)), type), "E_IMAGE_BROKEN");
  assert.equal(await outcome(lie(16, (b, at) => b.writeUInt32LE(0xfffffff0, at)), type), "E_IMAGE_BROKEN");
  assert.match(await outcome(lie(26, (b, at) => b.writeUInt16LE(0x3fff, at)), type), /^E_IMAGE_(BROKEN|LARGE)$/);
  const canvas = Buffer.alloc(10);
  canvas.writeUIntLE(4000, 4, 3);
  canvas.writeUIntLE(4000, 7, 3);
  const body = good.subarray(12);
  const extended = Buffer.concat([webp("VP8X", canvas, 4 + 18 + body.length), body]);
  assert.equal(await outcome(extended, type), "E_IMAGE_BROKEN");
  const moving = Buffer.from(canvas);
  moving[0] = 2;
  assert.equal(await outcome(Buffer.concat([webp("VP8X", moving, 4 + 18 + body.length), body]), type), "E_IMAGE_BROKEN");
});

chapter("of what is a picture and something else only the picture is left", async () => {
  const script = "<script>document.location='//evil.example'</script>";
  const shell = "<?php passthru($_GET['x']); ?>";
  const archive = "PK\x03\x04evil.exe";
  const hidden = [script, shell, archive, "evil"];
  const behind = Buffer.from(`${archive}${script}PK\x05\x06`, "latin1");
  const both = [
    [jpeg(80, 80, { seed: 11, extra: [segment(0xfe, Buffer.from(script + shell))], behind }), "image/jpeg"],
    [Buffer.concat([png(80, 80, { seed: 12, extra: [chunk("tEXt", Buffer.from(`Comment\0${shell}`)), chunk("evIl", behind)] }), behind]), "image/png"],
    [jpeg(80, 80, { seed: 13, extra: [segment(0xe2, Buffer.from(`ICC_PROFILE\0\x01\x01${shell}`, "latin1")), segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${script}`))] }), "image/png"],
  ];
  for (const [bytes, type] of both) {
    const image = await settled((await send(bytes, type, { expect: 202 })).body.id);
    assert.equal(image.state, "ready");
    for (const size of Object.keys(sizes)) {
      const made = await rendition(image.id, size);
      for (const trace of hidden) assert.ok(!made.includes(Buffer.from(trace, "latin1")), `${trace} is in ${size}`);
      assert.deepEqual(webpSides(made), [80, 80]);
      assert.equal(made.readUInt32LE(4), made.length - 8, "nothing hangs behind");
    }
  }
});

chapter("pictures with any byte turned over are refused or shown, and nothing falls", async () => {
  const whole = [jpeg(64, 48, { extra: [exif(1)] }), png(16, 16, { seed: 2 })];
  const jobs = [];
  for (const [which, bytes] of whole.entries())
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 24)) {
      const copy = Buffer.from(bytes);
      copy[at] ^= 0xff;
      jobs.push(outcome(copy, which ? "image/png" : "image/jpeg"));
    }
  for (const found of await Promise.all(jobs)) assert.match(found, /^(ready|E_IMAGE_(TYPE|BROKEN|LARGE|SCANS|COST))$/);
  await world.anybody.get("/readyz");
});

// ---- archives ----

const archives = "/api/v1/supplier/image-archives";

/** Sends the archive and waits for its end; gives it with its entries. */
async function archived(bytes, { submit = false, client = cataloguer } = {}) {
  const { body, headers } = await client.post(`${archives}?submit=${submit}`, bytes, { type: "application/zip", expect: 202 });
  assert.equal(headers.location, `/api/v1/jobs/${body.id}`);
  assert.equal(body.submit, submit);
  return ended(body.id, client);
}

async function ended(id, client = cataloguer) {
  const { body: archive } = await eventually(
    () => client.get(`${archives}/${id}`),
    (answer) => answer.body.state !== "queued",
    { limit: 60_000 },
  );
  const entries = await client.all(`${archives}/${id}/entries`, { limit: 3 });
  return { archive, entries, outcomes: Object.fromEntries(entries.map(({ name, outcome, problem }) => [name, problem ?? outcome])) };
}

const gb18030 = Buffer.from([0xd5, 0xd5, 0xc6, 0xac, 0x2f]); // 照片/

chapter("an archive of photographs named by codes becomes pictures of drafts", async () => {
  const [one, two, three] = world.server
    .sql(`SELECT k.code, k.product FROM sku k JOIN organisation o ON o.id = k.supplier WHERE o.code = 'S0101' ORDER BY k.number LIMIT 3`)
    .map(({ code, product }) => ({ code, product }));
  const pictures = [21, 22, 23, 24].map((seed) => jpeg(96, 64, { seed }));
  const bytes = zip([
    { name: `${one.code}_2.JPEG`, content: pictures[1], stored: true },
    { name: `${one.code}.jpg`, content: pictures[0] },
    { name: Buffer.concat([gb18030, Buffer.from(`${two.code}.PNG`)]), content: png(40, 40, { seed: 25 }) },
    { name: `照片/${three.code}.jpg`, content: pictures[2] },
    { name: "照片/" },
    { name: "__MACOSX/._x.jpg", content: "litter" },
    { name: "照片/Thumbs.db", content: "litter" },
    { name: "nobody.jpg", content: pictures[3] },
    { name: `a/b/${one.code}.jpg`, content: pictures[3] },
    { name: `${one.code}_3.gif`, content: "GIF89a" },
    { name: `${one.code}_4.jpg`, content: "GIF89a" },
    { name: `${one.code}_5.jpg`, content: pictures[3].subarray(0, 300) },
    { name: `${one.code}_6.png`, content: zip([{ name: "x.jpg", content: pictures[3] }]) },
  ]);
  const { archive, entries, outcomes } = await archived(bytes);
  assert.deepEqual([archive.state, archive.attached, archive.repeated, archive.refused], ["done", 4, 0, 6]);
  assert.deepEqual(outcomes, {
    [`${one.code}_2.JPEG`]: "attached",
    [`${one.code}.jpg`]: "attached",
    [`照片/${two.code}.PNG`]: "attached",
    [`照片/${three.code}.jpg`]: "attached",
    "nobody.jpg": "E_ARCHIVE_CODE",
    [`a/b/${one.code}.jpg`]: "E_ARCHIVE_DEEP",
    [`${one.code}_3.gif`]: "E_IMAGE_TYPE",
    [`${one.code}_4.jpg`]: "E_IMAGE_TYPE",
    [`${one.code}_5.jpg`]: "E_IMAGE_BROKEN",
    [`${one.code}_6.png`]: "E_IMAGE_TYPE",
  });
  assert.ok(entries.every(({ problem, reason }) => !problem === !reason));
  const drafted = world.server.sql(
    `SELECT i.number, i.image FROM product p JOIN revision_image i ON i.revision = p.draft WHERE p.id = '${one.product}' ORDER BY i.number`,
  );
  const imageOf = (name) => entries.find((entry) => entry.name === name).image;
  // behind those that it had, in the order of their numbers
  assert.deepEqual(drafted.slice(-2).map(({ image }) => image), [imageOf(`${one.code}.jpg`), imageOf(`${one.code}_2.JPEG`)]);

  const again = await archived(bytes);
  assert.deepEqual([again.archive.attached, again.archive.repeated, again.archive.refused], [0, 4, 6]);
  const submitted = await archived(zip([{ name: `${one.code}_7.jpg`, content: jpeg(64, 64, { seed: 31 }) }]), { submit: true });
  assert.equal(submitted.archive.attached, 1, JSON.stringify(submitted));
  const [latest] = world.server.sql(`SELECT r.state, p.draft FROM product p JOIN revision r ON r.id = p.latest WHERE p.id = '${one.product}'`);
  assert.deepEqual([latest.state, latest.draft], ["submitted", null]);

  const other = await world.as("s0116");
  await other.get(`${archives}/${archive.id}`, { expect: 404 });
  await other.get(`${archives}/${archive.id}/entries`, { expect: 404 });
  await other.get(`/api/v1/files/${archive.file}`, { expect: 404 });
  const kept = await cataloguer.get(`/api/v1/files/${archive.file}`);
  assert.deepEqual([kept.headers["content-type"], kept.bytes.equals(bytes)], ["application/zip", true]);
  const codes = await archived(bytes, { client: other });
  assert.equal(codes.outcomes[`${one.code}.jpg`], "E_ARCHIVE_CODE", "another supplier's codes are nobody's");
  const type = "application/zip";
  assert.equal((await cataloguer.post(archives, Buffer.from("a,b\n1,2\n"), { type, expect: 422 })).body.code, "E_ARCHIVE_BROKEN");
  assert.equal((await cataloguer.post(archives, Buffer.alloc(0), { type, expect: 422 })).body.code, "E_FILE_EMPTY");
  await cataloguer.post(archives, bytes, { type: "image/jpeg", expect: 415 });
  assert.equal((await cataloguer.post(`${archives}?submit=perhaps`, bytes, { type, expect: 422 })).body.errors[0].pointer, "submit");
  const buyer = await world.as("buyer");
  await buyer.post(archives, bytes, { type, expect: 403 });
});

chapter("entries that have names of goods and not codes are refused one by one", async () => {
  const names = ["紫阳老树红茶.jpg", "红茶_2.jpg", "茶叶/紫阳富硒绿茶.jpg", "IA-紫_1.jpg"];
  const { archive, outcomes } = await archived(zip(names.map((name, i) => ({ name, content: jpeg(48, 48, { seed: 70 + i }) }))), { submit: true });
  assert.deepEqual([archive.state, archive.attached, archive.refused], ["done", 0, names.length], JSON.stringify(archive));
  assert.deepEqual(outcomes, Object.fromEntries(names.map((name) => [name, "E_ARCHIVE_CODE"])));
});

chapter("a picture whose type nobody told is known by its bytes", async () => {
  const { body } = await send(jpeg(320, 320, { seed: 77 }), "application/octet-stream", { expect: 202 });
  assert.equal((await settled(body.id)).state, "ready");
  assert.equal((await send(Buffer.from("no picture"), "application/octet-stream", { expect: 415 })).body.code, "E_IMAGE_TYPE");
});

chapter("what an archive becomes counts against the day beside the archive", async () => {
  const counted = () => world.server.number("SELECT COALESCE(SUM(bytes), 0) FROM upload_day");
  const [{ code }] = world.server.sql(`SELECT k.code FROM sku k JOIN organisation o ON o.id = k.supplier WHERE o.code = 'S0101' ORDER BY k.number LIMIT 5, 1`);
  const side = 800;
  const rows = Buffer.alloc(side * (1 + side * 3));
  for (let row = 0; row < 30; row++) randomBytes(side * 3).copy(rows, row * (1 + side * 3) + 1);
  const content = png(side, side, { idat: deflateSync(rows, { level: 0 }) });
  const bytes = zip([{ name: `${code}_8.png`, content }]);
  assert.ok(bytes.length * 10 < content.length);
  const before = counted();
  const { archive } = await archived(bytes);
  assert.equal(archive.attached, 1, JSON.stringify(archive));
  assert.equal(counted() - before, bytes.length + content.length);
  await archived(bytes);
  assert.equal(counted() - before, 2 * bytes.length + content.length, "what is there already is not stored again");
});

chapter("photographs of 40 MB come in one archive", async () => {
  const goods = world.server.sql(`SELECT k.code FROM sku k JOIN organisation o ON o.id = k.supplier WHERE o.code = 'S0101' ORDER BY k.number LIMIT 3, 3`);
  const side = 2200;
  const bytes = zip(
    goods.map(({ code }) => ({ name: `${code}.png`, stored: true, content: png(side, side, { idat: deflateSync(randomBytes(side * (1 + side * 3)).map((byte, at) => (at % (1 + side * 3) ? byte : 0)), { level: 0 }) }) })),
  );
  assert.ok(bytes.length > 40 << 20);
  const { archive, entries } = await archived(bytes);
  assert.deepEqual([archive.state, archive.attached, archive.refused], ["done", 3, 0], JSON.stringify(entries));
  const image = await settled(entries[0].image);
  assert.deepEqual([image.width, image.height], [side, side]);
  assert.ok((await cataloguer.get(`/api/v1/files/${archive.file}`)).bytes.equals(bytes));
});

chapter("an archive whose job fell over between its products tells what it attached", async () => {
  const goods = world.server.sql(`SELECT k.code, k.product FROM sku k JOIN organisation o ON o.id = k.supplier WHERE o.code = 'S0101' ORDER BY k.number LIMIT 6, 3`);
  const first = await archived(zip([
    ...goods.map(({ code }, i) => ({ name: `${code}.jpg`, content: jpeg(72, 72, { seed: 60 + i }) })),
    { name: "nobody.jpg", content: "" },
  ]));
  assert.deepEqual([first.archive.attached, first.archive.refused], [3, 1]);
  const drafts = () => world.server.sql(`SELECT i.image FROM product p JOIN revision_image i ON i.revision = p.draft WHERE p.id IN ('${goods.map(({ product }) => product).join("','")}') ORDER BY i.image`);
  const before = drafts();
  // what stands there when the server falls behind the second product: neither the third's draft nor the end
  const { id } = first.archive;
  const third = first.entries.find(({ name }) => name === `${goods[2].code}.jpg`);
  world.server.sql(`DELETE FROM image_archive_entry WHERE archive = '${id}' AND (number = ${third.number} OR outcome <> 'attached')`);
  world.server.sql(`DELETE i FROM revision_image i JOIN product p ON p.draft = i.revision WHERE p.id = '${goods[2].product}'`);
  world.server.sql(`DELETE FROM idempotency WHERE idempotency_key IN ('step archive:${id}:end:${id}', 'step archive:${id}:draft:${third.image}')`);
  world.server.sql(`UPDATE image_archive SET state = 'queued', ended_at = NULL WHERE id = '${id}'`);
  world.server.sql(`UPDATE job SET state = 'queued', ended_at = NULL, holder = NULL, until = NULL WHERE id = '${id}'`);
  const again = await ended(id);
  assert.deepEqual(again.outcomes, first.outcomes);
  assert.deepEqual([again.archive.attached, again.archive.repeated, again.archive.refused], [3, 0, 1]);
  assert.deepEqual(drafts(), before);
});

chapter("wicked archives are refused as a whole", async () => {
  const good = { name: "a.jpg", content: jpeg(16, 16) };
  const many = Array.from({ length: 1001 }, (_, i) => ({ name: `${i}.jpg`, content: "", stored: true }));
  const zeros = Buffer.alloc(12 << 20);
  const whole = zip([good]);
  const unsafe = {
    "a name that leads out": zip([{ ...good, name: "../../etc/cron.d/x.jpg" }]),
    "one within": zip([{ ...good, name: "a/../../x.jpg" }]),
    "an absolute name": zip([{ ...good, name: "/etc/x.jpg" }]),
    "a drive": zip([{ ...good, name: "C:x.jpg" }]),
    "a backslash": zip([{ ...good, name: "..\\x.jpg" }]),
    "a NUL": zip([{ ...good, name: "a.jpg\0.php" }]),
    "no name": zip([{ ...good, name: "" }]),
    "a link": zip([{ ...good, host: 3, mode: 0o120777, content: "/etc/passwd" }]),
    "a lock": zip([{ ...good, flags: 0x801 }]),
    "two on the same bytes": zip([good, { ...good, at: 0 }]),
  };
  for (const [what, bytes] of Object.entries(unsafe)) {
    const { archive, entries } = await archived(bytes);
    assert.deepEqual([archive.state, archive.problem, entries], ["refused", "E_ARCHIVE_UNSAFE", []], what);
    assert.ok(archive.reason);
  }
  const limit = {
    "a thousand and one": zip(many),
    "a hundred thousand": zip(many, { count: 34_464 }),
    "a bomb": zip([{ name: "a.jpg", content: zeros }]),
    "a bomb that says that it is larger": zip([{ ...good, size: 0xfffffff0 }]),
  };
  for (const [what, bytes] of Object.entries(limit)) assert.equal((await archived(bytes)).archive.problem, "E_ARCHIVE_LIMIT", what);
  const broken = {
    "cut off": whole.subarray(0, whole.length - 8),
    "no end": whole.subarray(0, 200),
    "fewer than said": zip([good], { count: 2 }),
    "more than said": zip([good, { ...good, name: "b.jpg" }], { count: 1 }),
    "a method that nobody has": zip([{ ...good, method: 99 }]),
    "two names": zip([{ ...good, localName: "b.jpg" }]),
    "something behind": Buffer.concat([whole, Buffer.from("x")]),
  };
  for (const [what, bytes] of Object.entries(broken)) assert.equal((await archived(bytes)).archive.problem, "E_ARCHIVE_BROKEN", what);
  // what lies about one entry costs that entry alone
  const [{ code }] = world.server.sql(`SELECT k.code FROM sku k JOIN organisation o ON o.id = k.supplier WHERE o.code = 'S0101' ORDER BY k.number LIMIT 1`);
  const name = `${code}_9.jpg`;
  const lies = [
    { name, content: jpeg(16, 16, { seed: 41 }), crc: 1 },
    { name, content: jpeg(16, 16, { seed: 42 }), size: 5 },
    { name, content: jpeg(16, 16, { seed: 43 }), packed: Buffer.from("this does not inflate") },
  ];
  for (const entry of lies) assert.equal((await archived(zip([entry]))).outcomes[name], "E_ARCHIVE_BROKEN");
  await world.anybody.get("/readyz");
});

chapter("what was stored is what is shown, and the books agree", async () => {
  const { status, out } = await world.server.verify();
  assert.equal(status, 0, out);
  const unnamed = world.server.number(
    "SELECT COUNT(*) FROM file_chunk c WHERE NOT EXISTS (SELECT 1 FROM file f WHERE f.digest = c.digest)" +
      " AND NOT EXISTS (SELECT 1 FROM image_rendition r WHERE r.digest = c.digest) AND NOT EXISTS (SELECT 1 FROM job_file j WHERE j.digest = c.digest)",
  );
  assert.equal(unnamed, 0);
});
