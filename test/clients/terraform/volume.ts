/** aws_ebs_volume and aws_volume_attachment of Terraform's AWS provider. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type EC2Client,
  ModifyVolumeCommand,
  type ModifyVolumeCommandInput,
  type Volume,
} from '@aws-sdk/client-ec2';
import { findInstance, settled, unlessGone } from './provider.ts';

/** One that says that it is deleted is as good as NotFound. */
export async function findVolume(ec2: EC2Client, id: string): Promise<Volume | undefined> {
  const asked = ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  const answer = await unlessGone(asked, 'InvalidVolume.NotFound');
  const [volume, ...more] = answer?.Volumes ?? [];
  assert.equal(more.length, 0);
  return volume?.State === 'deleted' ? undefined : volume;
}

const stateOf = (ec2: EC2Client, id: string) => async () => (await findVolume(ec2, id))?.State;

export async function createVolume(
  ec2: EC2Client,
  more: Partial<CreateVolumeCommandInput>,
): Promise<string> {
  const { VolumeId: id = '' } = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: 'us-east-1a',
      ClientToken: `terraform-${randomUUID()}`,
      ...more,
    }),
  );
  await settled(stateOf(ec2, id), ['creating'], 'available');
  return id;
}

export async function modifyVolume(
  ec2: EC2Client,
  VolumeId: string,
  change: Omit<ModifyVolumeCommandInput, 'VolumeId'>,
): Promise<void> {
  await ec2.send(new ModifyVolumeCommand({ VolumeId, ...change }));
  const state = (await findVolume(ec2, VolumeId))?.State ?? '';
  assert.ok(['available', 'in-use'].includes(state), state);
}

export async function deleteVolume(ec2: EC2Client, VolumeId: string): Promise<void> {
  await ec2.send(new DeleteVolumeCommand({ VolumeId }));
  await settled(stateOf(ec2, VolumeId), ['deleting'], undefined);
}

interface Attachment {
  VolumeId: string;
  InstanceId: string;
  Device: string;
}

/** By all three, as the resource has no id of its own. */
export async function findAttachment(
  ec2: EC2Client,
  { VolumeId, InstanceId, Device }: Attachment,
): Promise<string | undefined> {
  const Filters = [
    { Name: 'attachment.device', Values: [Device] },
    { Name: 'attachment.instance-id', Values: [InstanceId] },
  ];
  const asked = ec2.send(new DescribeVolumesCommand({ Filters, VolumeIds: [VolumeId] }));
  const answer = await unlessGone(asked, 'InvalidVolume.NotFound');
  const state = answer?.Volumes?.[0]?.Attachments?.find(
    (each) => each.InstanceId === InstanceId,
  )?.State;
  return state === 'detached' ? undefined : state;
}

export async function attachVolume(ec2: EC2Client, attachment: Attachment): Promise<void> {
  assert.equal(await findAttachment(ec2, attachment), undefined);
  const instance = await findInstance(ec2, attachment.InstanceId);
  assert.ok(['running', 'stopped'].includes(instance?.State?.Name ?? ''));
  await ec2.send(new AttachVolumeCommand(attachment));
  await settled(() => findAttachment(ec2, attachment), ['attaching'], 'attached');
}

export async function detachVolume(ec2: EC2Client, attachment: Attachment): Promise<void> {
  await ec2.send(new DetachVolumeCommand({ ...attachment, Force: false }));
  const pending = ['busy', 'detaching', 'attached'];
  await settled(() => findAttachment(ec2, attachment), pending, undefined);
}
