/** The attributes of an image: what each answers, and both ways to change one. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ModifyImageAttributeRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { runImage } from '../../test-instances.ts';
import { describeImageAttribute } from './DescribeImageAttribute.ts';
import { modifyImageAttribute } from './ModifyImageAttribute.ts';
import { resetImageAttribute } from './ResetImageAttribute.ts';

const friend = '222222222222';
const organization = 'arn:aws:organizations::111122223333:organization/o-abcdefghij';
const unit = 'arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-1a2b-00000001';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertImage(context, {
    description: 'first',
    bootMode: 'uefi',
    sriovNetSupport: 'simple',
  });
});
afterEach(() => context[Symbol.asyncDispose]());

const modify = (more: Partial<ModifyImageAttributeRequest>) =>
  modifyImageAttribute.run({ ImageId: image.id, ...more }, context);
const attribute = async (Attribute: string) => {
  const { ImageId, ...shown } = await describeImageAttribute.run(
    { ImageId: image.id, Attribute },
    context,
  );
  assert.equal(ImageId, image.id);
  return shown;
};
const permissions = async () => (await attribute('launchPermission')).LaunchPermissions;

test('each attribute is shown, an absent one as an empty structure', async () => {
  assert.deepEqual(await attribute('description'), { Description: { Value: 'first' } });
  assert.deepEqual(await attribute('bootMode'), { BootMode: { Value: 'uefi' } });
  assert.deepEqual(await attribute('sriovNetSupport'), { SriovNetSupport: { Value: 'simple' } });
  assert.deepEqual(await attribute('imdsSupport'), { ImdsSupport: { Value: undefined } });
  assert.deepEqual(await attribute('kernel'), { KernelId: {} });
  assert.deepEqual(await attribute('ramdisk'), { RamdiskId: {} });
  assert.deepEqual(await attribute('launchPermission'), { LaunchPermissions: [] });
  assert.deepEqual(await attribute('productCodes'), { ProductCodes: [] });
  // EC2 answers so since it has deprecated the attribute.
  await assert.rejects(attribute('blockDeviceMapping'), { code: 'AuthFailure' });
  await assert.rejects(attribute('colour'), { code: 'InvalidParameterValue' });
});

test('the description changes in both ways, and may become empty', async () => {
  const shown = async () => (await attribute('description')).Description?.Value;
  await modify({ Description: { Value: 'second' } });
  assert.equal(await shown(), 'second');
  await modify({ Attribute: 'description', Value: 'third' });
  assert.equal(await shown(), 'third');
  await modify({ Description: { Value: '' } });
  assert.equal(await shown(), '');
  await assert.rejects(modify({ Description: { Value: 'x'.repeat(256) } }), {
    code: 'InvalidParameterValue',
  });
});

test("an attribute's name is taken in any case, with spaces around it, as Ansible sends it", async () => {
  await modify({ Attribute: 'Description ', Description: { Value: 'fourth' } });
  assert.deepEqual(await attribute('description'), { Description: { Value: 'fourth' } });
  const change = { LaunchPermission: { Add: [{ UserId: friend }] } };
  await modify({ Attribute: 'LaunchPermission', ...change });
  assert.deepEqual(await permissions(), [{ UserId: friend }]);
  await assert.rejects(modify({ Attribute: 'Descriptions', Value: 'fifth' }), {
    code: 'InvalidParameterValue',
  });
});

test('IMDSv2 can be demanded, and not be taken back; later instances have it', async () => {
  await modify({ ImdsSupport: { Value: 'v2.0' } });
  assert.deepEqual(await attribute('imdsSupport'), { ImdsSupport: { Value: 'v2.0' } });
  await modify({ Attribute: 'imdsSupport', Value: 'v2.0' });
  const { Instances } = await runImage(context, image);
  assert.equal(Instances?.[0]?.MetadataOptions?.HttpTokens, 'required');
  await assert.rejects(modify({ ImdsSupport: { Value: 'v1.0' } }), {
    code: 'InvalidParameterValue',
  });
});

test('launch permissions are added and removed by their member', async () => {
  await modify({
    LaunchPermission: {
      Add: [
        { UserId: friend },
        { Group: 'all' },
        { OrganizationArn: organization },
        { OrganizationalUnitArn: unit },
      ],
    },
  });
  const all = [
    { UserId: friend },
    { Group: 'all' },
    { OrganizationArn: organization },
    { OrganizationalUnitArn: unit },
  ];
  assert.deepEqual(await permissions(), all);
  await modify({ LaunchPermission: { Add: [{ UserId: friend }, { UserId: friend }] } });
  assert.deepEqual(await permissions(), all, 'once');
  await modify({
    LaunchPermission: {
      Add: [{ UserId: '333333333333' }],
      Remove: [{ Group: 'all' }, { OrganizationalUnitArn: unit }, { UserId: '444444444444' }],
    },
  });
  assert.deepEqual(await permissions(), [
    { UserId: friend },
    { OrganizationArn: organization },
    { UserId: '333333333333' },
  ]);
});

test('launch permissions are added and removed by OperationType and lists', async () => {
  const lists = {
    UserIds: [friend],
    UserGroups: ['all'],
    OrganizationArns: [organization],
    OrganizationalUnitArns: [unit],
  };
  await modify({ Attribute: 'launchPermission', OperationType: 'add', ...lists });
  assert.equal((await permissions())?.length, 4);
  const removed = { ...lists, UserIds: [] };
  await modify({ Attribute: 'launchPermission', OperationType: 'remove', ...removed });
  assert.deepEqual(await permissions(), [{ UserId: friend }]);
  await resetImageAttribute.run({ ImageId: image.id, Attribute: 'launchPermission' }, context);
  assert.deepEqual(await permissions(), []);
});

test('lists may repeat what is added, without an OperationType, as Packer sends it', async () => {
  const both = { LaunchPermission: { Add: [{ UserId: friend }] }, UserIds: [friend] };
  await modify(both);
  assert.deepEqual(await permissions(), [{ UserId: friend }]);
  await assert.rejects(modify({ ...both, UserGroups: ['all'] }), { code: 'MissingParameter' });
  const removed = { LaunchPermission: { Remove: [{ UserId: friend }] }, UserIds: [friend] };
  await assert.rejects(modify(removed), { code: 'MissingParameter' });
});

test('wrong requests change nothing', async () => {
  const launchPermission = { Attribute: 'launchPermission', OperationType: 'add' };
  const arn = organization.replace('111122223333', '1');
  const wrong: [Partial<ModifyImageAttributeRequest>, string][] = [
    [{}, 'InvalidParameterCombination'],
    [{ Attribute: 'launchPermission' }, 'InvalidParameterCombination'],
    [{ Attribute: 'launchPermission', UserIds: [friend] }, 'MissingParameter'],
    [{ ...launchPermission, OperationType: 'set', UserIds: [friend] }, 'InvalidParameterValue'],
    [{ Attribute: 'description', ImdsSupport: { Value: 'v2.0' } }, 'InvalidParameterCombination'],
    [{ Attribute: 'imdsSupport' }, 'MissingParameter'],
    [{ Attribute: 'sriovNetSupport', Value: 'simple' }, 'InvalidParameterValue'],
    [{ ...launchPermission, UserIds: ['12345678901'] }, 'InvalidAMIAttributeItemValue'],
    [{ ...launchPermission, UserGroups: ['devs'] }, 'InvalidAMIAttributeItemValue'],
    [{ ...launchPermission, OrganizationArns: [arn] }, 'InvalidAMIAttributeItemValue'],
    [
      { LaunchPermission: { Add: [{ OrganizationalUnitArn: organization }] } },
      'InvalidAMIAttributeItemValue',
    ],
  ];
  for (const [input, code] of wrong) {
    await assert.rejects(modify(input), { code }, `${code}: ${JSON.stringify(input)}`);
  }
  const userIds = (from: number, count: number) =>
    Array.from({ length: count }, (_, number) => String(100_000_000_000 + from + number));
  await modify({ ...launchPermission, UserIds: userIds(0, 1000) });
  await assert.rejects(modify({ ...launchPermission, UserIds: userIds(1000, 1) }), {
    code: 'ResourceLimitExceeded',
  });
  await assert.rejects(modify({ ...launchPermission, UserIds: userIds(0, 10_001) }), {
    code: 'InvalidParameterValue',
  });
  assert.equal((await permissions())?.length, 1000);
});

test('attributes are the owner’s to see and to change', async () => {
  const provided = await insertProviderImage(context);
  const named = { ImageId: provided.id };
  const refused = { code: 'AuthFailure' };
  const describe = describeImageAttribute.run({ ...named, Attribute: 'description' }, context);
  await assert.rejects(describe, refused);
  await assert.rejects(modify({ ...named, Description: { Value: 'mine' } }), refused);
  const reset = resetImageAttribute.run({ ...named, Attribute: 'launchPermission' }, context);
  await assert.rejects(reset, refused);
  image = await insertImage(context, { state: 'pending' });
  await assert.rejects(modify({ Description: { Value: 'early' } }), {
    code: 'InvalidAMIID.Unavailable',
  });
});
