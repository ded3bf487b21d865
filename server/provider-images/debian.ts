/**
 * `debian-12` and `debian-13`: Debian as its own images on EC2 are: cloud-init with the Ec2 data
 * source, user `admin`, SSH, sudo, the kernel for clouds, and QEMU's guest agent. debian-early/ is
 * there before the packages are (so that the initramfs takes it up), debian-root/ and freeze-hook/
 * (what the agent runs around a freeze) after them. It
 * deliberately runs no command of its own in the new system: what is left to do is files.
 */
import { existsSync } from 'node:fs';
import { chmod, lutimes, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BuildImpossible } from './build-tools.ts';
import { DebianArchive } from './debian-archive.ts';
import { copyOwnFiles, ownFile } from './own-files.ts';
import { installedPackages } from './package-lock.ts';
import type { ProviderImageRecipe, RecipeContext, RootTree } from './provider-image.ts';
import { CommandFailed, runCommand } from './run-command.ts';
import { buildTimeSeconds } from './whole-disk.ts';

const packages = [
  'systemd',
  'systemd-sysv',
  'udev',
  'dbus',
  'libpam-systemd',
  'linux-image-cloud-amd64',
  'cloud-init',
  'cloud-guest-utils',
  'fdisk',
  'locales',
  'openssh-server',
  'sudo',
  'qemu-guest-agent',
  'iproute2',
  'ca-certificates',
  'curl',
];

/** What configures the network, as cloud-init of the release wants it. */
interface NetworkSetup {
  packages: readonly string[];
  /** Units to enable, each in the `.wants` of its target. */
  enabledUnits: Record<string, string>;
  /** Where /etc/resolv.conf points; otherwise it is a file that the DHCP client writes. */
  resolvConf?: string;
}

const ifupdown: NetworkSetup = { packages: ['ifupdown', 'isc-dhcp-client'], enabledUnits: {} };

/**
 * With ifupdown, cloud-init 25 calls every boot degraded, and `cloud-init status --wait` fails: it
 * brings up what is up.
 */
const networkd: NetworkSetup = {
  // isc-dhcp-client for cloud-init's own first lease: dhcpcd probes the address for seconds.
  packages: ['systemd-resolved', 'isc-dhcp-client'],
  enabledUnits: {
    'systemd-networkd.service': 'multi-user.target',
    'systemd-networkd.socket': 'sockets.target',
    'systemd-networkd-wait-online.service': 'network-online.target',
  },
  resolvConf: '../run/systemd/resolve/stub-resolv.conf',
};

interface Release {
  version: string;
  codename: string;
  network: NetworkSetup;
}

/** mmdebstrap's own message names its options, not the way out. */
const noNamespaces =
  'Debian is installed in a user namespace, which this user may not make here: give it ids ' +
  '(usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER), allow user namespaces ' +
  '(sysctl kernel.unprivileged_userns_clone=1), or build as root; micro needs none of it';

/** In /etc/apt/apt.conf.d of the image while it is made. */
const reachSettingsFile = '99reach';

/** They read the whole root at boot, for LVM that is not there. */
const maskedUnits = ['e2scrub_reap.service', 'e2scrub_all.timer'];

/** As Debian's images have it. */
const sizeBytes = 8 * 1024 ** 3;

export const debian12 = debianRecipe({ version: '12', codename: 'bookworm', network: ifupdown });
export const debian13 = debianRecipe({ version: '13', codename: 'trixie', network: networkd });

function debianRecipe(release: Release): ProviderImageRecipe {
  const { version, codename } = release;
  return {
    namePrefix: `debian-${version}-amd64`,
    description: `Debian ${version} (${codename}), built by this Imago from Debian's packages`,
    sizeBytes,
    makeRoot: (context) => makeRoot(context, release),
  };
}

async function makeRoot(context: RecipeContext, release: Release): Promise<RootTree> {
  const { tools, workFolder, progress, signal } = context;
  progress('packages', `lists of Debian ${release.version}`);
  const archive = await DebianArchive.open({
    tools,
    codename: release.codename,
    workFolder,
    signal,
  });
  const tarFile = path.join(workFolder, 'root.tar');
  const lists = path.join(workFolder, 'lists');
  await mkdir(lists);
  await installPackages(context, archive, release, { tarFile, lists });
  progress('root', 'unpacking');
  const rootFolder = path.join(workFolder, 'root');
  await mkdir(rootFolder);
  const fakerootState = path.join(workFolder, 'fakeroot-state');
  const inFakeroot = async (command: string, args: readonly string[]) => {
    // Everything that comes or goes does so in the session, which knows owners and modes by inode.
    const session = ['-i', fakerootState, '-s', fakerootState, '--'];
    await runCommand(tools.fakeroot, [...session, command, ...args], { signal });
  };
  await writeFile(fakerootState, '');
  await inFakeroot(tools.tar, ['-C', rootFolder, '-xpf', tarFile, '--numeric-owner']);
  await rm(tarFile);
  const removed = await notOfTheImage(rootFolder);
  await inFakeroot(tools.rm, ['-rf', '--', ...removed]);
  const ownFolder = path.join(workFolder, 'own');
  await makeOwnFiles(ownFolder, release.network);
  const copying = ['-a', '--no-preserve=ownership', '--remove-destination'];
  await inFakeroot(tools.cp, [...copying, `${ownFolder}/.`, rootFolder]);
  // What they were in tells otherwise when the image was built.
  for (const folder of new Set(removed.map((file) => path.dirname(file)))) {
    if (existsSync(folder)) await lutimes(folder, buildTimeSeconds, buildTimeSeconds);
  }
  const status = await readFile(path.join(rootFolder, 'var/lib/dpkg/status'), 'utf8');
  return { rootFolder, fakerootState, installed: installedPackages(status), lists };
}

/** As root in a plain chroot, otherwise in a user namespace: mmdebstrap chooses. */
async function installPackages(
  { tools, workFolder, packages: added, progress, signal }: RecipeContext,
  archive: DebianArchive,
  { codename, network }: Release,
  { tarFile, lists }: { tarFile: string; lists: string },
): Promise<void> {
  const reachFolder = path.join(workFolder, 'reach');
  await archive.writeReachSettings(reachFolder, reachSettingsFile);
  await runCommand(
    tools.mmdebstrap,
    [
      '--variant=apt',
      '--architectures=amd64',
      `--include=${[...packages, ...network.packages, ...added].join(',')}`,
      // Not a shell's: mmdebstrap copies folders by itself.
      `--setup-hook=copy-in "${path.join(reachFolder, 'etc')}" /`,
      `--essential-hook=copy-in "${ownFile('debian-early/etc')}" /`,
      // What was installed from; in the image there are none.
      `--customize-hook=sync-out /var/lib/apt/lists "${lists}"`,
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
  ).catch((error) => {
    const refused = error instanceof CommandFailed && /chroot mode|newuidmap/.test(error.message);
    throw refused ? new BuildImpossible(noNamespaces) : error;
  });
}

/** What the machine that builds left behind, and what every instance has to make for itself. */
async function notOfTheImage(rootFolder: string): Promise<string[]> {
  const hostKeys = (await readdir(path.join(rootFolder, 'etc/ssh')))
    .filter((name) => name.startsWith('ssh_host_'))
    .map((name) => `etc/ssh/${name}`);
  return [
    'etc/resolv.conf',
    `etc/apt/apt.conf.d/${reachSettingsFile}`,
    'var/log/apt',
    ...hostKeys,
    'var/lib/dbus/machine-id',
    'var/lib/systemd/random-seed',
    // What the programs that change accounts keep of before.
    ...['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'].map((name) => `etc/${name}-`),
  ].map((name) => path.join(rootFolder, name));
}

async function makeOwnFiles(folder: string, network: NetworkSetup): Promise<void> {
  const within = (name: string) => path.join(folder, name);
  // The early ones once more: mmdebstrap gave them the modes of the checkout.
  for (const name of ['debian-early', 'debian-root', 'freeze-hook'])
    await copyOwnFiles(name, folder);
  await writeFile(within('etc/machine-id'), '', { mode: 0o444 });
  if (network.resolvConf) await symlink(network.resolvConf, within('etc/resolv.conf'));
  else await writeFile(within('etc/resolv.conf'), '', { mode: 0o644 });
  await mkdir(within('etc/systemd/system'), { recursive: true });
  for (const [unit, target] of Object.entries(network.enabledUnits)) {
    const wants = within(`etc/systemd/system/${target}.wants`);
    await mkdir(wants, { recursive: true });
    await symlink(`/usr/lib/systemd/system/${unit}`, path.join(wants, unit));
  }
  for (const unit of maskedUnits) await symlink('/dev/null', within(`etc/systemd/system/${unit}`));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(file, 0o755);
    await lutimes(file, buildTimeSeconds, buildTimeSeconds);
  }
  await chmod(folder, 0o755);
}
