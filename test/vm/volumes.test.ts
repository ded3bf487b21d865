/**
 * Volumes of real guests: attached, written, grown, limited, captured and detached while the guests
 * run and write, found again on another machine; and an equal copy of a root beside it over a reboot
 * (over many: twin-root.soak.ts).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  type EC2Client,
  ModifyVolumeCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { isOnMarkedRoot, markRoot, rebooted } from '../support/twin-root.ts';
import { until } from '../support/until.ts';
import { attachVolume, detachVolume, deviceOf, newVolume } from '../support/volumes.ts';

/** EC2's least of an io1 volume: 256 KiB each time. */
const slow = { VolumeType: 'io1', Iops: 100 } as const;
const slowBytesPerSecond = 100 * 256 * 1024;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let guest: Reached;
let copy: Reached;
let data: string;
let image: string;
/** What was written to the data volume at the time of the capture. */
let second: number;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [instance] = await launch(ec2, ImageId, login);
  guest = await reach(ec2, instance, login);
  // Writes many times a second, whatever is plugged or let go of.
  await ssh(
    guest,
    'sudo sh -c "while dd if=/dev/urandom of=/load bs=4k count=100 conv=fsync; do usleep 50000; done >/dev/null 2>/load.errors </dev/null &"',
  );
});
after(async () => {
  await imago?.dispose();
});

test('a volume is plugged into a guest that runs, known by its id, written, and grows', async () => {
  data = await newVolume(ec2, { Size: 1 });
  await attachVolume(ec2, data, guest.id, '/dev/sdf');
  const device = await deviceOf(guest, data);
  await ssh(
    guest,
    `sudo sh -c "mkfs.ext4 -q ${device} && mkdir -p /data && mount ${device} /data"`,
  );
  await ec2.send(new ModifyVolumeCommand({ VolumeId: data, Size: 2 }));
  const size = `/sys/block/${device.slice('/dev/'.length)}/size`;
  await until('the guest sees it', async () => Number(await ssh(guest, `cat ${size}`)) === 2 ** 22);
  await ssh(guest, `sudo resize2fs ${device}`);
  const total = await ssh(guest, 'df -k /data | tail -1');
  assert.ok(Number(total.trim().split(/\s+/)[1]) > 1.8 * 2 ** 20, total);
});

test('a limit holds, before and after the disk was captured', async () => {
  const limited = await newVolume(ec2, { Size: 4, ...slow });
  const free = await newVolume(ec2, { Size: 2, VolumeType: 'gp2' });
  await attachVolume(ec2, limited, guest.id, '/dev/sdg');
  await attachVolume(ec2, free, guest.id, '/dev/sdh');
  const [slowDisk, fastDisk] = [await deviceOf(guest, limited), await deviceOf(guest, free)];
  const secondsFor = async (disk: string, seek: number) => {
    const dd = `dd if=/dev/zero of=${disk} bs=1M count=64 seek=${seek} oflag=direct`;
    const script = `t=$(cut -d" " -f1 /proc/uptime); ${dd} 2>/dev/null; echo $t; cut -d" " -f1 /proc/uptime`;
    const [from = 0, to = 0] = (await ssh(guest, `sudo sh -c '${script}'`)).split('\n').map(Number);
    return to - from;
  };
  const least = (64 * 2 ** 20) / slowBytesPerSecond;
  for (const seek of [0, 64]) {
    const [slowS, fastS] = [await secondsFor(slowDisk, seek), await secondsFor(fastDisk, seek)];
    // What it may take at once at the beginning is little of it.
    assert.ok(slowS > least / 2 && slowS > 1.5 * fastS, `${slowS} s against ${fastS} s`);
    if (seek === 0) image = await captured();
  }
  for (const volumeId of [limited, free]) await detachVolume(ec2, volumeId);
});

/** All its volumes at one point in time, while it writes to two of them in turn. */
async function captured(): Promise<string> {
  const turns =
    'n=0; while [ ! -e /enough ]; do n=$((n+1)); echo $n >/first; sync /first; echo $n >/data/second; sync /data/second; done';
  await ssh(guest, `sudo sh -c '${turns}' >/dev/null 2>&1 </dev/null & sleep 1`);
  const command = new CreateImageCommand({ InstanceId: guest.id, Name: 'both', NoReboot: true });
  const { ImageId = '' } = await ec2.send(command);
  await waitForImage(ec2, ImageId, 'available');
  await ssh(guest, 'sudo touch /enough');
  return ImageId;
}

test('what was captured is of one point in time, and boots by UEFI with its copy beside it', async () => {
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [image] }));
  const mappings = Images?.[0]?.BlockDeviceMappings ?? [];
  const snapshotOf = (name: string) =>
    mappings.find(({ DeviceName }) => DeviceName === name)?.Ebs?.SnapshotId ?? '';
  const [rootName = '', rootSnapshot] = [Images?.[0]?.RootDeviceName, snapshotOf('/dev/xvda')];
  const { ImageId: byUefi = '' } = await ec2.send(
    new RegisterImageCommand({
      Name: 'by UEFI',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      BootMode: 'uefi',
      RootDeviceName: rootName,
      BlockDeviceMappings: ['/dev/xvda', '/dev/sdf'].map((DeviceName) => ({
        DeviceName,
        Ebs: { SnapshotId: snapshotOf(DeviceName) },
      })),
    }),
  );
  const [launched] = await launch(ec2, byUefi, login);
  copy = await reach(ec2, launched, login);
  await ssh(copy, 'sudo sh -c "mkdir -p /data && mount /dev/vdb /data"');
  const numbers = (await ssh(copy, 'cat /first /data/second')).split('\n').map(Number);
  const [first = 0] = numbers;
  second = numbers[1] ?? 0;
  assert.ok(second > 0 && first - second >= 0 && first - second <= 1, `${first}, ${second}`);
  assert.equal(await ssh(guest, 'grep -v records /load.errors || true'), '');

  const guests = [guest, copy];
  const twins = await Promise.all(guests.map(() => newVolume(ec2, { SnapshotId: rootSnapshot })));
  for (const [index, each] of guests.entries()) {
    await markRoot(each);
    await attachVolume(ec2, twins[index] ?? '', each.id, '/dev/sdp');
    await deviceOf(each, twins[index] ?? '');
  }
  await Promise.all(guests.map((each) => rebooted(ec2, each)));
  for (const each of guests) assert.ok(await isOnMarkedRoot(each));
});

test('a detached volume has its bytes on another machine; pulled, it is there at once', async () => {
  await detachVolume(ec2, data);
  await attachVolume(ec2, data, copy.id, '/dev/sdg');
  const device = await deviceOf(copy, data);
  const look = `mkdir -p /moved && mount ${device} /moved && cat /moved/second`;
  assert.ok(Number(await ssh(copy, `sudo sh -c '${look}'`)) >= second);
  await detachVolume(ec2, data, { Force: true });
  await attachVolume(ec2, data, guest.id, '/dev/sdf');
  await deviceOf(guest, data);
});
