import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { instance } from '../catalog/test-rows.ts';
import { allocatePublicIps } from './public-addresses.ts';

test('addresses are free, different and neither the first nor the last of the network', async () => {
  const catalog = createMemoryCatalog();
  const allocate = (min: number, max: number) =>
    catalog.read((reader) => allocatePublicIps(reader, '127.37.16.0/28', { min, max }));
  const all = Array.from({ length: 14 }, (_, index) => `127.37.16.${index + 1}`);
  assert.deepEqual((await allocate(14, 14)).sort(), all.toSorted());

  await catalog.write(async ({ instances }) => {
    for (const publicIp of all.slice(2)) {
      await instances.insert(instance(`i-${publicIp}`, { publicIp }));
    }
  });
  assert.deepEqual((await allocate(1, 5)).sort(), ['127.37.16.1', '127.37.16.2']);
  await assert.rejects(allocate(3, 5), {
    code: 'InsufficientAddressCapacity',
    message: 'There are 2 free public addresses; 3 are needed.',
  });
});
