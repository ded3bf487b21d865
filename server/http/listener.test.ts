/** Requests as no client sends them, and sockets that are no client at all. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../foundations/sha256.ts';
import {
  account,
  credentials,
  type Signable,
  signedHeaders,
  startTestListener,
  type TestListener,
} from './test-listener.ts';

let imago: TestListener;

before(async () => {
  imago = await startTestListener({
    ec2: {
      DescribeImages: {
        accepts: ['ImageIds', 'NextToken'],
        run: async () => ({ Images: [{ ImageId: 'ami-1', CreationDate: 'é' }] }),
      },
    },
    sts: {
      GetCallerIdentity: {
        accepts: [],
        run: async (_input, { caller }) => ({ Account: caller.account }),
      },
    },
    imago: {
      BuildImage: { accepts: ['Name'], run: async ({ Name }) => ({ TaskId: `task-${Name}` }) },
    },
  });
});

after(() => imago[Symbol.asyncDispose]());

/** Signed by the official library, sent by fetch: for what the clients never send. */
async function send(sent: Signable): Promise<[number, string]> {
  const { method = 'POST', path = '/', query = {}, body = '' } = sent;
  const headers = await signedHeaders(imago.port, sent);
  const search = new URLSearchParams(query).toString().replaceAll('+', '%20');
  const url = `${imago.endpoint}${path}${search && `?${search}`}`;
  const response = await fetch(url, { method, headers, body: method === 'GET' ? null : body });
  return [response.status, await response.text()];
}

const version = 'Version=2016-11-15';

type Refusal = [what: string, sent: Signable, status: number, expected: RegExp];

/** By EC2 itself. */
const retired = [
  ...['BundleInstance', 'CancelBundleTask', 'DescribeBundleTasks', 'ImportInstance'],
  ...['ImportVolume', 'DescribeConversionTasks', 'CancelConversionTask'],
];

describe('requests as no client sends them', () => {
  const refusals: Refusal[] = [
    ['no action', { body: version }, 400, /<Code>MissingAction</],
    ['unknown action', { body: `Action=Nope&${version}` }, 400, /<Code>InvalidAction<.*Nope/],
    ['__proto__', { body: `Action=__proto__&${version}` }, 400, /<Code>InvalidAction</],
    ['toString', { body: `Action=toString&${version}` }, 400, /<Code>InvalidAction</],
    ...retired.map((action): Refusal => {
      const expected = new RegExp(`<Code>UnsupportedOperation<.*${action}`);
      return [action, { body: `Action=${action}&${version}` }, 400, expected];
    }),
    ['no version', { body: 'Action=DescribeImages' }, 400, /<Code>MissingParameter<.*Version/],
    [
      'an old version',
      { body: 'Action=DescribeImages&Version=2014-10-01' },
      400,
      /<Code>NoSuchVersion<.*2016-11-15/,
    ],
    [
      'a repeated parameter',
      { body: `Action=DescribeImages&${version}&Action=RunInstances` },
      400,
      /<Code>MalformedQueryString</,
    ],
    [
      'a parameter in both places',
      { body: `Action=DescribeImages&${version}`, query: { Action: 'RunInstances' } },
      400,
      /<Code>MalformedQueryString</,
    ],
    ['another path', { path: '/ec2', body: version }, 400, /<Code>InvalidAction</],
    ['another method', { method: 'PUT', body: version }, 400, /<Code>UnsupportedProtocol</],
    [
      'another content type',
      { headers: { 'content-type': 'text/xml' }, body: '<soap/>' },
      400,
      /<Code>UnsupportedProtocol</,
    ],
    [
      'an sts action signed for ec2',
      { body: 'Action=GetCallerIdentity&Version=2016-11-15' },
      400,
      /<Code>InvalidAction</,
    ],
    [
      'sts with its own envelope',
      { service: 'sts', body: 'Action=Nope&Version=2011-06-15' },
      400,
      /<ErrorResponse .*<Type>Sender<.*InvalidAction/,
    ],
    [
      'a form to imago',
      { service: 'imago', body: 'Action=X' },
      404,
      /^{"message":"imago has nothing at POST \/."}$/,
    ],
    [
      'a body over the limit',
      { body: `Action=DescribeImages&${version}&NextToken=${'a'.repeat(1024 * 1024)}` },
      413,
      /<Code>RequestEntityTooLarge<.*1048576/,
    ],
  ];
  for (const [what, sent, status, expected] of refusals) {
    test(what, async () => {
      const [gotStatus, text] = await send(sent);
      assert.match(text, expected);
      assert.equal(gotStatus, status);
    });
  }

  test('GET with its parameters in the query string, as EC2 takes it', async () => {
    const query = { Action: 'DescribeImages', Version: '2016-11-15', 'ImageId.1': 'ami 1' };
    const [status, text] = await send({ method: 'GET', query });
    assert.equal(status, 200);
    assert.match(text, /<imageId>ami-1</);
  });

  test('a presigned URL', async () => {
    const signer = new SignatureV4({
      credentials,
      region: 'us-east-1',
      service: 'sts',
      sha256: Sha256,
    });
    const { query } = await signer.presign({
      method: 'GET',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: '/',
      headers: { host: `127.0.0.1:${imago.port}` },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    });
    const search = (changes: object) =>
      new URLSearchParams({ ...(query as Record<string, string>), ...changes });
    const good = await fetch(`${imago.endpoint}/?${search({})}`);
    assert.equal(good.status, 200);
    assert.match(await good.text(), new RegExp(`<Account>${account}</Account>`));
    const bad = await fetch(
      `${imago.endpoint}/?${search({ Action: 'DecodeAuthorizationMessage' })}`,
    );
    assert.equal(bad.status, 403);
    assert.match(await bad.text(), /<ErrorResponse .*SignatureDoesNotMatch/);
  });

  test('unsigned: GET of a browser, POST of a script, JSON', async () => {
    const get = await fetch(imago.endpoint);
    assert.equal(get.status, 403);
    assert.match(await get.text(), /<Code>MissingAuthenticationToken</);
    assert.match(get.headers.get('x-amzn-requestid') ?? '', /^[0-9a-f-]{36}$/);
    const json = await fetch(imago.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'imago.BuildImage' },
    });
    assert.match(await json.text(), /^{"__type":"MissingAuthenticationToken"/);
  });

  test('JSON: imago, ec2, and a target that the signature is not for', async () => {
    const json = (service: string, target: string, body: object) =>
      send({ service, headers: { 'x-amz-target': target }, body: JSON.stringify(body) });
    assert.deepEqual(await json('imago', 'imago.BuildImage', { Name: 'micro' }), [
      200,
      '{"TaskId":"task-micro"}',
    ]);
    const [status, images] = await json('ec2', 'ec2.DescribeImages', { ImageIds: ['ami-1'] });
    assert.deepEqual(
      [status, JSON.parse(images)],
      [200, { Images: [{ ImageId: 'ami-1', CreationDate: 'é' }] }],
    );
    for (const target of [
      'imago.BuildImage',
      'DescribeImages',
      'ec2.Nope',
      'ec2.',
      'ec2.__proto__',
    ]) {
      const [refusal, text] = await json('ec2', target, {});
      assert.deepEqual([refusal, JSON.parse(text).__type], [400, 'InvalidAction'], target);
    }
  });
});

/** Bytes sent as they are; resolves with all that came back until the other side closed. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(imago.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe('what is hardly HTTP', () => {
  test('noise', async () => {
    assert.match(await raw('\u0000\u0001 noise\r\n\r\n'), /^HTTP\/1.1 400 .*MalformedHTTPRequest/s);
  });

  test('headers over the limit', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(70_000)}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 431 .*RequestHeaderSectionTooLarge/s);
  });

  /** A head that is signed for another body. */
  async function signedHead(more: string): Promise<string> {
    const headers = await signedHeaders(imago.port, { body: 'a' });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `POST / HTTP/1.1\r\n${lines.join('')}${more}\r\n\r\n`;
  }

  test('a body that claims to be huge is refused before it comes', async () => {
    const answer = await raw(await signedHead('content-length: 99999999999'));
    assert.match(answer, /^HTTP\/1.1 413 .*RequestEntityTooLarge/s);
  });

  test('a chunked body over the limit', async () => {
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const head = await signedHead('transfer-encoding: chunked');
    const answer = await raw(`${head}${chunk.repeat(17)}0\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 413 .*RequestEntityTooLarge/s);
  });

  test('the body of whoever has no key is not waited for', async () => {
    const answer = await raw('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n');
    assert.match(answer, /^HTTP\/1.1 403 .*MissingAuthenticationToken/s);
  });

  test('a client that leaves in the middle of a body leaves no trace', async () => {
    const errors = () => imago.log.filter(({ level }) => level === 'error').length;
    const before = errors();
    await new Promise<void>((resolve) => {
      const socket = connect(imago.port, '127.0.0.1', () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc', () => {
          socket.destroy();
          resolve();
        });
      });
    });
    assert.equal((await fetch(imago.endpoint)).status, 403);
    assert.equal(errors(), before);
  });
});

test('a port in use is the system error, for the caller to explain', async () => {
  await assert.rejects(startTestListener({}, imago.port), { code: 'EADDRINUSE' });
});
