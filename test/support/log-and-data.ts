/**
 * A guest with two volumes, of which it logs on the one what it then stores on the other, and the
 * two ways to cut both at one moment.
 */
import {
  CreateImageCommand,
  CreateSnapshotsCommand,
  type EC2Client,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { type Reached, waitForImage } from './launch.ts';
import { ssh } from './ssh.ts';
import { attachVolume, deviceOf, newVolume } from './volumes.ts';

/** Ids of volumes, or of their snapshots. */
export interface Pair {
  log: string;
  data: string;
}

const names = ['log', 'data'] as const;
const places = { log: '/dev/sdf', data: '/dev/sdg' };

export const asRoot = (guest: Reached, script: string) => ssh(guest, `sudo sh -c '${script}'`);

export async function mount(guest: Reached, volumeId: string, folder: string, options = 'rw') {
  const device = await deviceOf(guest, volumeId);
  await asRoot(guest, `mkdir -p ${folder} && mount -o ${options} ${device} ${folder}`);
}

/** Mounted as /log and /data; nothing in the guest helps with cuts. */
export async function withLogAndData(
  ec2: EC2Client,
  guest: Reached,
  options: { Size: number; mountOptions?: string },
): Promise<Pair> {
  const { Size, mountOptions } = options;
  const pair = { log: await newVolume(ec2, { Size }), data: await newVolume(ec2, { Size }) };
  for (const name of names) {
    await attachVolume(ec2, pair[name], guest.id, places[name]);
    await asRoot(guest, `mkfs.ext4 -q ${await deviceOf(guest, pair[name])}`);
    await mount(guest, pair[name], `/${name}`, mountOptions);
  }
  // With its agent it would stand still for a cut.
  await asRoot(guest, 'kill $(cat /run/qemu-ga.pid)');
  return pair;
}

export async function byCreateSnapshots(
  ec2: EC2Client,
  { id: InstanceId }: Reached,
  source: Pair,
): Promise<Pair> {
  const order = { InstanceSpecification: { InstanceId, ExcludeBootVolume: true } };
  const { Snapshots = [] } = await ec2.send(new CreateSnapshotsCommand(order));
  const of = (volumeId: string) =>
    Snapshots.find(({ VolumeId }) => VolumeId === volumeId)?.SnapshotId ?? '';
  const made = { log: of(source.log), data: of(source.data) };
  const soon = { client: ec2, maxWaitTime: 300, minDelay: 1, maxDelay: 1 };
  await waitUntilSnapshotCompleted(soon, { SnapshotIds: [made.log, made.data] });
  return made;
}

export async function byCreateImage(
  ec2: EC2Client,
  { id: InstanceId }: Reached,
  Name: string,
): Promise<Pair> {
  const order = { InstanceId, Name, NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
  const { BlockDeviceMappings = [] } = await waitForImage(ec2, ImageId, 'available', 300_000);
  const at = (place: string) =>
    BlockDeviceMappings.find(({ DeviceName }) => DeviceName === place)?.Ebs?.SnapshotId ?? '';
  return { log: at(places.log), data: at(places.data) };
}
