/** Transfers to another Imago that are stopped: nothing of them is left there. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { DescribeImagesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { deleteRemote } from '../../server/operations/imago/DeleteRemote.ts';
import { describeRemotes } from '../../server/operations/imago/DescribeRemotes.ts';
import { describeRemoteTransfers } from '../../server/operations/imago/DescribeRemoteTransfers.ts';
import { pullBackup } from '../../server/operations/imago/PullBackup.ts';
import { pushBackup } from '../../server/operations/imago/PushBackup.ts';
import { stopRemoteTransfer } from '../../server/operations/imago/StopRemoteTransfer.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { ended, FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const stateOf = async (imago: TestImago, { TransferId }: { TransferId: string }) => {
  const { Transfers } = await imago.call(describeRemoteTransfers, { TransferIds: [TransferId] });
  return Transfers[0]?.State;
};

/** What of it is there: copies of a snapshot, and images of that name. */
async function leftOf(id: string, name: string) {
  const Filters = [{ Name: 'description', Values: [`Copy of ${id} by Imago`] }];
  const { Snapshots = [] } = await end.imago.ec2().send(new DescribeSnapshotsCommand({ Filters }));
  const named = [{ Name: 'name', Values: [name] }];
  const { Images = [] } = await end.imago.ec2().send(new DescribeImagesCommand({ Filters: named }));
  return [...Snapshots, ...Images];
}

/** The other end does it, and the answer does not come. */
function holdAt(at: string): Promise<void> {
  const begun = Promise.withResolvers<void>();
  end.proxy.rules.hold = ({ method, path, sent }) => {
    if (!`${method} ${path} ${method === 'POST' ? sent : ''}`.includes(at)) return false;
    begun.resolve();
    return true;
  };
  return begun.promise;
}

const moments = ['POST /snapshots', 'PUT', 'completion', 'GET', 'Action=RegisterImage'] as const;
for (const [at, kills] of moments.flatMap((at) => [[at, false] as const, [at, true] as const])) {
  test(`stopped at ${at}, ${kills ? 'and killed, ' : ''}a push leaves nothing there`, async () => {
    await using imago = await TestImago.start();
    const remote = await end.remoteOf(imago);
    const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
    const name = `stopped at ${at.replace('=', ' ')} ${kills}`;
    const image = await imageOf(imago, id, name);
    const begun = holdAt(at);
    const transfer = await imago.call(pushBackup, { RemoteId: remote, BackupId: image });
    const waiting = await imago.call(pushBackup, { RemoteId: remote, BackupId: id });
    await begun;
    await imago.call(stopRemoteTransfer, waiting);
    assert.equal(await stateOf(imago, waiting), 'stopped');
    if (kills) await imago.stopTasks();
    end.proxy.rules = {};
    await imago.call(stopRemoteTransfer, transfer);
    if (kills) {
      assert.equal(await stateOf(imago, transfer), 'stopping');
      await imago.restart();
    }
    const { State, Message } = await ended(imago, transfer);
    assert.deepEqual([State, Message], ['stopped', 'It was stopped.']);
    assert.deepEqual(await leftOf(id, name), []);
    // The next one begins anew.
    assert.equal((await push(imago, remote, image)).State, 'completed');
    assert.equal((await leftOf(id, name)).length, 2);
    await imago.call(stopRemoteTransfer, transfer);
    assert.equal(await stateOf(imago, transfer), 'stopped');
  });
}

for (const [at, kills] of moments.flatMap((at) => [[at, false] as const, [at, true] as const])) {
  test(`its remote deleted at ${at}, ${kills ? 'and killed, ' : ''}a push leaves nothing there`, async () => {
    await using imago = await TestImago.start();
    const RemoteId = await end.remoteOf(imago);
    const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
    const name = `deleted at ${at.replace('=', ' ')} ${kills}`;
    const BackupId = await imageOf(imago, id, name);
    const begun = holdAt(at);
    const transfer = await imago.call(pushBackup, { RemoteId, BackupId });
    const waiting = await imago.call(pushBackup, { RemoteId, BackupId: id });
    await begun;
    if (kills) await imago.stopTasks();
    end.proxy.rules = {};
    await imago.call(deleteRemote, { RemoteId });
    assert.deepEqual((await imago.call(describeRemotes, {})).Remotes, []);
    if (kills) await imago.restart();
    const { State, Message } = await ended(imago, transfer);
    assert.equal(State, 'failed');
    assert.doesNotMatch(Message ?? '', /taken away/);
    assert.equal(await stateOf(imago, waiting), 'failed');
    assert.deepEqual(await leftOf(id, name), []);
    const rows = await imago.catalog.read(({ tasks }) => tasks.list());
    assert.doesNotMatch(JSON.stringify(rows), /wrappedKey/, 'what was kept of it is forgotten');
  });
}

test('what the other end does not let be taken away is told', async () => {
  await using imago = await TestImago.start();
  const RemoteId = await end.remoteOf(imago);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
  const BackupId = await imageOf(imago, id, 'left there');
  const begun = holdAt('Action=RegisterImage');
  const transfer = await imago.call(pushBackup, { RemoteId, BackupId });
  await begun;
  const headers = { 'x-amzn-errortype': 'UnauthorizedOperation' };
  end.proxy.rules = {
    refuse: ({ sent }) =>
      /Action=De(leteSnapshot|registerImage)/.test(`${sent}`)
        ? { status: 403, headers, body: '{}' }
        : undefined,
  };
  await imago.call(deleteRemote, { RemoteId });
  const { State, Message = '' } = await ended(imago, transfer);
  assert.equal(State, 'failed');
  const [, image, snapshot] =
    /could not be taken away there: an image of (snap-\w+), (snap-\w+)\.$/.exec(Message) ?? [];
  const left = (await leftOf(id, 'left there')).map((each) =>
    'SnapshotId' in each ? each.SnapshotId : 'an image',
  );
  assert.deepEqual([image, ...left], [snapshot, snapshot, 'an image']);
});

test('a pull that is stopped leaves nothing here, and begins anew when it is asked for', async () => {
  await using imago = await TestImago.start();
  const sent = await push(
    imago,
    await end.remoteOf(imago),
    (await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' })).id,
  );
  await using other = await TestImago.start();
  const RemoteId = await end.remoteOf(other);
  const begun = Promise.withResolvers<void>();
  end.proxy.rules.hold = ({ path }) => {
    if (!/blocks\/1/.test(path)) return false;
    begun.resolve();
    return true;
  };
  const FarBackupId = sent.MadeId ?? '';
  const transfer = await other.call(pullBackup, { RemoteId, FarBackupId });
  await begun.promise;
  await other.call(stopRemoteTransfer, transfer);
  assert.equal((await ended(other, transfer)).State, 'stopped');
  const rows = await other.catalog.read(async ({ snapshots, remoteCopies }) => [
    await snapshots.count(),
    await remoteCopies.count(),
  ]);
  assert.deepEqual(rows, [0, 0]);
  end.reset();
  assert.equal((await pull(other, RemoteId, FarBackupId)).State, 'completed');
});
