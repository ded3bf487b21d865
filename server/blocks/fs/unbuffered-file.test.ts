import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileMaxBytes } from './block-file.ts';
import { alignedRoom, writeNewFile } from './unbuffered-file.ts';

let root = '';
before(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'unbuffered-'));
});
after(() => rm(root, { recursive: true }));

test('files of any length have the bytes that they were given, and no others', async () => {
  const room = alignedRoom(fileMaxBytes);
  randomFillSync(room);
  const sizes = [1, 4096, 32_767, 32_768, 32_769, 65_535, 65_536, 200_001, fileMaxBytes];
  for (const size of sizes) {
    const file = path.join(root, String(size));
    writeNewFile(file, room.subarray(0, size));
    assert.deepEqual(await readFile(file), Buffer.from(room.subarray(0, size)));
  }
});

test('memory that is not at a page is written all the same', async () => {
  const bytes = alignedRoom(fileMaxBytes).subarray(7, 100_007);
  randomFillSync(bytes);
  const file = path.join(root, 'anywhere');
  writeNewFile(file, bytes);
  assert.deepEqual(await readFile(file), Buffer.from(bytes));
});

test('a name that is taken stays as it is', async () => {
  const file = path.join(root, 'taken');
  await writeFile(file, 'of another');
  assert.throws(() => writeNewFile(file, alignedRoom(fileMaxBytes)), { code: 'EEXIST' });
  assert.equal(await readFile(file, 'utf8'), 'of another');
  const absent = path.join(root, 'absent', 'file');
  assert.throws(() => writeNewFile(absent, alignedRoom(fileMaxBytes)), { code: 'ENOENT' });
  assert.ok(!(await readdir(root)).includes('absent'));
});
