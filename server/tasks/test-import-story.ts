/**
 * Faults in imports: a file becomes a snapshot, another one an image. Each import ends completed,
 * with all that it was to make, or deleted, with nothing; and when the fault is over the next is
 * right.
 */
import assert from 'node:assert/strict';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { importImage } from '../operations/ec2/imports/ImportImage.ts';
import { importSnapshot } from '../operations/ec2/imports/ImportSnapshot.ts';
import { DiskFiles } from './test-disk-files.ts';
import {
  ofBegin,
  ofBlocks,
  ofCatalog,
  ofCatalogIn,
  ofHost,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

/** Of these steps publish is the snapshot's alone: the other import may have ended before it. */
const { 'second catalog write in publish': _, ...catalogCalls } = ofCatalogIn([
  ...['look', 'read', 'publish', 'inspect'],
]);

const calls = {
  'host measure': ofHost('measure', 'read'),
  'block store get': ofBlocks('get'),
  'block store begin': ofBegin,
  'block writer put': ofWriters('put'),
  'block writer commit': ofWriters('commit'),
  ...catalogCalls,
  'catalog write in register': ofCatalog('register', { of: 'others' }),
  'record of register': ofCatalog('register', { of: 'runner' }),
};

const of = (S3Key: string) => ({ Format: 'RAW', UserBucket: { S3Bucket: 'disks', S3Key } });

export const importStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    using files = new DiskFiles();
    files.raw('data.raw', 2);
    files.linux('root.raw');
    const { places: filePlaces } = files;
    await using imago = await TestImago.start({ filePlaces });
    await imago.stopTasks();
    const orders = [
      () => imago.call(importSnapshot, { DiskContainer: of('data.raw') }),
      () => imago.call(importImage, { DiskContainers: [of('root.raw'), of('data.raw')] }),
    ];
    for (const order of secondFirst ? orders.toReversed() : orders) await order();
    await imago.restart({ ...fault.options, timeLimits, filePlaces });
    await imago.untilQuiet();
    await assertRight(imago);

    fault.end();
    await imago.restart({ filePlaces });
    for (const order of orders) await order();
    await imago.untilQuiet();
    await assertRight(imago, 1);
    return fault.happened();
  },
};

/** At least so many of each are completed. */
async function assertRight(imago: TestImago, completedMin = 0): Promise<void> {
  const where = { account: imago.caller.account };
  const rows = await imago.catalog.read(async (reader) => ({
    ofSnapshots: await reader.importSnapshotTasks.list({ where }),
    ofImages: await reader.importImageTasks.list({ where }),
    snapshots: await reader.snapshots.list({ where }),
    images: await reader.images.list({ where }),
  }));
  const all = [...rows.ofSnapshots, ...rows.ofImages];
  assert.ok(all.every(({ state }) => state === 'completed' || state === 'deleted'));
  const completed = <Row extends { state: string }>(list: readonly Row[]) =>
    list.filter(({ state }) => state === 'completed');
  assert.ok(completed(rows.ofSnapshots).length >= completedMin);
  assert.ok(completed(rows.ofImages).length >= completedMin);
  const imageIds = completed(rows.ofImages).map(({ imageId }) => imageId);
  assert.deepEqual(rows.images.map(({ id }) => id).sort(), imageIds.sort());
  const data = completed(rows.ofSnapshots).map(({ disk }) => disk.snapshotId ?? '');
  const ofImages = rows.images.flatMap(snapshotIdsOf);
  assert.deepEqual(rows.snapshots.map(({ id }) => id).sort(), [...data, ...ofImages].sort());
  const second = rows.images.map((image) => snapshotIdsOf(image)[1] ?? '');
  for (const id of [...data, ...second]) {
    assert.equal(await imago.readSnapshot(id, 1), 1);
    assert.equal(await imago.readSnapshot(id, 1024 ** 2), 2);
  }
}
