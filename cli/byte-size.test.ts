import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteSizeOf } from './byte-size.ts';

test('sizes are bytes, or so many K, M, G or T', () => {
  const texts = ['0', '1536', '1.5K', '20G', '512MiB', '1t'];
  const bytes = texts.map((text) => byteSizeOf('--size', text));
  assert.deepEqual(bytes, [0, 1536, 1536, 20 * 2 ** 30, 2 ** 29, 2 ** 40]);
  for (const text of ['', 'G', '-1', '1X', '1 G', '99999999T', '0x10']) {
    assert.throws(() => byteSizeOf('--size', text), /--size .* is no size/);
  }
});
