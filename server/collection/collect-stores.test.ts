/** That each store keeps what its own regions need, and nothing for others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockStores } from '../blocks/block-stores.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { digestsIn, storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { task } from '../catalog/test-rows.ts';
import { systemClock } from '../domain/identity.ts';
import { collectStores } from './collect-stores.ts';
import { Pace } from './pace.ts';
import { addSnapshot, noDrafts } from './test-rows.ts';

const sizeBytes = 1024 ** 2;

async function twoStores() {
  const [here, there] = [new MemoryBlockStore(), new MemoryBlockStore()];
  const blocks = blockStores(here, [{ regions: ['eu-west-1'], store: there }]);
  const catalog = createMemoryCatalog();
  const services = { blocks, catalog, drafts: noDrafts, clock: systemClock };
  const collect = () => collectStores(services, { graceMs: 0, pace: new Pace(0) });
  const store = async (into: MemoryBlockStore, text: string) => {
    const changes = new Map([[0, await storeBlock(into, Buffer.from(text))]]);
    return (await storeMap(into, { sizeBytes, changes })).root;
  };
  return { here, there, catalog, collect, store };
}

test('what only another region needs is garbage', async () => {
  const { here, there, catalog, collect, store } = await twoStores();
  const root = await store(here, 'the same');
  assert.equal(await store(there, 'the same'), root);
  await addSnapshot(catalog, root);
  await collect();
  assert.equal((await digestsIn(there)).length, 0);
  assert.ok((await digestsIn(here)).length > 0);
});

test('a copy under way keeps what it reads in the region that it reads from', async () => {
  const { here, catalog, collect, store } = await twoStores();
  const root = await store(here, 'the original');
  const input = { copies: [{ snapshotId: 'snap-1', region: 'us-east-1', root }] };
  await catalog.write(({ tasks }) => tasks.insert(task('task-1', { region: 'eu-west-1', input })));
  const report = await collect();
  assert.equal(report.condemned.blocks, 0);
  assert.ok((await digestsIn(here)).includes(root));
});

test('a store that cannot be collected bars no other, and is told of', async () => {
  const { here, there, catalog, collect, store } = await twoStores();
  await addSnapshot(catalog, 'a'.repeat(64));
  await store(there, 'garbage');
  await assert.rejects(collect(), /is missing/);
  assert.deepEqual(await digestsIn(there), []);
  assert.deepEqual(await digestsIn(here), []);
});
