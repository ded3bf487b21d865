import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { image } from '../../../catalog/test-rows.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createTags } from './CreateTags.ts';
import { deleteTags } from './DeleteTags.ts';
import { describeTags } from './DescribeTags.ts';

let context: TestContext;
let vpc: string;
let subnet: string;
let group: string;
beforeEach(async () => {
  context = await createTestContext();
  const { account, region } = context.caller;
  const where = { account, region };
  [vpc, subnet, group] = await context.catalog.read(async (reader) => [
    (await reader.vpcs.list({ where }))[0]?.id ?? '',
    (await reader.subnets.list({ where }))[0]?.id ?? '',
    (await reader.securityGroups.list({ where }))[0]?.id ?? '',
  ]);
});
afterEach(() => context[Symbol.asyncDispose]());

const add = (Resources: string[], tags: Record<string, string>, as = context as never) =>
  createTags.run(
    { Resources, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    as,
  );
const remove = (Resources: string[], Tags?: { Key: string; Value?: string }[]) =>
  deleteTags.run({ Resources, Tags }, context);
async function tags(...filters: [name: string, ...values: string[]][]) {
  const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
  const { Tags = [] } = await describeTags.run({ Filters }, context);
  return Tags.map((tag) => `${tag.ResourceType} ${tag.Key}=${tag.Value}`).sort();
}

const insertImage = (change: Partial<ImageRow> & { id: string }) =>
  context.catalog.write(({ images }) =>
    images.insert(image(change.id, { account: context.caller.account, ...change })),
  );

describe('CreateTags', () => {
  test('adds tags and replaces values, on several nouns at once', async () => {
    await insertImage({ id: 'ami-00000000000000abc' });
    await add([vpc, 'ami-00000000000000abc'], { Name: 'a', Env: '' });
    await add([vpc], { Name: 'b' });
    assert.deepEqual(await tags(), ['image Env=', 'image Name=a', 'vpc Env=', 'vpc Name=b']);
  });

  test('all or none', async () => {
    await assert.rejects(add([vpc, 'subnet-0123456789abcdef0'], { a: 'b' }), {
      code: 'InvalidSubnetID.NotFound',
    });
    assert.deepEqual(await tags(), []);
  });

  test('what does not exist has its noun’s error', async () => {
    const codes: Record<string, string> = {
      'ami-0123456789abcdef0': 'InvalidAMIID.NotFound',
      'snap-0123456789abcdef0': 'InvalidSnapshot.NotFound',
      'vol-0123456789abcdef0': 'InvalidVolume.NotFound',
      'i-0123456789abcdef0': 'InvalidInstanceID.NotFound',
      'key-0123456789abcdef0': 'InvalidKeyPair.NotFound',
      'vpc-0123456789abcdef0': 'InvalidVpcID.NotFound',
      'subnet-0123456789abcdef0': 'InvalidSubnetID.NotFound',
      'sg-0123456789abcdef0': 'InvalidGroup.NotFound',
      'xyz-0123456789abcdef0': 'InvalidID',
      nonsense: 'InvalidID',
    };
    for (const [id, code] of Object.entries(codes)) {
      await assert.rejects(add([id], { a: 'b' }), { code }, id);
    }
  });

  test('only on one’s own, in the region of the call', async () => {
    const notFound = { code: 'InvalidVpcID.NotFound' };
    const other = context.as({ account: '999999999999' }) as never;
    await assert.rejects(add([vpc], { a: 'b' }, other), notFound);
    const elsewhere = context.as({ region: 'eu-west-1' }) as never;
    await assert.rejects(add([vpc], { a: 'b' }, elsewhere), notFound);
    const image = { id: 'ami-00000000000000abc', account: '136693071363' };
    await insertImage({ ...image, launchPermissions: ['all'] });
    await assert.rejects(add([image.id], { a: 'b' }), { code: 'UnsupportedOperation' });
  });

  test('keys and values have limits', async () => {
    await add([vpc], { [`k${'x'.repeat(127)}`]: 'v'.repeat(256) });
    const wrong: [Record<string, string>, string][] = [
      [{ ['x'.repeat(129)]: '' }, 'InvalidParameterValue'],
      [{ a: 'x'.repeat(257) }, 'InvalidParameterValue'],
      [{ 'aws:x': '' }, 'InvalidParameterValue'],
      [{ 'AWS:x': '' }, 'InvalidParameterValue'],
      [{ '': 'x' }, 'InvalidTagKey.Malformed'],
      [{}, 'MissingParameter'],
    ];
    for (const [each, code] of wrong) await assert.rejects(add([vpc], each), { code });
    const twice = [
      { Key: 'a', Value: '1' },
      { Key: 'a', Value: '2' },
    ];
    await assert.rejects(createTags.run({ Resources: [vpc], Tags: twice }, context), {
      code: 'InvalidParameterValue',
    });
    await assert.rejects(
      createTags.run({ Resources: [vpc], Tags: [{ Key: '__proto__', Value: 'x' }] }, context),
      { code: 'InvalidTagKey.Malformed' },
    );
  });

  test('a resource has at most 50', async () => {
    const numbered = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, '']));
    await add([vpc], numbered(0, 49));
    await assert.rejects(add([vpc], numbered(49, 2)), { code: 'TagLimitExceeded' });
    await add([vpc], { ...numbered(49, 1), k0: 'again' });
    assert.equal((await tags()).length, 50);
    await assert.rejects(add([subnet], numbered(0, 51)), { code: 'TagLimitExceeded' });
  });

  test('at most 1000 resources in one call', async () => {
    const many = Array.from({ length: 1001 }, () => vpc);
    await assert.rejects(add(many, { a: 'b' }), { code: 'InvalidParameterValue' });
  });
});

describe('DeleteTags', () => {
  test('the service’s own tags stay, and count for nothing', async () => {
    const id = 'ami-00000000000000abc';
    await insertImage({ id, tags: { 'aws:imago:consistency': 'crash' } });
    await add([id], Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, ''])));
    await remove([id]);
    assert.deepEqual(await tags(), ['image aws:imago:consistency=crash']);
    await assert.rejects(remove([id], [{ Key: 'aws:imago:consistency' }]), {
      code: 'InvalidParameterValue',
    });
  });

  test('by key, by key and value, all', async () => {
    await add([vpc, subnet], { a: '1', b: '2', c: '3' });
    await remove([vpc, subnet], [{ Key: 'a' }, { Key: 'none' }]);
    await remove([vpc], [{ Key: 'b', Value: 'other' }]);
    await remove([subnet], [{ Key: 'b', Value: '2' }]);
    assert.deepEqual(await tags(), ['subnet c=3', 'vpc b=2', 'vpc c=3']);
    await remove([vpc]);
    assert.deepEqual(await tags(), ['subnet c=3']);
    await assert.rejects(remove(['vpc-0123456789abcdef0']), { code: 'InvalidVpcID.NotFound' });
    await assert.rejects(remove([vpc], [{ Key: 'aws:x' }]), { code: 'InvalidParameterValue' });
  });
});

describe('DescribeTags', () => {
  test('filters', async () => {
    await add([vpc], { Name: 'web', Env: 'prod' });
    await add([subnet], { Name: 'db' });
    assert.deepEqual(await tags(['key', 'Name']), ['subnet Name=db', 'vpc Name=web']);
    assert.deepEqual(await tags(['value', 'w*']), ['vpc Name=web']);
    assert.deepEqual(await tags(['resource-id', subnet]), ['subnet Name=db']);
    assert.deepEqual(await tags(['resource-id', 'vpc-*']), ['vpc Env=prod', 'vpc Name=web']);
    assert.deepEqual(await tags(['resource-type', 'subnet']), ['subnet Name=db']);
    assert.deepEqual(await tags(['tag:Env', 'prod']), ['vpc Env=prod']);
    await assert.rejects(tags(['colour', 'red']), { code: 'InvalidParameterValue' });
  });

  test('pages go on within one resource', async () => {
    await add([vpc, group], { a: '', b: '', c: '', d: '' });
    const first = await describeTags.run({ MaxResults: 5 }, context);
    assert.equal(first.Tags?.length, 5);
    const second = await describeTags.run({ MaxResults: 5, NextToken: first.NextToken }, context);
    assert.equal(second.NextToken, undefined);
    const all = [...(first.Tags ?? []), ...(second.Tags ?? [])];
    assert.equal(new Set(all.map((tag) => `${tag.ResourceId} ${tag.Key}`)).size, 8);
  });
});
