/**
 * Faults in exports of instances: one beside a snapshot of the same volume, in either order. A file
 * that has its name has what the guest had written, an export that failed leaves none; of its
 * snapshot nothing is left, and when the fault is over the next export has all that was ever written.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Files } from '../files/files.ts';
import { createInstanceExportTask } from '../operations/ec2/exports/CreateInstanceExportTask.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { launchWritten, volumeRow } from './test-captures.ts';
import { DiskFiles } from './test-disk-files.ts';
import {
  ofBlocks,
  ofCatalog,
  ofCatalogIn,
  ofFiles,
  ofHost,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;

const ofTheFolder = (['open', 'rename', 'syncFolder'] as const satisfies (keyof Files)[]).map(
  (method) => [`files ${method}`, ofFiles(method, 'write')] as const,
);

const calls = {
  'host pivot': ofHost('pivot'),
  'host upload': ofHost('upload'),
  'host rebase': ofHost('rebase'),
  'block writer put': ofWriters('put'),
  'block store get': ofBlocks('get', 'write'),
  ...Object.fromEntries(ofTheFolder),
  ...ofCatalogIn(['snapshot', 'write', 'publish']),
  // It writes once; what else there is to write by then may have been.
  'catalog write in remove': ofCatalog('remove', { of: 'others' }),
  'record of remove': ofCatalog('remove', { of: 'runner' }),
};

export const exportInstanceStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    using files = new DiskFiles();
    const { places: filePlaces } = files;
    await using imago = await TestImago.start({ filePlaces });
    const [InstanceId, VolumeId] = await launchWritten(imago, mib, 11);
    const ExportToS3Task = { S3Bucket: 'disks', DiskImageFormat: 'RAW' } as const;
    const order = { InstanceId, TargetEnvironment: 'vmware', ExportToS3Task } as const;
    const begin = () => imago.call(createInstanceExportTask, order);

    await imago.restart({ ...fault.options, timeLimits, filePlaces });
    const orders = [begin, () => imago.call(createSnapshot, { VolumeId })];
    for (const each of secondFirst ? orders.reverse() : orders) await each();
    await imago.untilQuiet();
    await assertRight(imago, files, [11, 0]);

    fault.end();
    await imago.restart({ filePlaces });
    await imago.write(VolumeId, 2 * mib, 4096, 22);
    const { ExportTask: next } = await begin();
    await imago.untilQuiet();
    const done = await assertRight(imago, files, [11, 22], next?.ExportTaskId);
    assert.ok(done.includes(next?.ExportTaskId ?? ''));
    assert.equal((await volumeRow(imago, VolumeId))?.layers.length, 1);
    return fault.happened();
  },
};

/** Answers which are completed; what is looked into is `last`, or all. */
async function assertRight(
  imago: TestImago,
  files: DiskFiles,
  bytes: readonly number[],
  last?: string,
): Promise<string[]> {
  const { exports, snapshots } = await imago.catalog.read(async (reader) => ({
    exports: await reader.exportInstanceTasks.list(),
    snapshots: await reader.snapshots.list({ where: { account: imago.caller.account } }),
  }));
  for (const { state } of exports) assert.ok(['completed', 'deleted'].includes(state), state);
  // The one that was ordered beside it, at most.
  assert.ok(snapshots.length <= 1, `${snapshots.length} snapshots`);
  const done = exports.flatMap(({ id, state }) => (state === 'completed' ? [id] : []));
  const names = done.map((id) => `${id}.raw`);
  assert.deepEqual(readdirSync(files.folder).sort(), names.sort());
  for (const id of done) {
    if (last !== undefined && id !== last) continue;
    await using file = await open(files.path(`${id}.raw`));
    const byteAt = async (at: number) => (await file.read(Buffer.alloc(1), 0, 1, at)).buffer[0];
    assert.deepEqual([await byteAt(mib), await byteAt(2 * mib)], bytes);
  }
  return done;
}
