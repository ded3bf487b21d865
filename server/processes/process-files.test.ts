import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FileToRead } from './process-files.ts';

test('many writes at once are a few, and each that resolves has written what was true', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-to-read-'));
  try {
    const file = path.join(folder, 'list');
    let [value, made] = [0, 0];
    const list = new FileToRead(file, () => {
      made++;
      return value;
    });
    const change = async () => {
      const changed = ++value;
      await list.write();
      assert.ok(JSON.parse(await readFile(file, 'utf8')) >= changed);
    };
    const first = change();
    await Promise.resolve();
    await Promise.all([first, ...Array.from({ length: 20 }, change)]);
    assert.ok(made <= 3, `it was written ${made} times`);
    assert.equal(await readFile(file, 'utf8'), '21');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a write that fails fails those that share it, and no later one', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imago-to-read-'));
  const list = new FileToRead(path.join(folder, 'list'), () => 'told');
  await rm(folder, { recursive: true });
  const outcomes = await Promise.allSettled([list.write(), list.write()]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await mkdir(folder);
  await list.write();
  assert.equal(await readFile(path.join(folder, 'list'), 'utf8'), '"told"');
  await rm(folder, { recursive: true });
});
