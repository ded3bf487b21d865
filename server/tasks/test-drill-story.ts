/**
 * Faults in drills of the backups of one machine: its image, the snapshots of all its disks, which
 * were taken together, and that of a disk of data. Each ends once, with a verdict or without; no
 * row, machine, volume or file is left; when the fault is over the next ones pass, and then no rule
 * removes the last backup that did.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { StartDrillRequest } from '../../api/imago-drills.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { beforeWrites } from '../catalog/changes.ts';
import type { TableName } from '../catalog/table-rows.ts';
import { tableNames } from '../catalog/tables.ts';
import { snapshot } from '../catalog/test-rows.ts';
import { BufferDisk, makeFileSystem } from '../contents/test-file-systems.ts';
import { uploadDisk } from '../disk/upload-layers.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshots } from '../operations/ec2/snapshots/CreateSnapshots.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { forgetBackups } from '../operations/imago/ForgetBackups.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { ofBlocks, ofCatalogIn, ofHost, type Story } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const calls = {
  'blocks get of a disk of data': ofBlocks('get', 'check'),
  'host measure': ofHost('measure', 'launch'),
  'host apply': ofHost('apply', 'launch'),
  'host commandState': ofHost('commandState', 'boot'),
  'host answersSsh': ofHost('answersSsh', 'boot'),
  'host beginCommand': ofHost('beginCommand', 'check'),
  'host commandState of a check': ofHost('commandState', 'check'),
  'host remove': ofHost('remove', 'remove'),
  'host removeVolume': ofHost('removeVolume', 'remove'),
  'host forget': ofHost('forget', 'remove'),
  ...ofCatalogIn(['launch', 'check', 'remove', 'conclude']),
};

/** What is only slow is no fault. */
export const drillLimits = { callMs: 3000, machineMs: 6000, silenceMs: 3000 };

export const drillStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const machine = await backedUpMachine(imago);
    const before = await everything(imago);
    const ends = new Map<string, number>();
    const { wrapCatalog = (catalog) => catalog } = fault.options;
    await imago.restart({
      ...fault.options,
      timeLimits: drillLimits,
      wrapCatalog: (catalog) => wrapCatalog(countingEnds(catalog, ends)),
    });
    const orders = drillsOf(machine);
    for (const order of secondFirst ? orders.reverse() : orders)
      await imago.call(startDrill, order);
    await imago.untilQuiet();
    assert.deepEqual(await everything(imago), before);
    const ended = (await imago.call(describeDrills, {})).Drills;
    assert.equal(ended.length, orders.length);
    for (const { DrillId, State, EndedAt } of ended) {
      assert.ok(EndedAt && ['passed', 'failed', 'error'].includes(State), State);
      assert.equal(ends.get(DrillId), 1, 'it has ended more than once');
    }

    fault.end();
    await imago.restart();
    for (const order of orders) await assertPasses(imago, order);
    assert.deepEqual(await everything(imago), before);
    await assertPassedStay(imago, machine);
    return fault.happened();
  },
};

interface Backed {
  instanceId: string;
  volumeIds: string[];
  imageId: string;
  /** Of the boot disk, with all that was taken with it. */
  setId: string;
  /** Of the second disk: a file system. */
  dataId: string;
}

export async function backedUpMachine(imago: TestImago): Promise<Backed> {
  const { id: ImageId } = await imago.image();
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
  const order = { ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings };
  const { Instances = [] } = await imago.call(runInstances, order);
  const instanceId = Instances[0]?.InstanceId ?? '';
  await imago.untilState(instanceId, 'running');
  const volumeIds = await imago.volumeIds(instanceId);
  const taken = await backUp(imago, instanceId, 'first');
  return { instanceId, volumeIds, ...taken, dataId: await insertData(imago, volumeIds[1] ?? '') };
}

async function backUp(imago: TestImago, InstanceId: string, Name: string) {
  const image = { InstanceId, Name, NoReboot: true };
  const { ImageId: imageId = '' } = await imago.call(createImage, image);
  const { Snapshots = [] } = await imago.call(createSnapshots, {
    InstanceSpecification: { InstanceId },
  });
  await imago.untilQuiet();
  const id = Snapshots.map(({ SnapshotId = '' }) => SnapshotId);
  const rows = await imago.catalog.read(({ snapshots }) => snapshots.list({ where: { id } }));
  return { imageId, setId: rows.find(({ set }) => set)?.id ?? '' };
}

async function insertData(imago: TestImago, sourceId: string): Promise<string> {
  const disk = new BufferDisk(await makeFileSystem({ 'orders/1': 'hello\n' }));
  const { root } = await uploadDisk({ store: imago.blocks, disk });
  const { account, region } = imago.caller;
  const createdAt = new Date().toISOString();
  const id = 'snap-0123456789abcdef0';
  const owned = { account, region, createdAt, backup: { sourceId } };
  const row = snapshot(id, { ...owned, root, volumeSizeGiB: 1 });
  await imago.catalog.write(({ snapshots }) => snapshots.insert(row));
  return id;
}

function drillsOf({ imageId, setId, dataId }: Backed): StartDrillRequest[] {
  return [
    { ImageId: imageId, Checks: [{ Command: 'true' }] },
    { SnapshotId: setId, Checks: [{ Port: 22 }] },
    { SnapshotId: dataId, Compare: ['/orders/1'] },
  ];
}

async function assertPasses(imago: TestImago, order: StartDrillRequest): Promise<void> {
  const { DrillId } = await imago.call(startDrill, order);
  await imago.untilQuiet();
  const [last] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
  assert.equal(last?.State, 'passed', last?.Reason);
  const id = order.ImageId ?? order.SnapshotId ?? '';
  const { lastDrill } = (await backupOf(imago, id)) ?? {};
  const { drillId, verdict, endedAt } = lastDrill ?? {};
  assert.deepEqual([drillId, verdict], [DrillId, 'passed']);
  assert.equal(endedAt, last.EndedAt?.toISOString());
}

/** Though there are newer ones, and one of these was found wanting. */
async function assertPassedStay(imago: TestImago, machine: Backed): Promise<void> {
  const { instanceId, volumeIds, imageId, setId, dataId } = machine;
  const newer = await backUp(imago, instanceId, 'second');
  const wanting = { ImageId: newer.imageId, Checks: [{ Command: 'true', Equals: 'yes' }] };
  await imago.call(startDrill, wanting);
  await imago.untilQuiet();
  for (const SourceId of [instanceId, ...volumeIds]) {
    await imago.call(forgetBackups, { SourceId, KeepLast: 1 });
  }
  for (const id of [imageId, setId, dataId]) {
    assert.ok(await backupOf(imago, id), `${id} has passed, and is gone`);
  }
}

function backupOf(imago: TestImago, id: string) {
  return imago.catalog.read(
    async ({ images, snapshots }) => (await images.get(id)) ?? (await snapshots.get(id)),
  );
}

/** What drills are remembered by, and work that is done. */
const remembered: ReadonlySet<TableName> = new Set(['drills', 'tasks', 'leases', 'clientTokens']);

/** Rows, machines, volumes and files, but the evidence of drills. */
export async function everything(imago: TestImago) {
  const rows = await imago.catalog.read(async (reader) => {
    const found: string[] = [];
    for (const name of tableNames) {
      if (remembered.has(name)) continue;
      for (const { id } of await reader[name].list()) found.push(`${name} ${id}`);
    }
    return found;
  });
  const files = await readdir(imago.home.folder, { recursive: true });
  return {
    rows,
    files: files.filter((file) => !/^(imago\.db|drills)/.test(file)).sort(),
    belongings: await imago.services.host.belongings(),
  };
}

/** How often it is written down that a drill has ended. */
export function countingEnds(catalog: Catalog, ends: Map<string, number>): Catalog {
  return {
    read: (work) => catalog.read(work),
    close: () => catalog.close(),
    async write(work) {
      let ended: string[] = [];
      const result = await catalog.write((transaction) => {
        ended = [];
        const noted = beforeWrites(transaction, (name, _table, id, row) => {
          const isOver = name === 'drills' && row && 'state' in row && row.state !== 'running';
          // Whom it could not be told is written down later.
          if (isOver && !('untold' in row)) ended.push(id);
        });
        return work(noted);
      });
      for (const id of ended) ends.set(id, (ends.get(id) ?? 0) + 1);
      return result;
    },
  };
}
