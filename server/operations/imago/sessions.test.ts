/** Sessions and sign-ins: how they begin, how long they last, and what ends them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SessionCredentials } from '../../../api/imago-sessions.ts';
import { findCredential, whileAllowed } from '../../domain/access-keys.ts';
import { beginSession, removeExpiredSessions, sessionSeconds } from '../../domain/sessions.ts';
import type { OperationContext } from '../operation.ts';
import { getSessionToken } from '../sts/GetSessionToken.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createAccessKey } from './CreateAccessKey.ts';
import { createSignIn } from './CreateSignIn.ts';
import { deleteAccessKey } from './DeleteAccessKey.ts';
import { deleteAccount } from './DeleteAccount.ts';
import { endSession } from './EndSession.ts';
import { listSessions } from './ListSessions.ts';
import { signIn } from './SignIn.ts';
import { updateAccessKey } from './UpdateAccessKey.ts';

let context: TestContext;
let own: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  own = await context.asNewAccount({ name: 'ci' });
});
afterEach(() => context[Symbol.asyncDispose]());

type Credentials = SessionCredentials;

const token = async (as: OperationContext, DurationSeconds?: number) =>
  (await getSessionToken.run({ DurationSeconds }, as)).Credentials as Credentials;
const link = async (as: OperationContext) => (await createSignIn.run({}, as)).Credentials;
const exchange = async (as: OperationContext, DurationSeconds?: number) =>
  (await signIn.run({ DurationSeconds }, as)).Credentials;
const list = async (as: OperationContext) =>
  (await listSessions.run({}, as)).Sessions.map((each) => each.AccessKeyId);
const end = (as: OperationContext, AccessKeyId: string) => endSession.run({ AccessKeyId }, as);
const known = (id: string) => findCredential(context.catalog, id, context.clock);

/** As a request that is signed with the credentials, for which it has to be good still. */
function by(as: OperationContext, { AccessKeyId: accessKeyId }: Credentials): OperationContext {
  const caller = { ...as.caller, accessKeyId, sessionOf: as.caller.accessKeyId };
  return { ...as, caller, catalog: whileAllowed(as.catalog, caller, as.clock) };
}

function pass(seconds: number): void {
  context.now = new Date(context.now.getTime() + seconds * 1000);
}

describe('GetSessionToken', () => {
  test('answers credentials of the caller, with a token, that end after their time', async () => {
    const made = await token(own, 3600);
    assert.match(made.AccessKeyId, /^ASIA[A-Z2-7]{16}$/);
    assert.match(made.SecretAccessKey, /^[A-Za-z0-9+/]{40}$/);
    assert.equal(made.Expiration.getTime(), context.now.getTime() + 3_600_000);
    const found = await known(made.AccessKeyId);
    assert.equal(found?.account, own.caller.account);
    assert.equal(found?.secretAccessKey, made.SecretAccessKey);
    assert.equal(found?.session?.sessionToken, made.SessionToken);
    assert.equal(found?.session?.signIn, undefined);
    pass(3599);
    assert.ok(await known(made.AccessKeyId));
    pass(1);
    assert.equal(await known(made.AccessKeyId), undefined);
  });

  test('is for who has an access key, and from 15 minutes to 12 hours', async () => {
    const made = await token(own);
    const { usual, min, max } = sessionSeconds;
    assert.equal(made.Expiration.getTime() - context.now.getTime(), usual * 1000);
    const code = 'AccessDenied';
    await assert.rejects(token(by(own, made)), { code, message: /GetSessionToken with session/ });
    await assert.rejects(link(by(own, made)), { code, message: /CreateSignIn with session/ });
    for (const seconds of [min, max]) await token(own, seconds);
    for (const seconds of [min - 1, max + 1, min + 0.5, 0, -1, Number.NaN]) {
      await assert.rejects(token(own, seconds), { code: 'ValidationError' });
    }
  });

  test('answers as many as an account may have; what has expired makes room', async () => {
    await context.catalog.write(async (transaction) => {
      for (let count = 0; count < 999; count++) {
        await beginSession(transaction, own.caller, { clock: context.clock, seconds: 900 });
      }
    });
    const last = await token(own);
    await assert.rejects(token(own), { code: 'LimitExceeded' });
    await assert.rejects(link(own), { code: 'LimitExceeded' });
    await token(context);
    await end(own, last.AccessKeyId);
    await token(own, 1000);
    pass(900);
    await token(own);
    assert.equal((await list(own)).length, 2);
  });
});

describe('a sign-in', () => {
  test('is good for a minute, and for one exchange into a session', async () => {
    const made = await link(own);
    assert.equal(made.Expiration.getTime() - context.now.getTime(), 60_000);
    assert.equal((await known(made.AccessKeyId))?.session?.signIn, true);
    const session = await exchange(by(own, made));
    assert.equal(session.Expiration.getTime() - context.now.getTime(), 43_200_000);
    assert.equal((await known(session.AccessKeyId))?.session?.signIn, undefined);
    const { Sessions } = await listSessions.run({}, own);
    assert.equal(Sessions[0]?.ParentAccessKeyId, own.caller.accessKeyId);
    assert.equal(await known(made.AccessKeyId), undefined);
    await assert.rejects(exchange(by(own, made)), { code: 'AuthFailure' });
    const late = await link(own);
    pass(60);
    await assert.rejects(exchange(by(own, late)), { code: 'AuthFailure' });
  });

  test('is not used up by a wrong wish', async () => {
    const made = await link(own);
    await assert.rejects(exchange(by(own, made), 899), { code: 'ValidationError' });
    const session = await exchange(by(own, made), 900);
    assert.equal(session.Expiration.getTime() - context.now.getTime(), 900_000);
  });

  test('asked for twice at once gives one session', async () => {
    const made = await link(own);
    const both = await Promise.allSettled([exchange(by(own, made)), exchange(by(own, made))]);
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.equal((await list(own)).length, 1);
  });
});

describe('a session ends', () => {
  test('when its account says so, and nobody else', async () => {
    const [made, other] = [await token(own), await token(own)];
    for (const as of [context, await context.asNewAccount({})]) {
      await assert.rejects(end(as, made.AccessKeyId), {
        code: 'NoSuchEntity',
        message: `The session '${made.AccessKeyId}' does not exist.`,
      });
      assert.deepEqual(await list(as), []);
    }
    assert.deepEqual(await list(own), [made.AccessKeyId, other.AccessKeyId].sort());
    await end(by(own, made), made.AccessKeyId);
    assert.equal(await known(made.AccessKeyId), undefined);
    await end(own, other.AccessKeyId);
    assert.deepEqual(await list(own), []);
    await assert.rejects(end(own, other.AccessKeyId), { code: 'NoSuchEntity' });
  });

  test('with its access key, which who has it can neither disable nor delete', async () => {
    const made = await token(own);
    const id = own.caller.accessKeyId;
    const session = by(own, made);
    const second = (await createAccessKey.run({}, own)).AccessKey.AccessKeyId;
    const withSecond = { ...own, caller: { ...own.caller, accessKeyId: second } };
    const set = (as: OperationContext, Status: string) =>
      updateAccessKey.run({ AccessKeyId: id, Status }, as);
    const code = 'OperationNotPermitted';
    await assert.rejects(set(session, 'Inactive'), { code });
    await assert.rejects(deleteAccessKey.run({ AccessKeyId: id }, session), { code });
    await set(withSecond, 'Inactive');
    assert.equal(await known(made.AccessKeyId), undefined);
    await set(withSecond, 'Active');
    assert.ok(await known(made.AccessKeyId));
    const kept = await token(withSecond);
    await deleteAccessKey.run({ AccessKeyId: id }, withSecond);
    assert.equal(await known(made.AccessKeyId), undefined);
    assert.deepEqual(await list(own), [kept.AccessKeyId]);
  });

  test('with its account', async () => {
    const made = await token(own);
    await link(own);
    await deleteAccount.run({ Account: own.caller.account }, context);
    assert.equal(await known(made.AccessKeyId), undefined);
    assert.equal(await context.catalog.read(({ sessions }) => sessions.count()), 0);
  });

  test('and is taken away once it has expired, however many there are', async () => {
    const { clock, catalog } = context;
    await catalog.write(async (transaction) => {
      for (let count = 0; count < 700; count++) {
        await beginSession(transaction, own.caller, { clock, seconds: 900 });
      }
    });
    const kept = await token(own, 901);
    pass(900);
    assert.deepEqual(await list(own), [kept.AccessKeyId], 'shown while it is good');
    await removeExpiredSessions(catalog, clock.now());
    const rows = await catalog.read(({ sessions }) => sessions.list());
    assert.deepEqual(
      rows.map(({ id }) => id),
      [kept.AccessKeyId],
    );
  });
});

test('sessions are listed in pages', async () => {
  for (let count = 0; count < 7; count++) await token(own);
  const first = await listSessions.run({ MaxResults: 5 }, own);
  const { NextToken } = first;
  const second = await listSessions.run({ MaxResults: 5, NextToken }, own);
  assert.equal(first.Sessions.length, 5);
  assert.equal(second.Sessions.length, 2);
  assert.equal(second.NextToken, undefined);
});
