import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { readFileWithin, replaceFile } from '../files/whole-file.ts';
import { readBlockStoreDescription, writeBlockStoreDescription } from './store-description.ts';

test('what is written is read; the same again writes nothing, so that a full disk is no hindrance', async () => {
  const files = new CrashingFiles({ seed: 1 });
  const write = (folder: string) =>
    writeBlockStoreDescription(files, '/store.json', { kind: 'fs', folder }, { mode: 0o640 });
  await assert.rejects(readBlockStoreDescription(files, '/store.json'), /is missing/);
  await write('/blocks');
  assert.deepEqual(await readBlockStoreDescription(files, '/store.json'), {
    kind: 'fs',
    folder: '/blocks',
    regions: {},
  });
  files.set({ seed: 1, fault: (operation) => (operation === 'write' ? 'ENOSPC' : undefined) });
  await write('/blocks');
  await assert.rejects(write('/elsewhere'), { code: 'ENOSPC' });
  assert.match(`${await readFileWithin(files, '/store.json', 100)}`, /"\/blocks"/);
});

test('a kind that is not known is refused', async () => {
  const files = new CrashingFiles({ seed: 1 });
  await replaceFile(files, '/store.json', Buffer.from('{"kind":"tape","folder":"/a"}'));
  await assert.rejects(readBlockStoreDescription(files, '/store.json'), /does not have/);
});
