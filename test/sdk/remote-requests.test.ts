/**
 * What is asked of a remote is what AWS's own client would ask: each request of a push and a pull is
 * read by AWS's schemas, and written again by the official client. AWS itself is not asked.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import * as ebs from '@aws-sdk/client-ebs';
import * as ec2 from '@aws-sdk/client-ec2';
import { ebsModel } from '../../api/generated/ebs.ts';
import { ec2Model } from '../../api/generated/ec2.ts';
import { rootDisk } from '../../server/catalog/test-rows.ts';
import { Bandwidth } from '../../server/foundations/bandwidth.ts';
import { ec2Query } from '../../server/protocol/ec2-query.ts';
import { isAsyncIterable, type Protocol } from '../../server/protocol/protocol.ts';
import { restJson } from '../../server/protocol/rest-json.ts';
import { awsEndpoint, FarClient } from '../../server/remotes/far-client.ts';
import { TestImago } from '../../server/tasks/test-imago.ts';
import { FarEnd, imageOf, pull, push, snapshotOf } from '../support/far-end.ts';
import type { Sent } from '../support/far-proxy.ts';

let end: FarEnd;
before(async () => {
  end = await FarEnd.start();
});
after(() => end?.[Symbol.asyncDispose]());
beforeEach(() => end.reset());

/** What matters of a request: without what is of one signature or of one client. */
interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

interface Written {
  method: string;
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body?: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** By the official client, which is stopped before it sends anything. */
async function writtenBySdk(service: 'ebs' | 'ec2', action: string, input: object): Promise<Asked> {
  let seen: Written | undefined;
  const requestHandler = {
    handle(request: Written) {
      seen = request;
      return Promise.reject(new Error('seen'));
    },
  };
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' };
  const place = { region: 'us-east-1', endpoint: 'https://example.com', maxAttempts: 1 };
  const options = { ...place, credentials, requestHandler } as object;
  const Client = service === 'ebs' ? ebs.EBSClient : ec2.EC2Client;
  const client = new Client(options) as unknown as { send(command: never): Promise<unknown> };
  const commands = { ...ebs, ...ec2 } as unknown as Record<string, new (input: object) => never>;
  const command = commands[`${action}Command`] ?? assert.fail(action);
  await assert.rejects(client.send(new command(input)), { message: 'seen' });
  assert.ok(seen);
  const { method, path, query = {}, headers, body = '' } = seen;
  const whole = isAsyncIterable(body)
    ? Buffer.concat(await Array.fromAsync(body as AsyncIterable<Buffer>))
    : Buffer.from(body as Uint8Array);
  return asked({ method, path, query, headers, body: whole });
}

function asked(request: Omit<Asked, 'body'> & { body: Buffer }): Asked {
  const kept = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('x-amz-') && !ofSignature.has(name));
  const { method, path, query, body } = request;
  return { method, path, query, headers: Object.fromEntries(kept.sort()), body: canonical(body) };
}

const ofSignature = new Set(['x-amz-date', 'x-amz-content-sha256', 'x-amz-user-agent']);

/** Whatever order its members are in. */
function canonical(body: Buffer): string {
  const text = body.toString('latin1');
  if (text.startsWith('{')) return JSON.stringify(Object.entries(JSON.parse(text)).sort());
  if (text.startsWith('Action=') || text.includes('&Action=')) {
    return JSON.stringify([...new URLSearchParams(text)].sort());
  }
  return text;
}

const protocols: Record<'ebs' | 'ec2', Protocol> = {
  ebs: restJson(ebsModel),
  ec2: ec2Query(ec2Model),
};

async function check({ method, path: target, headers, body }: Sent): Promise<string> {
  const service = /\/(ebs|ec2)\/aws4_request/.exec(headers.authorization ?? '')?.[1] as
    | 'ebs'
    | 'ec2';
  const { pathname: path, searchParams } = new URL(target, 'https://example.com');
  const query = Object.fromEntries(searchParams);
  const lists = new Map(Object.entries(query).map(([name, value]) => [name, [value]]));
  const read = protocols[service].read({ method, path, query: lists, headers }, body);
  const input = read.decode();
  const ours = asked({ method, path, query, headers, body });
  assert.deepEqual(ours, await writtenBySdk(service, read.action, input), read.action);
  return read.action;
}

test('all requests of a push and a pull are those of the official clients', async () => {
  await using imago = await TestImago.start();
  const sent: Sent[] = [];
  end.proxy.rules.see = (each) => sent.push(each);
  const remote = await end.remoteOf(imago);
  const first = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b' });
  assert.equal((await push(imago, remote, first.id)).State, 'completed');
  const next = await snapshotOf(imago, 'vol-1', { 0: 'a', 1: 'b2' });
  const [root] = rootDisk(4, next.id);
  const io1 = { ...root?.ebs, volumeType: 'io1', iops: 100 };
  const image = await imageOf(imago, next.id, 'checked', {
    description: 'of äöü & <more>',
    tpmSupport: 'v2.0',
    imdsSupport: 'v2.0',
    blockDeviceMappings: [{ ...root, ebs: io1 }],
  });
  const made = await push(imago, remote, image);
  assert.equal(made.State, 'completed', made.Message);
  const back = await pull(imago, remote, made.MadeId ?? '', { Name: 'back' });
  assert.equal(back.State, 'completed', back.Message);
  const row = await imago.catalog.read(({ images }) => images.get(back.MadeId ?? ''));
  const { volumeType, iops } = row?.blockDeviceMappings[0]?.ebs ?? {};
  assert.deepEqual([volumeType, iops], ['io1', 100]);
  const actions = new Set<string>();
  // What only Imagos say to each other is nobody else's.
  const ofAws = sent.filter(({ path }) => !path.startsWith('/imago/'));
  for (const each of ofAws) actions.add(await check(each));
  const expected = ['StartSnapshot', 'PutSnapshotBlock', 'CompleteSnapshot', 'ListSnapshotBlocks'];
  expected.push('ListChangedBlocks', 'GetSnapshotBlock', 'RegisterImage', 'DescribeImages');
  expected.push('CreateTags', 'DescribeSnapshots');
  assert.deepEqual([...actions].sort(), expected.sort());
  // One that has a parent is as encrypted as that: EBS takes not both.
  const starts = sent.filter(({ path }) => path === '/snapshots').map(({ body }) => `${body}`);
  const [plain = '', over = ''] = starts;
  assert.deepEqual(
    [/Parent/.test(plain), /Parent/.test(over), /Encr/.test(over)],
    [false, true, false],
  );
});

test('endpoints are those of the official clients', async () => {
  for (const region of [
    'eu-central-1',
    'cn-north-1',
    'us-gov-west-1',
    'us-iso-east-1',
    'eusc-de-east-1',
  ]) {
    const params = { Region: region };
    for (const client of [new ebs.EBSClient({ region }), new ec2.EC2Client({ region })]) {
      const { endpointProvider, serviceId } = client.config;
      const { url } = endpointProvider(params);
      const service = serviceId.toLowerCase() as 'ebs' | 'ec2';
      assert.equal(new URL(awsEndpoint(service, region)).host, url.host, `${service} ${region}`);
    }
  }
});

test('what AWS limits is asked again, and a key for a while is signed with its token', async () => {
  const seen: Sent[] = [];
  const limits = ['RequestThrottledException', 'ThrottlingException', 'RequestLimitExceeded'];
  limits.push('ConcurrentLimitExceededException');
  end.proxy.rules.refuse = ({ path }) => {
    const code = /snap-\w+/.test(path) ? limits.shift() : undefined;
    return code === undefined
      ? undefined
      : { status: 400, headers: { 'x-amzn-errortype': code }, body: '{}' };
  };
  end.proxy.rules.see = (each) => seen.push(each);
  const key = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token/+=' };
  const { signal } = new AbortController();
  const options = { signal, bandwidth: new Bandwidth(), pauseMs: 1 };
  const place = { endpoint: end.proxy.endpoint, region: 'us-east-1', ...key };
  using client = new FarClient(place, options);
  const path = '/snapshots/snap-0fedcba9876543210/blocks';
  // Nobody has given that key: it is the other end that says so.
  await assert.rejects(client.ask({ service: 'ebs', method: 'GET', path }), { name: 'FarError' });
  assert.equal(limits.length, 0);
  assert.equal(seen[0]?.headers['x-amz-security-token'], 'token/+=');
  assert.match(seen[0]?.headers.authorization ?? '', /SignedHeaders=[^,]*x-amz-security-token/);
  assert.match(seen[0]?.headers.authorization ?? '', /\/us-east-1\/ebs\/aws4_request/);
});
