/**
 * A guest that makes a disk file of its disk (case N5): it writes the header of a qcow2 file, which
 * names a file of the host, over its data volume. Grown, restarted, captured and launched again the
 * volume is the bytes that the guest wrote, and nothing of the host's.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CreateImageCommand, type EC2Client, ModifyVolumeCommand } from '@aws-sdk/client-ec2';
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
import { rebooted } from '../support/twin-root.ts';
import { until } from '../support/until.ts';
import { attachVolume, deviceOf, newVolume } from '../support/volumes.ts';

const headerBytes = 4096;
const gib = 1024 ** 3;

let folder = '';
let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let guest: Reached;
let volume: string;
let header: Buffer;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hostile-disk-'));
  const secret = path.join(folder, 'secret');
  writeFileSync(secret, Buffer.alloc(gib / 64, 'the secret of the host '));
  const file = path.join(folder, 'header.qcow2');
  execFileSync('qemu-img', ['create', '-f', 'qcow2', '-u', '-F', 'raw', '-b', secret, file, '1G']);
  header = readFileSync(file).subarray(0, headerBytes);
  assert.ok(header.includes(secret));
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
  const { ImageId = '' } = await providerImage(ec2, 'imago-micro-*');
  const [instance] = await launch(ec2, ImageId, login);
  guest = await reach(ec2, instance, login);
  volume = await newVolume(ec2, { Size: 1 });
  await attachVolume(ec2, volume, guest.id, '/dev/sdf');
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** The beginning is what was written, and the rest of the first MiB zeros. */
async function assertOwnBytes(target: Reached, device: string, size: number): Promise<void> {
  const whole = Buffer.concat([header], 1024 ** 2);
  const digest = createHash('sha256').update(whole).digest('hex');
  const read = `sudo sh -c 'echo 3 >/proc/sys/vm/drop_caches; head -c 1048576 ${device} | sha256sum'`;
  assert.equal((await ssh(target, read)).split(' ')[0], digest);
  const sectors = await ssh(target, `cat /sys/block/${path.basename(device)}/size`);
  assert.equal(Number(sectors) * 512, size);
}

test('a data volume that begins as a qcow2 file is grown, and read after a restart', async () => {
  const device = await deviceOf(guest, volume);
  const text = header.toString('base64');
  await ssh(
    guest,
    `echo ${text} | base64 -d | sudo dd of=${device} bs=4096 conv=fsync 2>/dev/null`,
  );
  await ec2.send(new ModifyVolumeCommand({ VolumeId: volume, Size: 2 }));
  const sectors = `cat /sys/block/${path.basename(device)}/size`;
  await until('it grew', async () => Number(await ssh(guest, sectors)) * 512 === 2 * gib);
  await assertOwnBytes(guest, device, 2 * gib);
  await rebooted(ec2, guest);
  await assertOwnBytes(guest, await deviceOf(guest, volume), 2 * gib);
});

test('captured and launched, it is the same bytes', async () => {
  const command = new CreateImageCommand({ InstanceId: guest.id, Name: 'hostile', NoReboot: true });
  const { ImageId = '' } = await ec2.send(command);
  await waitForImage(ec2, ImageId, 'available');
  await assertOwnBytes(guest, await deviceOf(guest, volume), 2 * gib);
  const [launched] = await launch(ec2, ImageId, login);
  const copy = await reach(ec2, launched, login);
  await assertOwnBytes(copy, '/dev/vdb', 2 * gib);
});
