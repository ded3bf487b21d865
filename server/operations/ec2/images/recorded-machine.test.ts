import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { launchOfMachine, type RestoreWishes } from '../../../domain/backups/recorded-machine.ts';
import { planInstanceRestore } from '../../../domain/backups/restore-instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { importKeyPair } from '../key-pairs/ImportKeyPair.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { deleteSecurityGroup } from '../security-groups/DeleteSecurityGroup.ts';
import { copyImage } from './CopyImage.ts';
import { createImage } from './CreateImage.ts';
import { deregisterImage } from './DeregisterImage.ts';
import { describeImages } from './DescribeImages.ts';

const publicKey = `ssh-ed25519 ${Buffer.from(
  `\0\0\0\x0bssh-ed25519\0\0\0\x20${'k'.repeat(32)}`,
  'latin1',
).toString('base64')}`;
const userData = Buffer.from('#!/bin/sh\necho a secret\n').toString('base64');

let context: TestContext;
let instance: InstanceRow;
let imageId: string;
beforeEach(async () => {
  context = await createTestContext();
  const { GroupId = '' } = await createSecurityGroup.run(
    { GroupName: 'web', Description: 'of web servers' },
    context,
  );
  const PublicKeyMaterial = Buffer.from(publicKey);
  await importKeyPair.run({ KeyName: 'mine', PublicKeyMaterial }, context);
  instance = await insertRunningInstance(context, await insertProviderImage(context), {
    InstanceType: 't3.small',
    KeyName: 'mine',
    SecurityGroupIds: [GroupId],
    UserData: userData,
    DisableApiTermination: true,
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 3 },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web-1' }] }],
  });
  await context.catalog.write(async ({ volumes }) => {
    for (const volume of await volumes.list({ where: { instance: instance.id } })) {
      await volumes.update({ ...volume, tags: { of: volume.attachment?.deviceName ?? '' } });
    }
  });
  imageId = await backUp('backup');
});
afterEach(() => context[Symbol.asyncDispose]());

/** As the task of a capture leaves it. */
async function backUp(Name: string, more = {}): Promise<string> {
  const { ImageId = '' } = await createImage.run(
    { InstanceId: instance.id, Name, ...more },
    context,
  );
  await complete(ImageId);
  return ImageId;
}

async function complete(id: string): Promise<void> {
  await context.catalog.write(async ({ images, snapshots }) => {
    const image = await images.get(id);
    if (image) await images.update({ ...image, state: 'available' });
    const root = 'ab'.repeat(32);
    for (const row of await snapshots.list({ where: { state: 'pending' } })) {
      await snapshots.update({ ...row, state: 'completed', root, progressPercent: 100 });
    }
  });
}

const imageRow = (id: string) => context.catalog.read(({ images }) => images.get(id));
const launchOf = async (id: string, wishes?: RestoreWishes, caller = context.caller) =>
  context.catalog.read(async (reader) => {
    const image = await reader.images.get(id);
    assert.ok(image);
    return launchOfMachine(reader, caller, image, { wishes, site: context.site });
  });
const restore = async () => {
  const place = { ...context, measures: context.measures };
  return context.catalog.write((transaction) =>
    planInstanceRestore(transaction, context.caller, { backupId: imageId }, place),
  );
};
const members = (differences: readonly { member: string }[]) =>
  differences.map(({ member }) => member);

test('a restore is as the instance was, when that has gone', async () => {
  await moveInstance(context, instance.id, { state: 'terminated' });
  const { launch, differences } = await restore();
  const [made] = launch.instances;
  assert.ok(made);
  const same = [
    'instanceType',
    'keyName',
    'publicKey',
    'securityGroupIds',
    'subnetId',
    'privateIp',
    'userData',
    'disableApiTermination',
    'metadataOptions',
    'tags',
    'rootDeviceName',
  ] as const;
  for (const member of same) assert.deepEqual(made[member], instance[member], member);
  assert.equal(made.imageId, imageId);
  assert.deepEqual(
    launch.volumes.map(({ sizeGiB, tags, attachment }) => [attachment?.deviceName, sizeGiB, tags]),
    [
      ['/dev/xvda', 8, { of: '/dev/xvda' }],
      ['/dev/sdf', 2, { of: '/dev/sdf' }],
    ],
  );
  assert.deepEqual(members(differences), ['PublicIpAddress'], 'and no other');
  assert.equal(differences[0]?.now, made.publicIp, 'which the machine has');
});

test('what cannot be as it was is told', async () => {
  const [group = ''] = instance.securityGroupIds;
  await moveInstance(context, instance.id, { securityGroupIds: [] });
  await deleteSecurityGroup.run({ GroupId: group }, context);
  await context.catalog.write(async ({ keyPairs }) => {
    for (const { id } of await keyPairs.list()) await keyPairs.delete(id);
  });
  const { request, differences } = await launchOf(imageId, { instanceType: 't3.micro' });
  assert.deepEqual(members(differences), [
    'InstanceType',
    'PrivateIpAddress',
    'SecurityGroups',
    'SecurityGroups',
    'KeyName',
    'PublicIpAddress',
  ]);
  assert.match(differences[1]?.reason ?? '', /in use/);
  assert.equal(differences[2]?.was, `${group} (web)`);
  assert.match(differences[3]?.now ?? '', /^sg-\w+$/);
  const { instanceType, keyName, privateIp, securityGroupIds } = request;
  assert.deepEqual(
    [instanceType, keyName, privateIp, securityGroupIds],
    ['t3.micro', undefined, undefined, []],
  );
  const left = await backUp('without data', {
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', NoDevice: '' }],
  });
  const { differences: more } = await launchOf(left);
  const volume = more.find(({ member }) => member === 'BlockDeviceMappings');
  assert.match(volume?.was ?? '', /^\/dev\/sdf: vol-[0-9a-f]+ of 2 GiB$/);
});

test('a copy in another region keeps it, and names groups and subnet as they are there', async () => {
  const elsewhere = context.as({ region: 'eu-west-1' });
  const order = { SourceImageId: imageId, SourceRegion: 'us-east-1', Name: 'copy' };
  const { ImageId: copy = '' } = await copyImage.run(order, elsewhere);
  const { request, differences } = await launchOf(copy, {}, elsewhere.caller);
  assert.equal(request.userData, userData);
  assert.deepEqual(members(differences).sort(), [
    'KeyName',
    'PublicIpAddress',
    'SecurityGroups',
    'SecurityGroups',
    'SubnetId',
  ]);
});

test('nobody but its owner is told anything of it', async () => {
  const other = await context.asNewAccount();
  await context.catalog.write(async ({ images, snapshots }) => {
    const row = await images.get(imageId);
    assert.ok(row?.machine?.userData === userData);
    await images.update({ ...row, launchPermissions: ['all'] });
    for (const snapshot of await snapshots.list()) {
      await snapshots.update({ ...snapshot, createVolumePermissions: ['all'] });
    }
  });
  const order = { SourceImageId: imageId, SourceRegion: 'us-east-1', Name: 'taken' };
  const { ImageId: copy = '' } = await copyImage.run(order, other);
  assert.equal((await imageRow(copy))?.machine, undefined);
  const { request } = await launchOf(imageId, {}, other.caller);
  assert.deepEqual([request.userData, request.instanceTags], [undefined, {}]);
  for (const who of [context, other]) {
    const told = JSON.stringify(await describeImages.run({ ImageIds: [imageId] }, who));
    assert.ok(told.includes(imageId) && !told.includes(userData) && !told.includes('web-1'));
  }
});

test('an image that is no more remembers nothing', async () => {
  await deregisterImage.run({ ImageId: imageId }, context);
  const former = await context.catalog.read(({ formerImages }) => formerImages.get(imageId));
  assert.ok(former);
  assert.equal(former.machine, undefined);
});
