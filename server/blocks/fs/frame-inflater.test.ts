import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { BlockCorruptError, blockSizeBytes, digestOf } from '../block-store.ts';
import { decodeBlockInto, encodeBlock } from './block-file.ts';
import { FrameInflater } from './frame-inflater.ts';

const inflater = FrameInflater.create() as FrameInflater;
const nothing = 0xee;

/** Part of memory that threads share, with something in it. */
function newRoom(length: number): Buffer {
  const around = Buffer.from(new SharedArrayBuffer(length + 200)).fill(nothing);
  return around.subarray(100, 100 + length);
}

function isUntouchedAround(room: Buffer): boolean {
  const around = Buffer.from(room.buffer);
  const outside = [around.subarray(0, 100), around.subarray(100 + room.length)];
  return outside.every((bytes) => bytes.every((byte) => byte === nothing));
}

/** Half of it can be compressed. */
function blockOf(length: number): Buffer {
  return Buffer.concat([randomBytes(length >> 1), Buffer.alloc(length - (length >> 1), 'abcd')]);
}

test('this Node has the inside that is known', () => {
  assert.ok(inflater);
});

test('frames come out as they were, one after the other, and nothing is written beside the room', () => {
  for (const length of [blockSizeBytes, 1, 70_000, 0, blockSizeBytes - 1, blockSizeBytes]) {
    const plain = blockOf(length);
    const room = newRoom(blockSizeBytes);
    assert.equal(inflater.inflate(zstdCompressSync(plain), room), length);
    assert.ok(room.subarray(0, length).equals(plain));
    assert.ok(isUntouchedAround(room));
  }
});

test('what is broken at any place is refused or known by its digest, and the next is right again', () => {
  const plain = blockOf(4096);
  const [digest, file] = [digestOf(plain), encodeBlock(plain)];
  const decode = (bytes: Buffer) => {
    const room = newRoom(blockSizeBytes);
    const decoded = decodeBlockInto(room, digest, bytes, { inflater });
    assert.equal(decoded.buffer, room.buffer);
    assert.ok(isUntouchedAround(room));
    return decoded;
  };
  for (let at = 0; at < file.length; at++) {
    const broken = Buffer.from(file);
    broken[at] = (broken[at] ?? 0) ^ 0x55;
    for (const bytes of [broken, file.subarray(0, at)]) {
      try {
        assert.ok(decode(bytes).equals(plain), `other bytes, broken at ${at}`);
      } catch (error) {
        assert.ok(error instanceof BlockCorruptError, `${error}`);
      }
    }
    assert.ok(decode(file).equals(plain));
  }
});

test('a frame that has more than a block is corrupt, and touches nothing else', () => {
  const bomb = Buffer.concat([Buffer.of(1), zstdCompressSync(Buffer.alloc(64 * blockSizeBytes))]);
  const room = newRoom(blockSizeBytes);
  const decode = () => decodeBlockInto(room, digestOf(Buffer.of(1)), bomb, { inflater });
  assert.throws(decode, BlockCorruptError);
  assert.ok(isUntouchedAround(room));
});

test('blocks that were not compressed, or differ from another, come to lie there too', () => {
  const [base, raw] = [blockOf(blockSizeBytes), randomBytes(blockSizeBytes)];
  const changed = Buffer.from(base).fill('other', 1000, 1100);
  const delta = encodeBlock(changed, { digest: digestOf(base), plain: base });
  for (const [plain, file] of [
    [raw, encodeBlock(raw)],
    [changed, delta],
  ] as const) {
    for (const by of [inflater, undefined]) {
      const room = newRoom(blockSizeBytes);
      const decoded = decodeBlockInto(room, digestOf(plain), file, { base, inflater: by });
      assert.ok(decoded.equals(plain) && decoded.buffer === room.buffer);
    }
  }
});

test('what does not fit is given beside the room', () => {
  const plain = Buffer.concat([Buffer.from('IMAGSEA1'), randomBytes(blockSizeBytes)]);
  const room = newRoom(blockSizeBytes);
  const decoded = decodeBlockInto(room, digestOf(plain), encodeBlock(plain), { inflater });
  assert.ok(decoded.equals(plain));
  assert.notEqual(decoded.buffer, room.buffer);
});
