/**
 * Faults at the end of an instance whose volume is captured meanwhile: the snapshot is completed
 * and right, or says that it is not; of the machine and its volume nothing stays.
 */
import assert from 'node:assert/strict';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { launchWritten } from './test-captures.ts';
import {
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
const hourMs = 60 * 60 * 1000;

const calls = {
  'host remove': ofHost('remove'),
  'host removeVolume': ofHost('removeVolume'),
  'host removeLayers': ofHost('removeLayers'),
  'host layersOf': ofHost('layersOf'),
  'hypervisor destroy': ofHypervisor('destroy'),
  'data plane detach': ofDataPlane('detach'),
  'host forget': ofHost('forget'),
  'port forwarder forward': ofPortForwarder('forward'),
  'files unlink': ofFiles('unlink'),
  'files rmdir': ofFiles('rmdir'),
  'block writer commit': ofWriters('commit'),
  ...ofCatalogIn(['publish']),
};

export const endStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [id, volumeId] = await launchWritten(imago, mib, 11);

    await imago.restart({ ...fault.options, timeLimits });
    const orders = [
      () => imago.call(terminateInstances, { InstanceIds: [id] }),
      // Refused when the volume is gone already.
      () => imago.call(createSnapshot, { VolumeId: volumeId }).catch(() => undefined),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.untilQuiet();
    await assertRight(imago, volumeId);
    await imago.until('it has ended, or failed to', async () => {
      return fault.happened() || (await imago.instance(id))?.state === 'terminated';
    });
    imago.advance(2 * hourMs);
    await imago.restart({ ...fault.options, timeLimits });
    await imago.until('nothing is left, or the fault happened', async () => {
      return fault.happened() || (await imago.instance(id)) === undefined;
    });

    fault.end();
    await imago.restart();
    await imago.until('it has ended', async () => {
      return ((await imago.instance(id))?.state ?? 'terminated') === 'terminated';
    });
    imago.advance(2 * hourMs);
    await imago.restart();
    await imago.until('nothing is left', async () => {
      const rows = await imago.catalog.read(({ volumes }) => volumes.count());
      const left = [...(await imago.layerFiles()), ...(await imago.machineFolders())];
      return (await imago.instance(id)) === undefined && rows === 0 && left.length === 0;
    });
    await assertRight(imago, volumeId);
    return fault.happened();
  },
};

async function assertRight(imago: TestImago, volumeId: string): Promise<void> {
  const where = { volumeId };
  const [snapshot] = await imago.catalog.read(({ snapshots }) => snapshots.list({ where }));
  assert.notEqual(snapshot?.state, 'pending');
  if (snapshot?.state === 'completed') {
    assert.equal(await imago.readSnapshot(snapshot.id, mib), 11);
  }
}
