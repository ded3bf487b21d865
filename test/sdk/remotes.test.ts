/** Backups to another Imago and from there: official clients say what has come to be there. */
import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import {
  DeleteSnapshotCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { blockSizeBytes } from '../../server/blocks/block-store.ts';
import { Bandwidth } from '../../server/foundations/bandwidth.ts';
import { copySnapshot } from '../../server/operations/ec2/snapshots/CopySnapshot.ts';
import { createRemote } from '../../server/operations/imago/CreateRemote.ts';
import { deleteRemote } from '../../server/operations/imago/DeleteRemote.ts';
import { describeRemotes } from '../../server/operations/imago/DescribeRemotes.ts';
import { describeRemoteTransfers } from '../../server/operations/imago/DescribeRemoteTransfers.ts';
import { pushBackup } from '../../server/operations/imago/PushBackup.ts';
import { updateRemote } from '../../server/operations/imago/UpdateRemote.ts';
import { createKey } from '../../server/operations/kms/CreateKey.ts';
import { testBlock } from '../../server/operations/test-uploads.ts';
import { RemoteSenders } from '../../server/remote-rounds.ts';
import { FarClient } from '../../server/remotes/far-client.ts';
import { openStored } from '../../server/tasks/stored-disk.ts';
import { killAt } from '../../server/tasks/test-captures.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { ended, FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';
import { type FarProxy, ownCertificate, type Refusal } from '../support/far-proxy.ts';
import type { ImagoProcess } from '../support/imago.ts';

let end: FarEnd;
let far: ImagoProcess;
let proxy: FarProxy;
before(async () => {
  end = await FarEnd.start();
  ({ imago: far, proxy } = end);
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

test('an image is sent with its attributes; of the next one only what has changed', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const first = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 900: 'c' });
  const monday = await imageOf(imago, first.id, 'monday');
  const sent = await push(imago, remote, monday);
  assert.equal(sent.State, 'completed', sent.Message);
  assert.deepEqual([end.puts(), end.gets(), sent.TotalBytes], [3, 3, 3 * blockSizeBytes]);
  const asked = new DescribeImagesCommand({ ImageIds: [sent.MadeId ?? ''] });
  const [there] = (await far.ec2().send(asked)).Images ?? [];
  assert.deepEqual([there?.Name, there?.BootMode, there?.EnaSupport], ['monday', 'uefi', true]);
  assert.deepEqual(Object.fromEntries((there?.Tags ?? []).map(({ Key, Value }) => [Key, Value])), {
    kept: 'yes',
    'imago:copy-of': monday,
  });
  const second = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b2', 901: 'd' });
  const next = await push(imago, remote, second.id);
  assert.equal(next.State, 'completed', next.Message);
  // Changed, gone and new.
  assert.equal(end.puts(), 3 + 3);
  // What comes back is what went.
  const back = await pull(imago, remote, next.MadeId ?? '');
  assert.equal(back.State, 'completed', back.Message);
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(back.MadeId ?? ''));
  assert.equal(row?.root, second.root);
  await using other = await TestImago.start();
  const whole = await pull(other, await end.remoteOf(other), sent.MadeId ?? '', {
    Name: 'fetched',
  });
  assert.equal(whole.State, 'completed', whole.Message);
  const fetched = await other.catalog.read(({ images }) => images.get(whole.MadeId ?? ''));
  assert.deepEqual(
    [fetched?.name, fetched?.bootMode, fetched?.enaSupport],
    ['fetched', 'uefi', true],
  );
  const [mapping] = fetched?.blockDeviceMappings ?? [];
  const disk = await other.catalog.read(({ snapshots }) =>
    snapshots.get(mapping?.ebs.snapshotId ?? ''),
  );
  assert.equal(disk?.root, first.root);
});

test('where the far parent is gone, all is sent', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const first = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
  const { MadeId } = await push(imago, remote, first.id);
  await far.ec2().send(new DeleteSnapshotCommand({ SnapshotId: MadeId }));
  const second = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b2' });
  proxy.passed.length = 0;
  assert.equal((await push(imago, remote, second.id)).State, 'completed');
  assert.equal(end.puts(), 2);
});

test('a block that is another there is noticed, and nothing is left', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 2: 'c' });
  // It answers for block 1 with block 2, which has the checksum that is said of it.
  const isList = ({ path }: { path: string }) => /\/blocks\?/.test(path);
  proxy.rules.change = (passed, body) => {
    if (!isList(passed)) return body;
    const list = JSON.parse(body.toString());
    const last = list.Blocks.at(-1);
    list.Blocks = list.Blocks.map((each: { BlockIndex: number }) =>
      each.BlockIndex === 1 ? { ...last, BlockIndex: 1 } : each,
    );
    return Buffer.from(JSON.stringify(list));
  };
  const failed = await push(imago, remote, id);
  assert.equal(failed.State, 'failed');
  assert.match(
    failed.Message ?? '',
    /InvalidBlockToken|INVALID_BLOCK_TOKEN|not the one that was sent/,
  );
  assert.equal(proxy.count('POST', /completion/), 1);
  // One that is missing.
  proxy.rules.change = (passed, body) => {
    if (!isList(passed)) return body;
    const list = JSON.parse(body.toString());
    return Buffer.from(JSON.stringify({ ...list, Blocks: list.Blocks.slice(1) }));
  };
  const lacking = await push(imago, remote, id);
  assert.match(lacking.Message ?? '', /block 0 of snap-\w+ is not the one that was sent/);
  const { Images = [] } = await far.ec2().send(new DescribeImagesCommand({ Owners: ['self'] }));
  assert.ok(!Images.some(({ Name }) => Name === 'never'));
  const copies = await imago.catalog.read(({ remoteCopies }) => remoteCopies.count());
  assert.equal(copies, 0);
});

test('one that asks for patience gets it', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 2: 'c' });
  let refused = 0;
  const answers: Refusal[] = [
    { status: 429, headers: { 'retry-after': '1' }, body: '' },
    { status: 503, body: '<html>' },
    {
      status: 400,
      headers: { 'x-amzn-errortype': 'RequestThrottledException' },
      body: JSON.stringify({ Reason: 'ACCOUNT_THROTTLED' }),
    },
  ];
  const began = performance.now();
  proxy.rules.refuse = ({ method, path }) =>
    method === 'PUT' && /blocks/.test(path) ? answers[refused++] : undefined;
  const sent = await push(imago, remote, id);
  assert.equal(sent.State, 'completed', sent.Message);
  assert.equal(refused, 3 + 3);
  assert.ok(performance.now() - began >= 1000);
});

test('a key that is not taken fails with what the other end says, and is told nowhere', async () => {
  await using imago = await TestImago.start();
  const secret = 'not/the+secret/of/anybody';
  const token = 'not/the+token';
  const tokens = new Set<string | undefined>();
  proxy.rules.see = ({ headers }) => tokens.add(headers['x-amz-security-token']);
  const key = { SecretAccessKey: secret, SessionToken: token };
  const remote = await end.remoteOf(imago, key);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  const failed = await push(imago, remote, id);
  assert.equal(failed.State, 'failed');
  assert.match(failed.Message ?? '', /second answers \w+/);
  const told = JSON.stringify(await imago.call(describeRemotes, {}));
  const rows = await imago.catalog.read(async ({ remotes, tasks, remoteTransfers }) =>
    JSON.stringify([await remotes.list(), await tasks.list(), await remoteTransfers.list()]),
  );
  for (const text of [told, rows]) {
    assert.equal(text.includes(secret) || text.includes(token), false);
  }
  assert.deepEqual([...tokens], [token]);
});

for (const step of ['start', 'put', 'complete', 'verify', 'record'] as const) {
  test(`killed after ${step}, a push goes on, and nothing is there twice`, async () => {
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
    const remote = await end.remoteOf(imago);
    const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
    const transfer = await imago.call(pushBackup, { RemoteId: remote, BackupId: id });
    await killed.promise;
    await imago.restart();
    const sent = await ended(imago, transfer);
    assert.equal(sent.State, 'completed', sent.Message);
    const Filters = [{ Name: 'description', Values: [`Copy of ${id} by Imago`] }];
    const { Snapshots = [] } = await far.ec2().send(new DescribeSnapshotsCommand({ Filters }));
    assert.deepEqual(
      Snapshots.map(({ SnapshotId, State }) => [SnapshotId, State]),
      [[sent.MadeId, 'completed']],
    );
  });
}

test('what is encrypted here is encrypted there, by the key of there', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const plain = await snapshotOf(imago, 'vol-1', { 0: 'a', 5: 'b' });
  const asked = { SourceSnapshotId: plain.id, SourceRegion: 'us-east-1', Encrypted: true };
  const { SnapshotId = '' } = await imago.call(copySnapshot, asked);
  await imago.untilQuiet();
  const sent = await push(imago, remote, SnapshotId);
  assert.equal(sent.State, 'completed', sent.Message);
  const of = new DescribeSnapshotsCommand({ SnapshotIds: [sent.MadeId ?? ''] });
  const [there] = (await far.ec2().send(of)).Snapshots ?? [];
  assert.equal(there?.Encrypted, true);
  // Into one that knows nothing of it, and then in plain, to be compared.
  await using other = await TestImago.start();
  const back = await pull(other, await end.remoteOf(other), sent.MadeId ?? '');
  assert.equal(back.State, 'completed', back.Message);
  const row = await other.catalog.read(({ snapshots }) => snapshots.get(back.MadeId ?? ''));
  assert.ok(row?.encryption && row.root);
  const disk = await openStored(other.services, { ...row, root: row.root });
  for (const [index, text] of Object.entries({ 0: 'a', 5: 'b' })) {
    const read = await disk.pread(Number(index) * blockSizeBytes, blockSizeBytes);
    assert.ok(read.equals(testBlock(text)));
  }
});

test('a certificate is one of the authority that was named, or there is no word', async () => {
  const certified = ownCertificate();
  const server = createServer(certified, (_, response) => {
    response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const place = { endpoint, region: 'us-east-1', accessKeyId: 'AKIA', secretAccessKey: 's' };
    const { signal } = new AbortController();
    const ask = async (authority?: string) => {
      const options = { signal, bandwidth: new Bandwidth(), patienceMs: 0 };
      using client = new FarClient({ ...place, authority }, options);
      await client.ask({ service: 'ebs', method: 'GET', path: '/snapshots/snap-1/blocks' });
    };
    await assert.rejects(ask(), { name: 'FarAwayError', message: /SELF_SIGNED|self-signed/ });
    await assert.rejects(ask(certified.cert), { name: 'FarError', code: 'AccessDeniedException' });
  } finally {
    server.close();
  }
});

test('what has the tag is sent when it is whole, once, and what failed again an hour later', async () => {
  await using imago = await TestImago.start();
  const tags = { backup: 'nightly' };
  const retag = async (id: string) =>
    imago.catalog.write(async ({ snapshots }) => {
      const row = (await snapshots.get(id)) ?? assert.fail();
      await snapshots.update({ ...row, tags });
    });
  const before = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  await retag(before.id);
  const SendTags = [{ Key: 'backup', Value: 'nightly' }];
  await end.remoteOf(imago, { SendTags });
  const { services, changes } = imago;
  using senders = new RemoteSenders({ ...services, orders: imago.context().catalog, changes });
  const sent = async () => {
    await senders.look();
    await imago.untilQuiet();
    const { Transfers } = await imago.call(describeRemoteTransfers, {});
    return Transfers.map(({ SourceId, State }) => [SourceId, State]);
  };
  const done = [before.id, 'completed'];
  assert.deepEqual(await sent(), [done]);
  const other = await snapshotOf(imago, 'vol-1', { 0: 'b' });
  assert.deepEqual(await sent(), [done]);
  proxy.rules.refuse = ({ method }) => (method === 'PUT' ? { status: 403, body: '{}' } : undefined);
  await retag(other.id);
  const sortedStates = async () => (await sent()).map(([, state]) => state).sort();
  assert.deepEqual(await sortedStates(), ['completed', 'failed']);
  proxy.rules = {};
  assert.deepEqual(await sortedStates(), ['completed', 'failed']);
  imago.advance(60 * 60_000);
  assert.deepEqual(await sortedStates(), ['completed', 'completed', 'failed']);
  assert.deepEqual(await sortedStates(), ['completed', 'completed', 'failed']);
});

test('endpoints are on this host or by https; a remote that is deleted ends its transfers', async () => {
  await using imago = await TestImago.start();
  const code = 'InvalidParameterValue';
  for (const Endpoint of ['http://example.com', 'ftp://127.0.0.1', 'https://a:b@c', 'x']) {
    await assert.rejects(end.remoteOf(imago, { Endpoint }), { code });
  }
  await assert.rejects(end.remoteOf(imago, { CertificateAuthority: 'x' }), { code });
  await assert.rejects(end.remoteOf(imago, { BytesPerSecond: 1 }), { code });
  await assert.rejects(end.remoteOf(imago, { SessionToken: 'of two words' }), { code });
  const none = {
    Name: 'two words',
    Region: 'us-east-1',
    AccessKeyId: 'AKIA',
    SecretAccessKey: 's',
  };
  await assert.rejects(imago.call(createRemote, none), { code });
  const RemoteId = await end.remoteOf(imago);
  await assert.rejects(end.remoteOf(imago), { code: 'InvalidRemoteName.Duplicate' });
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  proxy.rules.refuse = () => ({ status: 503, body: '' });
  const transfer = await imago.call(pushBackup, { RemoteId, BackupId: id });
  await imago.call(deleteRemote, { RemoteId });
  assert.equal((await ended(imago, transfer)).State, 'failed');
});

test('with another key what is under way goes on; without one it fails', async () => {
  await using imago = await TestImago.start();
  const RemoteId = await end.remoteOf(imago);
  const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = far.credentials;
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b', 2: 'c' });
  const other = { RemoteId, AccessKeyId, SecretAccessKey: 'of/before' };
  await imago.call(updateRemote, other);
  assert.match((await push(imago, RemoteId, id)).Message ?? '', /SignatureDoesNotMatch|Signature/);
  await imago.call(updateRemote, { RemoteId, AccessKeyId, SecretAccessKey });
  // The key is changed while blocks are put, and the old one is let no more.
  let refusals = 0;
  proxy.rules.refuse = async ({ method, path }) => {
    if (refusals > 0 || method !== 'PUT' || !/blocks/.test(path)) return undefined;
    refusals++;
    await imago.call(updateRemote, { RemoteId, AccessKeyId, SecretAccessKey });
    const headers = { 'x-amzn-errortype': 'AccessDeniedException' };
    return { status: 403, headers, body: '{}' };
  };
  const sent = await push(imago, RemoteId, id);
  assert.deepEqual([sent.State, sent.Message, refusals], ['completed', undefined, 1]);
  const bad = { ...other, SecretAccessKey: 'two words' };
  await assert.rejects(imago.call(updateRemote, bad), { code: 'InvalidParameterValue' });
  const token = { ...other, SessionToken: 'of two words' };
  await assert.rejects(imago.call(updateRemote, token), { code: 'InvalidParameterValue' });
});

test('over one that is sealed by another key a push is judged by its bytes', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const sealed = async (blocks: Record<number, string>) => {
    const { id: SourceSnapshotId } = await snapshotOf(imago, 'vol-1', blocks);
    const { KeyMetadata } = await imago.call(createKey, {});
    const key = { Encrypted: true, KmsKeyId: KeyMetadata?.KeyId };
    const asked = { SourceSnapshotId, SourceRegion: 'us-east-1', ...key };
    const { SnapshotId = '' } = await imago.call(copySnapshot, asked);
    await imago.untilQuiet();
    // As of one volume.
    await imago.catalog.write(async ({ snapshots }) => {
      const row = (await snapshots.get(SnapshotId)) ?? assert.fail();
      await snapshots.update({ ...row, volumeId: 'vol-1' });
    });
    return SnapshotId;
  };
  const first = await push(imago, remote, await sealed({ 0: 'a', 1: 'b', 3: 'd' }));
  assert.equal(first.State, 'completed', first.Message);
  const second = await push(imago, remote, await sealed({ 0: 'a', 1: 'b2', 2: 'c' }));
  assert.deepEqual([second.State, second.Message], ['completed', undefined]);
  // What is missing there is noticed all the same.
  proxy.rules.change = ({ path }, body) => {
    if (!/\/(changed)?blocks\?/.test(path)) return body;
    const { Blocks, ChangedBlocks, ...rest } = JSON.parse(body.toString());
    const kept = (list?: { BlockIndex: number }[]) => list?.filter((each) => each.BlockIndex !== 0);
    const answer = { ...rest, Blocks: kept(Blocks), ChangedBlocks: kept(ChangedBlocks) };
    return Buffer.from(JSON.stringify(answer));
  };
  const lacking = await push(imago, remote, await sealed({ 0: 'a', 1: 'b3' }));
  assert.match(lacking.Message ?? '', /block 0 of snap-\w+ is not the one that was sent/);
});
