/**
 * `micro`: a very small Linux for tests and demos, made of Debian 12's packages without their
 * installation scripts: kernel, busybox, dropbear, QEMU's guest agent, sudo, and the start scripts
 * in micro-root/. It is no Debian: it has no package manager and no cloud-init; user-data runs when
 * it is a script.
 */
import {
  chmod,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { AdditionImpossible } from './additions.ts';
import { DebianArchive } from './debian-archive.ts';
import { type InitramfsEntry, makeInitramfs } from './initramfs.ts';
import { copyOwnFiles, ownFile, plainMode } from './own-files.ts';
import type { InstalledPackage } from './package-lock.ts';
import type { ProviderImageRecipe, RecipeContext, RootTree } from './provider-image.ts';
import { runCommand } from './run-command.ts';
import { buildTimeSeconds } from './whole-disk.ts';

/** Each with every library that its programs load; nothing resolves dependencies here. */
const packages = [
  // base-files for the texts of the licences that copyright files refer to.
  'base-files',
  'busybox-static',
  'libc6',
  'libcrypt1',
  'zlib1g',
  'dropbear-bin',
  'libtomcrypt1',
  'libtommath1',
  'libgmp10',
  'openssh-sftp-server',
  'qemu-guest-agent',
  'libglib2.0-0',
  'libpcre2-8-0',
  'libnuma1',
  'libudev1',
  'liburing2',
  'sudo',
  'libpam0g',
  'libpam-modules',
  'libaudit1',
  'libcap-ng0',
  'libselinux1',
  'fdisk',
  'libfdisk1',
  'libsmartcols1',
  'libreadline8',
  'libtinfo6',
  'libblkid1',
  'libuuid1',
  'e2fsprogs',
  'libext2fs2',
  'libcom-err2',
  'util-linux',
];

/**
 * All drivers there are, in the order in which the initramfs loads them; the kernel has ext4 and
 * DHCP's sockets built in.
 */
const kernelModules = [
  'virtio/virtio_ring',
  'virtio/virtio',
  'virtio/virtio_pci_legacy_dev',
  'virtio/virtio_pci_modern_dev',
  'virtio/virtio_pci',
  'block/virtio_blk',
  'char/hw_random/virtio-rng',
  'acpi/button',
  'input/evdev',
  'char/virtio_console',
  '../net/core/failover',
  'net/net_failover',
  'net/virtio_net',
];

/** Of the packages, what an image this small leaves out. Their copyright files stay. */
const leftOut = [
  'usr/share/man',
  'usr/share/locale',
  'usr/share/info',
  'usr/share/lintian',
  'usr/share/bug',
  'usr/share/bash-completion',
  'usr/share/initramfs-tools',
  'usr/share/mime',
  'usr/share/gcc',
  'usr/lib/x86_64-linux-gnu/gconv',
  'usr/lib/x86_64-linux-gnu/audit',
  'usr/lib/tmpfiles.d',

  'lib/modules',
  'lib/systemd',
  'usr/lib/systemd',
  'etc/cron.d',
  'etc/cron.daily',
  'usr/share/gdb',
  'usr/share/base-files',
  'usr/lib/os-release',
  'var',
];

/**
 * Of packages with many programs: those that the start scripts call. Everything else in their
 * folders goes.
 */
const keptPrograms: Record<string, readonly string[]> = {
  sbin: ['sfdisk', 'resize2fs', 'e2fsck', 'mke2fs', 'mkfs.ext4', 'tune2fs'],
  'usr/sbin': ['dropbear', 'qemu-ga', 'visudo'],
  'usr/bin': ['dropbearkey', 'sudo', 'partx'],
  bin: ['busybox'],
  'lib/x86_64-linux-gnu/security': ['pam_permit.so'],
};

/**
 * Freezing a file system waits for three of RCU's grace periods: expedited, a capture's pause is
 * much shorter. On a busy host an emulated timer may tick too late for the kernel's check of it,
 * which would end the boot. That the kernel moves to an address of chance, and clears all memory that
 * it gives out, is a part of the work of an emulated boot: this image is for tests and demos, which
 * have nothing to hide from their own programs.
 */
const commandLine = [
  'root=/dev/vda1 console=ttyS0,115200 quiet mitigations=off panic=5 random.trust_cpu=on',
  'net.ifnames=0 rcupdate.rcu_expedited=1 no_timer_check nokaslr init_on_alloc=0',
].join(' ');

/** Everything else is for all to read and for its owner to write. */
const specialModes: Record<string, number> = {
  'etc/shadow': 0o600,
  'etc/sudoers': 0o440,
  root: 0o700,
  tmp: 0o1777,
  'var/tmp': 0o1777,
  'etc/dropbear': 0o700,
  'usr/bin/sudo': 0o4755,
};

export const micro: ProviderImageRecipe = {
  namePrefix: 'imago-micro-amd64',
  description: 'Imago micro: a very small Linux of Debian 12 packages for tests and demos',
  sizeBytes: 1024 ** 3,
  makeRoot,
};

async function makeRoot(context: RecipeContext): Promise<RootTree> {
  const { tools, workFolder, progress, signal } = context;
  const [added] = context.packages;
  if (added !== undefined) {
    throw new AdditionImpossible(
      `micro takes no packages such as ${added}: it has no package manager; begin with debian-12`,
    );
  }
  progress('packages', 'lists of Debian 12');
  const archive = await DebianArchive.open({ tools, codename: 'bookworm', workFolder, signal });
  await archive.update();
  const kernel = await archive.dependency('linux-image-cloud-amd64', 'linux-image-');
  progress('packages', `${packages.length + 1} packages`);
  const packageFolder = path.join(workFolder, 'packages');
  await archive.download([...packages, kernel], packageFolder);
  progress('root', 'unpacking');
  const rootFolder = path.join(workFolder, 'root');
  await mkdir(rootFolder);
  for (const name of (await readdir(packageFolder)).sort()) {
    await runCommand(tools['dpkg-deb'], ['-x', path.join(packageFolder, name), rootFolder], {
      signal,
    });
  }
  await addKernel(rootFolder, kernel.replace('linux-image-', ''));
  await trim(rootFolder);
  await addOwnFiles(rootFolder);
  await linkBusybox(rootFolder, signal);
  const installed = await writePackageList(context, rootFolder, packageFolder);
  await settleModesAndTimes(rootFolder);
  const fakerootState = path.join(workFolder, 'fakeroot-state');
  await runCommand(
    tools.fakeroot,
    ['-s', fakerootState, '--', tools.chown, '1000:1000', path.join(rootFolder, 'home/admin')],
    { signal },
  );
  return { rootFolder, fakerootState, installed, lists: archive.lists };
}

/** Kernel, and an initramfs of busybox, the drivers and micro-init. */
async function addKernel(rootFolder: string, version: string): Promise<void> {
  const boot = path.join(rootFolder, 'boot');
  const drivers = path.join(rootFolder, 'lib/modules', version, 'kernel/drivers');
  const names = kernelModules.map((module) => path.basename(module));
  const folders = ['dev', 'proc', 'sys', 'root', 'bin', 'modules'];
  const entries: InitramfsEntry[] = folders.map((folder) => ({ path: folder, type: 'folder' }));
  const addFile = (file: string, content: Buffer, executable = false) =>
    entries.push({ path: file, type: 'file', content, executable });
  addFile('bin/busybox', await readFile(path.join(rootFolder, 'bin/busybox')), true);
  for (const name of ['sh', 'mount', 'umount', 'insmod', 'sed', 'usleep', 'switch_root']) {
    entries.push({ path: `bin/${name}`, type: 'link', content: Buffer.from('busybox') });
  }
  addFile('init', await readFile(ownFile('micro-init')), true);
  addFile('modules/order', Buffer.from(names.map((name) => `${name}\n`).join('')));
  for (const module of kernelModules) {
    const content = await readFile(path.join(drivers, `${module}.ko`));
    addFile(`modules/${path.basename(module)}.ko`, content);
  }
  await writeFile(path.join(boot, 'initramfs'), makeInitramfs(entries));
  await rename(path.join(boot, `vmlinuz-${version}`), path.join(boot, 'vmlinuz'));
  for (const name of [`System.map-${version}`, `config-${version}`]) {
    await rm(path.join(boot, name));
  }
  await mkdir(path.join(boot, 'grub'));
  await writeFile(
    path.join(boot, 'grub/grub.cfg'),
    `linux /boot/vmlinuz ${commandLine}\ninitrd /boot/initramfs\nboot\n`,
  );
}

async function trim(rootFolder: string): Promise<void> {
  for (const name of leftOut) {
    await rm(path.join(rootFolder, name), { recursive: true, force: true });
  }
  for (const [folder, kept] of Object.entries(keptPrograms)) {
    for (const name of await readdir(path.join(rootFolder, folder))) {
      if (!kept.includes(name)) await rm(path.join(rootFolder, folder, name), { recursive: true });
    }
  }
  const documents = path.join(rootFolder, 'usr/share/doc');
  for (const entry of await readdir(documents, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name !== 'copyright') {
      await rm(path.join(entry.parentPath, entry.name));
    }
  }
}

async function addOwnFiles(rootFolder: string): Promise<void> {
  const folders = ['dev', 'proc', 'sys', 'run', 'tmp', 'root', 'home/admin', 'var/lib/imago'];
  for (const folder of [...folders, 'var/log', 'var/tmp', 'mnt', 'usr/local/bin', 'etc/dropbear']) {
    await mkdir(path.join(rootFolder, folder), { recursive: true });
  }
  await rm(path.join(rootFolder, 'etc'), { recursive: true });
  await copyOwnFiles('micro-root', rootFolder);
  await copyOwnFiles('freeze-hook', rootFolder);
  await mkdir(path.join(rootFolder, 'etc/dropbear'));
  await symlink('/run/resolv.conf', path.join(rootFolder, 'etc/resolv.conf'));
  await symlink('/proc/mounts', path.join(rootFolder, 'etc/mtab'));
  await symlink('/run', path.join(rootFolder, 'var/run'));
}

/** A link for every program that busybox has and no package brought. */
async function linkBusybox(rootFolder: string, signal?: AbortSignal): Promise<void> {
  const list = await runCommand(path.join(rootFolder, 'bin/busybox'), ['--list-full'], { signal });
  for (const name of list.toString('utf8').trim().split('\n')) {
    const link = path.join(rootFolder, name);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink('/bin/busybox', link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** What the image consists of, for people and for whoever looks into it later. */
async function writePackageList(
  context: RecipeContext,
  rootFolder: string,
  packageFolder: string,
): Promise<InstalledPackage[]> {
  const lines: string[] = [];
  const installed: InstalledPackage[] = [];
  for (const name of (await readdir(packageFolder)).sort()) {
    const wanted = ['Package', 'Version', 'Architecture'];
    const args = ['--field', path.join(packageFolder, name), ...wanted];
    const fields = await runCommand(context.tools['dpkg-deb'], args, { signal: context.signal });
    const matches = fields.toString('utf8').matchAll(/^\w+: (.*)$/gm);
    const [named = '', version = '', architecture = ''] = [...matches].map((match) => match[1]);
    lines.push(`${named} ${version}\n`);
    installed.push({ name: named, version, architecture });
  }
  const folder = path.join(rootFolder, 'usr/share/doc/imago-micro');
  await mkdir(folder);
  await writeFile(path.join(folder, 'packages'), lines.join(''));
  return installed;
}

/** Modes and times that depend neither on who builds nor when. */
async function settleModesAndTimes(rootFolder: string): Promise<void> {
  // By file type: without it readdir walks through links, and /var/run leads out of the image.
  for (const entry of await readdir(rootFolder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) {
      const special = specialModes[path.relative(rootFolder, file)];
      await chmod(file, special ?? plainMode((await stat(file)).mode));
    }
    await lutimes(file, buildTimeSeconds, buildTimeSeconds);
  }
}
