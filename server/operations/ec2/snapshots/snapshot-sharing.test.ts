/** What sharing a snapshot lets others do, and how public snapshots are guarded against. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import type { OperationContext } from '../../operation.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { createImage } from '../images/CreateImage.ts';
import { registerImage } from '../images/RegisterImage.ts';
import { runInstances } from '../instances/RunInstances.ts';
import { createTags } from '../tags/CreateTags.ts';
import { deleteSnapshot } from './DeleteSnapshot.ts';
import { describeSnapshotAttribute } from './DescribeSnapshotAttribute.ts';
import { describeSnapshots } from './DescribeSnapshots.ts';
import { disableSnapshotBlockPublicAccess } from './DisableSnapshotBlockPublicAccess.ts';
import { enableSnapshotBlockPublicAccess } from './EnableSnapshotBlockPublicAccess.ts';
import { getSnapshotBlockPublicAccessState } from './GetSnapshotBlockPublicAccessState.ts';
import { modifySnapshotAttribute } from './ModifySnapshotAttribute.ts';
import { resetSnapshotAttribute } from './ResetSnapshotAttribute.ts';

let context: TestContext;
let snapshot: SnapshotRow;
let friend: OperationContext;
let stranger: OperationContext;
beforeEach(async () => {
  context = await createTestContext();
  snapshot = await insertSnapshot(context, { tags: { Stage: 'prod' } });
  friend = await context.asNewAccount();
  stranger = await context.asNewAccount();
});
afterEach(() => context[Symbol.asyncDispose]());

const notFound = { code: 'InvalidSnapshot.NotFound' };
const modify = (more: object, SnapshotId = snapshot.id, as: OperationContext = context) =>
  modifySnapshotAttribute.run({ SnapshotId, ...more }, as);
const share = (Add: object[], SnapshotId?: string) =>
  modify({ CreateVolumePermission: { Add } }, SnapshotId);
const shown = async (input: object, as: OperationContext) => {
  const { Snapshots = [] } = await describeSnapshots.run(input, as);
  return Snapshots.map(({ SnapshotId }) => SnapshotId);
};
const permissions = async (SnapshotId = snapshot.id) => {
  const input = { SnapshotId, Attribute: 'createVolumePermission' } as const;
  return (await describeSnapshotAttribute.run(input, context)).CreateVolumePermissions;
};
const register = (as: OperationContext, SnapshotId = snapshot.id) =>
  registerImage.run(
    {
      Name: `of ${SnapshotId}`,
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    },
    as,
  );

test('whom it is shared with registers it, launches with it and captures it in', async () => {
  const image = await insertProviderImage(context);
  const extra = [{ DeviceName: '/dev/sdg', Ebs: { SnapshotId: snapshot.id } }];
  const run = () => {
    const input = { ImageId: image.id, MinCount: 1, MaxCount: 1, BlockDeviceMappings: extra };
    return runInstances.run(input, friend);
  };
  const instance = await insertRunningInstance(friend, image);
  const captured = (Name: string) => {
    const input = { InstanceId: instance.id, Name, BlockDeviceMappings: extra };
    return createImage.run(input, friend);
  };
  await assert.rejects(register(friend), notFound);
  await assert.rejects(run(), notFound);
  await assert.rejects(captured('before'), notFound);
  await share([{ UserId: friend.caller.account }]);
  await register(friend);
  await run();
  await captured('after');
  await assert.rejects(register(stranger), notFound);
});

test('whom it is shared with sees it, without its tags, and changes nothing', async () => {
  await share([{ UserId: friend.caller.account }]);
  const [seen] =
    (await describeSnapshots.run({ SnapshotIds: [snapshot.id] }, friend)).Snapshots ?? [];
  assert.deepEqual([seen?.OwnerId, seen?.Tags], [context.caller.account, []]);
  assert.deepEqual(await shown({}, friend), [snapshot.id]);
  assert.deepEqual(await shown({ OwnerIds: ['self'] }, friend), []);
  assert.deepEqual(await shown({ OwnerIds: [context.caller.account] }, friend), [snapshot.id]);
  assert.deepEqual(await shown({ OwnerIds: [context.caller.account] }, stranger), []);
  assert.deepEqual(await shown({ Filters: [{ Name: 'tag-key', Values: ['Stage'] }] }, friend), []);
  const denied = { code: 'AuthFailure' };
  await assert.rejects(deleteSnapshot.run({ SnapshotId: snapshot.id }, friend), denied);
  await assert.rejects(
    modify({ UserIds: ['999999999999'], OperationType: 'add' }, undefined, friend),
    denied,
  );
  const attribute = { SnapshotId: snapshot.id, Attribute: 'createVolumePermission' } as const;
  await assert.rejects(resetSnapshotAttribute.run(attribute, friend), denied);
  await assert.rejects(describeSnapshotAttribute.run(attribute, friend), denied);
  await assert.rejects(describeSnapshotAttribute.run(attribute, stranger), notFound);
  const tag = { Resources: [snapshot.id], Tags: [{ Key: 'a', Value: 'b' }] };
  await assert.rejects(createTags.run(tag, friend), { code: 'UnsupportedOperation' });
  await assert.rejects(createTags.run(tag, stranger), notFound);
});

test('who may restore a snapshot is asked by account, self and all', async () => {
  const open = await insertSnapshot(context);
  const theirs = await insertSnapshot(friend);
  const friendId = friend.caller.account;
  await share([{ UserId: friendId }]);
  await share([{ Group: 'all' }], open.id);
  const by = (user: string, as: OperationContext) => shown({ RestorableByUserIds: [user] }, as);
  assert.deepEqual(await by('self', friend), [snapshot.id, theirs.id]);
  assert.deepEqual(await by(friendId, friend), [snapshot.id, theirs.id]);
  assert.deepEqual(await by(friendId, context), [snapshot.id], 'of what is its own');
  assert.deepEqual(await by(friendId, stranger), []);
  assert.deepEqual(await by('all', stranger), [open.id]);
  assert.deepEqual(await shown({}, stranger), [open.id]);
  await assert.rejects(by('?', friend), { code: 'InvalidUserID.Malformed' });
});

test('permissions are added and removed in both forms of the request, and reset', async () => {
  await modify({
    Attribute: 'createVolumePermission',
    OperationType: 'add',
    UserIds: ['111111111111', '222222222222'],
    GroupNames: ['all'],
  });
  assert.deepEqual(await permissions(), [
    { UserId: '111111111111' },
    { UserId: '222222222222' },
    { Group: 'all' },
  ]);
  await modify({
    CreateVolumePermission: { Remove: [{ Group: 'all' }, { UserId: '222222222222' }] },
  });
  await share([{ UserId: '111111111111' }]);
  assert.deepEqual(await permissions(), [{ UserId: '111111111111' }]);
  await modify({ OperationType: 'remove', UserIds: ['111111111111'] });
  assert.deepEqual(await permissions(), []);
  await share([{ UserId: friend.caller.account }]);
  await resetSnapshotAttribute.run(
    { SnapshotId: snapshot.id, Attribute: 'createVolumePermission' },
    context,
  );
  assert.deepEqual(await shown({}, friend), []);
});

test('requests that say nothing, or too much, are refused', async () => {
  const add = { Add: [{ UserId: '111111111111' }] };
  const combination = { code: 'InvalidParameterCombination' };
  await assert.rejects(modify({}), combination);
  await assert.rejects(
    modify({ CreateVolumePermission: { ...add, Remove: [{ Group: 'all' }] } }),
    combination,
  );
  await assert.rejects(modify({ Attribute: 'productCodes', CreateVolumePermission: add }), {
    code: 'InvalidParameterValue',
  });
  await assert.rejects(modify({ UserIds: ['111111111111'] }), { code: 'MissingParameter' });
  const malformed = { code: 'InvalidAMIAttributeItemValue' };
  await assert.rejects(share([{ UserId: '11111111111' }]), malformed);
  await assert.rejects(share([{ Group: 'devs' }]), malformed);
  const many = Array.from({ length: 501 }, (_, i) => String(100_000_000_000 + i));
  await assert.rejects(modify({ OperationType: 'add', UserIds: many }), {
    code: 'InvalidParameterValue',
  });
});

test('block public access keeps snapshots from becoming public, or from being so', async () => {
  const state = async () => (await getSnapshotBlockPublicAccessState.run({}, context)).State;
  const enable = (State: 'block-all-sharing' | 'block-new-sharing' | 'unblocked') =>
    enableSnapshotBlockPublicAccess.run({ State }, context);
  const refused = { code: 'OperationNotPermitted' };
  const other = await insertSnapshot(context);
  assert.equal(await state(), 'unblocked');
  await share([{ Group: 'all' }]);
  await enable('block-new-sharing');
  await assert.rejects(share([{ Group: 'all' }], other.id), refused);
  assert.deepEqual(await shown({}, stranger), [snapshot.id], 'it was public before');
  await enable('block-all-sharing');
  assert.equal(await state(), 'block-all-sharing');
  assert.deepEqual(await shown({}, stranger), []);
  assert.deepEqual(await shown({ RestorableByUserIds: ['all'] }, stranger), []);
  await assert.rejects(register(stranger), notFound);
  await share([{ UserId: friend.caller.account }]);
  assert.deepEqual(await shown({}, friend), [snapshot.id], 'shared by its id');
  assert.deepEqual(await shown({ RestorableByUserIds: ['all'] }, context), []);
  await assert.rejects(enable('unblocked'), { code: 'InvalidParameterValue' });
  await disableSnapshotBlockPublicAccess.run({}, context);
  assert.equal(await state(), 'unblocked');
  assert.deepEqual(await shown({}, stranger), [snapshot.id]);
  await share([{ Group: 'all' }], other.id);
});

test('what has a product code is not made public, and tells it', async () => {
  const coded = await insertSnapshot(context, { productCodes: ['abc'] });
  await assert.rejects(share([{ Group: 'all' }], coded.id), { code: 'OperationNotPermitted' });
  await share([{ UserId: friend.caller.account }], coded.id);
  const input = { SnapshotId: coded.id, Attribute: 'productCodes' } as const;
  const { ProductCodes } = await describeSnapshotAttribute.run(input, context);
  assert.deepEqual(ProductCodes, [{ ProductCodeId: 'abc', ProductCodeType: 'marketplace' }]);
});
