import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { describeFastLaunchImages } from './DescribeFastLaunchImages.ts';
import { describeImages } from './DescribeImages.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const images = async (input: object = {}, as = context as never) => {
  const { Images = [] } = await describeImages.run(input, as);
  return Images.map(({ ImageId }) => ImageId);
};
const filtered = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

describe('DescribeImages', () => {
  test('shows own and public images of the region', async () => {
    const malformed = { code: 'InvalidUserID.Malformed' };
    await assert.rejects(images({ ExecutableUsers: ['me'] }), malformed, 'without any image');
    const own = await insertImage(context);
    const provided = await insertProviderImage(context);
    await insertImage(context.as({ account: '999999999999' }));
    await insertProviderImage(context.as({ region: 'eu-west-1' }));
    assert.deepEqual(await images(), [own.id, provided.id]);
    assert.deepEqual(await images({ Owners: ['self'] }), [own.id]);
    assert.deepEqual(await images({ Owners: ['amazon'] }), [provided.id]);
    assert.deepEqual(await images({ Owners: ['136693071363', 'self'] }), [own.id, provided.id]);
    assert.deepEqual(await images({ Owners: ['aws-marketplace'] }), []);
    assert.deepEqual(await images({ ExecutableUsers: ['all'] }), [provided.id]);
    assert.deepEqual(await images({ ExecutableUsers: ['self'] }), []);
    for (const input of [{ Owners: ['me'] }, { ExecutableUsers: ['me'] }]) {
      await assert.rejects(images(input), malformed);
    }
  });

  test('an image that is shared is seen by whom it is shared with, by id and in lists, once', async () => {
    const friend = '222222222222';
    const asFriend = context.as({ account: friend }) as never;
    const shared = await insertImage(context, {
      name: 'shared',
      launchPermissions: [friend, '333333333333'],
      tags: { Env: 'prod' },
    });
    const open = await insertImage(context, { name: 'open', launchPermissions: ['all', friend] });
    await insertImage(context, { name: 'private' });
    assert.deepEqual(await images({}, asFriend), [shared.id, open.id]);
    assert.deepEqual(await images({ ImageIds: [shared.id] }, asFriend), [shared.id]);
    assert.deepEqual(await images(filtered('name', 'shared'), asFriend), [shared.id]);
    assert.deepEqual(await images(filtered('name', 's*'), asFriend), [shared.id]);
    assert.deepEqual(await images(filtered('tag:Env', 'prod'), asFriend), []);
    assert.deepEqual(await images(filtered('is-public', 'true'), asFriend), [open.id]);
    const executable = (user: string, as: never) => images({ ExecutableUsers: [user] }, as);
    assert.deepEqual(await executable('self', asFriend), [shared.id, open.id]);
    // Whom else it is shared with is told to its owner only.
    assert.deepEqual(await executable('333333333333', asFriend), []);
    assert.deepEqual(await executable('333333333333', context as never), [shared.id]);
    const stranger = context.as({ account: '444444444444' }) as never;
    assert.deepEqual(await images({}, stranger), [open.id]);
    await assert.rejects(images({ ImageIds: [shared.id] }, stranger), {
      code: 'InvalidAMIID.NotFound',
    });
    const elsewhere = context.as({ account: friend, region: 'eu-west-1' }) as never;
    assert.deepEqual(await images({}, elsewhere), []);
  });

  test('one that is shared with an organization or a unit is seen by the accounts in it', async () => {
    const [o, unit] = ['o-abcdefghij', 'ou-1a2b-00000001'];
    const arn = (text: string) => `arn:aws:organizations::111122223333:${text}`;
    const toAll = await insertImage(context, {
      launchPermissions: [arn(`organization/${o}`)],
      name: 'to all of it',
    });
    const toUnit = await insertImage(context, {
      launchPermissions: [arn(`ou/${o}/${unit}`)],
      name: 'to a unit',
    });
    const seen = async (organizationPath?: string) =>
      images({}, (await context.asNewAccount({ organizationPath })) as never);
    assert.deepEqual(await seen(`${o}/r-1a2b`), [toAll.id]);
    assert.deepEqual(await seen(`${o}/r-1a2b/ou-1a2b-00000002`), [toAll.id]);
    assert.deepEqual(await seen(`${o}/r-1a2b/${unit}/ou-1a2b-00000002`), [toAll.id, toUnit.id]);
    assert.deepEqual(await seen(`o-klmnopqrst/r-1a2b/${unit}`), []);
    assert.deepEqual(await seen(), []);
    const member = await context.asNewAccount({ organizationPath: `${o}/r-1a2b` });
    assert.deepEqual(await images({ ImageIds: [toAll.id] }, member as never), [toAll.id]);
    await assert.rejects(images({ ImageIds: [toUnit.id] }, member as never), {
      code: 'InvalidAMIID.NotFound',
    });
  });

  test('by id: all of them or an error', async () => {
    const own = await insertImage(context);
    const alien = await insertImage(context.as({ account: '999999999999' }));
    assert.deepEqual(await images({ ImageIds: [own.id] }), [own.id]);
    await assert.rejects(images({ ImageIds: [own.id, alien.id] }), {
      code: 'InvalidAMIID.NotFound',
      message: `The image id '[${alien.id}]' does not exist`,
    });
    await assert.rejects(images({ ImageIds: ['nonsense'] }), { code: 'InvalidAMIID.Malformed' });
  });

  test('filters', async () => {
    const a = await insertImage(context, { name: 'web-1', tags: { Env: 'prod' } });
    const b = await insertImage(context, { name: 'web-2', state: 'failed', bootMode: 'uefi' });
    const provided = await insertProviderImage(context, { name: 'web-3', tags: { Env: 'prod' } });
    assert.deepEqual(await images(filtered('name', 'web-1')), [a.id]);
    assert.deepEqual(await images(filtered('name', 'web-*')), [a.id, b.id, provided.id]);
    assert.deepEqual(await images(filtered('name', 'Web-1')), []);
    assert.deepEqual(await images(filtered('state', 'available')), [a.id, provided.id]);
    assert.deepEqual(await images(filtered('boot-mode', 'uefi')), [b.id]);
    assert.deepEqual(await images(filtered('owner-alias', 'amazon')), [provided.id]);
    assert.deepEqual(await images(filtered('is-public', 'false')), [a.id, b.id]);
    assert.deepEqual(await images(filtered('tag:Env', 'prod')), [a.id], 'tags are the owner’s');
    const snapshotId = a.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    const bySnapshot = filtered('block-device-mapping.snapshot-id', snapshotId);
    assert.deepEqual(await images(bySnapshot), [a.id]);
    assert.deepEqual(await images(filtered('source-image-region', 'us-east-1')), []);
    await assert.rejects(images(filtered('colour', 'red')), { code: 'InvalidParameterValue' });
  });

  test('pages go through all of them once', async () => {
    const made: string[] = [];
    for (let count = 0; count < 12; count++) made.push((await insertImage(context)).id);
    const seen: (string | undefined)[] = [];
    let NextToken: string | undefined;
    do {
      const page = await describeImages.run({ MaxResults: 5, NextToken }, context);
      seen.push(...(page.Images ?? []).map(({ ImageId }) => ImageId));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen, made.sort());
  });

  test('shows the whole image, and tags to its owner only', async () => {
    const row = await insertProviderImage(context, { name: 'debian', tags: { a: 'b' } });
    const [shown] = (await describeImages.run({ ImageIds: [row.id] }, context)).Images ?? [];
    assert.equal(shown?.ImageLocation, 'amazon/debian');
    assert.equal(shown?.ImageOwnerAlias, 'amazon');
    assert.equal(shown?.Public, true);
    assert.deepEqual(shown?.Tags, []);
    assert.equal(shown?.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize, 8);
  });
});

test('no image is launched faster than others, and one that is not seen is not there', async () => {
  const { id } = await insertImage(context);
  const fast = async (input: object, as = context as never) =>
    (await describeFastLaunchImages.run(input, as)).FastLaunchImages;
  assert.deepEqual(await fast({ ImageIds: [id], ...filtered('state', 'enabled') }), []);
  await assert.rejects(fast(filtered('name', 'x')), { code: 'InvalidParameterValue' });
  const stranger = context.as({ account: '444444444444' }) as never;
  await assert.rejects(fast({ ImageIds: [id] }, stranger), { code: 'InvalidAMIID.NotFound' });
});
