import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { blocksWithData } from './disk-data.ts';

test('blocks are those that have data, in part too, once each; holes are none', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'im-disk-data-'));
  const file = path.join(folder, '-disk');
  const disk = await open(file, 'w');
  try {
    await disk.truncate(40 * blockSizeBytes);
    const written = Buffer.alloc(4096, 1);
    for (const at of [3, 3.5, 9, 9.75, 39]) {
      await disk.write(written, 0, written.length, at * blockSizeBytes);
    }
    // Over the border of two.
    await disk.write(Buffer.alloc(8192, 1), 0, 8192, 20 * blockSizeBytes - 4096);
    await disk.sync();
    assert.deepEqual(await blocksWithData(file), [3, 9, 19, 20, 39]);
  } finally {
    await disk.close();
    rmSync(folder, { recursive: true });
  }
});
