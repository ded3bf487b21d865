/**
 * A vendor's kind of cloud image, made by the test with Debian's tools: compressed qcow2, GPT, an EFI
 * partition. Imported by the command line it boots by UEFI; imported from the VMDK that it is
 * exported to it has the same root, and boots with a BIOS.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeSnapshotsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { buildProviderImage } from '../../server/provider-images/provider-image.ts';
import { temporaryFolder } from '../../server/vendor-images/test-vendor.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { type Access, access, launch, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const run = promisify(execFile);
const folder = temporaryFolder('cloud');
const cloudImage = path.join(folder, 'cloud.qcow2');

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu' });
  ec2 = imago.ec2();
  login = await access(imago);
  const workFolder = path.join(folder, 'micro');
  const { diskPath } = await buildProviderImage({ name: 'micro', workFolder, now: new Date() });
  await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', diskPath, cloudImage]);
});
after(() => imago?.dispose());

async function images(...words: string[]) {
  const { stdout } = await run(launcher, ['images', ...words, '--home', imago.home, '--json']);
  return JSON.parse(stdout);
}

async function answers(imageId: string, command: string): Promise<string> {
  const [instance] = await launch(ec2, imageId, login, 1);
  return ssh(await reach(ec2, instance, login), command);
}

const firmware = 'test -d /sys/firmware/efi && echo uefi || echo bios';

test('a cloud image boots by UEFI, and what it is exported to boots as well', async () => {
  const image = await images('import', cloudImage, '--format', 'qcow2', '--name', 'cloud');
  assert.equal(image.BootMode, 'uefi-preferred');
  assert.equal(await answers(image.ImageId, firmware), 'uefi\n');

  const vmdk = path.join(folder, 'cloud.vmdk');
  await images('export', image.ImageId, vmdk, '--format', 'vmdk');
  const mode = ['--boot-mode', 'legacy-bios'];
  const again = await images('import', vmdk, '--format', 'vmdk', '--name', 'again', ...mode);
  const ids = [image, again].map((each) => each.BlockDeviceMappings[0].Ebs.SnapshotId);
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: ids }));
  const [first, second] = Snapshots.map((each) => each.FullSnapshotSizeInBytes);
  assert.equal(first, second);
  assert.equal(await answers(again.ImageId, firmware), 'bios\n');
});
