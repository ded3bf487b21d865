/** Rows that SQLite wrote are read as they are; what is damaged comes to an end. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UnreadableContents } from './bounded-reader.ts';
import { withLog } from './sqlite-log.ts';
import { SqliteFile, type SqliteRow, type SqliteSource } from './sqlite-tables.ts';

function source(bytes: Buffer): SqliteSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      assert.ok(offset >= 0 && offset + length <= bytes.length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

async function rowsOf(bytes: Buffer | SqliteSource, table: string): Promise<SqliteRow[]> {
  const file = await SqliteFile.open(Buffer.isBuffer(bytes) ? source(bytes) : bytes);
  return Array.fromAsync((await file.table(table)) ?? []);
}

/** The files of a database as they are while it is open. */
function written(work: (database: DatabaseSync) => void): { bytes: Buffer; log: Buffer } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'imago-sqlite-'));
  const file = path.join(folder, 'db');
  const database = new DatabaseSync(file);
  try {
    work(database);
    const isLogged = database.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal';
    const log = isLogged ? readFileSync(`${file}-wal`) : Buffer.alloc(0);
    return { bytes: readFileSync(file), log };
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

const blobs = [0, 10, 400, 480, 500, 4000, 4056, 4061, 4062, 5000, 100_000, 3_000_000].map((size) =>
  randomBytes(size),
);

for (const pageBytes of [512, 1024, 4096, 65_536]) {
  test(`rows in pages of ${pageBytes} bytes, also those that are in many`, async () => {
    const { bytes } = written((database) => {
      database.exec(`PRAGMA page_size=${pageBytes}; VACUUM`);
      database.exec(
        'CREATE TABLE other (x); CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c); BEGIN',
      );
      const put = database.prepare('INSERT INTO t VALUES (?, ?, ?, ?)');
      for (const [index, blob] of blobs.entries()) put.run(index * 7, blob, null, `ä${index}`);
      for (let index = 0; index < 3000; index++) put.run(1000 + index, index, -index / 2, 'x');
      database.exec('COMMIT');
    });
    const rows = await rowsOf(bytes, 't');
    assert.equal(rows.length, blobs.length + 3000);
    for (const [index, blob] of blobs.entries()) {
      const { number, values } = rows[index] ?? {};
      assert.equal(number, index * 7);
      assert.deepEqual(values, [null, blob, null, `ä${index}`]);
    }
    assert.deepEqual(rows.at(-1), { number: 3999, values: [null, 2999, -1499.5, 'x'] });
    assert.deepEqual(await rowsOf(bytes, 'other'), []);
    assert.equal(await (await SqliteFile.open(source(bytes))).table('none'), undefined);
  });
}

test('numbers of all sizes', async () => {
  const numbers = [0, 1, -1, 127, -129, 40_000, -9_000_000, 2 ** 31, -(2 ** 40), 0.5, 1e300];
  const { bytes } = written((database) => {
    database.exec('CREATE TABLE t (a)');
    for (const each of numbers) database.prepare('INSERT INTO t VALUES (?)').run(each);
    database.exec('INSERT INTO t VALUES (9223372036854775807)');
    database.exec('INSERT INTO t(rowid, a) VALUES (-5, 1)');
  });
  const rows = await rowsOf(bytes, 't');
  assert.deepEqual(
    rows.map(({ values }) => values[0]),
    [1, ...numbers, 9223372036854775807n],
  );
  assert.equal(rows[0]?.number, -5);
});

describe('a write-ahead log', () => {
  const change = (database: DatabaseSync) => {
    database.exec('PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0');
    database.exec('CREATE TABLE t (a, b); BEGIN');
    const put = database.prepare('INSERT INTO t VALUES (?, ?)');
    for (let index = 0; index < 500; index++) put.run(index, 'first'.repeat(20));
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
    database.exec("UPDATE t SET b='second' WHERE a % 50 = 0; DELETE FROM t WHERE a = 7");
    for (let index = 500; index < 900; index++) put.run(index, 'third');
  };
  const { bytes, log } = written(change);
  const merged = async (each: Buffer) => rowsOf(await withLog(source(bytes), source(each)), 't');

  test('is taken as SQLite would', async () => {
    const before = await rowsOf(bytes, 't');
    assert.equal(before.length, 500);
    const rows = await merged(log);
    assert.equal(rows.length, 899);
    for (const { values } of rows) {
      const a = Number(values[0]);
      const b = a >= 500 ? 'third' : a % 50 === 0 ? 'second' : 'first'.repeat(20);
      assert.equal(values[1], b);
    }
  });

  test('counts up to the last transaction that is whole', async () => {
    assert.equal((await merged(log.subarray(0, log.length - 1))).length, 898);
    assert.equal((await merged(log.subarray(0, log.length / 2))).length < 899, true);
    assert.equal((await merged(log.subarray(0, 32))).length, 500);
    assert.equal((await merged(Buffer.alloc(0))).length, 500);
    const changed = Buffer.from(log);
    changed.writeUInt8(changed.readUInt8(32 + 24 + 100) ^ 1, 32 + 24 + 100);
    assert.equal((await merged(changed)).length, 500);
    changed.writeUInt8(1, 10);
    assert.equal((await merged(changed)).length, 500);
  });
});

describe('what is damaged', () => {
  const { bytes } = written((database) => {
    database.exec('PRAGMA page_size=1024; VACUUM; CREATE TABLE t (a, b); BEGIN');
    const put = database.prepare('INSERT INTO t VALUES (?, ?)');
    for (let index = 0; index < 300; index++) put.run(index, Buffer.alloc(index * 20, 1));
    database.exec('COMMIT');
  });
  const changed = (change: (bytes: Buffer) => void) => {
    const copy = Buffer.from(bytes);
    change(copy);
    return copy;
  };
  const refuses = (each: Buffer, message: RegExp) =>
    assert.rejects(rowsOf(each, 't'), { name: 'UnreadableContents', message });

  test('is refused', async () => {
    await refuses(Buffer.alloc(50), /its header/);
    await refuses(
      changed((each) => each.writeUInt16BE(1000, 16)),
      /its header/,
    );
    await refuses(
      changed((each) => each.writeUInt32BE(2, 56)),
      /not UTF-8/,
    );
    await refuses(bytes.subarray(0, 2048), /number of a page/);
    // The table's own page, below itself.
    await refuses(
      changed((each) => {
        assert.equal(each[1024], 0x05);
        each.writeUInt32BE(2, 1024 + 8);
      }),
      /number of a page/,
    );
    const { bytes: other } = written((database) =>
      database.exec('CREATE TABLE t (a PRIMARY KEY, b) WITHOUT ROWID'),
    );
    await refuses(other, /a table/);
  });

  test('throws nothing of its own, and each page is looked at once', async () => {
    const change = fc.record({
      place: fc.oneof(fc.integer({ min: 16, max: 4096 }), fc.integer({ min: 0, max: 200_000 })),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const each = changed((copy) => {
          for (const { place, bytes: some } of changes) copy.set(some, place);
        });
        try {
          assert.ok((await rowsOf(each, 't')).length <= bytes.length / 4);
        } catch (error) {
          if (!(error instanceof UnreadableContents)) throw error;
        }
      }),
      { numRuns: 200 },
    );
  });
});
