/** Frames that others made: what is none, what claims too much, and what was changed at random. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { constants, zstdCompressSync } from 'node:zlib';
import { Random } from '../../test/fuzz/random.ts';
import { packed, UnpackError, unpacked } from './zstd.ts';

const maxBytes = 512 * 1024;
const text = Buffer.from('What is sent is the same as ever. '.repeat(20_000)).subarray(0, maxBytes);

test('what was packed is unpacked, up to the last byte that is allowed', async () => {
  for (const plain of [text, Buffer.alloc(maxBytes), text.subarray(0, 1)]) {
    const frame = (await packed(plain)) ?? zstdCompressSync(plain);
    assert.ok((await unpacked(frame, maxBytes)).equals(plain));
  }
  assert.equal(await packed(randomBytes(maxBytes)), undefined);
});

test('what is no frame, or more than is allowed, is refused', async () => {
  const frame = zstdCompressSync(text);
  const unsaid = { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } };
  const windowLog = { [constants.ZSTD_c_windowLog]: 27 };
  const window = { params: { ...unsaid.params, ...windowLog } };
  const large = Buffer.alloc(64 * 1024 ** 2);
  const bad = {
    empty: Buffer.alloc(0),
    none: text,
    cut: frame.subarray(0, -1),
    followed: Buffer.concat([frame, text]),
    larger: zstdCompressSync(Buffer.alloc(maxBytes + 1)),
    bomb: zstdCompressSync(large),
    'of a size that it does not say': zstdCompressSync(large, unsaid),
    'of a window that nobody needs': zstdCompressSync(large, window),
    // A head alone: 128 MiB of window, and a block that never comes.
    head: Buffer.concat([Buffer.from('28b52ffd0088', 'hex'), Buffer.alloc(64)]),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    await assert.rejects(unpacked(bytes, maxBytes), UnpackError, what);
  }
  // By its head alone, before there is memory for it.
  await assert.rejects(unpacked(bad.head, maxBytes), /too much memory/);
  await assert.rejects(unpacked(bad.bomb, maxBytes), /too much memory/);
});

test('frames in a row, and those to be skipped, end', async () => {
  const skipped = Buffer.concat(Array(maxBytes / 8).fill(Buffer.from('502a4d1800000000', 'hex')));
  const empty = zstdCompressSync(Buffer.alloc(0));
  const many = Buffer.concat(Array(Math.floor(maxBytes / empty.length)).fill(empty));
  for (const bytes of [skipped, many]) {
    const length = await unpacked(bytes, maxBytes).then(
      (plain) => plain.length,
      () => 0,
    );
    assert.equal(length, 0);
  }
});

test('whatever is changed in a frame, it ends as bytes or as no frame', async () => {
  const random = new Random(20_261_127);
  const frames = [text, Buffer.alloc(maxBytes), randomBytes(4096)].map((b) => zstdCompressSync(b));
  for (let round = 0; round < 1500; round++) {
    const bytes = Buffer.from(frames[round % frames.length] ?? '');
    for (let changes = 0; changes <= round % 4; changes++) {
      bytes[random.below(bytes.length)] = random.below(256);
    }
    const cut = bytes.subarray(0, round % 5 === 0 ? random.below(bytes.length) : undefined);
    try {
      assert.ok((await unpacked(cut, maxBytes)).length <= maxBytes);
    } catch (error) {
      assert.ok(error instanceof UnpackError, String(error));
    }
  }
});
