/**
 * What is known of what both have, an Imago and a remote: it goes with what it is of, once that is in
 * no recycle bin, but for the newest of a volume's while there are others of the volume.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { completeTransfer } from '../../domain/backups/remote-transfers.ts';
import { emptyRecycleBin } from '../../domain/recycle-bin.ts';
import { deregisterImage } from '../ec2/images/DeregisterImage.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import { restoreSnapshotFromRecycleBin } from '../ec2/snapshots/RestoreSnapshotFromRecycleBin.ts';
import { createRule } from '../rbin/CreateRule.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { createRemote } from './CreateRemote.ts';

let context: TestContext;
let remoteId: string;
beforeEach(async () => {
  context = await createTestContext();
  const key = { AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'secret' };
  const order = { Name: 'far', Region: 'us-east-1', ...key };
  remoteId = (await createRemote.run(order, context)).RemoteId;
});
afterEach(() => context[Symbol.asyncDispose]());

let sent = 0;

/** As a push does when all is there. */
async function send(localId: string, lineage?: string): Promise<void> {
  const { account, region } = context.caller;
  const id = context.ids.resource('transfer');
  context.now = new Date(context.now.getTime() + 60_000);
  const createdAt = context.now.toISOString();
  const about = { direction: 'push', state: 'running', sourceId: localId } as const;
  const transfer = { id, account, region, createdAt, remoteId, ...about };
  const copy = { localId, farId: `far-${++sent}`, ...(lineage !== undefined && { lineage }) };
  await context.catalog.write(async (transaction) => {
    await transaction.remoteTransfers.insert({ ...transfer, doneBytes: 0, totalBytes: 0 });
    const made = { madeId: copy.farId, copies: [copy] };
    await completeTransfer(transaction, id, made, context.now);
  });
}

async function sentSnapshots(count: number, lineage?: string): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const { id } = await insertSnapshot(context);
    await send(id, lineage);
    ids.push(id);
  }
  return ids;
}

const known = async () =>
  (await context.catalog.read(({ remoteCopies }) => remoteCopies.list())).map((row) => row.localId);

const remove = (SnapshotId: string) => deleteSnapshot.run({ SnapshotId }, context);

test('that of an image, and of a snapshot of no volume, goes with it', async () => {
  const { id: ImageId } = await insertImage(context);
  const [loose = ''] = await sentSnapshots(1);
  await send(ImageId);
  await deregisterImage.run({ ImageId }, context);
  assert.deepEqual(await known(), [loose]);
  await remove(loose);
  assert.deepEqual(await known(), []);
});

test('what is in the recycle bin is known until it is gone from there', async () => {
  const rule = { RetentionPeriodValue: 2, RetentionPeriodUnit: 'DAYS' } as const;
  for (const ResourceType of ['EBS_SNAPSHOT', 'EC2_IMAGE'] as const) {
    await createRule.run({ ResourceType, RetentionPeriod: rule }, context);
  }
  const { id: ImageId } = await insertImage(context);
  const [first = '', second = ''] = await sentSnapshots(2);
  await send(ImageId);
  for (const each of [first, second]) await remove(each);
  await deregisterImage.run({ ImageId }, context);
  assert.equal((await known()).length, 3);
  await restoreSnapshotFromRecycleBin.run({ SnapshotId: first }, context);
  context.now = new Date(context.now.getTime() + 3 * 24 * 60 * 60_000);
  await emptyRecycleBin(context.catalog, context.now);
  assert.deepEqual(await known(), [first]);
});

test('of a volume the newest are remembered while there is one of it, and no others', async () => {
  const ids = await sentSnapshots(50, 'vol-1');
  const others = await sentSnapshots(3, 'vol-2');
  // From the newest to the oldest but one, and then the other way round.
  for (const id of ids.slice(5).reverse()) await remove(id);
  assert.deepEqual(
    (await known()).sort(),
    [...ids.slice(30), ...ids.slice(0, 5), ...others].sort(),
  );
  for (const id of ids.slice(0, 4)) await remove(id);
  const [last = ''] = ids.slice(4);
  assert.deepEqual((await known()).sort(), [...ids.slice(30), last, ...others].sort());
  // Each that comes is one more than there may be.
  const later = await sentSnapshots(25, 'vol-1');
  assert.deepEqual((await known()).sort(), [last, ...later, ...others].sort());
  for (const id of [...later.slice(20), ...later.slice(0, 20), last]) await remove(id);
  assert.deepEqual((await known()).sort(), others);
  for (const id of others) await remove(id);
  assert.deepEqual(await known(), []);
});

test('what was removed while it was sent is not remembered', async () => {
  const { id } = await insertSnapshot(context);
  await remove(id);
  await send(id, 'vol-1');
  await send(id);
  assert.deepEqual(await known(), []);
});
