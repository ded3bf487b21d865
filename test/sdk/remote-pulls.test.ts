/**
 * What is fetched from another Imago over what is here already, and after a kill: how many blocks
 * come over the line.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import {
  CreateImageCommand,
  DeleteSnapshotCommand,
  DescribeInstancesCommand,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceRunning,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { pullBackup } from '../../server/operations/imago/PullBackup.ts';
import { killAt } from '../../server/tasks/test-captures.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { ended, FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';
import { ImagoProcess } from '../support/imago.ts';
import { until } from '../support/until.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const rootOf = (imago: TestImago, id = '') =>
  imago.catalog.read(async ({ snapshots }) => (await snapshots.get(id))?.root);

const forget = (imago: TestImago, id: string) =>
  imago.catalog.write(({ snapshots }) => snapshots.delete(id));

test('of what was sent from here and is gone here only what differs from an earlier one comes', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const monday = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 2: 'c', 900: 'd' });
  const tuesday = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b2', 900: 'd', 901: 'e' });
  const first = await push(imago, remote, monday.id);
  const second = await push(imago, remote, tuesday.id);
  await forget(imago, tuesday.id);
  end.reset();
  const back = await pull(imago, remote, second.MadeId ?? '');
  assert.equal(back.State, 'completed', back.Message);
  // Block 2 is zeros now, which is no block to fetch.
  assert.equal(end.gets(), 2);
  assert.equal(await rootOf(imago, back.MadeId), tuesday.root);
  // Where the earlier one is gone there, all comes.
  await forget(imago, back.MadeId ?? '');
  await end.imago.ec2().send(new DeleteSnapshotCommand({ SnapshotId: first.MadeId }));
  end.reset();
  const whole = await pull(imago, remote, second.MadeId ?? '');
  assert.equal(whole.State, 'completed', whole.Message);
  assert.equal(end.gets(), 4);
  assert.equal(await rootOf(imago, whole.MadeId), tuesday.root);
  // One that the remote does not compare with it is none to be over.
  await forget(imago, whole.MadeId ?? '');
  await push(imago, remote, (await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' })).id);
  end.reset();
  const body = JSON.stringify({ Reason: 'UNRELATED_SNAPSHOTS', message: 'Unrelated' });
  const headers = { 'x-amzn-errortype': 'ValidationException' };
  end.proxy.rules.refuse = ({ path }) =>
    /changedblocks/.test(path) ? { status: 400, headers, body } : undefined;
  assert.equal((await pull(imago, remote, second.MadeId ?? '')).State, 'completed');
  assert.equal(end.gets(), 4);
});

test('of a machine that ran there on what was sent only what it has changed comes', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const here = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 2: 'c' });
  const sent = await push(imago, remote, await imageOf(imago, here.id, 'home'));
  const ec2 = end.imago.ec2();
  const limit = { client: ec2, maxWaitTime: 600, minDelay: 1, maxDelay: 1 };
  const asked = {
    ImageId: sent.MadeId,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 't3.micro',
  } as const;
  const { Instances: [launched] = [] } = await ec2.send(new RunInstancesCommand(asked));
  const InstanceIds = [launched?.InstanceId ?? ''];
  await waitUntilInstanceRunning(limit, { InstanceIds });
  const images: string[] = [];
  for (const Name of ['there', 'there again']) {
    const capture = { InstanceId: InstanceIds[0], Name, NoReboot: true };
    const { ImageId = '' } = await ec2.send(new CreateImageCommand(capture));
    await waitUntilImageAvailable(limit, { ImageIds: [ImageId] });
    images.push(ImageId);
  }
  // Its volume is gone, and with it what would say what that began as.
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  await waitUntilInstanceTerminated(limit, { InstanceIds });
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  assert.deepEqual(Reservations[0]?.Instances?.[0]?.BlockDeviceMappings, []);
  for (const [number, image] of images.entries()) {
    end.reset();
    const back = await pull(imago, remote, image, { Name: `back ${number}` });
    assert.equal(back.State, 'completed', back.Message);
    // The simulated machine writes nothing.
    assert.equal(end.gets(), 0);
    const row = await imago.catalog.read(({ images }) => images.get(back.MadeId ?? ''));
    const root = row?.blockDeviceMappings[0]?.ebs.snapshotId;
    assert.equal(await rootOf(imago, root), here.root);
  }
});

/** Of blocks in two parts, after each of which a pull notes how far it is; from somebody else. */
async function someFarSnapshot(): Promise<{ farId: string; root: string }> {
  await using sender = await TestImago.start();
  const blocks = { 0: 'a', 1: 'b', 1500: 'c', 1501: 'd' };
  const { id, root = '' } = await snapshotOf(sender, 'vol-1', blocks);
  const sent = await push(sender, await end.remoteOf(sender), id);
  assert.equal(sent.State, 'completed', sent.Message);
  return { farId: sent.MadeId ?? '', root };
}

for (const [step, missing] of [
  ['look', 4],
  ['read', 0],
  ['publish', 0],
] as const) {
  test(`killed after ${step}, a pull goes on, fetches what is missing, and makes one snapshot`, async () => {
    const { farId, root } = await someFarSnapshot();
    const killed = Promise.withResolvers<void>();
    const kill = killAt(step, 'after');
    await using imago = await TestImago.start({
      onStep: (...at) => {
        try {
          return kill(...at);
        } catch (error) {
          killed.resolve();
          throw error;
        }
      },
    });
    const asked = { RemoteId: await end.remoteOf(imago), FarBackupId: farId };
    const transfer = await imago.call(pullBackup, asked);
    await killed.promise;
    end.reset();
    await imago.restart();
    const back = await ended(imago, transfer);
    assert.equal(back.State, 'completed', back.Message);
    assert.equal(end.gets(), missing);
    const rows = await imago.catalog.read(({ snapshots }) => snapshots.list());
    const made = rows.filter((row) => row.root === root).map(({ id }) => id);
    assert.deepEqual(made, [back.MadeId]);
  });
}

test('killed with -9 within a disk, a pull fetches nothing again of the part that it has', async () => {
  const { farId } = await someFarSnapshot();
  const here = await ImagoProcess.start({ hypervisor: 'simulated' });
  try {
    const { endpoint, credentials } = here;
    const own = new Client({ endpoint, region: 'us-east-1', ...credentials });
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = end.imago.credentials;
    const place = { Name: 'second', Endpoint: end.proxy.endpoint, Region: 'us-east-1' };
    const key = { AccessKeyId, SecretAccessKey };
    const { RemoteId = '' } = await own.imago('CreateRemote', { ...place, ...key });
    const reached = Promise.withResolvers<void>();
    end.proxy.rules.hold = ({ path }) => {
      const isOfSecond = /blocks\/150[01]\b/.test(path);
      if (isOfSecond) reached.resolve();
      return isOfSecond;
    };
    await own.imago('PullBackup', { RemoteId, FarBackupId: farId });
    await reached.promise;
    await here.kill();
    end.reset();
    await here.start();
    const again = new Client({ endpoint: here.endpoint, region: 'us-east-1', ...credentials });
    await until('the pull has ended', async () => {
      const { Transfers = [] } = await again.imago('DescribeRemoteTransfers', {});
      const [{ State, Message } = {}] = Transfers;
      assert.notEqual(State, 'failed', Message);
      return State === 'completed';
    });
    assert.equal(end.gets(), 2);
  } finally {
    await here.dispose();
  }
});
