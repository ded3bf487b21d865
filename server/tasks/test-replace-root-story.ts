/**
 * Faults in replacements of root volumes: a replacement and a snapshot of the root, in either
 * order. The instance has the new root or the old one, as the replacement says, and runs; no volume
 * is left over; the snapshot has what was written; and a later replacement works.
 */
import assert from 'node:assert/strict';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { createReplaceRootVolumeTask } from '../operations/ec2/root-volumes/CreateReplaceRootVolumeTask.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { launchWritten } from './test-captures.ts';
import {
  ofCatalogIn,
  ofDataPlane,
  ofFiles,
  ofHost,
  ofHypervisor,
  ofPortForwarder,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;

const calls = {
  'host status': ofHost('status'),
  'host powerDown': ofHost('powerDown'),
  'host remove': ofHost('remove'),
  'host apply since the boot': ofHost('apply', 'boot'),
  'host removeVolume': ofHost('removeVolume'),
  'hypervisor destroy': ofHypervisor('destroy'),
  'hypervisor start': ofHypervisor('start'),
  'data plane detach': ofDataPlane('detach'),
  'data plane attach since the boot': ofDataPlane('attach', 'boot'),
  'port forwarder forward since the boot': ofPortForwarder('forward', 'boot'),
  'files open since the boot': ofFiles('open', 'boot'),
  ...ofCatalogIn(['halt', 'exchange', 'boot', 'finish']),
};

export const replaceRootStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const [id, root] = await launchWritten(imago, mib, 11);
    const replace = () =>
      imago.call(createReplaceRootVolumeTask, { InstanceId: id, DeleteReplacedRootVolume: true });

    await imago.restart({ ...fault.options, timeLimits });
    const orders = [replace, () => imago.call(createSnapshot, { VolumeId: root })];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.untilQuiet();

    fault.end();
    await imago.restart();
    await untilItRuns(imago, id);
    await assertRight(imago, id, root);
    await replace();
    await imago.untilQuiet();
    await untilItRuns(imago, id);
    const rows = await imago.catalog.read(({ rootReplacements }) => rootReplacements.list());
    const succeeded = rows.filter(({ state }) => state === 'succeeded').map((row) => row.volumeId);
    const [now = ''] = await imago.volumeIds(id);
    assert.ok(succeeded.includes(now));
    await imago.until('one volume is left', async () => {
      const volumes = await imago.catalog.read((reader) => reader.volumes.list());
      return volumes.length === 1;
    });
    assert.deepEqual(
      (await imago.layerFiles()).map((file) => file.split('/')[0]),
      [now],
    );
    return fault.happened();
  },
};

async function assertRight(imago: TestImago, id: string, root: string): Promise<void> {
  const { replacements, snapshots } = await imago.catalog.read(async (reader) => ({
    replacements: await reader.rootReplacements.list(),
    snapshots: await reader.snapshots.list({ where: { volumeId: root } }),
  }));
  const [now] = await imago.volumeIds(id);
  for (const { state, volumeId } of replacements) {
    assert.match(state, /^(succeeded|failed)$/);
    assert.equal(now, state === 'succeeded' ? volumeId : root);
  }
  for (const snapshot of snapshots) {
    assert.notEqual(snapshot.state, 'pending');
    if (snapshot.state === 'completed') {
      assert.equal(await imago.readSnapshot(snapshot.id, mib), 11);
    }
  }
}

/** One that a fault of many calls left without a machine is stopped, and starts again. */
async function untilItRuns(imago: TestImago, id: string): Promise<void> {
  await imago.until('the guest runs', async () => {
    const row = await imago.instance(id);
    if (row?.state === 'stopped') await imago.call(startInstances, { InstanceIds: [id] });
    const status = await imago.hypervisor.status(id).catch(() => undefined);
    return row?.state === 'running' && row.haltedBy === undefined && status === 'running';
  });
}
