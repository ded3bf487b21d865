/** Remotes that lie, and lines that break at each request: it ends, and says what it was. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { DescribeImagesCommand, DescribeSnapshotsCommand } from '@aws-sdk/client-ec2';
import { Bandwidth } from '../../server/foundations/bandwidth.ts';
import { pushBackup } from '../../server/operations/imago/PushBackup.ts';
import { FarClient } from '../../server/remotes/far-client.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { ended, FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';
import type { Passed } from '../support/far-proxy.ts';
import { until } from '../support/until.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

const isList = ({ path }: Passed) => /\/(changed)?blocks\?/.test(path);

test('each answer is lost once, and a push and a pull come to what they would have', async () => {
  await using imago = await TestImago.start();
  const remote = await end.remoteOf(imago);
  const { id, root } = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
  const image = await imageOf(imago, id, 'lost');
  const seen = new Set<string>();
  end.proxy.rules.lose = ({ method, path, sent }) => {
    const asked = `${method} ${path} ${sent.toString('base64')}`;
    const isFirst = !seen.has(asked);
    seen.add(asked);
    return isFirst;
  };
  const sent = await push(imago, remote, image);
  assert.equal(sent.State, 'completed', sent.Message);
  const ec2 = end.imago.ec2();
  const named = [{ Name: 'name', Values: ['lost'] }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters: named }));
  assert.deepEqual(
    Images.map(({ ImageId }) => ImageId),
    [sent.MadeId],
  );
  const Filters = [{ Name: 'description', Values: [`Copy of ${id} by Imago`] }];
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ Filters }));
  assert.equal(Snapshots.length, 1);
  await using other = await TestImago.start();
  const back = await pull(other, await end.remoteOf(other), sent.MadeId ?? '');
  assert.equal(back.State, 'completed', back.Message);
  const rows = await other.catalog.read(({ snapshots }) =>
    snapshots.list({ where: { account: other.caller.account } }),
  );
  assert.deepEqual(
    rows.map((row) => row.root),
    [root],
  );
  assert.ok(seen.size > 15, `${seen.size} requests`);
});

for (const [what, answer, why] of [
  ['pages without end', { Blocks: [], NextToken: 'more' }, /does not end/],
  ['the same page for ever', { Blocks: [{ BlockIndex: 0 }], NextToken: 'more' }, /not in order/],
  ['a block beyond all volumes', { Blocks: [{ BlockIndex: 2 ** 40 }] }, /not in order/],
  [
    'a block beyond its end',
    { Blocks: [{ BlockIndex: 2047 }, { BlockIndex: 2048 }] },
    /block 2048 /,
  ],
  ['what is no JSON', undefined, /no JSON/],
] as const) {
  test(`${what} in a list of blocks: the push fails, says so and leaves nothing`, async () => {
    await using imago = await TestImago.start();
    const remote = await end.remoteOf(imago);
    const { id } = await snapshotOf(imago, 'vol-1', {});
    const body = answer ? JSON.stringify(answer) : '<html>';
    end.proxy.rules.refuse = (passed) => (isList(passed) ? { status: 200, body } : undefined);
    const failed = await push(imago, remote, id);
    assert.equal(failed.State, 'failed');
    assert.match(failed.Message ?? '', why);
    const Filters = [{ Name: 'description', Values: [`Copy of ${id} by Imago`] }];
    const asked = new DescribeSnapshotsCommand({ Filters });
    assert.deepEqual((await end.imago.ec2().send(asked)).Snapshots, []);
  });
}

test('a redirect is not followed', async () => {
  const visited: string[] = [];
  const elsewhere = createServer((asked, answer) => {
    visited.push(asked.url ?? '');
    answer.end();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  try {
    await using imago = await TestImago.start();
    const remote = await end.remoteOf(imago);
    const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a' });
    const { port } = elsewhere.address() as AddressInfo;
    const headers = { location: `http://127.0.0.1:${port}/` };
    end.proxy.rules.refuse = () => ({ status: 307, headers, body: '' });
    const failed = await push(imago, remote, id);
    assert.match(failed.Message ?? '', /it answers 307/);
    assert.deepEqual(visited, []);
  } finally {
    elsewhere.close();
  }
});

test('an answer that comes drop by drop is given up', async () => {
  const dripping = createServer((_, answer) => {
    const drops = setInterval(() => answer.write('.'), 20);
    answer.on('close', () => clearInterval(drops));
  });
  await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = dripping.address() as AddressInfo;
    const key = { accessKeyId: 'AKIA', secretAccessKey: 's' };
    const place = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', ...key };
    const { signal } = new AbortController();
    const options = { signal, bandwidth: new Bandwidth(), patienceMs: 0, requestMaxMs: 300 };
    using client = new FarClient(place, options);
    const asked = client.ask({ service: 'ebs', method: 'GET', path: '/snapshots/snap-1/blocks' });
    await assert.rejects(asked, { name: 'FarAwayError', message: /takes too long/ });
  } finally {
    dripping.closeAllConnections();
    dripping.close();
  }
});

test('a snapshot that is never completed there is given up after a day', async () => {
  await using imago = await TestImago.start();
  const RemoteId = await end.remoteOf(imago);
  const { id } = await snapshotOf(imago, 'vol-1', { 0: 'a' });
  let looks = 0;
  end.proxy.rules.change = ({ path }, body) => {
    if (/completion/.test(path)) return Buffer.from('{"Status":"pending"}');
    if (path !== '/' || !/<status>/.test(`${body}`)) return body;
    looks++;
    return Buffer.from(`${body}`.replace('<status>completed', '<status>pending'));
  };
  const transfer = await imago.call(pushBackup, { RemoteId, BackupId: id });
  await until('it was asked for', () => looks > 0);
  imago.advance(25 * 60 * 60_000);
  const failed = await ended(imago, transfer);
  assert.match(failed.Message ?? '', /snap-\w+ stays pending there/);
});
