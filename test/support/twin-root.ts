/** A guest that has an equal copy of its root beside it: which of them is it running on? */
import assert from 'node:assert/strict';
import { type EC2Client, RebootInstancesCommand } from '@aws-sdk/client-ec2';
import { describeInstance, type Reached } from './launch.ts';
import { ssh } from './ssh.ts';
import { until } from './until.ts';
import { attachVolume, deviceOf, newVolume } from './volumes.ts';

const bootLimitMs = 600_000;

/** Resolves when it answers again, booted anew. */
export async function rebooted(ec2: EC2Client, guest: Reached): Promise<void> {
  const bootId = () => ssh(guest, 'cat /proc/sys/kernel/random/boot_id', { timeoutMs: 15_000 });
  const before = await bootId();
  await ec2.send(new RebootInstancesCommand({ InstanceIds: [guest.id] }));
  const isAnother = async () => (await bootId().catch(() => before)) !== before;
  await until(`${guest.id} rebooted`, isAnother, bootLimitMs);
}

/** A file that was made after the copy was. */
export async function markRoot(guest: Reached): Promise<void> {
  await ssh(guest, 'sudo sh -c "echo original >/original; sync"');
}

/** Whether it runs on the root that was marked. */
export async function isOnMarkedRoot(guest: Reached): Promise<boolean> {
  return (await ssh(guest, 'ls /original 2>/dev/null || true')).includes('/original');
}

/** The serial number of the volume that EC2 calls the root. */
export async function rootSerial(ec2: EC2Client, { id }: Reached): Promise<string | undefined> {
  const { BlockDeviceMappings = [], RootDeviceName } = await describeInstance(ec2, id);
  const root = BlockDeviceMappings.find(({ DeviceName }) => DeviceName === RootDeviceName);
  return root?.Ebs?.VolumeId?.replace('-', '');
}

/** Whether what is mounted as `/` is on that. */
export async function isOnRootVolume(ec2: EC2Client, guest: Reached): Promise<boolean> {
  const mounted = `awk '$2 == "/" && $1 ~ /^.dev/ { sub("/dev/", "", $1); print $1 }' /proc/mounts`;
  const serial = await ssh(guest, `cat /sys/class/block/$(${mounted})/../serial`);
  return serial.trim() === (await rootSerial(ec2, guest));
}

const ownReboots = [
  '#!/bin/sh',
  '[ $(wc -l </boots) -lt $(cat /boots-wanted) ] || exit 0',
  'root=$(findmnt -n -o SOURCE /)',
  'echo "$(cat /sys/class/block/$(basename $root)/../serial)" >>/boots',
  'sync',
  '[ $(wc -l </boots) -ge $(cat /boots-wanted) ] || echo b >/proc/sysrq-trigger',
  '',
].join('\n');

const ownRebootsUnit = [
  '[Unit]',
  'DefaultDependencies=no',
  'After=systemd-remount-fs.service',
  'Before=sysinit.target',
  '[Service]',
  'Type=oneshot',
  'ExecStart=/usr/local/sbin/own-reboots',
  '',
].join('\n');

/**
 * A guest with systemd that resets itself as soon as it has its root and has written down which it
 * is: firmware, boot loader, kernel and initramfs as often as wanted, and the rest once. From any
 * other root it would not.
 */
export async function rebootsItself(guest: Reached, times: number): Promise<string[]> {
  const unit = '/etc/systemd/system/own-reboots.service';
  const root = (script: string, input?: string) => ssh(guest, `sudo sh -c '${script}'`, { input });
  await root('cat >/usr/local/sbin/own-reboots', ownReboots);
  await root(`cat >${unit}`, ownRebootsUnit);
  const wants = '/etc/systemd/system/sysinit.target.wants';
  await root(
    `chmod 755 /usr/local/sbin/own-reboots; mkdir -p ${wants}; ln -s ${unit} ${wants}; ` +
      `: >/boots; echo ${times} >/boots-wanted; sync`,
  );
  await root('echo b >/proc/sysrq-trigger').catch(() => {});
  let boots: string[] = [];
  const look = async () => {
    const said = await ssh(guest, 'cat /boots', { timeoutMs: 60_000 }).catch(() => '');
    boots = said.trim().split('\n');
    return boots.length >= times;
  };
  await until(`${guest.id} booted ${times} times`, look, times * bootLimitMs);
  return boots;
}

/** Disks that have what a guest may look for its root by, and a check that it leaves them alone. */
export class Twins {
  readonly #guest: Reached;
  readonly #volumeIds: readonly string[];
  #before = '';

  private constructor(guest: Reached, volumeIds: readonly string[]) {
    this.#guest = guest;
    this.#volumeIds = volumeIds;
  }

  /** An equal copy of the root, and a file system of its own that has the same label. */
  static async attach(ec2: EC2Client, guest: Reached, SnapshotId = ''): Promise<Twins> {
    const twin = await newVolume(ec2, { SnapshotId });
    await attachVolume(ec2, twin, guest.id, '/dev/sdp');
    const other = await newVolume(ec2, { Size: 1 });
    await attachVolume(ec2, other, guest.id, '/dev/sdq');
    await ssh(guest, `sudo mkfs.ext4 -q -L root ${await deviceOf(guest, other)}`);
    const twins = new Twins(guest, [twin, other]);
    twins.#before = await twins.#contents();
    return twins;
  }

  /** Nobody mounted, checked or grew them: the partition table and superblocks are as they were. */
  async areUntouched(): Promise<void> {
    assert.equal(await this.#contents(), this.#before);
  }

  /** Up to behind the first superblock of a root as our images have it. */
  async #contents(): Promise<string> {
    const sums = [];
    for (const volumeId of this.#volumeIds) {
      const device = await deviceOf(this.#guest, volumeId);
      const head = `dd if=${device} bs=1M count=70 2>/dev/null | sha256sum`;
      sums.push(await ssh(this.#guest, `sudo sh -c '${head}'`));
    }
    return sums.join('');
  }
}
