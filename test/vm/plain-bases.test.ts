/**
 * A real guest whose base becomes a plain file while it runs: it reads the same bytes, is captured
 * over it, and goes on when Imago is killed, and when the file has to make way.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateImageCommand, type EC2Client } from '@aws-sdk/client-ec2';
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
/** Of a part of the root that nobody writes to. */
let sum: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [instance] = await launch(ec2, ImageId, login);
  guest = await reach(ec2, instance, login);
  await ssh(guest, 'sudo sh -c "echo before >/mark; sync"');
  sum = await checksum(guest);
});
after(async () => {
  await imago?.dispose();
});

test('the base becomes plain under a guest that runs, and its bytes are the same', async () => {
  await until('the guest reads a file', async () => opened().length > 0);
  assert.equal(await checksum(guest), sum);
  assert.equal(await ssh(guest, 'cat /mark'), 'before');
});

test('killed and started again Imago finds it so; what is captured over it boots from its own', async () => {
  await imago.kill();
  assert.equal(await checksum(guest), sum);
  await imago.start();
  await ssh(guest, 'sudo sh -c "echo after >/mark; sync"');
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: guest.id, Name: 'over a plain base', NoReboot: true }),
  );
  await waitForImage(ec2, ImageId, 'available');
  assert.equal(await checksum(guest), sum);
  const [instance] = await launch(ec2, ImageId, login);
  const copy = await reach(ec2, instance, login);
  assert.equal(await ssh(copy, 'cat /mark'), 'after');
  await until('both read files', async () => opened().length >= 2);
});

test('an operator who wants none has none, and guests read on', async () => {
  await imago.stop();
  await imago.start({}, ['--plain-bases', '0']);
  await until('no file is open', async () => opened().length === 0);
  assert.deepEqual(readdirSync(new Home(imago.home).basesFolder), []);
  assert.equal(await checksum(guest), sum);
});

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
