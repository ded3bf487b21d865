import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { digestsIn, storeBlock } from '../../server/blocks/test-blocks.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { addSnapshot } from '../../server/collection/test-rows.ts';
import type { Home } from '../../server/foundations/home.ts';
import { serve } from '../../server/main.ts';
import { type GcOptions, gcCommand } from './gc.ts';
import { commandContext, newHome } from './test-command.ts';

let home: Home;
let text: string;

beforeEach(async () => {
  home = await newHome();
  await storeBlock(await FsBlockStore.open(home.blocksFolder), Buffer.from('some block'));
});
afterEach(() => rmSync(home.folder, { recursive: true }));

async function run(options: GcOptions, json = false): Promise<void> {
  const { context, printed } = commandContext(home, json);
  await gcCommand(context, options);
  text = printed();
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
