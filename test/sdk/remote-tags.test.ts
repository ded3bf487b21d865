/** Two Imagos that send each other what has the same tag: nothing goes back to where it came from. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { DeleteSnapshotCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { keyOf, startTestApi } from '../../server/http/test-api.ts';
import { describeRemoteTransfers } from '../../server/operations/imago/DescribeRemoteTransfers.ts';
import { RemoteSenders } from '../../server/remote-rounds.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { clientOf } from '../console/browser.ts';
import { FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';
import { until } from '../support/until.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const tags = { backup: 'nightly' };
const SendTags = [{ Key: 'backup', Value: 'nightly' }];

/** Of what has the tag here, what became of it. */
async function sentFrom(imago: TestImago) {
  const { services, changes } = imago;
  using senders = new RemoteSenders({ ...services, orders: imago.context().catalog, changes });
  for (let rounds = 0; rounds < 2; rounds++) {
    await senders.look();
    await imago.untilQuiet();
  }
  const { Transfers } = await imago.call(describeRemoteTransfers, {});
  const pushes = Transfers.filter(({ Direction }) => Direction === 'push');
  return pushes.map(({ SourceId, State, MadeId }) => [SourceId, State, MadeId]);
}

async function tag(imago: TestImago, id: string): Promise<void> {
  await imago.catalog.write(async ({ snapshots }) => {
    const row = (await snapshots.get(id)) ?? assert.fail();
    await snapshots.update({ ...row, tags });
  });
}

test('what came from there is not sent back, by neither of them', async () => {
  await using imago = await TestImago.start();
  const context = imago.context();
  await using here = await startTestApi(context);
  const key = await keyOf(context, imago.caller);
  const there = clientOf(end.imago);
  const { RemoteId } = await there.imago('CreateRemote', {
    ...{ Name: 'home', Endpoint: `http://127.0.0.1:${here.port}`, Region: 'us-east-1', SendTags },
    ...{ AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey },
  });
  await end.remoteOf(imago, { SendTags });
  const snapshot = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  await tag(imago, snapshot.id);
  const disk = await snapshotOf(imago, 'vol-2', { 0: 'b' });
  const image = await imageOf(imago, disk.id, 'both', { tags });
  const sent = await sentFrom(imago);
  assert.deepEqual(sent.map(([id, state]) => [id, state]).sort(), [
    [image, 'completed'],
    [snapshot.id, 'completed'],
  ]);
  const toHere = async () => {
    const { Transfers } = await there.imago('DescribeRemoteTransfers', { RemoteIds: [RemoteId] });
    return Transfers;
  };
  await until('both were looked at there', async () => {
    const states = (await toHere()).map(({ State }) => State);
    return states.length === 2 && !states.includes('running');
  });
  const back = (await toHere()).map(({ SourceId, State, MadeId, DoneBytes }) => [
    MadeId,
    State,
    SourceId,
    DoneBytes,
  ]);
  assert.deepEqual(back.sort(), sent.map(([id, state, made]) => [id, state, made, 0]).sort());
  // Here nothing has come of it, and what is fetched from there is not sent there.
  const rows = await imago.catalog.read(async ({ images, snapshots }) => [
    ...(await images.list({ where: { account: imago.caller.account } })),
    ...(await snapshots.list({ where: { account: imago.caller.account } })),
  ]);
  assert.deepEqual(rows.map(({ id }) => id).sort(), [snapshot.id, disk.id, image].sort());
  const made = String(sent.find(([id]) => id === snapshot.id)?.[2]);
  const fetched = await pull(imago, (await remotesOf(imago))[0] ?? '', made);
  assert.equal(fetched.State, 'completed', fetched.Message);
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(fetched.MadeId ?? ''));
  assert.deepEqual(row?.tags, tags);
  assert.equal((await sentFrom(imago)).length, 2);
  await there.imago('DeleteRemote', { RemoteId });
});

const remotesOf = (imago: TestImago) =>
  imago.catalog.read(async ({ remotes }) => (await remotes.list()).map(({ id }) => id));

test('what another has sent there already is not sent by a third; what only says so is', async () => {
  await using imago = await TestImago.start();
  const first = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  await tag(imago, first.id);
  const sent = await push(imago, await end.remoteOf(imago), first.id);
  assert.equal(sent.State, 'completed', sent.Message);
  // Another one, which was sent the same.
  await using other = await TestImago.start();
  const copy = await snapshotOf(other, 'vol-2', { 0: 'a' });
  const alone = await snapshotOf(other, 'vol-3', { 0: 'b' });
  await other.catalog.write(async ({ snapshots }) => {
    const copyOf = { ...tags, 'imago:copy-of': first.id };
    await snapshots.update({ ...((await snapshots.get(copy.id)) ?? copy), tags: copyOf });
    const none = { ...tags, 'imago:copy-of': 'snap-00000000000000bad' };
    await snapshots.update({ ...((await snapshots.get(alone.id)) ?? alone), tags: none });
  });
  await end.remoteOf(other, { SendTags });
  end.reset();
  const results = await sentFrom(other);
  assert.deepEqual(
    results.find(([id]) => id === copy.id),
    [copy.id, 'completed', sent.MadeId],
  );
  const [, state, made] = results.find(([id]) => id === alone.id) ?? [];
  assert.equal(state, 'completed');
  assert.equal(end.puts(), 1);
  // Far as it has come, it is a copy of the first.
  const asked = new DescribeSnapshotsCommand({ SnapshotIds: [String(made)] });
  const { Snapshots } = await end.imago.ec2().send(asked);
  const copyOf = Snapshots?.[0]?.Tags?.find(({ Key }) => Key === 'imago:copy-of');
  assert.equal(copyOf?.Value, 'snap-00000000000000bad');
});

test('what was removed there is not sent again for its tag', async () => {
  await using imago = await TestImago.start();
  await end.remoteOf(imago, { SendTags });
  const monday = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  await tag(imago, monday.id);
  const [[, state, made] = []] = await sentFrom(imago);
  assert.equal(state, 'completed');
  await end.imago.ec2().send(new DeleteSnapshotCommand({ SnapshotId: String(made) }));
  // The next one finds that out.
  const tuesday = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
  await tag(imago, tuesday.id);
  assert.equal((await sentFrom(imago)).length, 2);
  assert.equal((await sentFrom(imago)).length, 2);
});
