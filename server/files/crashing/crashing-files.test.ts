import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testFiles } from '../files-suite.ts';
import { readFileWithin, replaceFile } from '../whole-file.ts';
import { CrashingFiles, faultsBySeed, PowerCutError } from './crashing-files.ts';

testFiles('CrashingFiles', async () => {
  const files = new CrashingFiles({ seed: 1 });
  await files.mkdir('/folder');
  return { files, folder: '/folder' };
});

const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

/** What is in `/folder/a` after a power cut, for each seed; null where the name is not there. */
async function fates(
  work: (files: CrashingFiles, seed: number) => Promise<unknown>,
): Promise<Set<string | null>> {
  const found = new Set<string | null>();
  for (const seed of seeds) {
    const files = new CrashingFiles({ seed });
    await files.mkdir('/folder');
    await files.syncFolder('/');
    await work(files, seed);
    const left = await readFileWithin(files.cut(), '/folder/a', 100);
    found.add(left?.toString() ?? null);
  }
  return found;
}

async function write(
  files: CrashingFiles,
  file: string,
  text: string,
  ...syncs: ('file' | 'folder')[]
) {
  await using handle = await files.open(file, 'create');
  await handle.write(Buffer.from(text), 0);
  if (syncs.includes('file')) await handle.sync();
  if (syncs.includes('folder')) await files.syncFolder('/folder');
}

test('what was written, synced and named is there; each sync that lacks makes it doubtful', async () => {
  assert.deepEqual(
    await fates((files) => write(files, '/folder/a', 'text', 'file', 'folder')),
    new Set(['text']),
  );
  assert.deepEqual(
    await fates((files) => write(files, '/folder/a', 'text', 'file')),
    new Set(['text', null]),
  );
  const named = await fates((files) => write(files, '/folder/a', 'text', 'folder'));
  assert.ok(named.has('text') && named.has('') && named.has('\0\0\0\0') && named.size > 3);
  assert.ok(!named.has(null));
});

test('a rename is old or new, and never neither', async () => {
  const renamed = await fates(async (files) => {
    await write(files, '/folder/a', 'old', 'file', 'folder');
    await write(files, '/folder/b', 'new', 'file');
    await files.rename('/folder/b', '/folder/a');
  });
  assert.deepEqual(renamed, new Set(['old', 'new']));
  const away = await fates(async (files) => {
    await files.mkdir('/other');
    await files.syncFolder('/');
    await write(files, '/other/b', 'new', 'file', 'folder');
    await files.syncFolder('/other');
    await files.rename('/other/b', '/folder/a');
    // Where the old name is gone for good the new one is there.
    await files.syncFolder('/other');
  });
  assert.deepEqual(away, new Set(['new']));
});

test('an unlink is doubtful until its folder is synced', async () => {
  const unlink = (...then: 'sync'[]) =>
    fates(async (files) => {
      await write(files, '/folder/a', 'text', 'file', 'folder');
      await files.unlink('/folder/a');
      if (then.length > 0) await files.syncFolder('/folder');
    });
  assert.deepEqual(await unlink(), new Set(['text', null]));
  assert.deepEqual(await unlink('sync'), new Set([null]));
});

test('after a failed sync the next one brings nothing back', async () => {
  const left = await fates(async (files, seed) => {
    await using handle = await files.open('/folder/a', 'create');
    await files.syncFolder('/folder');
    await handle.write(Buffer.from('text'), 0);
    files.set({ seed, fault: faultsBySeed(seed, 1) });
    await assert.rejects(handle.sync(), { code: 'EIO' });
    files.set({ seed });
    await handle.sync();
  });
  assert.ok(left.has('text') && left.has('\0\0\0\0'), [...left].join());
});

test('a file that is replaced has its old or its new bytes, at every crash point', async () => {
  const counted = new CrashingFiles({ seed: 1 });
  await replaceFile(counted, '/a', Buffer.from('old'));
  counted.set({ seed: 1 });
  await replaceFile(counted, '/a', Buffer.from('new'));
  assert.equal(counted.points, 2);
  for (const seed of seeds) {
    for (let cutAt = 1; cutAt <= 2; cutAt++) {
      const files = new CrashingFiles({ seed });
      await replaceFile(files, '/a', Buffer.from('old'));
      files.set({ seed, cutAt });
      await assert.rejects(replaceFile(files, '/a', Buffer.from('new')), PowerCutError);
      await assert.rejects(files.readdir('/'), PowerCutError);
      const survivor = files.survivor as CrashingFiles;
      const text = (await readFileWithin(survivor, '/a', 100))?.toString() ?? '';
      assert.ok(['old', 'new'].includes(text), `seed ${seed}, point ${cutAt}: '${text}'`);
      await replaceFile(survivor, '/a', Buffer.from('newer'));
      assert.deepEqual(await survivor.readdir('/'), ['a']);
    }
  }
});

test('a process that is killed loses nothing that it did', async () => {
  const states = [[], ['a'], ['a'], ['b'], ['b', 'c']];
  for (const [done, state] of states.entries()) {
    const files = new CrashingFiles({ seed: done, killAt: done + 1 });
    const work = async () => {
      await using handle = await files.open('/a', 'create');
      await handle.write(Buffer.from('one'), 0);
      await files.rename('/a', '/b');
      await files.link('/b', '/c');
      await files.unlink('/b');
    };
    await assert.rejects(work(), PowerCutError);
    const left = files.survivor as CrashingFiles;
    assert.deepEqual(await left.readdir('/'), state, `after ${done} operations`);
    const [name] = state;
    if (done > 1) assert.equal(`${await readFileWithin(left, `/${name}`, 9)}`, 'one');
  }
});

test('a disk that is full takes a part', async () => {
  const files = new CrashingFiles({ seed: 3, fault: faultsBySeed(3, 1, { write: 'ENOSPC' }) });
  await using handle = await files.open('/a', 'create');
  await assert.rejects(handle.write(Buffer.alloc(1000), 0), { code: 'ENOSPC' });
  assert.ok((await handle.stat()).sizeBytes < 1000);
});
