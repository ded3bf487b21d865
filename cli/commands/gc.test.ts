import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { digestsIn, storeBlock } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { addSnapshot } from '../../server/collection/test-rows.ts';
import { Home } from '../../server/foundations/home.ts';
import { serve } from '../../server/main.ts';
import { Output } from '../output.ts';
import { Progress } from '../progress.ts';
import { type GcOptions, gcCommand } from './gc.ts';

let home: Home;
let text: string;

beforeEach(async () => {
  home = new Home(mkdtempSync(path.join(tmpdir(), 'im-gc-')));
  await (await openSqliteCatalog(home.catalogFile)).close();
  await storeBlock(await FsBlockStore.open(home.blocksFolder), Buffer.from('some block'));
});
afterEach(() => rmSync(home.folder, { recursive: true }));

function run(options: GcOptions, json = false): Promise<void> {
  text = '';
  const stream = {
    write: (part: string) => {
      text += part;
    },
  };
  const output = new Output(stream, { json });
  const quiet = new Progress({ write() {} }, output);
  return gcCommand({ home, output, progress: quiet, environment: {} }, options);
}

const stored = async () => digestsIn(await FsBlockStore.open(home.blocksFolder));

test('where no Imago runs it is done here: told, condemned, removed', async () => {
  await run({ dryRun: true });
  assert.match(text, /Would be condemned: +1 blocks, 11 B/);
  assert.equal((await stored()).length, 1);
  await run({});
  assert.match(text, /Condemned now: +1 blocks, 11 B\n.*waiting: +1 blocks.*\nRemoved: +0 blocks/);
  await run({ grace: 0 }, true);
  assert.deepEqual(JSON.parse(text).Freed, { Blocks: 1, Bytes: 11 });
  assert.deepEqual(await stored(), []);
});

test('where one runs it is asked', async () => {
  const server = await serve({
    home,
    listen: { host: '127.0.0.1', port: 0 },
    hypervisor: 'simulated',
    regions: ['us-east-1'],
    memoryOvercommit: 1,
  });
  try {
    await run({ grace: 0 });
    assert.match(text, /Removed: +1 blocks, 11 B/);
  } finally {
    await server.close();
  }
  assert.deepEqual(await stored(), []);
});

test('a map that cannot be read, and a folder that is no home, are refused', async () => {
  const catalog = await openSqliteCatalog(home.catalogFile);
  await addSnapshot(catalog, '0'.repeat(64));
  await catalog.close();
  await assert.rejects(run({ grace: 0 }), /Nothing was collected: block 0+ is missing/);
  assert.equal((await stored()).length, 1);
  rmSync(home.catalogFile);
  await assert.rejects(run({}), /There is no Imago in/);
});
