/**
 * What else a system says of itself: its name and time zone, its kernels, whom SSH and sudo let do
 * what, and how much is in its folders.
 */
import { nameOf } from './services.ts';
import { readSshdConfig, valuesOf } from './sshd-config.ts';
import { namesOf, type SystemTree } from './system-tree.ts';

const textMaxBytes = 64 * 1024;
const namesMax = 1000;

export interface Kernel {
  version: string;
  /** Its file, where it is in /boot. */
  image?: string;
  hasModules: boolean;
}

export async function readKernels(tree: SystemTree): Promise<Kernel[]> {
  const kernels = new Map<string, Kernel>();
  for (const file of await tree.list('/boot')) {
    const [, version] = /^(?:vmlinuz|vmlinux|kernel)-(.+)$/.exec(nameOf(file)) ?? [];
    if (version === undefined || kernels.size >= namesMax) continue;
    kernels.set(version, { version, image: file.path.toString(), hasModules: false });
  }
  for (const version of (await tree.names('/lib/modules')) ?? []) {
    if (kernels.size >= namesMax) break;
    const known = kernels.get(version) ?? { version, hasModules: true };
    kernels.set(version, { ...known, hasModules: true });
  }
  return [...kernels.values()];
}

export async function readHostname(tree: SystemTree): Promise<string | undefined> {
  const text = (await tree.readFile('/etc/hostname', textMaxBytes))?.toString() ?? '';
  return text
    .split('\n')
    .find((line) => line.trim() !== '' && !line.startsWith('#'))
    ?.trim();
}

export async function readTimeZone(tree: SystemTree): Promise<string | undefined> {
  const link = await tree.find('/etc/localtime', { link: true });
  if (link?.inode.kind === 'link') {
    const target = (await link.fileSystem.target(link.inode)).toString();
    const [, zone] = /\/zoneinfo\/(.+)$/.exec(target) ?? [];
    if (zone !== undefined) return zone;
  }
  return (await tree.readFile('/etc/timezone', textMaxBytes))?.toString().trim() || undefined;
}

export interface Setting {
  name: string;
  value: string;
  file: string;
  /** Not for all. */
  conditional: boolean;
}

/** As `sshd -T` calls them: those that say who gets in, and where. */
const sshNames = [
  'Port',
  'ListenAddress',
  'PermitRootLogin',
  'PasswordAuthentication',
  'KbdInteractiveAuthentication',
  'PermitEmptyPasswords',
  'PubkeyAuthentication',
  'AuthorizedKeysFile',
  'AllowUsers',
  'AllowGroups',
  'DenyUsers',
  'DenyGroups',
  'X11Forwarding',
  'AllowTcpForwarding',
  'GatewayPorts',
];

/** What is said of SSH's server; what is not said is OpenSSH's default. */
export async function readSshSettings(tree: SystemTree): Promise<Setting[]> {
  const settings = await readSshdConfig({
    readFile: (path, maxBytes) => tree.readFile(path, maxBytes),
    names: async (path) => (await tree.names(path)) ?? [],
  });
  return sshNames.flatMap((name) =>
    valuesOf(settings ?? [], name.toLowerCase()).map(({ value, file, conditional }) => ({
      name,
      value,
      file,
      conditional,
    })),
  );
}

export interface SudoRule {
  line: string;
  file: string;
}

/** Lines of sudoers that let somebody do something, as they stand. */
export async function readSudoRules(tree: SystemTree): Promise<SudoRule[]> {
  const rules: SudoRule[] = [];
  const files = ['/etc/sudoers'];
  for (const file of await tree.list('/etc/sudoers.d')) {
    // What sudo itself passes over.
    if (!/[.~]/.test(nameOf(file))) files.push(file.path.toString());
  }
  for (const file of files) {
    const text = (await tree.readFile(file, textMaxBytes))?.toString() ?? '';
    for (const line of text.replace(/\\\n/g, ' ').split('\n')) {
      const isRule = /^\s*[^#@\s]\S*.*=/.test(line) && !/^\s*(Defaults|\w+_Alias)\b/.test(line);
      if (isRule && rules.length < namesMax) {
        rules.push({ line: line.trim().replace(/\s+/g, ' '), file });
      }
    }
  }
  return rules;
}

export interface FolderSize {
  path: string;
  /** Of all files in it and below; one that has several names counts where it comes first. */
  sizeBytes: number;
  files: number;
}

const foldersMax = 2000;

/** Of the root, what is in it, and what is in that; the largest first. */
export async function readFolderSizes(tree: SystemTree): Promise<FolderSize[]> {
  const root: FolderSize = { path: '/', sizeBytes: 0, files: 0 };
  const sizes = new Map<string, FolderSize>([['/', root]]);
  const counted = new Set<string>();
  const ids = new Map(tree.mounts.map(({ fileSystem }, index) => [fileSystem, index]));
  for await (const { path, fileSystem, inode } of tree.walk('/')) {
    const names = namesOf(path).slice(0, 2);
    if (inode.kind === 'folder' && namesOf(path).length <= 2 && sizes.size < foldersMax) {
      const text = path.toString();
      sizes.set(text, { path: text, sizeBytes: 0, files: 0 });
    }
    if (inode.kind !== 'file') continue;
    const id = `${ids.get(fileSystem)} ${inode.number}`;
    const isNew = inode.links === 1 || !counted.has(id);
    if (inode.links > 1) counted.add(id);
    const [first, second] = names.map((_, index) =>
      sizes.get(`/${Buffer.concat(joined(names.slice(0, index + 1)))}`),
    );
    for (const size of [root, first, second]) {
      if (!size) continue;
      size.files++;
      if (isNew) size.sizeBytes += inode.sizeBytes;
    }
  }
  return [...sizes.values()].sort(
    (a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1),
  );
}

function joined(names: readonly Buffer[]): Buffer[] {
  return names.flatMap((name, index) => (index === 0 ? [name] : [Buffer.from('/'), name]));
}
