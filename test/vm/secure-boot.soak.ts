/**
 * Secure boot on real machines: one that begins with Microsoft's keys starts what Debian had signed
 * (shim, GRUB, kernel) and says so itself; a boot loader that nobody signed it refuses.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { type EC2Client, type Image, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { encodeUefiData } from '../../server/foundations/uefi-data.ts';
import { findUefi, secureBootKeys } from '../../server/hypervisor/qemu/firmware.ts';
import { findTools } from '../../server/provider-images/build-tools.ts';
import { DebianArchive } from '../../server/provider-images/debian-archive.ts';
import { buildProviderImage } from '../../server/provider-images/provider-image.ts';
import { temporaryFolder } from '../../server/vendor-images/test-vendor.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { type Access, access, launch, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const folder = temporaryFolder('signed');
const bootLimitMs = 300_000;
/** Of the EFI partition (whole-disk.ts). */
const efiOffset = 8192 * 512;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let disk: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu' });
  ec2 = imago.ec2();
  login = await access(imago);
  const workFolder = path.join(folder, 'micro');
  ({ diskPath: disk } = await buildProviderImage({ name: 'micro', workFolder, now: new Date() }));
});
after(() => imago?.dispose());

/** Its instances begin with the keys. */
async function imageOf(file: string, Name: string): Promise<string> {
  const args = ['images', 'import', file, '--format', 'raw', '--name', `${Name} imported`];
  const { stdout } = await run(launcher, [...args, '--home', imago.home, '--json']);
  const { RootDeviceName, BlockDeviceMappings = [] } = JSON.parse(stdout) as Image;
  const SnapshotId = BlockDeviceMappings[0]?.Ebs?.SnapshotId;
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Name,
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      BootMode: 'uefi',
      UefiData: encodeUefiData(await secureBootKeys(await findUefi())).toString('base64'),
      RootDeviceName,
      BlockDeviceMappings: [{ DeviceName: RootDeviceName, Ebs: { SnapshotId } }],
    }),
  );
  return ImageId;
}

/** The boot loaders that Microsoft, and by that Debian, has signed, in place of ours. */
async function withSignedLoaders(from: string, to: string): Promise<void> {
  const tools = await findTools();
  const workFolder = path.join(folder, 'archive');
  await mkdir(workFolder);
  const archive = await DebianArchive.open({ tools, codename: 'bookworm', workFolder });
  await archive.update();
  await archive.download(
    ['shim-signed', 'shim-signed-common', 'grub-efi-amd64-signed'],
    workFolder,
  );
  for (const name of ['shim-signed_', 'grub-efi-amd64-signed_']) {
    const { stdout } = await run('find', [workFolder, '-name', `${name}*.deb`]);
    await run(tools['dpkg-deb'], ['-x', stdout.trim(), workFolder]);
  }
  await run('cp', ['--sparse=always', from, to]);
  const config = path.join(folder, 'grub.cfg');
  await writeFile(config, 'set root=(hd0,gpt1)\nconfigfile (hd0,gpt1)/boot/grub/grub.cfg\n');
  const place = ['-i', `${to}@@${efiOffset}`];
  const put = (file: string, name: string) =>
    run(tools.mcopy, ['-o', ...place, file, `::/EFI/${name}`]);
  await run(tools.mmd, [...place, '::/EFI/debian']);
  await put(path.join(workFolder, 'usr/lib/shim/shimx64.efi.signed'), 'BOOT/BOOTX64.EFI');
  const grub = 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed';
  await put(path.join(workFolder, grub), 'BOOT/grubx64.efi');
  await put(config, 'debian/grub.cfg');
}

test('what is signed starts, and its kernel says that secure boot is on', async () => {
  const signed = path.join(folder, 'signed.raw');
  await withSignedLoaders(disk, signed);
  const [instance] = await launch(ec2, await imageOf(signed, 'signed'), login);
  const guest = await reach(ec2, instance, login, bootLimitMs);
  assert.match(await ssh(guest, 'sudo dmesg'), /[Ss]ecure boot enabled/);
});

test('what is not signed is refused by the firmware', async () => {
  const [instance] = await launch(ec2, await imageOf(disk, 'not signed'), login);
  const output = path.join(login.home.machineFolder(instance?.InstanceId ?? ''), 'console.log');
  const said = () => readFile(output, 'utf8').catch(() => '');
  await until('it is refused', async () => /Access Denied/.test(await said()), bootLimitMs);
});
