/**
 * Faults in captures: an image with a reboot and a snapshot of the same volume are ordered
 * together, in either order. Each must end completed and right, or leave nothing; the guest runs;
 * and when the fault is over, the next snapshot has all that was ever written.
 */
import assert from 'node:assert/strict';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { launchWritten } from './test-captures.ts';
import {
  ofBegin,
  ofBlocks,
  ofCatalogIn,
  ofDataPlane,
  ofFiles,
  ofHost,
  ofHypervisor,
  ofPortForwarder,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;

/** Each call that a capture makes on its way. */
const calls = {
  'host status': ofHost('status'),
  'host powerDown': ofHost('powerDown'),
  'host reset': ofHost('reset'),
  'host layersOf': ofHost('layersOf'),
  'host syncLayers': ofHost('syncLayers'),
  'host pivot': ofHost('pivot'),
  'host thaw': ofHost('thaw'),
  'host measure': ofHost('measure', 'upload'),
  'host upload': ofHost('upload'),
  'host apply': ofHost('apply'),
  'host rebase': ofHost('rebase'),
  'host removeLayers': ofHost('removeLayers'),
  'hypervisor status': ofHypervisor('status'),
  'hypervisor powerDown': ofHypervisor('powerDown'),
  'hypervisor reset': ofHypervisor('reset'),
  'hypervisor layersOf': ofHypervisor('layersOf'),
  'hypervisor pivot': ofHypervisor('pivot'),
  'hypervisor thaw': ofHypervisor('thaw'),
  'hypervisor rebase': ofHypervisor('rebase'),
  'data plane attach': ofDataPlane('attach'),
  'block store get': ofBlocks('get'),
  'block store begin': ofBegin,
  'block writer put': ofWriters('put'),
  'block writer get': ofWriters('get'),
  'block writer commit': ofWriters('commit'),
  'end of a block writer': ofWriters(Symbol.asyncDispose),
  'files open': ofFiles('open'),
  'files readdir': ofFiles('readdir'),
  'files unlink': ofFiles('unlink'),
  'files link': ofFiles('link'),
  'files syncFolder': ofFiles('syncFolder'),
  'port forwarder forward': ofPortForwarder('forward'),
  ...ofCatalogIn(['halt', 'pivot', 'restart', 'upload', 'rebase', 'publish']),
};

export const captureStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [id, volumeId] = await launchWritten(imago, mib, 11);

    await imago.restart({ ...fault.options, timeLimits });
    const orders = [
      () => imago.call(createImage, { InstanceId: id, Name: 'story', NoReboot: false }),
      () => imago.call(createSnapshot, { VolumeId: volumeId }),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.untilQuiet();
    await assertRight(imago, 11);
    if (!fault.happened()) {
      // What only a look at a running guest does: at a start there is one.
      await imago.restart({ ...fault.options, timeLimits });
      await imago.until('the call is made', async () => fault.happened());
      await imago.untilQuiet();
    }

    fault.end();
    await imago.restart();
    await imago.until('the guest runs', async () => {
      const row = await imago.instance(id);
      const status = await imago.hypervisor.status(id).catch(() => undefined);
      return row?.state === 'running' && row.haltedBy === undefined && status === 'running';
    });
    await imago.write(volumeId, 2 * mib, 4096, 22);
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
    assert.equal(snapshot?.state, 'completed', snapshot?.stateMessage);
    assert.deepEqual(
      [await imago.readSnapshot(SnapshotId, mib), await imago.readSnapshot(SnapshotId, 2 * mib)],
      [11, 22],
    );
    const volume = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
    assert.equal(volume?.layers.length, 1);
    assert.equal(volume?.nextBase, undefined);
    assert.deepEqual(await imago.layerFiles(), [`${volumeId}/${volume?.layers[0]?.number}.qcow2`]);
    return fault.happened();
  },
};

/** What says that it is completed has the bytes; nothing is half way. */
async function assertRight(imago: TestImago, byte: number): Promise<void> {
  const { snapshots, images } = await imago.catalog.read(async (reader) => ({
    snapshots: await reader.snapshots.list({ where: { account: imago.caller.account } }),
    images: await reader.images.list({ where: { account: imago.caller.account } }),
  }));
  for (const { id, state, cutLayer } of snapshots) {
    assert.notEqual(state, 'pending');
    assert.equal(cutLayer, undefined);
    if (state === 'completed') assert.equal(await imago.readSnapshot(id, mib), byte);
  }
  for (const { state, blockDeviceMappings } of images) {
    assert.notEqual(state, 'pending');
    const snapshot = snapshots.find(({ id }) => id === blockDeviceMappings[0]?.ebs.snapshotId);
    assert.equal(state === 'available', snapshot?.state === 'completed');
  }
}
