/** The master key at a start: made, found again, missing, wrong, of a passphrase. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Catalog } from './catalog/catalog.ts';
import { createMemoryCatalog } from './catalog/memory/memory-catalog.ts';
import { systemClock } from './domain/identity.ts';
import { nodeFiles } from './files/node/node-files.ts';
import type { Log } from './foundations/log.ts';
import { silentLog } from './foundations/log.ts';
import { type MasterKeySource, openMasterKey } from './open-master-key.ts';

let folder: string;
let catalog: Catalog;
let usualFile: string;
let errors: unknown[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-key-'));
  catalog = createMemoryCatalog();
  usualFile = path.join(folder, 'master-key');
  errors = [];
});
afterEach(() => rm(folder, { recursive: true }));

function open(source?: MasterKeySource) {
  const log: Log = { ...silentLog, error: (_message, facts) => void errors.push(facts) };
  const options = {
    ...{ catalog, files: nodeFiles, clock: systemClock, log },
    home: { masterKeyFile: usualFile },
    masterKey: source,
  };
  return openMasterKey(options);
}

const key = Buffer.alloc(32, 'key');

test('at the first start it is made, for its owner alone, and is the same at the next', async () => {
  const wrapped = (await open()).wrap(key, 'row');
  const { mode, size } = await stat(usualFile);
  assert.deepEqual([mode & 0o777, size], [0o600, 32]);
  assert.deepEqual((await open()).unwrap(wrapped, 'row'), key);
  assert.deepEqual(errors, []);
  const [row] = await catalog.read(({ masterKeys }) => masterKeys.list());
  const text = JSON.stringify(row);
  const secret = await readFile(usualFile);
  for (const form of ['hex', 'base64'] as const) assert.ok(!text.includes(secret.toString(form)));
});

test('it may lie elsewhere, and nothing of it is in the home then', async () => {
  const file = path.join(folder, 'elsewhere');
  const wrapped = (await open({ file })).wrap(key, 'row');
  await assert.rejects(stat(usualFile), { code: 'ENOENT' });
  assert.deepEqual((await open({ file })).unwrap(wrapped, 'row'), key);
});

test('missing, wrong, short or open to others: said at the start, and no new one is made', async () => {
  await open();
  const rest = await readFile(usualFile);
  const told = async (problem: RegExp) => {
    errors = [];
    const opened = await open();
    assert.match(opened.problem ?? '', problem);
    assert.deepEqual(errors, [{ problem: opened.problem }]);
    assert.throws(() => opened.wrap(key, 'row'), { name: 'MasterKeyUnavailableError' });
  };
  await chmod(usualFile, 0o640);
  await told(/open to others/);
  await rm(usualFile);
  await told(/is missing/);
  await assert.rejects(stat(usualFile), { code: 'ENOENT' });
  await writeFile(usualFile, rest.subarray(1), { mode: 0o600 });
  await told(/has 31 bytes/);
  await writeFile(usualFile, Buffer.concat([rest, rest]));
  await told(/has 64 bytes/);
  await writeFile(usualFile, Buffer.alloc(32));
  await told(/not what the keys/);
  await writeFile(usualFile, rest);
  assert.equal((await open()).problem, undefined);
});

test('a passphrase makes the same key again, and another or a file in its place none', async () => {
  const passphrase = 'correct horse battery';
  const wrapped = (await open({ passphrase })).wrap(key, 'row');
  assert.deepEqual((await open({ passphrase })).unwrap(wrapped, 'row'), key);
  assert.match((await open({ passphrase: `${passphrase}.` })).problem ?? '', /passphrase is not/);
  assert.match((await open()).problem ?? '', /give it/);
  await assert.rejects(stat(usualFile), { code: 'ENOENT' });
  catalog = createMemoryCatalog();
  await open();
  assert.match((await open({ passphrase })).problem ?? '', /by a file/);
});
