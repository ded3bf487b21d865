/**
 * aws_ebs_volume and aws_volume_attachment as Terraform's AWS provider makes, reads, changes and
 * destroys them. On simulated machines.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { create, destroy } from './terraform/instance.ts';
import { updateTags } from './terraform/provider.ts';
import {
  attachVolume,
  createVolume,
  deleteVolume,
  detachVolume,
  findAttachment,
  findVolume,
  modifyVolume,
} from './terraform/volume.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let ImageId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  ImageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

test('aws_ebs_volume: made, read, changed and destroyed', async () => {
  const Tags = [{ Key: 'Name', Value: 'data' }];
  const id = await createVolume(ec2, {
    Encrypted: false,
    Iops: 3500,
    MultiAttachEnabled: false,
    Size: 10,
    TagSpecifications: [{ ResourceType: 'volume', Tags }],
    Throughput: 250,
    VolumeType: 'gp3',
  });
  const made = await findVolume(ec2, id);
  assert.deepEqual(
    [made?.Size, made?.VolumeType, made?.Iops, made?.Throughput, made?.Encrypted, made?.Tags],
    [10, 'gp3', 3500, 250, false, Tags],
  );
  assert.deepEqual([made?.SnapshotId, made?.MultiAttachEnabled], ['', false]);
  await modifyVolume(ec2, id, { Size: 20 });
  await modifyVolume(ec2, id, { VolumeType: 'gp2' });
  await updateTags(ec2, id, { removed: Tags, added: [{ Key: 'for', Value: 'tests' }] });
  const changed = await findVolume(ec2, id);
  assert.deepEqual(
    [changed?.Size, changed?.VolumeType, changed?.Iops, changed?.Tags],
    [20, 'gp2', 100, [{ Key: 'for', Value: 'tests' }]],
  );
  await deleteVolume(ec2, id);
});

test('aws_volume_attachment: of a running instance, and away again', async () => {
  const InstanceId = await create(ec2, { ImageId, InstanceType: 't3.nano' });
  const VolumeId = await createVolume(ec2, { Size: 1 });
  const attachment = { VolumeId, InstanceId, Device: '/dev/sdh' };
  await attachVolume(ec2, attachment);
  assert.equal((await findVolume(ec2, VolumeId))?.State, 'in-use');
  await modifyVolume(ec2, VolumeId, { Size: 2 });
  await detachVolume(ec2, attachment);
  assert.equal(await findAttachment(ec2, attachment), undefined);
  await deleteVolume(ec2, VolumeId);
  await destroy(ec2, InstanceId);
});
