/**
 * What a machine reads is served to it, and its blocks are kept, whatever became of the rebase that
 * gave it to it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { DataPlane } from '../data-plane/data-plane.ts';
import { blockRoots } from '../domain/block-roots.ts';
import type { Host } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { failing } from './test-faults.ts';
import { TestImago, withFaults } from './test-imago.ts';

test('a machine goes on reading the map of a rebase that was made and not told, when later ones fail', async () => {
  await using imago = await TestImago.start();
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  let served: string[] = [];
  const wrapDataPlane = withFaults<DataPlane>((dataPlane) => ({
    attach: async (folder, attachment) => {
      await dataPlane.attach(folder, attachment);
      served = attachment.exports.map(({ root }) => root);
    },
  }));
  const record = path.join(imago.home.machineFolder(id), 'machine.json');
  let read = '';
  for (const [index, kind] of (['performs and throws', 'throws', 'throws'] as const).entries()) {
    const { wrap: wrapHost } = failing<Host>('rebase', kind, Number.POSITIVE_INFINITY);
    await imago.restart({ wrapDataPlane, wrapHost });
    await imago.write(volumeId, index * 1024 ** 2, 4096, 7);
    await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    read = JSON.parse(readFileSync(record, 'utf8')).disks[0].base.exportName;
    assert.ok(served.includes(read), `after ${index} more: ${served.length} maps are served`);
    assert.ok((await imago.catalog.read(blockRoots)).roots.has(read), 'its blocks are garbage');
  }
  await imago.restart({ wrapDataPlane });
  await imago.call(createSnapshot, { VolumeId: volumeId });
  await imago.untilQuiet();
  assert.equal(served.length, 1, 'then one is enough');
  assert.ok(!served.includes(read));
});
