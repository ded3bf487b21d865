/** What a user does with volumes with the SDK: make, attach, detach, wait for each. */
import {
  AttachVolumeCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  type EC2Client,
  type Volume,
} from '@aws-sdk/client-ec2';
import { type SshTarget, ssh } from './ssh.ts';
import { until } from './until.ts';

const AvailabilityZone = 'us-east-1a';

export async function newVolume(
  ec2: EC2Client,
  input: Partial<CreateVolumeCommandInput>,
): Promise<string> {
  const made = await ec2.send(new CreateVolumeCommand({ AvailabilityZone, ...input }));
  await untilVolume(ec2, made.VolumeId ?? '', 'available');
  return made.VolumeId ?? '';
}

export async function describeVolume(ec2: EC2Client, id: string): Promise<Volume> {
  const answer = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  const volume = answer.Volumes?.[0];
  if (!volume) throw new Error(`no volume ${id}`);
  return volume;
}

export function untilVolume(ec2: EC2Client, id: string, state: string): Promise<void> {
  return until(`${id} ${state}`, async () => (await describeVolume(ec2, id)).State === state);
}

/** Resolves when the machine has it. */
export async function attachVolume(
  ec2: EC2Client,
  VolumeId: string,
  InstanceId: string,
  Device: string,
): Promise<void> {
  await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));
  await until(`${VolumeId} attached`, async () => {
    const { Attachments = [] } = await describeVolume(ec2, VolumeId);
    return Attachments[0]?.State === 'attached';
  });
}

/** Resolves when the machine has let go of it. */
export async function detachVolume(
  ec2: EC2Client,
  VolumeId: string,
  more: { Force?: boolean } = {},
): Promise<void> {
  await ec2.send(new DetachVolumeCommand({ VolumeId, ...more }));
  await untilVolume(ec2, VolumeId, 'available');
}

/** What the guest calls the disk that says that it is this volume. */
export async function deviceOf(guest: SshTarget, volumeId: string): Promise<string> {
  const serial = volumeId.replace('-', '');
  let found = '';
  await until(`${volumeId} in the guest`, async () => {
    const named = `grep -l ${serial} /sys/block/*/serial || true`;
    found = (await ssh(guest, named)).split('/')[3]?.trim() ?? '';
    return found !== '';
  });
  return `/dev/${found}`;
}
