/**
 * `debian-12` and `debian-13`: Debian as its own images on EC2 are: cloud-init with the Ec2 data source, user `admin`, SSH, sudo,
 * the kernel for clouds, and QEMU's guest agent. debian-early/ is there before the packages are (so that the initramfs takes it
 * up), debian-root/ after them. It deliberately runs no command of its own in the new system: what is left to do is files.
 */
import { chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DebianArchive } from './debian-archive.ts';
import type { ProviderImageRecipe, RecipeContext, RootTree } from './provider-image.ts';
import { runCommand } from './run-command.ts';
import { buildTimeSeconds } from './whole-disk.ts';

const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'libpam-systemd', 'linux-image-cloud-amd64'],
  ...['cloud-init', 'cloud-guest-utils', 'fdisk', 'locales', 'openssh-server', 'sudo'],
  ...['qemu-guest-agent', 'ifupdown', 'isc-dhcp-client', 'iproute2', 'ca-certificates', 'curl'],
];

/** They read the whole root at boot, for LVM that is not there. */
const maskedUnits = ['e2scrub_reap.service', 'e2scrub_all.timer'];

/** As Debian's images have it. */
const sizeBytes = 8 * 1024 ** 3;

export const debian12 = debianRecipe('12', 'bookworm');
export const debian13 = debianRecipe('13', 'trixie');

function debianRecipe(version: string, codename: string): ProviderImageRecipe {
  return {
    namePrefix: `debian-${version}-amd64`,
    description: `Debian ${version} (${codename}), built by this Imago from Debian's packages`,
    sizeBytes,
    makeRoot: (context) => makeRoot(context, codename),
  };
}

async function makeRoot(context: RecipeContext, codename: string): Promise<RootTree> {
  const { tools, workFolder, progress, signal } = context;
  progress('packages', `Debian ${codename} with ${packages.length} packages and what they need`);
  const archive = await DebianArchive.open({ tools, codename, workFolder, signal });
  const tarFile = path.join(workFolder, 'root.tar');
  await installPackages(context, archive, codename, tarFile);
  progress('root', 'unpacking');
  const rootFolder = path.join(workFolder, 'root');
  await mkdir(rootFolder);
  const fakerootState = path.join(workFolder, 'fakeroot-state');
  await runCommand(
    tools.fakeroot,
    ['-s', fakerootState, '--', tools.tar, '-C', rootFolder, '-xpf', tarFile, '--numeric-owner'],
    { signal },
  );
  await rm(tarFile);
  await addOwnFiles(rootFolder);
  return { rootFolder, fakerootState };
}

/** As root in a plain chroot, otherwise in a user namespace: mmdebstrap chooses. */
async function installPackages(
  { tools, progress, signal }: RecipeContext,
  archive: DebianArchive,
  codename: string,
  tarFile: string,
): Promise<void> {
  const settings = archive.acquireSettings.split('\n').filter((line) => line !== '');
  await runCommand(
    tools.mmdebstrap,
    [
      '--variant=apt',
      '--architectures=amd64',
      `--include=${packages.join(',')}`,
      ...settings.map((line) => `--aptopt=${line}`),
      // Not a shell's: mmdebstrap copies the folder by itself.
      `--essential-hook=copy-in "${ownFile('debian-early/etc')}" /`,
      codename,
      tarFile,
      ...archive.sources,
    ],
    {
      variables: { SOURCE_DATE_EPOCH: String(buildTimeSeconds) },
      signal,
      onLine: (line) => {
        if (line.startsWith('I: ')) progress('packages', line.slice(3));
      },
    },
  );
}

async function addOwnFiles(rootFolder: string): Promise<void> {
  const within = (name: string) => path.join(rootFolder, name);
  // Of the machine that builds, or made while the packages were installed: every instance makes its own.
  const notOfTheImage = ['etc/resolv.conf', 'etc/apt/apt.conf.d/99mmdebstrap', 'var/log/apt'];
  for (const name of [...notOfTheImage, 'var/lib/dbus/machine-id', 'var/lib/systemd/random-seed']) {
    await rm(within(name), { recursive: true, force: true });
  }
  for (const name of await readdir(within('etc/ssh'))) {
    if (name.startsWith('ssh_host_')) await rm(within(`etc/ssh/${name}`));
  }
  await cp(ownFile('debian-root'), rootFolder, { recursive: true });
  await writeFile(within('etc/machine-id'), '');
  await chmod(within('etc/machine-id'), 0o444);
  await writeFile(within('etc/resolv.conf'), '');
  for (const unit of maskedUnits) await symlink('/dev/null', within(`etc/systemd/system/${unit}`));
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
