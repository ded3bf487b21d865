import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { InstanceMetadata } from '../data-plane/data-plane.ts';
import { exampleMetadata } from './example-metadata.ts';
import { createMetadataServer } from './metadata-server.ts';

const secret = Buffer.alloc(32, 7);
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const tokenHeader = 'x-aws-ec2-metadata-token';

interface Service {
  /** Hops that were set for the connection, in order. */
  hops: number[];
  clock: { nowMs: number };
  ask(
    method: string,
    path: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Buffer; headers: Record<string, unknown> }>;
}

/** The service on an ordinary port of the host, with everything else real. */
async function serve(
  t: { after(work: () => void): void },
  change: Partial<InstanceMetadata> = {},
): Promise<Service> {
  const hops: number[] = [];
  const clock = { nowMs: 1_000_000 };
  const server: Server = createMetadataServer({
    metadata: () => ({ ...exampleMetadata, ...change }),
    secret,
    setHopLimit: (_request, count) => hops.push(count),
    nowMs: () => clock.nowMs,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    hops,
    clock,
    ask: (method, path, headers = {}) =>
      new Promise((resolve, reject) => {
        const outgoing = request(
          { port, method, path, headers, agent: false },
          async (response) => {
            const chunks = await response.toArray();
            const status = response.statusCode ?? 0;
            resolve({ status, body: Buffer.concat(chunks), headers: response.headers });
          },
        );
        outgoing.on('error', reject);
        outgoing.end();
      }),
  };
}

async function token(service: Service, ttlSeconds = 60): Promise<Record<string, string>> {
  const answer = await service.ask('PUT', '/latest/api/token', { [ttlHeader]: String(ttlSeconds) });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers[ttlHeader], String(ttlSeconds));
  return { [tokenHeader]: answer.body.toString() };
}

/**
 * Reads a tree the way cloud-init does: names with a slash are folders, `N=name` is a key, the rest
 * must answer 200.
 */
async function crawl(service: Service, base: string, headers: Record<string, string>) {
  const found: Record<string, string> = {};
  const visit = async (folder: string): Promise<void> => {
    const listing = await service.ask('GET', base + folder, headers);
    assert.equal(listing.status, 200, `listing of ${folder}`);
    for (const name of listing.body.toString().split('\n')) {
      if (name.endsWith('/')) {
        await visit(folder + name);
        continue;
      }
      const key = /^(\d+)=/.exec(name)?.[1];
      const leaf = key === undefined ? folder + name : `${folder}${key}/openssh-key`;
      const answer = await service.ask('GET', base + leaf, headers);
      assert.equal(answer.status, 200, leaf);
      found[leaf] = answer.body.toString();
    }
  };
  await visit('');
  return found;
}

test('the tree that cloud-init crawls', async (t) => {
  const service = await serve(t);
  const found = await crawl(service, '/2021-03-23/meta-data/', await token(service));
  const nic = 'network/interfaces/macs/02:12:34:56:78:9a/';
  const hostname = 'ip-172-31-0-15.eu-central-1.compute.internal';
  assert.deepEqual(found, {
    'ami-id': 'ami-0aaaaaaaaaaaaaaaa',
    'ami-launch-index': '2',
    'ami-manifest-path': '(unknown)',
    'block-device-mapping/ami': '/dev/xvda',
    'block-device-mapping/ebs1': '/dev/sdf',
    'block-device-mapping/ebs2': '/dev/sdg',
    'block-device-mapping/root': '/dev/xvda',
    hostname,
    'instance-action': 'none',
    'instance-id': 'i-0123456789abcdef0',
    'instance-life-cycle': 'on-demand',
    'instance-type': 't3.micro',
    'local-hostname': hostname,
    'local-ipv4': '172.31.0.15',
    mac: '02:12:34:56:78:9a',
    [`${nic}device-number`]: '0',
    [`${nic}interface-id`]: 'eni-0eeeeeeeeeeeeeeee',
    [`${nic}ipv4-associations/127.37.0.15`]: '172.31.0.15',
    [`${nic}local-hostname`]: hostname,
    [`${nic}local-ipv4s`]: '172.31.0.15',
    [`${nic}mac`]: '02:12:34:56:78:9a',
    [`${nic}owner-id`]: '123456789012',
    [`${nic}public-ipv4s`]: '127.37.0.15',
    [`${nic}security-group-ids`]: 'sg-01111111111111111\nsg-02222222222222222',
    [`${nic}security-groups`]: 'default\nweb',
    [`${nic}subnet-id`]: 'subnet-0cccccccccccccccc',
    [`${nic}subnet-ipv4-cidr-block`]: '172.31.0.0/20',
    [`${nic}vpc-id`]: 'vpc-0dddddddddddddddd',
    [`${nic}vpc-ipv4-cidr-block`]: '172.31.0.0/16',
    [`${nic}vpc-ipv4-cidr-blocks`]: '172.31.0.0/16',
    'placement/availability-zone': 'eu-central-1a',
    'placement/region': 'eu-central-1',
    profile: 'default-hvm',
    'public-ipv4': '127.37.0.15',
    'public-keys/0/openssh-key': 'ssh-ed25519 AAAA me@host',
    'reservation-id': 'r-0bbbbbbbbbbbbbbbb',
    'security-groups': 'default\nweb',
    'services/domain': 'amazonaws.com',
    'services/partition': 'aws',
  });
});

test('versions, folders with and without slash, identity document, user data byte for byte', async (t) => {
  const service = await serve(t);
  const headers = await token(service);
  const text = async (path: string) => (await service.ask('GET', path, headers)).body.toString();
  assert.match(await text('/'), /^1\.0\n2007-01-19\n.*\n2021-03-23\n.*\nlatest$/s);
  assert.equal(await text('/latest/'), 'dynamic\nmeta-data\nuser-data');
  assert.equal(await text('/latest/meta-data'), await text('/latest/meta-data/'));
  assert.equal(await text('/latest/meta-data/public-keys/'), '0=my-key');
  assert.equal(await text('/latest/meta-data/public-keys/0/'), 'openssh-key');
  const document = await service.ask('GET', '/latest/dynamic/instance-identity/document', headers);
  assert.deepEqual(JSON.parse(document.body.toString()), {
    accountId: '123456789012',
    architecture: 'x86_64',
    availabilityZone: 'eu-central-1a',
    billingProducts: null,
    devpayProductCodes: null,
    marketplaceProductCodes: null,
    imageId: 'ami-0aaaaaaaaaaaaaaaa',
    instanceId: 'i-0123456789abcdef0',
    instanceType: 't3.micro',
    kernelId: null,
    pendingTime: '2026-11-23T10:00:00Z',
    privateIp: '172.31.0.15',
    ramdiskId: null,
    region: 'eu-central-1',
    version: '2017-09-30',
  });
  const productCodes = ['a1b2c3d4e5f6g7h8i9j0k1l2m', 'b'.repeat(25)];
  const coded = await serve(t, { productCodes });
  const ask = async (path: string) =>
    (await coded.ask('GET', path, await token(coded))).body.toString();
  const { marketplaceProductCodes } = JSON.parse(
    await ask('/latest/dynamic/instance-identity/document'),
  );
  assert.deepEqual(marketplaceProductCodes, productCodes);
  assert.equal(await ask('/latest/meta-data/product-codes'), productCodes.join('\n'));
  const userData = await service.ask('GET', '/2009-04-04/user-data', headers);
  assert.deepEqual(userData.body, Buffer.from([0x23, 0x21, 0x00, 0xff]));
});

test('every name that is listed answers, with a slash and without, and no other does', async (t) => {
  const service = await serve(t, { tags: { Name: 'web', 'a:b': '=' } });
  const headers = await token(service);
  const get = async (path: string) => service.ask('GET', path, headers);
  const walk = async (folder: string): Promise<number> => {
    const [bare, slashed] = [await get(folder), await get(`${folder}/`)];
    assert.deepEqual([bare.status, slashed.status], [200, 200], folder);
    assert.deepEqual(bare.body, slashed.body, folder);
    assert.equal((await get(`${folder}/no-such-name`)).status, 404, folder);
    const topmost = folder === '/latest';
    let leaves = 0;
    for (const listed of bare.body.toString().split('\n')) {
      const isFolder = topmost || listed.endsWith('/');
      const name = listed.replace(/\/$/, '').replace(/^(\d+)=.*$/, '$1');
      if (isFolder && listed !== 'user-data') leaves += await walk(`${folder}/${name}`);
      else assert.equal((await get(`${folder}/${name}`)).status, 200, `${folder}/${name}`);
      leaves += 1;
    }
    return leaves;
  };
  assert.ok((await walk('/latest')) > 40);
});

test('without a public address none is told', async (t) => {
  const service = await serve(t, { publicIp: undefined });
  const headers = await token(service);
  const found = await crawl(service, '/latest/meta-data/', headers);
  const names = Object.keys(found).filter((name) => /public-ipv4|ipv4-associations/.test(name));
  assert.deepEqual(names, []);
});

test('tags are told where they may be', async (t) => {
  const tags = { Name: 'web', 'a:b': '=' };
  const service = await serve(t, { tags });
  const headers = await token(service);
  const text = async (path: string) => (await service.ask('GET', path, headers)).body.toString();
  assert.match(await text('/latest/meta-data/'), /^tags\/$/m);
  assert.equal(await text('/latest/meta-data/tags/'), 'instance/');
  assert.equal(await text('/latest/meta-data/tags/instance/'), 'Name\na:b');
  assert.equal(await text('/latest/meta-data/tags/instance/a:b'), '=');
  const silent = await serve(t);
  assert.equal((await silent.ask('GET', '/latest/meta-data/tags/', headers)).status, 404);
});

test('user data is any bytes, decoded once, however they were wrapped', async (t) => {
  const bytes = randomBytes(16 * 1024);
  const lines = bytes.toString('base64').replace(/.{76}/g, '$&\n');
  const service = await serve(t, { userData: lines });
  const headers = await token(service);
  assert.deepEqual((await service.ask('GET', '/latest/user-data', headers)).body, bytes);
  const text = Buffer.from('already base64').toString('base64');
  const twice = await serve(t, { userData: Buffer.from(text).toString('base64') });
  assert.equal((await twice.ask('GET', '/latest/user-data', headers)).body.toString(), text);
});

test('what an instance does not have is 404, and is not listed', async (t) => {
  const service = await serve(t, { key: undefined, userData: undefined });
  const headers = await token(service);
  for (const path of [
    '/latest/user-data',
    '/latest/meta-data/public-keys/',
    '/latest/meta-data/iam/',
    '/latest/meta-data/mac/x',
    '/latest/meta-data/__proto__',
    '/yesterday/meta-data/',
  ]) {
    assert.equal((await service.ask('GET', path, headers)).status, 404, path);
  }
  const listing = await service.ask('GET', '/latest/meta-data/', headers);
  assert.doesNotMatch(listing.body.toString(), /public-keys/);
  assert.equal(
    (await service.ask('GET', '/latest', headers)).body.toString(),
    'dynamic\nmeta-data',
  );
});

test('a token is asked for, lives as long as it says, and is worth nothing to another instance', async (t) => {
  const service = await serve(t);
  const path = '/latest/meta-data/instance-id';
  assert.equal((await service.ask('GET', path)).status, 401);
  assert.equal((await service.ask('GET', path, { [tokenHeader]: 'AAAA' })).status, 401);
  const headers = await token(service, 10);
  assert.equal((await service.ask('GET', path, headers)).status, 200);
  const restarted = await serve(t);
  assert.equal((await restarted.ask('GET', path, headers)).status, 200, 'after a restart');
  const other = await serve(t, { instanceId: 'i-0ffffffffffffffff' });
  assert.equal((await other.ask('GET', path, headers)).status, 401);
  service.clock.nowMs += 10_000;
  assert.equal((await service.ask('GET', path, headers)).status, 401, 'expired');
});

test('tokens: time to live, proxies, methods', async (t) => {
  const service = await serve(t);
  const put = async (headers: Record<string, string>) =>
    (await service.ask('PUT', '/latest/api/token', headers)).status;
  assert.equal(await put({}), 400);
  for (const ttl of ['0', '21601', '-1', '1.5', 'x'])
    assert.equal(await put({ [ttlHeader]: ttl }), 400, ttl);
  for (const ttl of ['1', '21600']) assert.equal(await put({ [ttlHeader]: ttl }), 200, ttl);
  assert.equal(await put({ [ttlHeader]: '60', 'X-Forwarded-For': '10.0.0.1' }), 403);
  assert.equal((await service.ask('GET', '/latest/api/token')).status, 405);
  for (const method of ['PUT', 'POST', 'DELETE']) {
    assert.equal((await service.ask(method, '/latest/meta-data/')).status, 405, method);
  }
});

test('the answer with the token alone has the short life of the hop limit', async (t) => {
  const options = { ...exampleMetadata.options, httpPutResponseHopLimit: 3 };
  const service = await serve(t, { options });
  const headers = await token(service);
  assert.deepEqual(service.hops, [64, 3]);
  await service.ask('GET', '/latest/meta-data/', headers);
  assert.deepEqual(service.hops, [64, 3, 64]);
});

test('v1 where tokens are optional, but no wrong token', async (t) => {
  const options = { ...exampleMetadata.options, httpTokens: 'optional' as const };
  const service = await serve(t, { options });
  assert.equal((await service.ask('GET', '/latest/meta-data/')).status, 200);
  assert.equal((await service.ask('HEAD', '/latest/meta-data/')).body.length, 0);
  assert.equal((await service.ask('GET', '/latest/', { [tokenHeader]: 'AAAA' })).status, 401);
});

test('a disabled endpoint forbids everything', async (t) => {
  const options = { ...exampleMetadata.options, httpEndpoint: 'disabled' as const };
  const service = await serve(t, { options });
  assert.equal((await service.ask('GET', '/latest/meta-data/')).status, 403);
  assert.equal((await service.ask('PUT', '/latest/api/token', { [ttlHeader]: '60' })).status, 403);
});
