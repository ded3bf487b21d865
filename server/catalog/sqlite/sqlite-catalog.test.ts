import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { catalogSuite } from '../catalog-suite.ts';
import type { TableName } from '../table-rows.ts';
import { tableSpecs } from '../tables.ts';
import { keyPair } from '../test-rows.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';

let folder: string;
let files = 0;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-catalog-'));
});
after(() => rm(folder, { recursive: true }));

const newFile = () => path.join(folder, `${++files}.db`);

catalogSuite('sqlite', () => openSqliteCatalog(newFile()));

test('what was written is there after another open, and nobody else may read the file', async () => {
  const file = newFile();
  const first = await openSqliteCatalog(file);
  await first.write(({ keyPairs }) => keyPairs.insert(keyPair('key-1')));
  for (const each of [file, `${file}-wal`, `${file}-shm`]) {
    assert.equal((await stat(each)).mode & 0o777, 0o600, each);
  }
  await first.close();
  const second = await openSqliteCatalog(file);
  assert.equal(await second.read(({ keyPairs }) => keyPairs.count()), 1);
  await second.close();
});

test('a process that dies in a write leaves nothing of it', async () => {
  const file = newFile();
  const dying = await openSqliteCatalog(file);
  const written = Promise.withResolvers<void>();
  const proceed = Promise.withResolvers<void>();
  const writing = dying.write(async ({ keyPairs }) => {
    await keyPairs.insert(keyPair('key-1'));
    written.resolve();
    await proceed.promise;
    throw new Error('ends the write that the test left open');
  });
  await written.promise;
  const other = await openSqliteCatalog(file);
  assert.equal(await other.read(({ keyPairs }) => keyPairs.count()), 0);
  await other.close();
  proceed.resolve();
  await assert.rejects(writing);
  await dying.close();
});

test('work on many rows lets others in between', async () => {
  const catalog = await openSqliteCatalog(newFile());
  let turns = 0;
  const each = setInterval(() => turns++, 1);
  const seen = async (work: Promise<unknown>) => {
    turns = 0;
    await work;
    return turns;
  };
  const ids = Array.from({ length: 5000 }, (_, number) => `key-${number}`);
  const writing = catalog.write(async ({ keyPairs }) => {
    for (const id of ids) await keyPairs.insert(keyPair(id));
  });
  assert.ok((await seen(writing)) > 1, 'while it writes');
  const reading = catalog.read(async ({ keyPairs }) => {
    for (const id of [...ids, ...ids, ...ids]) assert.ok(await keyPairs.get(id));
  });
  assert.ok((await seen(reading)) > 1, 'while it reads');
  clearInterval(each);
  await catalog.close();
});

/** Runs in a process that may write no file beyond about 2 MB: the disk is full for it. */
const fullDisk = `
  const { openSqliteCatalog } = await import(process.argv[1]);
  const { keyPair } = await import(process.argv[2]);
  let asked = 0;
  const makeRoom = () => ++asked % 3 !== 0;
  const catalog = await openSqliteCatalog(process.argv[3], { makeRoom });
  const insert = (id, publicKey) =>
    catalog.write(({ keyPairs }) => keyPairs.insert(keyPair(id, { publicKey })));
  const large = Array.from({ length: 30 }, (_, index) => insert('key-' + index, 'x'.repeat(100_000)));
  const errors = (await Promise.allSettled(large)).filter((each) => each.reason);
  const count = await catalog.read(({ keyPairs }) => keyPairs.count());
  await insert('small', '');
  console.log(JSON.stringify({ failed: errors.length, count, asked, error: errors[0].reason.name }));
  await catalog.close();
`;

test('on a full disk a write is tried again as long as room is made; one that was not kept says so, and smaller ones go on', () => {
  const limited = ['-c', 'ulimit -f 4000; exec "$0" "$@"', process.execPath];
  const modules = ['./sqlite-catalog.ts', '../test-rows.ts'].map((name) =>
    String(new URL(name, import.meta.url)),
  );
  const script = ['--no-warnings', '--input-type=module', '--eval', fullDisk];
  const output = execFileSync('sh', [...limited, ...script, ...modules, newFile()]);
  const { failed, count, asked, error } = JSON.parse(output.toString());
  assert.ok(failed > 0);
  assert.equal(count, 30 - failed);
  assert.ok(asked >= 3 && asked % 3 === 0, 'each time twice with success');
  assert.equal(error, 'CatalogFullError');
});

/** Runs in a process that may write no file beyond a few KiB until it says that room was made. */
const fullAtOpen = `
  const { execFileSync } = await import('node:child_process');
  const { openSqliteCatalog } = await import(process.argv[1]);
  const file = process.argv[2];
  let asked = 0;
  const noRoom = { makeRoom: () => ++asked < 3 };
  const refused = await openSqliteCatalog(file, noRoom).catch((error) => error.name);
  const unlimit = () => execFileSync('prlimit', ['--fsize=unlimited:', '--pid=' + process.pid]);
  const catalog = await openSqliteCatalog(file, { makeRoom: () => Boolean(unlimit()) });
  const count = await catalog.read(({ keyPairs }) => keyPairs.count());
  console.log(JSON.stringify({ refused, asked, count }));
  await catalog.close();
`;

test('on a full disk it opens as soon as room enough is made, and says so when none is', async () => {
  const known = newFile();
  await (await openSqliteCatalog(known)).close();
  const cases = [
    // What connections have in common finds no room.
    { kib: 8, file: known },
    // The schema finds none.
    { kib: 100, file: newFile() },
  ];
  for (const { kib, file } of cases) {
    const limited = ['-c', `ulimit -S -f ${kib * 2}; exec "$0" "$@"`, process.execPath];
    const module = String(new URL('./sqlite-catalog.ts', import.meta.url));
    const script = ['--no-warnings', '--input-type=module', '--eval', fullAtOpen];
    const output = execFileSync('sh', [...limited, ...script, module, file]);
    const told = { refused: 'CatalogFullError', asked: 3, count: 0 };
    assert.deepEqual(JSON.parse(output.toString()), told);
  }
});

test('room is taken beforehand: writes go where nothing has to be allocated', async () => {
  const file = newFile();
  const catalog = await openSqliteCatalog(file, { takesRoom: true });
  const taken = async () => {
    const [rows, log] = await Promise.all([stat(file), stat(`${file}-wal`)]);
    return { sizes: [rows.size, log.size], blocks: rows.blocks + log.blocks };
  };
  // The file system may note in a block of its own which of a file's blocks are written by now.
  const ownBlocks = 16;
  const before = await taken();
  for (let number = 0; number < 100; number++) {
    const row = keyPair(`key-${number}`, { publicKey: 'x'.repeat(1000) });
    await catalog.write(({ keyPairs }) => keyPairs.insert(row));
  }
  const after = await taken();
  assert.deepEqual(after.sizes, before.sizes);
  assert.ok(after.blocks - before.blocks <= ownBlocks, `${after.blocks} after ${before.blocks}`);
  await catalog.close();
  // A process that died while it took room has left its table.
  const database = new DatabaseSync(file);
  database.exec('CREATE TABLE room (bytes)');
  database.close();
  const again = await openSqliteCatalog(file, { takesRoom: true });
  assert.equal(await again.read(({ keyPairs }) => keyPairs.count()), 100);
  await again.close();
});

test('the file of a newer Imago is refused and left as it is', async () => {
  const file = newFile();
  await (await openSqliteCatalog(file)).close();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await assert.rejects(openSqliteCatalog(file), /newer Imago \(schema 99/);
});

test('the migrated tables have exactly the columns and unique sets of the port', async () => {
  const file = newFile();
  await (await openSqliteCatalog(file)).close();
  const database = new DatabaseSync(file);
  for (const [name, spec] of Object.entries(tableSpecs)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(name);
    assert.deepEqual(
      columns.map((column) => column.name).sort(),
      ['id', 'doc', 'version', ...spec.columns, ...(name === 'tasks' ? ['sequence'] : [])].sort(),
      name as TableName,
    );
    const unique = database
      .prepare('SELECT name FROM pragma_index_list(?) WHERE "unique" AND origin <> \'pk\'')
      .all(name)
      .map((index) =>
        database
          .prepare('SELECT name FROM pragma_index_info(?)')
          .all(index.name as string)
          .map((column) => column.name),
      );
    assert.deepEqual(unique, spec.unique, name);
  }
  database.close();
});

test('a thousand reads at once take the descriptors of a few', async () => {
  const catalog = await openSqliteCatalog(newFile());
  const descriptors = async () => (await readdir('/proc/self/fd')).length;
  const before = await descriptors();
  let most = 0;
  const counts = Array.from({ length: 1000 }, () =>
    catalog.read(async ({ keyPairs }) => {
      const count = await keyPairs.count();
      most = Math.max(most, await descriptors());
      return count;
    }),
  );
  assert.deepEqual(await Promise.all(counts), new Array(1000).fill(0));
  // Its file and log; the third is the look itself.
  assert.ok(most - before <= 8 * 2 + 8, `${most} descriptors, before ${before}`);
  await catalog.close();
  assert.ok((await descriptors()) <= before, 'nothing is left open');
});

test('a read that waits for its turn has it when another ends, though that one failed', async () => {
  const catalog = await openSqliteCatalog(newFile());
  const failing = Array.from({ length: 20 }, () =>
    catalog.read(async () => {
      await new Promise(setImmediate);
      throw new Error('no');
    }),
  );
  const last = catalog.read(({ keyPairs }) => keyPairs.count());
  for (const { status } of await Promise.allSettled(failing)) assert.equal(status, 'rejected');
  assert.equal(await last, 0);
  await catalog.close();
});

test('a closed catalog says so', async () => {
  const catalog = await openSqliteCatalog(newFile());
  await catalog.close();
  await assert.rejects(
    catalog.read(({ keyPairs }) => keyPairs.count()),
    /closed/,
  );
  await assert.rejects(
    catalog.write(({ keyPairs }) => keyPairs.delete('key-1')),
    /closed/,
  );
});
