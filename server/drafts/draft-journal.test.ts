import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { readFileWithin } from '../files/whole-file.ts';
import {
  appendMaxRecords,
  createJournal,
  DraftJournal,
  JournalDamagedError,
  type PutRecord,
} from './draft-journal.ts';

const file = '/draft';
const pageBytes = 4096;
const zeros = '0'.repeat(64);
const record = (index: number): PutRecord => ({
  index,
  digest: index % 5 === 0 ? null : (1 + (index % 15)).toString(16).repeat(64),
  ...(index % 3 === 0 && { checksum: Buffer.alloc(32, 1 + (index % 200)) }),
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
  for await (const part of journal.records()) {
    for (let i = 0; i < part.count; i++) {
      const [digest, checksum] = [part.digestOf(i).toString('hex'), part.checksumOf(i)];
      found.push({
        index: part.indexOf(i),
        digest: digest === zeros ? null : digest,
        ...(checksum.toString('hex') !== zeros && { checksum: Buffer.from(checksum) }),
      });
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
  assert.deepEqual(await read(), records(0, 3 + 60));
  {
    await using journal = await open();
    await journal.append(records(1000, 1));
  }
  assert.deepEqual(await read(), [...records(0, 3 + 60), record(1000)]);
});

test('a journal of the version before is read, and goes on in its own form', async () => {
  const plain = Array.from({ length: 150 }, (_, index) => ({ index, digest: 'a'.repeat(64) }));
  const page = Buffer.concat([Buffer.from('IMAGODRF\0\0\0\x01', 'latin1')], pageBytes);
  const old = Buffer.alloc(pageBytes);
  for (const [i, { index, digest }] of plain.slice(0, 100).entries()) {
    old.writeUInt32BE(index, 8 + i * 36);
    old.write(digest, 12 + i * 36, 'hex');
  }
  old.writeUInt32BE(100, 4);
  old.writeUInt32BE(crc32(old.subarray(4)), 0);
  await damage(0, Buffer.concat([page, old]));
  {
    await using journal = await open();
    await journal.append(plain.slice(100));
  }
  assert.deepEqual(await read(), plain);
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
