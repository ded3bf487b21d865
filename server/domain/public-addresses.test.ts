import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { allocatePublicIps } from './public-addresses.ts';

test('addresses begin where they are told to, go on where others were given out, and skip those in use', async () => {
  const catalog = createMemoryCatalog();
  const allocate = (count: number) =>
    catalog.read((reader) => allocatePublicIps(reader, '127.37.112.1', count));
  assert.deepEqual(await allocate(2), ['127.37.112.1', '127.37.112.2']);

  await catalog.write(async ({ instances }) => {
    for (const publicIp of ['127.37.112.1', '127.37.112.4']) {
      await instances.insert({ id: `i-${publicIp}`, publicIp } as InstanceRow);
    }
  });
  assert.deepEqual(await allocate(2), ['127.37.112.3', '127.37.112.5']);
});

test('after the last address of the network comes its first', async () => {
  const catalog = createMemoryCatalog();
  const allocate = (count: number) =>
    catalog.read((reader) => allocatePublicIps(reader, '127.37.255.254', count));
  assert.deepEqual(await allocate(3), ['127.37.255.254', '127.37.0.1', '127.37.0.2']);
  await assert.rejects(allocate(65_535), /There are 65534 free public addresses; 65535 are needed/);
});
