/** Files in a folder of the operator's, by several who write one of the same name. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
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

test('a file that was published is there after a power cut, with the folders of its key', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'im-target-'));
  const key = 'of/today/web.bin';
  // That no link leads out is asked of this machine.
  await mkdir(path.join(folder, 'of/today'), { recursive: true });
  try {
    for (let seed = 1; seed <= 20; seed++) {
      const files = new CrashingFiles({ seed });
      const target = await FolderTarget.of(files, folder, key);
      await target.write((file) => file.write(Buffer.from('whole'), 0));
      await target.publish();
      assert.equal((await files.cut().stat(path.join(folder, key))).sizeBytes, 5, `seed ${seed}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
