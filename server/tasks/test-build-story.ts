/**
 * Faults in builds: two builds of one provider image, for a region each, whose disks were made
 * before. Each ends with its image in its region, or with nothing of it; and when the fault is
 * over, the next build has all that it should.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ProviderImageName } from '../../api/imago.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import { providerAccount } from '../domain/accounts.ts';
import { orderBuild } from '../domain/provider-images.ts';
import {
  ofBegin,
  ofCatalogIn,
  ofHost,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;
const diskBytes = 3 * mib;

const calls = {
  'host measure': ofHost('measure', 'import'),
  'block store begin': ofBegin,
  'block writer put': ofWriters('put'),
  'block writer commit': ofWriters('commit'),
  'end of a block writer': ofWriters(Symbol.asyncDispose),
  ...ofCatalogIn(['import', 'register']),
};

export const buildStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    await imago.stopTasks();
    const regions = ['eu-west-1', 'us-east-1'];
    const orders = secondFirst ? regions.reverse() : regions;
    for (const region of orders) await orderBuilt(imago, region);
    await imago.restart({ ...fault.options, timeLimits });
    await assertRight(imago, await imago.untilQuiet());

    fault.end();
    await imago.restart();
    await imago.stopTasks();
    const id = await orderBuilt(imago, 'eu-west-1');
    await imago.restart();
    const tasks = await imago.untilQuiet();
    assert.equal(tasks.find((task) => task.id === id)?.state, 'succeeded');
    await assertRight(imago, tasks);
    return fault.happened();
  },
};

/** A build that goes on after its first step. */
export async function orderBuilt(
  imago: TestImago,
  region: string,
  name: ProviderImageName = 'micro',
): Promise<string> {
  const { catalog, services, home } = imago;
  const host = services.site.hostId;
  return catalog.write(async (transaction) => {
    const build = { name, region, regions: [region], host };
    const id = await orderBuild(transaction, build, services);
    const diskPath = path.join(home.buildsFolder, id, 'disk.raw');
    await mkdir(path.dirname(diskPath), { recursive: true });
    await writeFile(diskPath, Buffer.alloc(diskBytes, 7));
    const { ids } = services;
    const output = {
      diskPath,
      sizeBytes: diskBytes,
      imageName: `imago-${name}-amd64-20260101-0000`,
      description: name,
      bootMode: 'uefi-preferred',
      rootDeviceName: '/dev/xvda',
      architecture: 'x86_64',
      places: [{ region, imageId: ids.resource('ami'), snapshotId: ids.resource('snap') }],
    };
    const task = await transaction.tasks.get(id);
    if (task) await transaction.tasks.update({ ...task, outputs: { build: output } });
    return id;
  });
}

async function assertRight(imago: TestImago, tasks: readonly TaskRow[]): Promise<void> {
  const where = { account: providerAccount.id };
  const { images, snapshots } = await imago.catalog.read(async (reader) => ({
    images: await reader.images.list({ where }),
    snapshots: await reader.snapshots.list({ where }),
  }));
  const succeeded = tasks.filter(({ state }) => state === 'succeeded');
  const made = succeeded.flatMap(({ outputs }) => {
    const { imageIds } = outputs.register as { imageIds: Record<string, string> };
    return Object.entries(imageIds);
  });
  assert.deepEqual(images.map(({ region, id }) => [region, id]).sort(), made.sort());
  assert.equal(snapshots.length, images.length);
  for (const { state, launchPermissions, blockDeviceMappings } of images) {
    assert.deepEqual([state, launchPermissions], ['available', ['all']]);
    const snapshotId = blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    assert.equal(snapshots.find(({ id }) => id === snapshotId)?.state, 'completed');
    assert.equal(await imago.readSnapshot(snapshotId, diskBytes - 1), 7);
  }
  assert.deepEqual(await readdir(imago.home.buildsFolder), []);
}
