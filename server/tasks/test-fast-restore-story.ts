/**
 * Faults in fast snapshot restores: one is enabled and one disabled. Each comes to an end that says
 * what is so, and when the fault is over both are what was asked for last.
 */
import assert from 'node:assert/strict';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { lookAtFastRestores } from '../fast-restore-rounds.ts';
import { disableFastSnapshotRestores } from '../operations/ec2/fast-restores/DisableFastSnapshotRestores.ts';
import { enableFastSnapshotRestores } from '../operations/ec2/fast-restores/EnableFastSnapshotRestores.ts';
import { ofBlocks, ofCatalogIn, ofHost, type Story, timeLimits } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const AvailabilityZones = ['us-east-1a'];

export const fastRestoreStory: Story = {
  calls: {
    'host keepPlain': ofHost('keepPlain'),
    'host releasePlain': ofHost('releasePlain'),
    'block store get': ofBlocks('get', 'write'),
    ...ofCatalogIn(['begin', 'release', 'finish']),
  },
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const ids: string[] = [];
    for (const byte of [5, 6]) ids.push(...snapshotIdsOf(await imago.image({}, byte)));
    const [on = '', off = ''] = ids;
    const of = (id: string) => ({ AvailabilityZones, SourceSnapshotIds: [id] });
    await imago.call(enableFastSnapshotRestores, of(off));
    await imago.untilQuiet();
    await imago.stopTasks();
    const orders = [
      () => imago.call(enableFastSnapshotRestores, of(on)),
      () => imago.call(disableFastSnapshotRestores, of(off)),
    ];
    for (const order of secondFirst ? orders.toReversed() : orders) await order();
    await imago.restart({ ...fault.options, timeLimits });
    await imago.untilQuiet();
    await assertRight(imago);

    fault.end();
    await imago.restart();
    await imago.call(enableFastSnapshotRestores, of(on));
    await imago.untilQuiet();
    await lookAtFastRestores({ ...imago.services, wake: () => {} });
    assert.deepEqual(await assertRight(imago), { [on]: 'enabled', [off]: 'disabled' });
    const kept = (await imago.services.host.plainBases()).filter((file) => file.kept);
    assert.deepEqual(
      kept.map(({ isThere }) => isThere),
      [true],
    );
    return fault.happened();
  },
};

/** Answers the state of each snapshot. */
async function assertRight(imago: TestImago): Promise<Record<string, string>> {
  const rows = await imago.catalog.read(({ fastRestores }) => fastRestores.list());
  // The limits of its calls are short, and a busy machine answers at another try.
  const files = await imago.until('the host tells its files', () =>
    imago.services.host.plainBases().catch(() => undefined),
  );
  for (const { root, state } of rows) {
    assert.ok(state === 'enabled' || state === 'disabled', state);
    const isThere = files.some((file) => file.root === root && file.isThere && file.kept);
    assert.ok(isThere || state !== 'enabled');
  }
  return Object.fromEntries(rows.map(({ snapshotId, state }) => [snapshotId, state]));
}
