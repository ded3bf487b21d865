/** When the catalog is sealed, and who waits for that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { image } from '../catalog/test-rows.ts';
import { systemClock } from '../domain/identity.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { silentLog } from '../foundations/log.ts';
import { CatalogKeeper } from './catalog-keeper.ts';
import { readCatalogRecord } from './catalog-record.ts';
import { facts } from './test-sealed.ts';

test('who waits for it beside others has it sealed, too', async () => {
  const [catalog, store] = [createMemoryCatalog(), new MemoryBlockStore()];
  await using keeper = new CatalogKeeper({
    ...{ catalog, blocks: oneBlockStore(store), files: nodeFiles },
    ...{ clock: systemClock, log: silentLog, source: { passphrase: 'of a test' } },
    facts: async () => facts,
  });
  await keeper.start();
  await catalog.write(({ images }) => images.insert(image('ami-1')));
  const sealed = async () => {
    await keeper.settled();
    return (await readCatalogRecord(store))?.catalogs.length;
  };
  assert.deepEqual(await Promise.all([sealed(), sealed(), sealed()]), [1, 1, 1]);
});
