/**
 * Requests signed by the official library, and what becomes of them when one thing about them is
 * wrong.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../foundations/sha256.ts';
import type { RequestHead } from '../protocol/protocol.ts';
import { Verification, type VerifierOptions } from './signature.ts';

type SignedRequest = RequestHead & { body: Uint8Array };

const verifySignature = async ({ body, ...head }: SignedRequest, options: VerifierOptions) =>
  (await Verification.begin(head, options)).byBody(body);

const now = new Date('2026-11-23T10:00:00Z');
const secondsFromNow = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const right = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const verifier: VerifierOptions = {
  findCredential: async (id) =>
    id === right.accessKeyId
      ? { account: '1', secretAccessKey: right.secretAccessKey, operator: true, groups: ['o-1'] }
      : undefined,
  regions: ['us-east-1', 'eu-west-1'],
  services: ['ec2', 'sts'],
  clock: { now: () => now, monotonicMs: () => 0 },
};
const body = Buffer.from('Action=DescribeRegions&Version=2016-11-15');

interface How {
  credentials?: typeof right & { sessionToken?: string };
  region?: string;
  service?: string;
  signingDate?: Date;
  headers?: Record<string, string>;
  query?: Record<string, string | string[]>;
  expiresIn?: number;
}

const signer = ({ credentials = right, region = 'us-east-1', service = 'ec2' }: How) =>
  new SignatureV4({ credentials, region, service, sha256: Sha256 });

const template = ({ headers = {}, query = {} }: How) => ({
  method: 'POST',
  protocol: 'http:',
  hostname: '127.0.0.1',
  path: '/',
  query,
  headers: {
    host: '127.0.0.1:8773',
    'content-type': 'application/x-www-form-urlencoded',
    ...headers,
  },
  body,
});

const decoded = (query: object): RequestHead['query'] =>
  new Map(Object.entries(query).map(([name, value]) => [name, [value].flat()]));

async function signed(how: How = {}): Promise<SignedRequest> {
  const { signingDate = now } = how;
  const { headers } = await signer(how).sign(template(how), { signingDate });
  return {
    method: 'POST',
    path: '/',
    query: decoded(how.query ?? {}),
    headers,
    body,
  };
}

async function presigned(how: How = {}): Promise<SignedRequest> {
  const { signingDate = now, expiresIn = 60 } = how;
  const { query, headers } = await signer(how).presign(template(how), { signingDate, expiresIn });
  return { method: 'POST', path: '/', query: decoded(query as object), headers, body };
}

const refused = (request: SignedRequest, code: string, message = /./) =>
  assert.rejects(verifySignature(request, verifier), { code, message });

for (const [form, make] of [
  ['header', signed],
  ['presigned', presigned],
] as const) {
  describe(`a request with a ${form} signature`, () => {
    test('the right one tells who calls, where and which service', async () => {
      assert.deepEqual(
        await verifySignature(await make({ region: 'eu-west-1', service: 'sts' }), verifier),
        {
          account: '1',
          operator: true,
          groups: ['o-1'],
          accessKeyId: 'AKIATEST',
          region: 'eu-west-1',
          service: 'sts',
          sessionOf: undefined,
          signIn: undefined,
        },
      );
    });

    test('query parameters, odd characters and odd spaces are part of it', async () => {
      const how = {
        query: { b: "!'()*~ +&=/é", a: '', c: ['2', '1', '1'] },
        headers: { 'x-amz-user-agent': ' a   b ' },
      };
      const request = await make(how);
      await verifySignature(request, verifier);
      await refused(
        { ...request, query: new Map([...request.query, ['a', ['1']]]) },
        'SignatureDoesNotMatch',
      );
    });

    test('wrong secret, changed body, changed method, changed host', async () => {
      const wrong = { accessKeyId: 'AKIATEST', secretAccessKey: 'Secret' };
      await refused(await make({ credentials: wrong }), 'SignatureDoesNotMatch');
      const request = await make();
      await refused({ ...request, body: Buffer.from(`${body}&`) }, 'SignatureDoesNotMatch');
      await refused({ ...request, method: 'GET' }, 'SignatureDoesNotMatch');
      const headers = { ...request.headers, host: 'other' };
      await refused({ ...request, headers }, 'SignatureDoesNotMatch');
    });

    test('a disabled account is told so, to whoever has its secret only', async () => {
      const found = await verifier.findCredential(right.accessKeyId);
      assert.ok(found);
      const disabled = { ...verifier, findCredential: async () => ({ ...found, blocked: true }) };
      await assert.rejects(verifySignature(await make(), disabled), { code: 'Blocked' });
      const wrong = await make({ credentials: { ...right, secretAccessKey: 'wrong' } });
      await assert.rejects(verifySignature(wrong, disabled), { code: 'SignatureDoesNotMatch' });
    });

    test('unknown key, and temporary credentials, of which there are none', async () => {
      await refused(await make({ credentials: { ...right, accessKeyId: 'AKIAX' } }), 'AuthFailure');
      await refused(await make({ credentials: { ...right, sessionToken: 't' } }), 'AuthFailure');
      const unknown = { ...right, accessKeyId: 'AKIAX' };
      const toSts = await make({ credentials: unknown, service: 'sts' });
      await refused(toSts, 'InvalidClientTokenId');
    });

    test('another service or region', async () => {
      await refused(await make({ service: 's3' }), 'AuthFailure', /service/);
      await refused(await make({ region: 'mars-1' }), 'AuthFailure', /region.*us-east-1/);
      await refused(await make({ region: '' }), 'AuthFailure', /region/);
    });

    test('clocks may differ by five minutes', async () => {
      const at = (seconds: number) =>
        make({ signingDate: secondsFromNow(seconds), expiresIn: 300 });
      await verifySignature(await at(-300), verifier);
      await verifySignature(await at(300), verifier);
      await refused(await at(-301), 'RequestExpired', /has expired/);
      await refused(await at(301), 'RequestExpired', /not valid yet/);
    });
  });
}

describe('header signature', () => {
  const tamper = async (change: (authorization: string) => string): Promise<SignedRequest> => {
    const request = await signed();
    const authorization = change(request.headers.authorization ?? '');
    return { ...request, headers: { ...request.headers, authorization } };
  };

  test('unsigned', async () => {
    await refused({ ...(await signed()), headers: { host: 'x' } }, 'MissingAuthenticationToken');
  });

  test('with version 2 of signatures, which is told what to do', async () => {
    const request = { ...(await signed()), headers: { host: 'x' } };
    const query = new Map([
      ['AWSAccessKeyId', [right.accessKeyId]],
      ['SignatureVersion', ['2']],
    ]);
    await refused({ ...request, query }, 'AuthFailure', /Version 4/);
  });

  const incomplete: [what: string, change: (authorization: string) => string][] = [
    ['another algorithm', () => 'Basic dXNlcjpwYXNz'],
    ['empty', () => ''],
    ['no credential', (text) => text.replace(/Credential=[^,]*, /, '')],
    ['a short credential', (text) => text.replace('/aws4_request', '')],
    ['no signed headers', (text) => text.replace(/SignedHeaders=[^,]*, /, '')],
    ['no signature', (text) => text.replace(/, Signature=.*/, '')],
    ['half a signature', (text) => text.slice(0, -32)],
    ['an upper case signature', (text) => text.replace(/[0-9a-f]{64}$/, 'A'.repeat(64))],
  ];
  for (const [what, change] of incomplete) {
    test(`incomplete: ${what}`, async () => {
      await refused(await tamper(change), 'IncompleteSignature');
    });
  }

  test('without spaces between its fields', async () => {
    await verifySignature(await tamper((text) => text.replaceAll(', ', ',')), verifier);
  });

  test('the date: missing, nonsense, and another day in the scope', async () => {
    const request = await signed();
    const withDate = (date: string) => ({
      ...request,
      headers: { ...request.headers, 'x-amz-date': date },
    });
    for (const date of ['', 'yesterday', '20261399T999999Z', '2026-11-23T10:00:00Z']) {
      await refused(withDate(date), 'IncompleteSignature', /X-Amz-Date/);
    }
    await refused(
      await tamper((text) => text.replace('/20261123/', '/20261122/')),
      'SignatureDoesNotMatch',
      /Date in Credential scope/,
    );
    await refused(
      await tamper((text) => text.replace('/20261123/', '//')),
      'SignatureDoesNotMatch',
    );
  });

  test('the host and all x-amz headers must be signed', async () => {
    await refused(
      await tamper((text) => text.replace('host;', '')),
      'SignatureDoesNotMatch',
      /'host' must be/,
    );
    const request = await signed();
    const headers = { ...request.headers, 'x-amz-target': 'ec2.TerminateInstances' };
    await refused({ ...request, headers }, 'SignatureDoesNotMatch', /'x-amz-target' must be/);
  });

  test('a header that is said to be signed and is not there, or is there twice', async () => {
    await refused(
      await tamper((text) => text.replace('host;', 'host;x-none;')),
      'SignatureDoesNotMatch',
    );
    await refused(
      await tamper((text) => text.replace('host;', 'host;host;')),
      'SignatureDoesNotMatch',
    );
  });

  test('the declared digest of the body must be true', async () => {
    const digest = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    for (const declared of [digest, 'UNSIGNED-PAYLOAD']) {
      await refused(
        await signed({ headers: { 'x-amz-content-sha256': declared } }),
        'SignatureDoesNotMatch',
      );
    }
  });
});

describe('presigned signature', () => {
  const withParameter = async (name: string, value: string): Promise<SignedRequest> => {
    const request = await presigned();
    return { ...request, query: new Map([...request.query, [name, [value]]]) };
  };

  test('expires when it says', async () => {
    const at = (seconds: number) =>
      presigned({ signingDate: secondsFromNow(-seconds), expiresIn: 600 });
    await verifySignature(await at(600), verifier);
    await refused(await at(601), 'RequestExpired');
  });

  test('incomplete', async () => {
    await refused(await withParameter('X-Amz-Expires', '604801'), 'IncompleteSignature');
    await refused(await withParameter('X-Amz-Expires', '-1'), 'IncompleteSignature');
    await refused(await withParameter('X-Amz-Algorithm', 'none'), 'IncompleteSignature');
    await refused(await withParameter('X-Amz-Credential', 'a/b'), 'IncompleteSignature');
    await refused(await withParameter('X-Amz-Signature', ''), 'IncompleteSignature');
    await refused(await withParameter('X-Amz-Date', ''), 'IncompleteSignature');
    const request = await presigned();
    const twice = [...(request.query.get('X-Amz-Signature') ?? []), 'a'.repeat(64)];
    const query = new Map([...request.query, ['X-Amz-Signature', twice]]);
    await refused({ ...request, query }, 'IncompleteSignature');
  });

  test('a longer life than was signed', async () => {
    await refused(await withParameter('X-Amz-Expires', '604800'), 'SignatureDoesNotMatch');
  });
});
