import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { dataOf } from './disk-data.ts';

const mib = 1024 ** 2;

test('what was written is data, and holes are none', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-disk-data-'));
  const file = path.join(folder, '-disk');
  const disk = await open(file, 'w');
  try {
    await disk.truncate(64 * mib);
    for (const at of [3, 9, 63]) await disk.write(Buffer.alloc(mib, 1), 0, mib, at * mib);
    await disk.sync();
    assert.deepEqual(
      await dataOf(file),
      [3, 9, 63].map((at) => ({ offset: at * mib, length: mib })),
    );
  } finally {
    await disk.close();
    rmSync(folder, { recursive: true });
  }
});
