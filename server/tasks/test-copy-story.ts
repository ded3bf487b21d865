/**
 * Faults in copies: an image and its snapshot are copied into a region that has a store of its own.
 * Each copy ends completed and right, or says that it failed; and when the fault is over, the next
 * copy has all that it should.
 */
import assert from 'node:assert/strict';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { copySnapshot } from '../operations/ec2/snapshots/CopySnapshot.ts';
import {
  ofBegin,
  ofBlocks,
  ofCatalogIn,
  ofHost,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const calls = {
  'host measure': ofHost('measure', 'copy'),
  'block store get': ofBlocks('get'),
  'block store begin': ofBegin,
  'block writer put': ofWriters('put'),
  'block writer commit': ofWriters('commit'),
  'end of a block writer': ofWriters(Symbol.asyncDispose),
  ...ofCatalogIn(['copy', 'publish']),
};

const elsewhere = 'eu-west-1';

export const copyStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const image = await imago.image({}, 7);
    const SourceRegion = image.region;
    const [SourceSnapshotId = ''] = snapshotIdsOf(image);
    const copy = (Name: string) =>
      imago.call(copyImage, { Name, SourceRegion, SourceImageId: image.id }, elsewhere);

    await imago.stopTasks();
    const orders = [
      () => copy('story'),
      () => imago.call(copySnapshot, { SourceRegion, SourceSnapshotId }, elsewhere),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.restart({ ...fault.options, timeLimits });
    await imago.untilQuiet();
    await assertRight(imago);

    fault.end();
    await imago.restart();
    const { ImageId = '' } = await copy('afterwards');
    await imago.untilQuiet();
    const made = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(made?.state, 'available', made?.stateReason?.message);
    await assertRight(imago);
    return fault.happened();
  },
};

async function assertRight(imago: TestImago): Promise<void> {
  const where = { account: imago.caller.account, region: elsewhere };
  const { images, snapshots } = await imago.catalog.read(async (reader) => ({
    images: await reader.images.list({ where }),
    snapshots: await reader.snapshots.list({ where }),
  }));
  for (const { id, state } of snapshots) {
    assert.ok(state === 'completed' || state === 'error', state);
    if (state === 'completed') assert.equal(await imago.readSnapshot(id, 1), 7);
  }
  for (const image of images) {
    const [snapshotId] = snapshotIdsOf(image);
    const { state } = snapshots.find(({ id }) => id === snapshotId) ?? {};
    assert.equal(image.state, state === 'completed' ? 'available' : 'failed');
  }
}
