import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSizeBytes } from './block-store.ts';
import { compressOptions, FrameCompressor, frameMaxBytes } from './frame-compressor.ts';

const compressor = FrameCompressor.create() as FrameCompressor;

/** Half of it can be compressed. */
function blockOf(length: number): Buffer {
  return Buffer.concat([randomBytes(length >> 1), Buffer.alloc(length - (length >> 1), 'abcd')]);
}

test('this Node has the inside that is known', () => {
  assert.ok(compressor);
});

test('frames are those of the documented function, one after the other, in the room alone', () => {
  const around = Buffer.alloc(frameMaxBytes + 200, 0xee);
  const room = around.subarray(100, 100 + frameMaxBytes);
  const random = randomBytes(blockSizeBytes);
  for (const plain of [blockOf(blockSizeBytes), blockOf(1), random, blockOf(70_000), random]) {
    const frame = room.subarray(0, compressor.compress(plain, room));
    assert.ok(zstdCompressSync(plain, compressOptions).equals(frame));
    assert.ok(zstdDecompressSync(frame).equals(plain));
  }
  const outside = [around.subarray(0, 100), around.subarray(100 + frameMaxBytes)];
  assert.ok(outside.every((bytes) => bytes.every((byte) => byte === 0xee)));
});

test('a block that is too long for its room is refused, and the next one is right', () => {
  const room = Buffer.alloc(frameMaxBytes);
  assert.throws(() => compressor.compress(randomBytes(2 * blockSizeBytes), room), /more bytes/);
  assert.throws(() => compressor.compress(Buffer.of(1), room.subarray(1)), RangeError);
  const plain = blockOf(100_000);
  assert.ok(zstdDecompressSync(room.subarray(0, compressor.compress(plain, room))).equals(plain));
});
