// Pictures made byte by byte, good ones and wicked ones: no file of anybody is needed. PNG (ISO/IEC 15948), and JPEG (ITU-T T.81)
// of flat blocks, which is all that a test wants to see.

import { crc32, deflateRawSync, deflateSync } from "node:zlib";

import { eventually } from "./steps.mjs";

const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const u32 = (n) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n >>> 0);
  return out;
};

export function chunk(type, data = Buffer.alloc(0)) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  return Buffer.concat([u32(data.length), named, u32(crc32(named))]);
}

export const pngSignature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

export const ihdr = (width, height, depth = 8, colour = 2, interlace = 0) =>
  chunk("IHDR", Buffer.concat([u32(width), u32(height), Buffer.from([depth, colour, 0, 0, interlace])]));

/** Red, green, blue of the corner in which a pixel stands; @seed makes pictures differ. */
export function corner(x, y, width, height, seed = 0) {
  const colours = [
    [220, 30, 30],
    [30, 200, 40],
    [40, 40, 210],
    [250, 250, 250],
  ];
  const [r, g, b] = colours[(y >= height / 2 ? 2 : 0) + (x >= width / 2 ? 1 : 0)];
  return [r, g, (b + seed) & 255];
}

/** @extra: chunks behind IHDR; @idat: what stands in IDAT instead of the picture. */
export function png(width, height, { seed = 0, extra = [], idat } = {}) {
  const rows = [];
  for (let y = 0; y < height && !idat; y++) {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x++) row.set(corner(x, y, width, height, seed), 1 + x * 3);
    rows.push(row);
  }
  const data = idat ?? deflateSync(Buffer.concat(rows));
  return Buffer.concat([pngSignature, ihdr(width, height), ...extra, chunk("IDAT", data), chunk("IEND")]);
}

/** A segment of a JPEG: @marker without its 0xFF. */
export const segment = (marker, data) => Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);

/** EXIF with an orientation, and a place where somebody lives. */
export function exif(orientation, gps = "34.163N108.201E") {
  const entry = (tag, type, count, value) => Buffer.concat([u16(tag), u16(type), u32(count), value]);
  const directory = Buffer.concat([
    u16(2),
    entry(0x112, 3, 1, Buffer.concat([u16(orientation), u16(0)])),
    entry(0x8825, 4, 1, u32(38)),
    u32(0),
  ]);
  const places = Buffer.concat([u16(1), entry(0x1b, 7, gps.length, u32(56)), u32(0), Buffer.from(gps)]);
  return segment(0xe1, Buffer.concat([Buffer.from("Exif\0\0MM\0*\0\0\0\x08", "latin1"), directory, places]));
}

/** A colour profile (ICC.1:2001-04) with the primaries of Display P3, by which colours are brighter than they seem. */
export function displayP3() {
  const fixed = (...numbers) => Buffer.concat(numbers.map((n) => u32(Math.round(n * 65536))));
  const xyz = (...numbers) => Buffer.concat([Buffer.from("XYZ \0\0\0\0", "latin1"), fixed(...numbers)]);
  const curve = Buffer.concat([Buffer.from("curv\0\0\0\0", "latin1"), u32(1), u16(0x0233), u16(0)]);
  const white = [0.9642, 1, 0.8249];
  const tags = {
    wtpt: xyz(...white),
    rXYZ: xyz(0.51512, 0.2412, -0.00105),
    gXYZ: xyz(0.29198, 0.69225, 0.04189),
    bXYZ: xyz(0.1571, 0.06657, 0.78407),
    rTRC: curve,
    gTRC: curve,
    bTRC: curve,
  };
  let place = 128 + 4 + 12 * Object.keys(tags).length;
  const list = Object.entries(tags).map(([name, data]) => {
    const row = Buffer.concat([Buffer.from(name), u32(place), u32(data.length)]);
    place += data.length;
    return row;
  });
  const head = Buffer.alloc(128);
  head.writeUInt32BE(place, 0);
  head.writeUInt32BE(0x02100000, 8);
  head.write("mntrRGB XYZ ", 12);
  head.write("acsp", 36);
  fixed(...white).copy(head, 68);
  return Buffer.concat([head, u32(list.length), ...list, ...Object.values(tags)]);
}

class Bits {
  bytes = [];
  held = 0;
  count = 0;

  put(value, size) {
    for (let i = size - 1; i >= 0; i--) {
      this.held = (this.held << 1) | ((value >> i) & 1);
      if (++this.count === 8) this.flush();
    }
  }
  flush() {
    this.bytes.push(this.held);
    if (this.held === 0xff) this.bytes.push(0);
    this.held = this.count = 0;
  }
  end() {
    while (this.count) this.put(1, 1);
    return Buffer.from(this.bytes);
  }
}

const ycc = ([r, g, b]) => [
  0.299 * r + 0.587 * g + 0.114 * b,
  128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
  128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
];

/** Nine categories of DC with codes of four bits, and one code of AC: the block ends. */
const tables = Buffer.concat([
  segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 8)])),
  segment(0xc4, Buffer.concat([Buffer.from([0x00, 0, 0, 0, 9]), Buffer.alloc(12), Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8])])),
  segment(0xc4, Buffer.concat([Buffer.from([0x10, 1]), Buffer.alloc(15), Buffer.from([0])])),
]);

export const frame = (width, height, marker = 0xc0) =>
  segment(marker, Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([3, 1, 17, 0, 2, 17, 0, 3, 17, 0])]));

function scan(width, height, seed) {
  const bits = new Bits();
  const last = [0, 0, 0];
  for (let y = 0; y < height; y += 8)
    for (let x = 0; x < width; x += 8)
      ycc(corner(x, y, width, height, seed)).forEach((value, c) => {
        const level = Math.max(-128, Math.min(127, Math.round(value) - 128));
        const step = level - last[c];
        const size = step === 0 ? 0 : 32 - Math.clz32(Math.abs(step));
        bits.put(size, 4);
        bits.put(step < 0 ? step + (1 << size) - 1 : step, size);
        bits.put(0, 1);
        last[c] = level;
      });
  return bits.end();
}

/** Sides are multiples of eight. @extra: segments behind the start; @behind: bytes behind the end. */
export function jpeg(width, height, { seed = 0, extra = [], behind = Buffer.alloc(0) } = {}) {
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...extra,
    tables,
    frame(width, height),
    segment(0xda, Buffer.from([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])),
    scan(width, height, seed),
    Buffer.from([0xff, 0xd9]),
    behind,
  ]);
}

/** A progressive JPEG whose first scan is followed by @count more over the same coefficients. */
export function manyScans(width, height, count) {
  const again = Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 0, 0, 0x10])), Buffer.from([0x55])]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    tables,
    frame(width, height, 0xc2),
    ...Array.from({ length: count }, () => again),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** WebP around one chunk (RFC 9649); @claimed: what RIFF says of the size. */
export function webp(type, data, claimed) {
  const size = Buffer.alloc(4);
  const whole = Buffer.alloc(4);
  size.writeUInt32LE(data.length);
  whole.writeUInt32LE(claimed ?? 4 + 8 + data.length);
  return Buffer.concat([Buffer.from("RIFF"), whole, Buffer.from("WEBP"), Buffer.from(type), size, data]);
}

/**
 * A ZIP archive (PKWARE APPNOTE 4.3). @entries: { name (text or bytes), content, packed, stored, flags, host, mode, size, method, at }; what
 * is not said is what is true. @count: what the end says of their number.
 */
export function zip(entries, { count, behind = Buffer.alloc(0) } = {}) {
  const parts = [];
  const directory = [];
  let place = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content ?? "");
    const packed = entry.packed ?? (entry.stored ? content : deflateRawSync(content));
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(entry.flags ?? (Buffer.isBuffer(entry.name) ? 0 : 0x800), 2);
    head.writeUInt16LE(entry.method ?? (entry.stored ? 0 : 8), 4);
    head.writeUInt32LE(entry.crc ?? crc32(content), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(entry.size ?? content.length, 18);
    head.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.at ?? place, 10);
    directory.push(Buffer.from("PK\x01\x02", "latin1"), Buffer.from([20, entry.host ?? 0]), head, rest, name);
    if (entry.at !== undefined) continue;
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), head, Buffer.from(entry.localName ?? name), packed]);
    parts.push(local);
    place += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE((count ?? entries.length) & 0xffff, 8);
  end.writeUInt16LE((count ?? entries.length) & 0xffff, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(place, 16);
  return Buffer.concat([...parts, list, end, behind]);
}

/** Uploads a picture and waits for what is shown of it. */
export async function uploadPicture(client, bytes) {
  const { body } = await client.post("/api/v1/supplier/images", bytes, { type: "image/jpeg", expect: 202 });
  const answer = await eventually(
    () => client.get(`/api/v1/supplier/images/${body.id}`),
    (one) => one.body.state !== "queued",
  );
  return answer.body;
}

/** Puts the picture among those of an approved revision of its supplier, as a review would; gives its public place. */
export function showPicture(server, image) {
  server.sql(
    `INSERT INTO revision_image (revision, number, image)
       SELECT p.revision, 9, i.id FROM image i JOIN product p ON p.supplier = i.supplier WHERE i.id = '${image.id}' AND p.revision IS NOT NULL LIMIT 1`,
  );
  return image.renditions[0].digest;
}
