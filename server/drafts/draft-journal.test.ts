import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { readFileWithin } from '../files/whole-file.ts';
import {
  appendMaxRecords,
  createJournal,
  DraftJournal,
  digestBytesOfRecord,
  indexOfRecord,
  JournalDamagedError,
  type PutRecord,
  recordBytes,
} from './draft-journal.ts';

const file = '/draft';
const pageBytes = 4096;
const record = (index: number): PutRecord => ({
  index,
  digest: index % 5 === 0 ? null : (1 + (index % 15)).toString(16).repeat(64),
});
const records = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => record(first + i));

let files: CrashingFiles;
beforeEach(async () => {
  files = new CrashingFiles({ seed: 1 });
  await createJournal(files, file);
});

async function open(): Promise<DraftJournal> {
  return (await DraftJournal.open(files, file)) ?? assert.fail('there is none');
}

async function read(): Promise<PutRecord[]> {
  await using journal = await open();
  const found: PutRecord[] = [];
  for await (const page of journal.pages()) {
    for (let at = 0; at < page.length; at += recordBytes) {
      const digest = digestBytesOfRecord(page, at).toString('hex');
      const isZero = digest === '0'.repeat(64);
      found.push({ index: indexOfRecord(page, at), digest: isZero ? null : digest });
    }
  }
  return found;
}

async function damage(at: number, bytes: Buffer): Promise<void> {
  await using handle = await files.open(file, 'update');
  await handle.write(bytes, at);
}

test('what was appended is read in its order, over more than a page', async () => {
  {
    await using journal = await open();
    for (let first = 0; first < 20_000; first += 1000) {
      await journal.append(records(first, 1000));
    }
  }
  assert.deepEqual(await read(), records(0, 20_000));
  assert.equal(await DraftJournal.open(files, '/none'), undefined);
});

test('an append that was cut off is as if it had never been, as far as it was cut', async () => {
  {
    await using journal = await open();
    await journal.append(records(0, 3));
    await journal.append(records(3, 200));
  }
  // Of the second append the second page.
  await damage(3 * pageBytes + 1000, Buffer.from('torn'));
  assert.deepEqual(await read(), records(0, 3 + 113));
  {
    await using journal = await open();
    await journal.append(records(1000, 1));
  }
  assert.deepEqual(await read(), [...records(0, 3 + 113), record(1000)]);
});

test('damage that no append left is told', async () => {
  {
    await using journal = await open();
    await journal.append(records(0, appendMaxRecords));
    await journal.append(records(0, 2));
  }
  await damage(pageBytes, Buffer.from('rot'));
  await assert.rejects(open(), JournalDamagedError);
  await damage(0, Buffer.from('not a journal'));
  await assert.rejects(open(), JournalDamagedError);
});

test('after a sync that failed all is written anew, to another file', async () => {
  let failing: 'sync' | 'write' | undefined;
  files.set({
    seed: 2,
    fault: (operation) => {
      if (operation !== failing) return undefined;
      failing = undefined;
      return 'EIO';
    },
  });
  {
    await using journal = await open();
    await journal.append(records(0, 2));
    for (const operation of ['sync', 'write'] as const) {
      failing = operation;
      await assert.rejects(journal.append(records(100, 5)), { code: 'EIO' });
    }
    await journal.append(records(2, 2));
  }
  files = files.cut();
  assert.deepEqual(await read(), records(0, 4));
  assert.equal(await readFileWithin(files, `${file}.new`, 1000), undefined);
});
