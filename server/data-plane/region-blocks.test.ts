import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock } from '../blocks/test-blocks.ts';
import { RegionBlocks } from './region-blocks.ts';

test('blocks are read from the store of the region, also after it has moved', async () => {
  const stores: Record<string, MemoryBlockStore> = {};
  for (const folder of ['/home', '/disk', '/moved']) stores[folder] = new MemoryBlockStore();
  const opened: string[] = [];
  const regions: Record<string, string> = { 'eu-west-1': '/disk' };
  const blocks = new RegionBlocks({
    describe: async () => ({ kind: 'fs', folder: '/home', regions }),
    open(folder) {
      opened.push(folder);
      return stores[folder] as MemoryBlockStore;
    },
  });
  const read = async (region: string, folder: string, text: string) => {
    const digest = await storeBlock(stores[folder] as MemoryBlockStore, Buffer.from(text));
    return `${await (await blocks.of(region)).get(digest)}`;
  };
  assert.equal(await read('us-east-1', '/home', 'one'), 'one');
  assert.equal(await read('us-west-1', '/home', 'two'), 'two');
  assert.equal(await read('eu-west-1', '/disk', 'three'), 'three');
  regions['eu-west-1'] = '/moved';
  assert.equal(await read('eu-west-1', '/moved', 'four'), 'four');
  assert.deepEqual(opened, ['/home', '/disk', '/moved']);
});
