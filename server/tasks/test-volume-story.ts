/**
 * Faults while a volume is plugged into a guest that runs, grows, is pulled and plugged again,
 * beside snapshots of it. Row and machine agree in the end, the bytes are there, and a snapshot has
 * them.
 */
import assert from 'node:assert/strict';
import { ServiceError } from '../../api/service-error.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { attachVolume } from '../operations/ec2/volumes/AttachVolume.ts';
import { createVolume } from '../operations/ec2/volumes/CreateVolume.ts';
import { detachVolume } from '../operations/ec2/volumes/DetachVolume.ts';
import { modifyVolume } from '../operations/ec2/volumes/ModifyVolume.ts';
import { launchWritten } from './test-captures.ts';
import {
  ofDataPlane,
  ofFiles,
  ofHost,
  ofHypervisor,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;

const calls = {
  'host status': ofHost('status'),
  'host apply': ofHost('apply'),
  'host syncLayers': ofHost('syncLayers'),
  'host takeBack': ofHost('takeBack'),
  'hypervisor disksOf': ofHypervisor('disksOf'),
  'hypervisor plug': ofHypervisor('plug'),
  'hypervisor unplug': ofHypervisor('unplug'),
  'hypervisor takeAway': ofHypervisor('takeAway'),
  'hypervisor resize': ofHypervisor('resize'),
  'data plane attach': ofDataPlane('attach'),
  'files link': ofFiles('link'),
};

export const volumeStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [id, root] = await launchWritten(imago, mib, 11);
    const { VolumeId = '' } = await imago.call(createVolume, {
      AvailabilityZone: 'us-east-1a',
      Size: 1,
    });
    const is = (what: string, isSo: (row: VolumeRow) => boolean) =>
      imago.until(what, async () => {
        const row = await imago.catalog.read(({ volumes }) => volumes.get(VolumeId));
        return row && isSo(row) && row;
      });
    const attach = async () => {
      const order = { VolumeId, InstanceId: id, Device: '/dev/sdf' };
      await patiently(() => imago.call(attachVolume, order));
      await is('attached', ({ attachment }) => attachment !== undefined && !attachment.state);
    };
    const detach = async (Force: boolean) => {
      await patiently(() => imago.call(detachVolume, { VolumeId, Force }));
      await is('free', ({ state, attachment }) => state === 'available' && !attachment);
    };
    const snapshot = () => imago.call(createSnapshot, { VolumeId });
    const both = async (...orders: (() => Promise<unknown>)[]) => {
      await Promise.all((secondFirst ? orders.reverse() : orders).map((order) => order()));
    };

    let isWritten = false;
    const comeAndGo = async () => {
      await both(attach, snapshot);
      // What a cut is being made of is not the guest's to write to.
      await imago.untilQuiet();
      await imago.write(VolumeId, mib, 4096, 12);
      isWritten = true;
      await patiently(() => imago.call(modifyVolume, { VolumeId, Size: 2 }));
      await is('modified', ({ modification }) => modification?.state === 'completed');
      await both(() => detach(true), snapshot);
      await attach();
      await detach(false);
      await imago.untilQuiet();
    };

    await imago.restart({ ...fault.options, timeLimits });
    // What fails for long is not waited for: the next start has it to do.
    await comeAndGo().catch((error: Error) => {
      if (!error.message.startsWith('it never came to')) throw error;
    });

    fault.end();
    await imago.restart();
    const left = await is('at rest', ({ attachment }) => !attachment?.state);
    if (left.attachment) await detach(false);
    await imago.untilQuiet();
    const disks = async () => (await imago.hypervisor.disksOf(id)).map(({ volumeId }) => volumeId);
    await imago.until('the machine has its root alone', async () => (await disks()).length === 1);
    assert.deepEqual(await disks(), [root]);
    await attach();
    assert.deepEqual(await disks(), [root, VolumeId]);
    const { SnapshotId = '' } = await snapshot();
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, mib), isWritten ? 12 : 0);
    return fault.happened();
  },
};

/** Not while a capture is about to cut it. */
async function patiently(order: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await order();
      return;
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'IncorrectState') throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
