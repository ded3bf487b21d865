/**
 * What an account has of an image that was shared with it: its machines are its own, and go on when
 * the permission is taken back; the blocks are another matter (its snapshots).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { modifyImageAttribute } from '../operations/ec2/images/ModifyImageAttribute.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { modifySnapshotAttribute } from '../operations/ec2/snapshots/ModifySnapshotAttribute.ts';
import { createAccount } from '../operations/imago/CreateAccount.ts';
import type { Operation } from '../operations/operation.ts';
import { settled, snapshotsOf } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const notFound = { code: 'InvalidAMIID.NotFound' };

test('an account launches and copies what is shared with it; its machine goes on when that is taken back', async () => {
  await using imago = await TestImago.start();
  const { Account, AccessKey } = await imago.call(createAccount, { Name: 'friend' });
  const UserId = Account.AccountId;
  const caller = { ...imago.caller, account: UserId, accessKeyId: AccessKey.AccessKeyId };
  const friend = <Input, Output>(operation: Operation<Input, Output>, input: Input) =>
    operation.run(input, { ...imago.context(), caller: { ...caller, operator: false } });
  const run = async (ImageId: string) => {
    const { Instances = [] } = await friend(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
    const id = Instances[0]?.InstanceId ?? '';
    await imago.untilState(id, 'running');
    return id;
  };
  const image = await imago.image({ account: imago.caller.account, launchPermissions: [] }, 7);
  const [SnapshotId = ''] = snapshotsOf(image);
  const permit = (change: object) =>
    imago.call(modifyImageAttribute, { ImageId: image.id, LaunchPermission: change });
  await imago.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(SnapshotId);
    const { account } = imago.caller;
    if (row) await snapshots.update({ ...row, account, createVolumePermissions: [] });
  });

  await assert.rejects(run(image.id), notFound);
  await permit({ Add: [{ UserId }] });
  const id = await run(image.id);
  const [volumeId = ''] = await imago.volumeIds(id);
  await imago.write(volumeId, 65_536, 4096, 42);
  const copy = { Name: 'copy', SourceImageId: image.id, SourceRegion: imago.caller.region };
  await assert.rejects(friend(copyImage, copy), { code: 'InvalidRequest' });
  const Add = [{ UserId }];
  await imago.call(modifySnapshotAttribute, { SnapshotId, CreateVolumePermission: { Add } });
  const copied = await settled(imago, (await friend(copyImage, copy)).ImageId ?? '');
  assert.deepEqual([copied.state, copied.account], ['available', UserId]);
  assert.equal(await imago.readSnapshot(snapshotsOf(copied)[0] ?? '', 0), 7);

  await permit({ Remove: [{ UserId }] });
  await assert.rejects(run(image.id), notFound);
  await friend(stopInstances, { InstanceIds: [id] });
  await imago.untilState(id, 'stopped');
  await friend(startInstances, { InstanceIds: [id] });
  await imago.untilState(id, 'running');
  const { ImageId = '' } = await friend(createImage, { InstanceId: id, Name: 'theirs' });
  const captured = await settled(imago, ImageId);
  assert.deepEqual([captured.state, captured.account], ['available', UserId]);
  const [ofRoot = ''] = snapshotsOf(captured);
  assert.deepEqual(
    [await imago.readSnapshot(ofRoot, 0), await imago.readSnapshot(ofRoot, 65_536)],
    [7, 42],
  );

  await imago.untilState(id, 'running');
  await friend(terminateInstances, { InstanceIds: [id] });
  await imago.untilState(await run(ImageId), 'running');
  const { Images = [] } = await friend(describeImages, { Owners: ['self'] });
  const mine = Images.map((each) => each.ImageId).sort();
  assert.deepEqual(mine, [copied.id, ImageId].sort());
  await assert.rejects(imago.call(describeImages, { ImageIds: [ImageId] }), notFound);
});
