/**
 * Faults in copies of volumes: a copy and a snapshot of the same volume, in either order. A copy
 * that is available has what its source had, one that failed is in error; of the cut nothing is
 * left, and when the fault is over the next copy has all that was ever written.
 */
import assert from 'node:assert/strict';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { copyVolumes } from '../operations/ec2/volumes/CopyVolumes.ts';
import { deleteVolume } from '../operations/ec2/volumes/DeleteVolume.ts';
import { launchWritten, volumeRow } from './test-captures.ts';
import {
  ofCatalogIn,
  ofHost,
  ofHypervisor,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;

const calls = {
  'host layersOf': ofHost('layersOf'),
  'host pivot': ofHost('pivot'),
  'host upload': ofHost('upload'),
  'host rebase': ofHost('rebase'),
  'host removeLayers': ofHost('removeLayers'),
  'hypervisor pivot': ofHypervisor('pivot'),
  'block writer put': ofWriters('put'),
  ...ofCatalogIn(['pivot', 'upload', 'rebase', 'publish']),
};

export const copyVolumeStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [, source] = await launchWritten(imago, mib, 11);
    const copy = async () => {
      const made = await imago.call(copyVolumes, { SourceVolumeId: source });
      return made.Volumes?.[0]?.VolumeId ?? '';
    };

    await imago.restart({ ...fault.options, timeLimits });
    const orders = [copy, () => imago.call(createSnapshot, { VolumeId: source })];
    const made = [];
    for (const order of secondFirst ? orders.reverse() : orders) made.push(await order());
    const first = made.find((each) => typeof each === 'string') ?? '';
    await imago.untilQuiet();

    fault.end();
    await imago.restart();
    await assertRight(imago, source, first);
    await imago.write(source, 2 * mib, 4096, 22);
    const next = await copy();
    await imago.untilQuiet();
    assert.equal((await volumeRow(imago, next))?.state, 'available');
    assert.deepEqual(await bytesOf(imago, next), [11, 22]);
    assert.equal((await volumeRow(imago, source))?.layers.length, 1);
    for (const VolumeId of [first, next]) await imago.call(deleteVolume, { VolumeId });
    await imago.until('one volume is left', async () => {
      const volumes = await imago.catalog.read((reader) => reader.volumes.list());
      return volumes.length === 1;
    });
    assert.equal((await imago.layerFiles()).length, 1);
    return fault.happened();
  },
};

async function assertRight(imago: TestImago, source: string, copyId: string): Promise<void> {
  const where = { volumeId: source, account: '' };
  assert.deepEqual(await imago.catalog.read(({ snapshots }) => snapshots.list({ where })), []);
  const copy = await volumeRow(imago, copyId);
  if (copy?.state === 'available') assert.deepEqual(await bytesOf(imago, copyId), [11, 0]);
  else assert.equal(copy?.state, 'error');
}

/** What a snapshot of it has at each place that was written. */
async function bytesOf(imago: TestImago, VolumeId: string): Promise<number[]> {
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId });
  await imago.untilQuiet();
  return [await imago.readSnapshot(SnapshotId, mib), await imago.readSnapshot(SnapshotId, 2 * mib)];
}
