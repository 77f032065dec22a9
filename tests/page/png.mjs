// Small PNG files: what a browser makes with 24 bits a pixel, in at most 256 colours; and pictures from numbers.

import { deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

/** The same picture in at most 256 colours. */
export function smaller(png) {
  const { width, height, channels, pixels } = decode(png);
  // Of each colour only so many bits are kept that there is room for all of them.
  for (let dropped = 0; dropped < 8; dropped += 1) {
    const found = indexed(pixels, channels, width * height, dropped);
    if (found !== null) return encode(width, height, found.palette, found.indices);
  }
  throw new Error("one bit of each colour makes eight of them");
}

/** A picture of indices into a palette of [red, green, blue]. */
export function encode(width, height, palette, indices) {
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    indices.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flat())),
    chunk("IDAT", deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function indexed(pixels, channels, count, dropped) {
  const keep = (0xff << dropped) & 0xff;
  const numbers = new Map();
  const sums = [];
  const indices = Buffer.alloc(count);
  for (let pixel = 0; pixel < count; pixel += 1) {
    const at = pixel * channels;
    const key = ((pixels[at] & keep) << 16) | ((pixels[at + 1] & keep) << 8) | (pixels[at + 2] & keep);
    let number = numbers.get(key);
    if (number === undefined) {
      if (numbers.size === 256) return null;
      number = numbers.size;
      numbers.set(key, number);
      sums.push([0, 0, 0, 0]);
    }
    indices[pixel] = number;
    const sum = sums[number];
    for (let channel = 0; channel < 3; channel += 1) sum[channel] += pixels[at + channel];
    sum[3] += 1;
  }
  return { indices, palette: sums.map(([red, green, blue, all]) => [red, green, blue].map((sum) => Math.round(sum / all))) };
}

function decode(png) {
  let width, height, channels;
  const data = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const content = png.subarray(at + 8, at + 8 + length);
    if (name === "IHDR") {
      [width, height] = [content.readUInt32BE(0), content.readUInt32BE(4)];
      channels = { 2: 3, 6: 4 }[content[9]];
      if (content[8] !== 8 || channels === undefined || content[12] !== 0) throw new Error("another kind of PNG");
    } else if (name === "IDAT") {
      data.push(content);
    }
    at += length + 12;
  }
  return { width, height, channels, pixels: unfiltered(inflateSync(Buffer.concat(data)), width, height, channels) };
}

function unfiltered(rows, width, height, channels) {
  const stride = width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = rows[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const at = y * stride + x;
      const left = x >= channels ? pixels[at - channels] : 0;
      const up = y > 0 ? pixels[at - stride] : 0;
      const corner = x >= channels && y > 0 ? pixels[at - stride - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[at] = rows[y * (stride + 1) + 1 + x] + guess;
    }
  }
  return pixels;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunk(name, content) {
  const named = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(content.length, 0);
  around.writeUInt32BE(crc(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

const TABLE = Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit += 1) number = number & 1 ? 0xedb88320 ^ (number >>> 1) : number >>> 1;
  return number >>> 0;
});

function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) sum = TABLE[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
