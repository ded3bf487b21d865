/**
 * Faults in tiers: one snapshot goes into the archive while another comes back from it. Each is
 * where its row says, whole; no file is left that no row names; and when the fault is over both go
 * there and come back.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import type { Files } from '../files/files.ts';
import { modifySnapshotTier } from '../operations/ec2/snapshots/ModifySnapshotTier.ts';
import { restoreSnapshotTier } from '../operations/ec2/snapshots/RestoreSnapshotTier.ts';
import {
  ofBegin,
  ofBlocks,
  ofCatalogIn,
  ofFiles,
  ofWriters,
  type Story,
  timeLimits,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const ofTheFolder = (
  ['open', 'rename', 'syncFolder', 'unlink'] as const satisfies (keyof Files)[]
).map((method) => [`files ${method}`, ofFiles(method, 'write')] as const);

const calls = {
  'block store get': ofBlocks('get'),
  'block store begin': ofBegin,
  'block writer put': ofWriters('put'),
  'block writer commit': ofWriters('commit'),
  ...Object.fromEntries(ofTheFolder),
  ...ofCatalogIn(['write', 'publish', 'read']),
};

export const tierStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const ids = [await ownSnapshot(imago, 7), await ownSnapshot(imago, 8)];
    const [goes = '', comes = ''] = ids;
    const StorageTier = 'archive';
    await imago.call(modifySnapshotTier, { SnapshotId: comes, StorageTier });
    await imago.untilQuiet();
    await imago.stopTasks();
    const orders = [
      () => imago.call(modifySnapshotTier, { SnapshotId: goes, StorageTier }),
      () => imago.call(restoreSnapshotTier, { SnapshotId: comes, PermanentRestore: true }),
    ];
    for (const order of secondFirst ? orders.toReversed() : orders) await order();
    await imago.restart({ ...fault.options, timeLimits });
    await imago.untilQuiet();
    await assertRight(imago, ids);

    fault.end();
    await imago.restart();
    for (const SnapshotId of ids) {
      const row = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
      if (row?.root) await imago.call(modifySnapshotTier, { SnapshotId, StorageTier });
    }
    await imago.untilQuiet();
    assert.equal(await assertRight(imago, ids), 2);
    for (const SnapshotId of ids) {
      await imago.call(restoreSnapshotTier, { SnapshotId, PermanentRestore: true });
    }
    await imago.untilQuiet();
    assert.equal(await assertRight(imago, ids), 0);
    assert.deepEqual(readdirSync(imago.home.archiveFolder), []);
    return fault.happened();
  },
};

async function ownSnapshot(imago: TestImago, content: number): Promise<string> {
  const image = await imago.image({}, content);
  const [id = ''] = snapshotIdsOf(image);
  const { account } = imago.caller;
  await imago.catalog.write(async ({ images, snapshots }) => {
    await images.delete(image.id);
    const row = await snapshots.get(id);
    if (row) await snapshots.update({ ...row, account, createVolumePermissions: [] });
  });
  return id;
}

/** Answers how many are archived. */
async function assertRight(imago: TestImago, ids: readonly string[]): Promise<number> {
  let archived = 0;
  for (const [i, id] of ids.entries()) {
    const row = await imago.catalog.read(({ snapshots }) => snapshots.get(id));
    assert.notEqual(row?.tiering?.state, 'in-progress');
    if (row?.root !== undefined) assert.equal(await imago.readSnapshot(id, 1), 7 + i);
    if (row?.archive) assert.ok(readdirSync(imago.home.archiveFolder).includes(`${id}.imago`));
    if (row?.root === undefined) archived++;
  }
  return archived;
}
