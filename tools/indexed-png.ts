/**
 * Makes a PNG of a screen small: its colours become a palette of 256, the nearest that it has most
 * of. Reads what Chromium writes (8 bits a channel, not interlaced), and nothing else.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const paletteMax = 256;
/** Colours that differ by less than this a channel are one. */
const step = 6;

interface Picture {
  width: number;
  height: number;
  /** Three bytes a pixel. */
  rgb: Buffer;
}

export function indexedPng(png: Buffer): Buffer {
  const { width, height, rgb } = pixelsOf(png);
  const { palette, indexes } = indexed(rgb);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) {
    indexes.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

export function pixelsOf(png: Buffer): Picture {
  if (!png.subarray(0, 8).equals(signature)) throw new Error('this is no PNG');
  const parts: Buffer[] = [];
  let head: Buffer = Buffer.alloc(0);
  for (let at = 8; at < png.length; ) {
    const size = png.readUInt32BE(at);
    const data = png.subarray(at + 8, at + 8 + size);
    const name = png.toString('latin1', at + 4, at + 8);
    if (name === 'IHDR') head = data;
    if (name === 'IDAT') parts.push(data);
    at += size + 12;
  }
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const channels = { 2: 3, 6: 4 }[head[9] ?? 0];
  if (head[8] !== 8 || head[12] !== 0 || !channels)
    throw new Error('a PNG of a kind not read here');
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), width * channels, channels);
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rows.copy(rgb, pixel * 3, pixel * channels, pixel * channels + 3);
  }
  return { width, height, rgb };
}

/** Undoes what each row says was done to it (PNG's filters). */
function unfiltered(filtered: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const height = filtered.length / (rowBytes + 1);
  const rows = Buffer.alloc(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (rowBytes + 1)] ?? 0;
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x;
      const left = x < pixelBytes ? 0 : (rows[at - pixelBytes] ?? 0);
      const up = y === 0 ? 0 : (rows[at - rowBytes] ?? 0);
      const corner = y === 0 || x < pixelBytes ? 0 : (rows[at - rowBytes - pixelBytes] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      rows[at] = (filtered[y * (rowBytes + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return rows;
}

function paeth(left: number, up: number, corner: number): number {
  const sum = left + up - corner;
  const [byLeft, byUp, byCorner] = [left, up, corner].map((each) => Math.abs(sum - each));
  if (Number(byLeft) <= Number(byUp) && Number(byLeft) <= Number(byCorner)) return left;
  return Number(byUp) <= Number(byCorner) ? up : corner;
}

type Color = [red: number, green: number, blue: number];

function indexed(rgb: Buffer): { palette: Color[]; indexes: Buffer } {
  const counts = new Map<number, number>();
  const codes = new Uint32Array(rgb.length / 3);
  for (let pixel = 0; pixel < codes.length; pixel++) {
    const code = rgb.readUIntBE(pixel * 3, 3);
    codes[pixel] = code;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const palette: Color[] = [];
  const places = new Map<number, number>();
  for (const [code] of [...counts].sort(([, a], [, b]) => b - a)) {
    const color: Color = [code >> 16, (code >> 8) & 255, code & 255];
    const near = nearest(palette, color);
    const isNew = palette.length < paletteMax && (near.place < 0 || near.distance >= step);
    places.set(code, isNew ? palette.push(color) - 1 : near.place);
  }
  const indexes = Buffer.alloc(codes.length);
  for (const [pixel, code] of codes.entries()) indexes[pixel] = places.get(code) ?? 0;
  return { palette, indexes };
}

function nearest(palette: readonly Color[], [red, green, blue]: Color) {
  let best = { place: -1, distance: Number.POSITIVE_INFINITY };
  for (const [place, [r, g, b]] of palette.entries()) {
    const distance = Math.max(Math.abs(r - red), Math.abs(g - green), Math.abs(b - blue));
    if (distance < best.distance) best = { place, distance };
  }
  return best;
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
