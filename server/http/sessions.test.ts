/** Requests signed with temporary credentials, by the official clients and presigned. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  type GetSessionTokenCommandInput,
  STSClient,
} from '@aws-sdk/client-sts';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SessionCredentials } from '../../api/imago-sessions.ts';
import { Sha256 } from '../foundations/sha256.ts';
import { createSignIn } from '../operations/imago/CreateSignIn.ts';
import type { OperationContext } from '../operations/operation.ts';
import { createTestContext, type TestContext } from '../operations/test-context.ts';
import { type Key, keyOf, startTestApi, type TestApi } from './test-api.ts';

let context: TestContext;
let own: OperationContext;
let api: TestApi;
let key: Key;
before(async () => {
  context = await createTestContext();
  own = await context.asNewAccount();
  api = await startTestApi(context);
  key = await keyOf(context, own.caller);
});
after(async () => {
  await api?.[Symbol.asyncDispose]();
  await context?.[Symbol.asyncDispose]();
});

const config = (credentials: Key) => ({
  endpoint: `http://127.0.0.1:${api.port}`,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});

async function identityOf(credentials: Key): Promise<string | undefined> {
  const sts = new STSClient(config(credentials));
  const { Account } = await sts.send(new GetCallerIdentityCommand()).finally(() => sts.destroy());
  return Account;
}

async function vpcsOf(credentials: Key): Promise<number | undefined> {
  const ec2 = new EC2Client(config(credentials));
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand()).finally(() => ec2.destroy());
  return Vpcs?.length;
}

/** Of now, or of so long ago. */
async function session(
  as: Key,
  { secondsAgo = 0, ...input }: GetSessionTokenCommandInput & { secondsAgo?: number } = {},
): Promise<Required<Key>> {
  context.now = new Date(Date.now() - secondsAgo * 1000);
  const sts = new STSClient(config(as));
  const { Credentials } = await sts
    .send(new GetSessionTokenCommand(input))
    .finally(() => sts.destroy());
  return keyOfSession(Credentials as SessionCredentials);
}

const keyOfSession = (made: SessionCredentials): Required<Key> => ({
  accessKeyId: made.AccessKeyId,
  secretAccessKey: made.SecretAccessKey,
  sessionToken: made.SessionToken,
});

async function presigned(credentials: Key, change?: (query: URLSearchParams) => void) {
  const signer = new SignatureV4({
    region: 'us-east-1',
    service: 'imago',
    sha256: Sha256,
    credentials,
  });
  const path = '/imago/sessions';
  const hostname = '127.0.0.1';
  const headers = { host: `${hostname}:${api.port}` };
  const { query = {} } = await signer.presign(
    { method: 'GET', protocol: 'http:', hostname, path, headers },
    { expiresIn: 60 },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  change?.(search);
  const answer = await fetch(`http://${hostname}:${api.port}${path}?${search}`);
  return answer.ok ? 'ok' : (answer.headers.get('x-amzn-errortype') ?? String(answer.status));
}

/** In the JSON of Imago's own clients; the answer, or the code of the error. */
async function ask(credentials: Key, action: string, input = {}) {
  const [service = ''] = action.split('.');
  const answer = await api.fetch(credentials, {
    service,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': action },
    body: JSON.stringify(input),
  });
  const body = JSON.parse(await answer.text());
  return answer.ok ? body : body.__type;
}

async function disable(id: string, disabled: true | undefined): Promise<void> {
  await context.catalog.write(async ({ credentials }) => {
    const row = await credentials.get(id);
    if (row) await credentials.update({ ...row, disabled });
  });
}

const unknown = { sts: { name: 'InvalidClientTokenId' }, ec2: { name: 'AuthFailure' } };

describe('temporary credentials', () => {
  test('are good in a header and in a presigned URL, for what their account may', async () => {
    const good = await session(key);
    assert.equal(await identityOf(good), own.caller.account);
    assert.equal(await vpcsOf(good), 1);
    assert.equal(await presigned(good), 'ok');
    assert.equal(await ask(good, 'imago.ListAccounts'), 'AccessDeniedException');
  });

  test('are nothing without their token, or with another', async () => {
    const [good, other] = [await session(key), await session(key)];
    const { sessionToken } = other;
    for (const wrong of [
      { ...good, sessionToken },
      { ...good, sessionToken: good.sessionToken.slice(0, -1) },
      { ...good, sessionToken: undefined },
    ]) {
      await assert.rejects(identityOf(wrong), unknown.sts);
      await assert.rejects(vpcsOf(wrong), unknown.ec2);
      assert.equal(await presigned(wrong), 'UnrecognizedClientException');
    }
    // A token that was put into the URL afterwards would have to be the very one.
    const without = (query: URLSearchParams) => query.delete('X-Amz-Security-Token');
    assert.equal(await presigned(good, without), 'UnrecognizedClientException');
    const swapped = (query: URLSearchParams) => query.set('X-Amz-Security-Token', sessionToken);
    assert.equal(await presigned(good, swapped), 'UnrecognizedClientException');
  });

  test('have a token under the signature, and a secret of their own', async () => {
    const good = await session(key);
    const { secretAccessKey } = key;
    await assert.rejects(identityOf({ ...good, secretAccessKey }), {
      name: 'SignatureDoesNotMatch',
    });
  });

  test('are nothing once they have expired', async () => {
    const late = await session(key, { DurationSeconds: 900, secondsAgo: 900 });
    await assert.rejects(identityOf(late), unknown.sts);
    await assert.rejects(vpcsOf(late), unknown.ec2);
    assert.equal(await presigned(late), 'UnrecognizedClientException');
    const justGood = await session(key, { DurationSeconds: 900, secondsAgo: 600 });
    assert.equal(await identityOf(justGood), own.caller.account);
  });

  test('are nothing once they were ended, or their access key is disabled', async () => {
    const good = await session(key);
    assert.deepEqual(await ask(good, 'imago.EndSession', { AccessKeyId: good.accessKeyId }), {});
    await assert.rejects(identityOf(good), unknown.sts);
    const other = await session(key);
    await disable(key.accessKeyId, true);
    await assert.rejects(identityOf(other), unknown.sts);
    await disable(key.accessKeyId, undefined);
    assert.equal(await identityOf(other), own.caller.account);
  });

  test('get no others', async () => {
    const good = await session(key);
    await assert.rejects(session(good), { name: 'AccessDenied', message: /session credentials/ });
  });
});

test('a token beside an access key that lasts is refused', async () => {
  await assert.rejects(identityOf({ ...key, sessionToken: 'token' }), unknown.sts);
  assert.equal(await presigned({ ...key, sessionToken: 'token' }), 'UnrecognizedClientException');
});

test('who asks sts for what has no effect here is told so', async () => {
  for (const input of [{ SerialNumber: 'arn:aws:iam::1:mfa/a' }, { TokenCode: '123456' }]) {
    await assert.rejects(session(key, input), { name: 'UnsupportedOperation' });
  }
  await assert.rejects(session(key, { DurationSeconds: 899 }), { name: 'ValidationError' });
});

describe('what a sign-in link carries', () => {
  const link = async (secondsAgo = 0) => {
    context.now = new Date(Date.now() - secondsAgo * 1000);
    return keyOfSession((await createSignIn.run({}, own)).Credentials);
  };

  test('is good for SignIn alone, once', async () => {
    const made = await link();
    assert.equal(await ask(made, 'imago.ListSessions'), 'AccessDeniedException');
    assert.equal(await ask(made, 'imago.CreateSignIn'), 'AccessDeniedException');
    await assert.rejects(vpcsOf(made), { name: 'UnauthorizedOperation' });
    await assert.rejects(identityOf(made), { name: 'AccessDeniedException' });
    const { Credentials } = await ask(made, 'imago.SignIn');
    assert.equal(await identityOf(keyOfSession(Credentials)), own.caller.account);
    assert.equal(await ask(made, 'imago.SignIn'), 'UnrecognizedClientException');
  });

  test('is good for a minute', async () => {
    assert.equal(await ask(await link(60), 'imago.SignIn'), 'UnrecognizedClientException');
  });

  test('is nobody else’s way in', async () => {
    for (const credentials of [key, await session(key)]) {
      assert.equal(await ask(credentials, 'imago.SignIn'), 'AccessDeniedException');
    }
  });
});
