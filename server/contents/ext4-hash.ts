/**
 * The hashes by which an ext file system has the names of a large folder in order: of the first
 * kernels that had an index, half of MD4, and TEA.
 */

const half = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
const secondRound = 0x5a827999;
const thirdRound = 0x6ed9eba1;
const golden = 0x9e3779b9;
const teaRounds = 16;
/** What no name has: it is the end of a folder. */
const end = 0xfffffffe;

export interface NameHash {
  /** As the superblock and the index say: 0 to 2, and 3 more where bytes are unsigned. */
  version: number;
  /** Four words; zeros say that there is none. */
  seed: Buffer;
}

/** Undefined of a kind that is not known. */
export function hashOf(name: Buffer, { version, seed }: NameHash): number | undefined {
  if (version > 5) return undefined;
  const isSigned = version < 3;
  const kind = version % 3;
  const words = Uint32Array.from({ length: 4 }, (_, index) => seed.readUInt32LE(index * 4));
  const state = words.some((each) => each !== 0) ? words : Uint32Array.from(half);
  if (kind === 0) return even(legacyHash(name, isSigned));
  const stepBytes = kind === 1 ? 32 : 16;
  for (let at = 0; at < name.length; at += stepBytes) {
    const input = wordsOf(name.subarray(at), stepBytes / 4, isSigned);
    if (kind === 1) mixHalfMd4(state, input);
    else mixTea(state, input);
  }
  return even(state[kind === 1 ? 1 : 0] as number);
}

function even(hash: number): number {
  const value = (hash & ~1) >>> 0;
  return value === end ? end - 2 : value;
}

function byteOf(name: Buffer, index: number, isSigned: boolean): number {
  return isSigned ? name.readInt8(index) : name.readUInt8(index);
}

function legacyHash(name: Buffer, isSigned: boolean): number {
  let [newer, older] = [0x12a3fe2d, 0x37abe8f9];
  for (let index = 0; index < name.length; index++) {
    const mixed = newer ^ Math.imul(byteOf(name, index, isSigned), 7_152_373);
    let hash = (older + mixed) >>> 0;
    if (hash >= 0x80000000) hash = (hash - 0x7fffffff) >>> 0;
    [newer, older] = [hash, newer];
  }
  return newer << 1;
}

/** Filled up with the length of what is left. */
function wordsOf(rest: Buffer, count: number, isSigned: boolean): Uint32Array {
  const words = new Uint32Array(count).fill(Math.imul(rest.length, 0x01010101));
  const length = Math.min(rest.length, count * 4);
  for (let index = 0; index < length; index++) {
    const at = index >> 2;
    words[at] = byteOf(rest, index, isSigned) + ((words[at] as number) << 8);
  }
  return words;
}

type Mix = (x: number, y: number, z: number) => number;
const rounds: readonly { mix: Mix; add: number; order: readonly number[]; by: number[] }[] = [
  {
    mix: (x, y, z) => z ^ (x & (y ^ z)),
    add: 0,
    order: [0, 1, 2, 3, 4, 5, 6, 7],
    by: [3, 7, 11, 19],
  },
  {
    mix: (x, y, z) => (x & y) + ((x ^ y) & z),
    add: secondRound,
    order: [1, 3, 5, 7, 0, 2, 4, 6],
    by: [3, 5, 9, 13],
  },
  {
    mix: (x, y, z) => x ^ y ^ z,
    add: thirdRound,
    order: [3, 7, 2, 6, 1, 5, 0, 4],
    by: [3, 9, 11, 15],
  },
];

function mixHalfMd4(state: Uint32Array, input: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (const { mix, add, order, by } of rounds) {
    for (const [step, index] of order.entries()) {
      const turn = by[step % 4] as number;
      const sum = (a + mix(b, c, d) + (input[index] as number) + add) | 0;
      const turned = (sum << turn) | (sum >>> (32 - turn));
      [a, b, c, d] = [d, turned, b, c];
    }
  }
  for (const [index, value] of [a, b, c, d].entries()) {
    state[index] = (state[index] as number) + value;
  }
}

function mixTea(state: Uint32Array, [a = 0, b = 0, c = 0, d = 0]: Uint32Array): void {
  let [first = 0, second = 0] = state;
  for (let round = 1, sum = 0; round <= teaRounds; round++) {
    sum = (sum + golden) | 0;
    first += ((second << 4) + a) ^ (second + sum) ^ ((second >>> 5) + b);
    first |= 0;
    second += ((first << 4) + c) ^ (first + sum) ^ ((first >>> 5) + d);
    second |= 0;
  }
  state[0] = (state[0] as number) + first;
  state[1] = (state[1] as number) + second;
}
