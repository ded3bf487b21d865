import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { keyToSealWith, openRecoveryKey } from './recovery-key.ts';

const [early, late] = [new Date('2026-11-26T10:00:00Z'), new Date('2026-11-26T11:00:00Z')];
let files: CrashingFiles;

beforeEach(async () => {
  files = new CrashingFiles({ seed: 1 });
  await files.mkdir('/elsewhere');
});

test('a passphrase opens what was sealed under it; another one begins another key', async () => {
  const passphrase = 'correct horse battery';
  const first = await keyToSealWith(files, [], { passphrase }, early);
  assert.deepEqual(await openRecoveryKey(files, first.entry, { passphrase }), first);
  const other = { passphrase: 'quite another one' };
  await assert.rejects(
    openRecoveryKey(files, first.entry, other),
    /is not what it is sealed under/,
  );
  await assert.rejects(
    openRecoveryKey(files, first.entry, { file: '/elsewhere/key' }),
    /passphrase/,
  );
  const second = await keyToSealWith(files, [first.entry], other, late);
  assert.notEqual(second.entry.id, first.entry.id);
  const known = [first.entry, second.entry];
  assert.deepEqual(await keyToSealWith(files, known, other, late), second);
});

test('a key file is made once; one that is missing, short or open to others is no key', async () => {
  const source = { file: '/elsewhere/key' };
  const { entry, key } = await keyToSealWith(files, [], source, early);
  assert.deepEqual((await keyToSealWith(files, [entry], source, late)).key, key);
  {
    await using handle = await files.open(source.file, 'update');
    await handle.chmod(0o640);
  }
  await assert.rejects(openRecoveryKey(files, entry, source), /open to others: chmod 600/);
  await files.unlink(source.file);
  await assert.rejects(openRecoveryKey(files, entry, source), /is not there/);
  await assert.rejects(keyToSealWith(files, [entry], source, late), /is missing, and catalogs are/);
});
