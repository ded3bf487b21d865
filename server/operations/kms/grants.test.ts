/** Ciphertexts and grants: what a key does with bytes, and what another account may with it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createGrant } from './CreateGrant.ts';
import { createKey } from './CreateKey.ts';
import { decrypt } from './Decrypt.ts';
import { describeKey } from './DescribeKey.ts';
import { encrypt } from './Encrypt.ts';
import { generateDataKey } from './GenerateDataKey.ts';
import { generateDataKeyWithoutPlaintext } from './GenerateDataKeyWithoutPlaintext.ts';
import { listGrants } from './ListGrants.ts';
import { listRetirableGrants } from './ListRetirableGrants.ts';
import { reEncrypt } from './ReEncrypt.ts';
import { retireGrant } from './RetireGrant.ts';
import { revokeGrant } from './RevokeGrant.ts';

let context: TestContext;
let other: OperationContext;
let KeyId: string;
let Arn: string;
beforeEach(async () => {
  context = await createTestContext();
  other = await context.asNewAccount();
  const { KeyMetadata } = await createKey.run({}, context);
  KeyId = KeyMetadata?.KeyId ?? '';
  Arn = KeyMetadata?.Arn ?? '';
});
afterEach(() => context[Symbol.asyncDispose]());

const Plaintext = Buffer.from('plain');
const denied = { code: 'AccessDeniedException' };
const unknown = { code: 'NotFoundException' };

test('a ciphertext is opened by its key and context alone, and never twice the same', async () => {
  const EncryptionContext = { 'aws:ebs:id': 'vol-1', b: 'c' };
  const ask = { KeyId, Plaintext, EncryptionContext };
  const { CiphertextBlob } = await encrypt.run(ask, context);
  assert.notDeepEqual((await encrypt.run(ask, context)).CiphertextBlob, CiphertextBlob);
  const turned = { b: 'c', 'aws:ebs:id': 'vol-1' };
  const opened = await decrypt.run({ CiphertextBlob, EncryptionContext: turned }, context);
  assert.deepEqual([Buffer.from(opened.Plaintext ?? []), opened.KeyId], [Plaintext, Arn]);
  const invalid = { code: 'InvalidCiphertextException' };
  await assert.rejects(decrypt.run({ CiphertextBlob }, context), invalid);
  for (const at of [20, 30, -1]) {
    const changed = Buffer.from(CiphertextBlob ?? []);
    const place = (at + changed.length) % changed.length;
    changed[place] = (changed[place] ?? 0) ^ 1;
    const asked = decrypt.run({ CiphertextBlob: changed, EncryptionContext }, context);
    await assert.rejects(asked, invalid);
  }
  for (const bytes of [Buffer.from('x'), Buffer.alloc(60)]) {
    await assert.rejects(decrypt.run({ CiphertextBlob: bytes }, context), invalid);
  }
  const { KeyMetadata } = await createKey.run({}, context);
  const wrong = decrypt.run(
    { CiphertextBlob, EncryptionContext, KeyId: KeyMetadata?.KeyId },
    context,
  );
  await assert.rejects(wrong, { code: 'IncorrectKeyException' });
});

test('data keys have the length that was asked for, and open', async () => {
  const lengths = [
    [{ KeySpec: 'AES_256' }, 32],
    [{ KeySpec: 'AES_128' }, 16],
    [{ NumberOfBytes: 64 }, 64],
  ] as const;
  for (const [how, length] of lengths) {
    const made = await generateDataKey.run({ KeyId, ...how }, context);
    assert.equal(made.Plaintext?.length, length);
    const opened = await decrypt.run({ CiphertextBlob: made.CiphertextBlob }, context);
    assert.deepEqual(opened.Plaintext, made.Plaintext);
  }
  const silent = await generateDataKeyWithoutPlaintext.run({ KeyId, NumberOfBytes: 9 }, context);
  const { CiphertextBlob } = silent;
  assert.equal((await decrypt.run({ CiphertextBlob }, context)).Plaintext?.length, 9);
  const wrong = [{}, { KeySpec: 'AES_256', NumberOfBytes: 32 }, { NumberOfBytes: 1025 }];
  for (const how of [...wrong, { KeySpec: 'AES_512' }, { NumberOfBytes: 0 }]) {
    const made = generateDataKey.run({ KeyId, ...how }, context);
    await assert.rejects(made, { code: 'ValidationException' }, JSON.stringify(how));
  }
  for (const bytes of [0, 4097]) {
    const long = encrypt.run({ KeyId, Plaintext: Buffer.alloc(bytes) }, context);
    await assert.rejects(long, { code: 'ValidationException' });
  }
});

test('re-encrypted, a ciphertext is the other key’s', async () => {
  const { KeyMetadata } = await createKey.run({}, context);
  const { CiphertextBlob } = await encrypt.run({ KeyId, Plaintext }, context);
  const moved = await reEncrypt.run(
    {
      CiphertextBlob,
      DestinationKeyId: KeyMetadata?.KeyId ?? '',
      DestinationEncryptionContext: { a: 'b' },
    },
    context,
  );
  assert.deepEqual([moved.SourceKeyId, moved.KeyId], [Arn, KeyMetadata?.Arn]);
  const opened = await decrypt.run(
    { CiphertextBlob: moved.CiphertextBlob, EncryptionContext: { a: 'b' } },
    context,
  );
  assert.deepEqual(Buffer.from(opened.Plaintext ?? []), Plaintext);
});

test('another account does with a key what it is granted, at once and no more', async () => {
  const ask = { KeyId: Arn, Plaintext };
  await assert.rejects(encrypt.run(ask, other), unknown);
  await assert.rejects(describeKey.run({ KeyId: Arn }, other), unknown);
  const { account } = other.caller;
  const grant = {
    KeyId,
    GranteePrincipal: `arn:aws:iam::${account}:root`,
    Operations: ['Encrypt', 'DescribeKey'],
    Name: 'for them',
  };
  const { GrantId = '', GrantToken } = await createGrant.run(grant, context);
  assert.equal((await createGrant.run(grant, context)).GrantId, GrantId, 'by its name, once');
  const { CiphertextBlob } = await encrypt.run({ ...ask, GrantTokens: [GrantToken ?? ''] }, other);
  assert.equal((await describeKey.run({ KeyId: Arn }, other)).KeyMetadata?.KeyId, KeyId);
  // Its id is looked up among one's own.
  await assert.rejects(encrypt.run({ KeyId, Plaintext }, other), unknown);
  await assert.rejects(decrypt.run({ CiphertextBlob }, other), denied);
  await assert.rejects(generateDataKey.run({ KeyId: Arn, KeySpec: 'AES_256' }, other), denied);
  await assert.rejects(listGrants.run({ KeyId: Arn }, other), unknown);
  const { Grants } = await listGrants.run({ KeyId }, context);
  assert.deepEqual(
    Grants?.map((each) => [each.GrantId, each.GranteePrincipal, each.Operations, each.Name]),
    [[GrantId, grant.GranteePrincipal, grant.Operations, 'for them']],
  );
  const none = await listGrants.run({ KeyId, GranteePrincipal: '999999999999' }, context);
  assert.deepEqual(none.Grants, []);
  await revokeGrant.run({ KeyId, GrantId }, context);
  await assert.rejects(encrypt.run(ask, other), unknown);
  const again = revokeGrant.run({ KeyId, GrantId }, context);
  await assert.rejects(again, { code: 'InvalidGrantIdException' });
});

test('who has a key by a grant hands on no more than it has; a grant is retired by whom it says', async () => {
  const third = await context.asNewAccount();
  const Operations = ['CreateGrant', 'Decrypt'];
  await createGrant.run({ KeyId, GranteePrincipal: other.caller.account, Operations }, context);
  const hand = (asked: string[]) =>
    createGrant.run(
      { KeyId: Arn, GranteePrincipal: third.caller.account, Operations: asked },
      other,
    );
  await assert.rejects(hand(['Encrypt']), denied);
  await hand(['Decrypt']);
  const { CiphertextBlob } = await encrypt.run({ KeyId, Plaintext }, context);
  await decrypt.run({ CiphertextBlob }, third);
  const retirable = await createGrant.run(
    {
      KeyId,
      GranteePrincipal: third.caller.account,
      RetiringPrincipal: other.caller.account,
      Operations: ['Encrypt'],
    },
    context,
  );
  const { GrantToken } = retirable;
  await assert.rejects(retireGrant.run({ GrantToken }, third), unknown);
  await retireGrant.run({ GrantToken }, other);
  await assert.rejects(retireGrant.run({ GrantToken }, other), unknown);
  const left = await listGrants.run({ KeyId }, context);
  for (const { GrantId } of left.Grants ?? []) {
    await retireGrant.run({ KeyId: Arn, GrantId }, context);
  }
  assert.deepEqual((await listGrants.run({ KeyId }, context)).Grants, []);
  await assert.rejects(decrypt.run({ CiphertextBlob }, third), denied);
});

test('an account finds what it may retire, of whatever keys, and nobody else does', async () => {
  const { account } = other.caller;
  const RetiringPrincipal = `arn:aws:iam::${account}:root`;
  const grant = { KeyId, GranteePrincipal: '111122223333', Operations: ['Decrypt'] };
  const ids: string[] = [];
  for (const Name of ['one', 'two']) {
    const made = await createGrant.run({ ...grant, Name, RetiringPrincipal }, context);
    ids.push(made.GrantId ?? '');
  }
  await createGrant.run(grant, context);
  const listed = (more = {}) => listRetirableGrants.run({ RetiringPrincipal, ...more }, other);
  const { Grants = [], Truncated } = await listed();
  assert.deepEqual(new Set(Grants.map(({ GrantId }) => GrantId)), new Set(ids));
  assert.deepEqual([Grants[0]?.KeyId, Grants[0]?.RetiringPrincipal], [Arn, RetiringPrincipal]);
  assert.equal(Truncated, false);
  const first = await listed({ Limit: 1 });
  const second = await listed({ Limit: 1, Marker: first.NextMarker });
  const paged = [first, second].flatMap((page) => page.Grants ?? []);
  assert.deepEqual(paged, Grants);
  assert.equal(second.Truncated, false);
  const elsewhere = { ...other, caller: { ...other.caller, region: 'eu-west-1' } };
  const asked = { RetiringPrincipal: account };
  assert.deepEqual((await listRetirableGrants.run(asked, elsewhere)).Grants, []);
  await assert.rejects(listRetirableGrants.run(asked, context), denied);
  const none = listRetirableGrants.run({}, other);
  await assert.rejects(none, { code: 'ValidationException' });
  await assert.rejects(listed({ Marker: 'x' }), { code: 'InvalidMarkerException' });
  for (const GrantId of ids) await retireGrant.run({ KeyId: Arn, GrantId }, other);
  assert.deepEqual((await listed()).Grants, []);
});

test('grants for what there is not are refused', async () => {
  const grant = { KeyId, GranteePrincipal: '111122223333', Operations: ['Decrypt'] };
  const user = { ...grant, GranteePrincipal: 'arn:aws:iam::111122223333:user/a' };
  await assert.rejects(createGrant.run(user, context), { code: 'InvalidArnException' });
  for (const Operations of [['Sign'], []]) {
    const asked = createGrant.run({ ...grant, Operations }, context);
    await assert.rejects(asked, { code: 'ValidationException' });
  }
  const token = encrypt.run({ KeyId, Plaintext, GrantTokens: ['none'] }, context);
  await assert.rejects(token, { code: 'InvalidGrantTokenException' });
  const half = retireGrant.run({ KeyId: Arn }, context);
  await assert.rejects(half, { code: 'ValidationException' });
});
