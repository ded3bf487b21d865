/** What sharing an image lets others do, and how public images are guarded against. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance, runImage } from '../../test-instances.ts';
import { describeSnapshots } from '../snapshots/DescribeSnapshots.ts';
import { cancelImageLaunchPermission } from './CancelImageLaunchPermission.ts';
import { createImage } from './CreateImage.ts';
import { describeImages } from './DescribeImages.ts';
import { disableImageBlockPublicAccess } from './DisableImageBlockPublicAccess.ts';
import { enableImageBlockPublicAccess } from './EnableImageBlockPublicAccess.ts';
import { getImageBlockPublicAccessState } from './GetImageBlockPublicAccessState.ts';
import { modifyImageAttribute } from './ModifyImageAttribute.ts';

const organization = 'arn:aws:organizations::111122223333:organization/o-abcdefghij';

let context: TestContext;
let image: ImageRow;
let friend: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertImage(context, { tags: { Stage: 'prod' } });
  friend = await context.asNewAccount({ organizationPath: 'o-abcdefghij/r-1a2b' });
});
afterEach(() => context[Symbol.asyncDispose]());

const share = (Add: object[], ImageId = image.id) =>
  modifyImageAttribute.run({ ImageId, LaunchPermission: { Add } }, context);
const unshare = (Remove: object[]) =>
  modifyImageAttribute.run({ ImageId: image.id, LaunchPermission: { Remove } }, context);
const shown = async (input: object, as: OperationContext) => {
  const { Images = [] } = await describeImages.run(input, as);
  return Images.map(({ ImageId }) => ImageId);
};
const notFound = { code: 'InvalidAMIID.NotFound' };

test('whom it is shared with launches it and captures the instance, also after it is taken back', async () => {
  const UserId = friend.caller.account;
  await assert.rejects(runImage(friend, image), notFound);
  await assert.rejects(cancelImageLaunchPermission.run({ ImageId: image.id }, friend), notFound);
  await share([{ UserId }]);
  const [seen] = (await describeImages.run({ ImageIds: [image.id] }, friend)).Images ?? [];
  assert.deepEqual([seen?.Tags, seen?.Public], [[], false]);
  const { Snapshots } = await describeSnapshots.run({}, friend);
  assert.deepEqual(Snapshots, [], 'its snapshots are another matter');
  const instance = await insertRunningInstance(friend, image);
  await unshare([{ UserId }]);
  await assert.rejects(runImage(friend, image), notFound);
  const made = await createImage.run({ InstanceId: instance.id, Name: 'theirs' }, friend);
  assert.deepEqual(await shown({ Owners: ['self'] }, friend), [made.ImageId]);
});

test('all see a public image, members one that is shared with their organization', async () => {
  const stranger = await context.asNewAccount();
  const open = await insertImage(context);
  await share([{ Group: 'all' }], open.id);
  await share([{ OrganizationArn: organization }]);
  assert.deepEqual(await shown({}, friend), [image.id, open.id]);
  assert.deepEqual(await shown({}, stranger), [open.id]);
  await runImage(friend, image);
  await runImage(stranger, open);
  await assert.rejects(runImage(stranger, image), notFound);
  const executable = (user: string, as: OperationContext) => shown({ ExecutableUsers: [user] }, as);
  assert.deepEqual(await executable('self', friend), [image.id], 'as a member');
  assert.deepEqual(await executable(friend.caller.account, friend), [image.id]);
  assert.deepEqual(await executable('all', friend), [open.id]);
  // Of another account: what names that account itself.
  assert.deepEqual(await executable(friend.caller.account, context), []);
  await share([{ UserId: friend.caller.account }]);
  assert.deepEqual(await executable(friend.caller.account, context), [image.id]);
});

test('an account gives back what it was given itself, and nothing that it has as one of many', async () => {
  const cancel = (ImageId = image.id, as = friend) =>
    cancelImageLaunchPermission.run({ ImageId }, as);
  const refused = { code: 'OperationNotPermitted' };
  await share([{ UserId: friend.caller.account }, { UserId: '333333333333' }]);
  assert.deepEqual(await cancel(), { Return: true });
  await assert.rejects(cancel(), notFound, 'it does not see it any more');
  await share([{ OrganizationArn: organization }]);
  await assert.rejects(cancel(), refused);
  await share([{ Group: 'all' }]);
  await assert.rejects(cancel(), refused);
  await assert.rejects(cancel(image.id, context), refused, 'the owner has it without permission');
  const row = await context.catalog.read(({ images }) => images.get(image.id));
  assert.deepEqual(row?.launchPermissions, ['333333333333', organization, 'all']);
});

test('an image with a product code is shared, but not with all', async () => {
  const ofProduct = await insertImage(context, { productCodes: ['code1'] });
  await share([{ UserId: friend.caller.account }], ofProduct.id);
  const refused = { code: 'OperationNotPermitted' };
  await assert.rejects(share([{ Group: 'all' }], ofProduct.id), refused);
});

test('where public access is blocked no image becomes public; those that are stay so', async () => {
  const state = async (as: OperationContext = context) =>
    (await getImageBlockPublicAccessState.run({}, as)).ImageBlockPublicAccessState;
  const open = await insertImage(context, { launchPermissions: ['all'] });
  assert.equal(await state(), 'unblocked');
  const block = { ImageBlockPublicAccessState: 'block-new-sharing' };
  assert.deepEqual(await enableImageBlockPublicAccess.run(block, context), block);
  assert.equal(await state(), 'block-new-sharing');
  assert.equal(await state(context.as({ region: 'eu-west-1' })), 'unblocked');
  assert.equal(await state(friend), 'unblocked');
  await assert.rejects(share([{ Group: 'all' }]), { code: 'OperationNotPermitted' });
  await share([{ UserId: friend.caller.account }]);
  await share([{ Group: 'all' }], open.id);
  assert.deepEqual(await shown({ ExecutableUsers: ['all'] }, friend), [open.id]);
  const wrong = { ImageBlockPublicAccessState: 'block-all-sharing' };
  await assert.rejects(enableImageBlockPublicAccess.run(wrong, context), {
    code: 'InvalidParameterValue',
  });
  await disableImageBlockPublicAccess.run({}, context);
  await share([{ Group: 'all' }]);
  assert.deepEqual(await shown({ ExecutableUsers: ['all'] }, friend), [image.id, open.id]);
});
