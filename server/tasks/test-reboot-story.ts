/**
 * Faults in reboots: a reboot and a snapshot of the same instance's volume, in either order. The
 * guest was booted again or the task says that it failed; it runs, nobody holds it, and a later
 * reboot works.
 */
import assert from 'node:assert/strict';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { rebootInstances } from '../operations/ec2/instances/RebootInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { launchWritten } from './test-captures.ts';
import { ofCatalogIn, ofHost, ofHypervisor, type Story, timeLimits } from './test-faulty-calls.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

/** A guest that is booted again is told of once; what else is written then is another task's. */
const { 'second catalog write in restart': _, ...catalogCalls } = ofCatalogIn(['halt', 'restart']);

const calls = {
  'host status': ofHost('status'),
  'host status since the boot': ofHost('status', 'restart'),
  'host powerDown': ofHost('powerDown'),
  'host reset': ofHost('reset'),
  'hypervisor status': ofHypervisor('status'),
  'hypervisor status since the boot': ofHypervisor('status', 'restart'),
  'hypervisor powerDown': ofHypervisor('powerDown'),
  'hypervisor reset': ofHypervisor('reset'),
  'hypervisor adopt': ofHypervisor('adopt'),
  ...catalogCalls,
};

export const rebootStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [id, volumeId] = await launchWritten(imago, mib, 11);

    let boots = 0;
    const counting = withFaults<Hypervisor>((hypervisor) => ({
      async reset(instanceId) {
        await hypervisor.reset(instanceId);
        boots++;
      },
    }));
    const { wrap: wrapFaulty = (hypervisor: Hypervisor) => hypervisor } = fault.options;
    const wrap = (hypervisor: Hypervisor) => wrapFaulty(counting(hypervisor));
    await imago.restart({ ...fault.options, wrap, timeLimits });
    const orders = [
      () => imago.call(rebootInstances, { InstanceIds: [id] }),
      () => imago.call(createSnapshot, { VolumeId: volumeId }),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    if (reboots(await imago.untilQuiet())[0]?.state === 'succeeded') assert.ok(boots > 0);

    fault.end();
    await imago.restart({ wrap: counting });
    await untilItRuns(imago, id);
    const before = boots;
    await imago.call(rebootInstances, { InstanceIds: [id] });
    assert.equal(reboots(await imago.untilQuiet()).at(-1)?.state, 'succeeded');
    assert.equal(boots, before + 1);
    await untilItRuns(imago, id);
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    assert.equal(await imago.readSnapshot(SnapshotId, mib), 11);
    return fault.happened();
  },
};

function reboots(tasks: readonly TaskRow[]): TaskRow[] {
  const found = tasks.filter(({ kind }) => kind === 'reboot-instance');
  return found.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
}

async function untilItRuns(imago: TestImago, id: string): Promise<void> {
  await imago.until('the guest runs', async () => {
    const row = await imago.instance(id);
    const status = await imago.hypervisor.status(id).catch(() => undefined);
    return row?.state === 'running' && row.haltedBy === undefined && status === 'running';
  });
}
