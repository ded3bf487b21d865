/** Files in a folder of the operator's, by several who write one of the same name. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { nodeFiles } from '../files/node/node-files.ts';
import { FolderTarget } from './folder-target.ts';

test('of two that write a file of one name at once each is whole when it gets the name', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'im-target-'));
  const targetOf = (writer: string) => FolderTarget.of(nodeFiles, folder, 'in/web.bin', writer);
  const [one, other] = [await targetOf('one'), await targetOf('other')];
  const there = () => readFile(path.join(folder, 'in/web.bin'), 'utf8');
  try {
    await one.write(async (file) => {
      await file.write(Buffer.from('whole'), 0);
    });
    await other.write(async (file) => {
      await file.write(Buffer.from('hal'), 0);
      await one.publish();
      assert.equal(await there(), 'whole');
      await file.write(Buffer.from('f of it'), 3);
    });
    assert.equal(await there(), 'whole');
    await other.publish();
    assert.equal(await there(), 'half of it');
    assert.deepEqual(await readdir(path.join(folder, 'in')), ['web.bin']);
  } finally {
    await rm(folder, { recursive: true });
  }
});
