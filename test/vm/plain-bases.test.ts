/**
 * A real guest whose base becomes a plain file while it runs, by fast snapshot restore: it reads the
 * same bytes, is captured over it, and goes on when Imago is killed, and when the file has to make
 * way.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DisableFastSnapshotRestoresCommand,
  type EC2Client,
  EnableFastSnapshotRestoresCommand,
} from '@aws-sdk/client-ec2';
import { Home } from '../../server/foundations/home.ts';
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
import { until } from '../support/until.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let guest: Reached;
let image: string;
/** Of a part of the root that nobody writes to. */
let sum: string;

before(async () => {
  imago = await ImagoProcess.start({
    hypervisor: 'qemu',
    home: await homeWith('micro'),
    // None but those that are ordered, so that nobody waits.
    flags: ['--plain-bases', '0'],
  });
  ec2 = imago.ec2();
  login = await access(imago);
  image = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  const [instance] = await launch(ec2, image, login);
  guest = await reach(ec2, instance, login);
  await ssh(guest, 'sudo sh -c "echo before >/mark; sync"');
  sum = await checksum(guest);
});
after(async () => {
  await imago?.dispose();
});

test('ordered, the base becomes plain under a guest that runs, and its bytes are the same', async () => {
  await ec2.send(new EnableFastSnapshotRestoresCommand(await order(image)));
  await until('the guest reads a file', async () => opened().length > 0);
  assert.equal(await checksum(guest), sum);
  assert.equal((await ssh(guest, 'cat /mark')).trim(), 'before');
});

test('killed and started again Imago finds it so; what is captured over it becomes plain in its place', async () => {
  await imago.kill();
  assert.equal(await checksum(guest), sum);
  await imago.start();
  await ssh(guest, 'sudo sh -c "echo after >/mark; sync"');
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: guest.id, Name: 'over a plain base', NoReboot: true }),
  );
  await waitForImage(ec2, ImageId, 'available');
  await until('the guest is over its own snapshot', async () => opened().length === 0);
  await ec2.send(new EnableFastSnapshotRestoresCommand(await order(ImageId)));
  await until('that is plain, too', async () => opened().length > 0);
  assert.equal(await checksum(guest), sum);
  assert.equal((await ssh(guest, 'cat /mark')).trim(), 'after');
  image = ImageId;
});

test('when it has to make way the guest reads on', async () => {
  await ec2.send(new DisableFastSnapshotRestoresCommand(await order(image)));
  await until('no file is open', async () => opened().length === 0);
  assert.equal(await checksum(guest), sum);
  assert.equal((await ssh(guest, 'cat /mark')).trim(), 'after');
});

async function order(imageId: string) {
  const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [imageId] }));
  const { SnapshotId = '' } = Images?.[0]?.BlockDeviceMappings?.[0]?.Ebs ?? {};
  return { AvailabilityZones: ['us-east-1a'], SourceSnapshotIds: [SnapshotId] };
}

/** Not from the guest's memory. */
function checksum({ ...each }: Reached): Promise<string> {
  const files = 'find /bin /sbin /lib /usr -xdev -type f | sort | xargs cat';
  const command = `echo 3 >/proc/sys/vm/drop_caches; ${files} | md5sum`;
  return ssh(each, `sudo sh -c '${command}'`);
}

/** Plain bases that QEMU processes of this home have open. */
function opened(): string[] {
  const home = new Home(imago.home);
  const files: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const file = readlinkSync(path.join('/proc', pid, 'fd', fd));
        if (file.startsWith(home.instancesFolder) && file.endsWith('.raw')) files.push(file);
      }
    } catch {
      // It has ended.
    }
  }
  return files;
}
