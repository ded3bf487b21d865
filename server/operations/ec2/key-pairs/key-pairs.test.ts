import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readSshPublicKey } from '../../../domain/ssh-keys.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createKeyPair } from './CreateKeyPair.ts';
import { deleteKeyPair } from './DeleteKeyPair.ts';
import { describeKeyPairs } from './DescribeKeyPairs.ts';
import { importKeyPair } from './ImportKeyPair.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const material = Buffer.from(
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFYrWiy7oGOYF3Hvu6lJ8uLZ0xYHzP3Q4nPzXl3Y0s1f me@host',
);
const create = (KeyName: string, more = {}) =>
  createKeyPair.run({ KeyName, KeyType: 'ed25519', ...more }, context);
const describeAll = async (
  input = {},
  as = context as Parameters<typeof describeKeyPairs.run>[1],
) => (await describeKeyPairs.run(input, as)).KeyPairs ?? [];
const tagged = [{ ResourceType: 'key-pair', Tags: [{ Key: 'Team', Value: 'a' }] }];

describe('CreateKeyPair', () => {
  test('gives the private key once, and keeps the public one', async () => {
    const made = await create('one', { TagSpecifications: tagged });
    assert.match(made.KeyMaterial ?? '', /^-----BEGIN OPENSSH PRIVATE KEY-----/);
    assert.deepEqual(made.Tags, [{ Key: 'Team', Value: 'a' }]);
    const [pair] = await describeAll({ IncludePublicKey: true });
    assert.equal(pair?.KeyPairId, made.KeyPairId);
    assert.equal(pair?.KeyType, 'ed25519');
    assert.deepEqual(pair?.CreateTime, context.now);
    assert.match(pair?.PublicKey ?? '', / one$/);
    const key = readSshPublicKey(Buffer.from(pair?.PublicKey ?? ''));
    assert.equal(key?.fingerprint, made.KeyFingerprint);
    const rows = await context.catalog.read(({ keyPairs }) => keyPairs.list());
    assert.doesNotMatch(JSON.stringify(rows), /PRIVATE/);
  });

  test('RSA is the default, PEM the one format', async () => {
    const made = await create('one', { KeyType: undefined, KeyFormat: 'pem' });
    assert.match(made.KeyMaterial ?? '', /^-----BEGIN RSA PRIVATE KEY-----/);
    assert.equal((await describeAll())[0]?.KeyType, 'rsa');
    await assert.rejects(create('two', { KeyFormat: 'ppk' }), { code: 'UnsupportedOperation' });
    await assert.rejects(create('two', { KeyFormat: 'x' }), { code: 'InvalidParameterValue' });
    await assert.rejects(create('two', { KeyType: 'dsa' }), { code: 'InvalidParameterValue' });
  });

  test('names are unique in their region, and have a form', async () => {
    await create('one');
    await assert.rejects(create('one'), { code: 'InvalidKeyPair.Duplicate' });
    const elsewhere = context.as({ region: 'eu-west-1' });
    await createKeyPair.run({ KeyName: 'one', KeyType: 'ed25519' }, elsewhere);
    for (const name of ['', ' x', 'ü', 'x'.repeat(256)]) {
      await assert.rejects(create(name), { code: 'InvalidParameterValue' }, name);
    }
  });
});

describe('ImportKeyPair', () => {
  test('keeps the key under its name', async () => {
    const made = await importKeyPair.run(
      { KeyName: 'mine', PublicKeyMaterial: material, TagSpecifications: tagged },
      context,
    );
    const [pair] = await describeAll({ IncludePublicKey: true });
    assert.equal(pair?.PublicKey, `${material.toString().split(' ').slice(0, 2).join(' ')} mine`);
    assert.equal(pair?.KeyFingerprint, made.KeyFingerprint);
    assert.deepEqual(pair?.Tags, [{ Key: 'Team', Value: 'a' }]);
    await assert.rejects(
      importKeyPair.run({ KeyName: 'mine', PublicKeyMaterial: material }, context),
      { code: 'InvalidKeyPair.Duplicate' },
    );
  });

  test('refuses what is no key that EC2 takes', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    for (const text of ['hello', der]) {
      await assert.rejects(
        importKeyPair.run({ KeyName: 'x', PublicKeyMaterial: Buffer.from(text) }, context),
        { code: 'InvalidKey.Format' },
      );
    }
  });
});

describe('DescribeKeyPairs', () => {
  const names = async (input: object) => (await describeAll(input)).map((pair) => pair.KeyName);

  test('by names, ids and filters', async () => {
    const one = await create('one', { TagSpecifications: tagged });
    await create('two');
    assert.deepEqual(await names({}), ['one', 'two']);
    assert.deepEqual(await names({ KeyNames: ['two'] }), ['two']);
    assert.deepEqual(await names({ KeyPairIds: [one.KeyPairId] }), ['one']);
    const by = (Name: string, ...Values: (string | undefined)[]) =>
      names({ Filters: [{ Name, Values }] });
    assert.deepEqual(await by('key-name', 'o*'), ['one']);
    assert.deepEqual(await by('key-name', 'two'), ['two']);
    assert.deepEqual(await by('key-pair-id', one.KeyPairId), ['one']);
    assert.deepEqual(await by('fingerprint', one.KeyFingerprint), ['one']);
    assert.deepEqual(await by('tag:Team', 'a'), ['one']);
    assert.equal((await describeAll({ KeyNames: ['one'] }))[0]?.PublicKey, undefined);
  });

  test('what does not exist, or is another account’s, is refused', async () => {
    const { KeyPairId = '' } = await create('one');
    const notFound = { code: 'InvalidKeyPair.NotFound' };
    await assert.rejects(describeAll({ KeyNames: ['one', 'none'] }), notFound);
    const other = context.as({ account: '999999999999' });
    await assert.rejects(describeAll({ KeyPairIds: [KeyPairId] }, other), notFound);
    assert.deepEqual(await describeAll({}, other), []);
    assert.deepEqual(await describeAll({}, context.as({ region: 'eu-west-1' })), []);
  });
});

describe('DeleteKeyPair', () => {
  test('by name or id; what is not there is as good as deleted', async () => {
    const one = await create('one');
    await create('two');
    const other = context.as({ account: '999999999999' });
    await deleteKeyPair.run({ KeyPairId: one.KeyPairId }, other);
    assert.equal((await describeAll()).length, 2);
    assert.deepEqual(await deleteKeyPair.run({ KeyPairId: one.KeyPairId }, context), {
      Return: true,
      KeyPairId: one.KeyPairId,
    });
    await deleteKeyPair.run({ KeyName: 'two' }, context);
    assert.deepEqual(await describeAll(), []);
    assert.equal((await deleteKeyPair.run({ KeyName: 'two' }, context)).Return, true);
    await assert.rejects(deleteKeyPair.run({}, context), { code: 'MissingParameter' });
    await assert.rejects(deleteKeyPair.run({ KeyName: 'a', KeyPairId: 'b' }, context), {
      code: 'InvalidParameterCombination',
    });
  });
});
