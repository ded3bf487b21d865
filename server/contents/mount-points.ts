/**
 * Which of the file systems of an image is its root, and where its /etc/fstab puts the others. Of
 * disks with data alone each has a folder of its own. Where one would be that is not read, the tree
 * says so; and where one only may be, as a line of fstab names a disk by what is behind LUKS, or one
 * that is there no more.
 */
import type { DiskPart } from './disk-contents.ts';
import type { FileSystem } from './file-system.ts';
import { FolderOfFileSystems, namesOfParts } from './folder-of-file-systems.ts';
import { SystemTree } from './system-tree.ts';

/** Of fstab and crypttab. */
const tableMaxBytes = 64 * 1024;
/** Of a system that is made by hand too. */
const mountsMax = 100;
/** What a system has at its root, the surest first. */
const signs = ['/etc/os-release', '/usr/lib/os-release', '/etc/passwd', '/etc', '/bin'];

interface Placed extends DiskPart {
  fileSystem: FileSystem;
}

/** Undefined where there is no file system at all. */
export async function systemTree(parts: readonly DiskPart[]): Promise<SystemTree | undefined> {
  const placed = parts.filter((each): each is Placed => each.fileSystem !== undefined);
  if (placed.length === 0) return undefined;
  const unread = unreadParts(parts);
  const root = await rootOf(placed);
  if (!root) {
    const tree = await treeOfData(placed);
    for (const { why } of unread) tree.unread.push({ path: Buffer.from('/'), why });
    return tree;
  }
  const tree = new SystemTree(root.fileSystem);
  const text = async (path: string) =>
    (await tree.readFile(path, tableMaxBytes))?.toString('latin1') ?? '';
  const lines = readFstab(await text('/etc/fstab')).slice(0, mountsMax);
  const unlocked =
    unread.length > 0 ? readCrypttab(await text('/etc/crypttab')) : new Set<string>();
  // What is below another comes after it.
  lines.sort((a, b) => a.folder.length - b.folder.length);
  const left = new Set(placed.filter((each) => each !== root));
  for (const line of lines) {
    const { device, folder } = line;
    const path = Buffer.from(folder, 'latin1');
    const found = [...left].find((each) => isCalled(each, device));
    if (found) {
      if (await tree.mount(path, found.fileSystem)) left.delete(found);
      continue;
    }
    const { is, maybe } = whatIsNamed(unread, line, unlocked);
    const [places, why] = is ? [tree.unread, is] : [tree.doubtful, maybe];
    if (why) places.push({ path: (await tree.find(path))?.path ?? path, why });
  }
  return tree;
}

interface Unread {
  part: DiskPart;
  why: string;
}

/** What has files, and is of a kind that is not read here, or damaged. */
function unreadParts(parts: readonly DiskPart[]): Unread[] {
  const names = namesOfParts(parts);
  return parts.flatMap((part, index) => {
    const { refused, kind, isDamaged } = part;
    // Logical volumes are parts of their own.
    const isEmpty = ['nothing', 'swap'].includes(kind) || (kind === 'lvm' && !isDamaged);
    return refused === undefined || isEmpty ? [] : [{ part, why: `${names[index]}: ${refused}` }];
  });
}

const diskDevice = /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^\/dev\/(?!sr|fd|cdrom|dvd)/;

/** What may have a file system of any kind in it. */
const closed = ['luks', 'bitlocker', 'lvm', 'logical-volume', 'linux-raid', 'zfs', 'unknown'];

/**
 * Why what a line names is not read. Only a device's name tells which it is: what has another name
 * is any that is of the line's type, and may be one that is in what is closed.
 */
function whatIsNamed(
  unread: readonly Unread[],
  { device, type }: FstabLine,
  unlocked: ReadonlySet<string>,
): { is?: string; maybe?: string } {
  if (!diskDevice.test(device)) return {};
  const named = unread.find(({ part }) => isCalled(part, device));
  if (named) return { is: named.why };
  const whyOf = (isOne: (kind: string) => boolean) =>
    unread
      .filter(({ part }) => isOne(part.kind))
      .map(({ why }) => why)
      .join('; ') || undefined;
  const isUnlocked = unlocked.has(/^\/dev\/mapper\/(.*)$/s.exec(device)?.[1] ?? '');
  const is = isUnlocked
    ? whyOf((kind) => kind === 'luks')
    : whyOf((kind) => !closed.includes(kind) && isOfType(kind, type));
  return { is, maybe: whyOf((kind) => closed.includes(kind)) };
}

/** How fstab calls what `file-system-kinds.ts` does, where that is not the same. */
const types: Readonly<Record<string, string>> = {
  ext2: 'ext4',
  ext3: 'ext4',
  msdos: 'vfat',
  'ntfs-3g': 'ntfs',
  ntfs3: 'ntfs',
  fuseblk: 'ntfs',
};

/** A line may leave it to the system, or name several. */
function isOfType(kind: string, type: string): boolean {
  return type.split(',').some((each) => ['', 'auto', kind].includes(types[each] ?? each));
}

async function rootOf(placed: readonly Placed[]): Promise<Placed | undefined> {
  const trees = placed.map((each) => ({ each, tree: new SystemTree(each.fileSystem) }));
  for (const sign of signs) {
    for (const { each, tree } of trees) {
      if (await tree.find(sign, { link: true })) return each;
    }
  }
  return undefined;
}

async function treeOfData(placed: readonly Placed[]): Promise<SystemTree> {
  const [only, other] = placed;
  if (only && !other) return new SystemTree(only.fileSystem);
  const names = namesOfParts(placed);
  const tree = new SystemTree(new FolderOfFileSystems(names));
  for (const [index, { fileSystem }] of placed.entries()) {
    await tree.mount(`/${names[index]}`, fileSystem);
  }
  return tree;
}

export interface FstabLine {
  device: string;
  folder: string;
  type: string;
  options: string[];
}

/** What is mounted at a boot; bytes as latin1. */
export function readFstab(text: string): FstabLine[] {
  return text.split('\n').flatMap((line) => {
    const [device, folder, type = '', options = ''] = line
      .trim()
      .split(/[ \t]+/)
      .map(unescaped);
    if (!device || device.startsWith('#') || !folder?.startsWith('/')) return [];
    const said = options.split(',');
    return said.includes('noauto') ? [] : [{ device, folder, type, options: said }];
  });
}

/** The names under which disks that are encrypted are opened at a boot; bytes as latin1. */
function readCrypttab(text: string): Set<string> {
  const names = text.split('\n').map((line) => line.trim().split(/[ \t]+/)[0] ?? '');
  return new Set(names.filter((name) => name !== '' && !name.startsWith('#')));
}

/** `\040` is how a space is written. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8) & 0xff),
  );
}

function isCalled(part: DiskPart, device: string): boolean {
  const { fileSystem, partition, volume } = part;
  const [, tag = '', quoted = ''] = /^([A-Z]+)=(.*)$/s.exec(device) ?? byLink(device);
  const value = quoted.replace(/^"(.*)"$/, '$1');
  switch (tag) {
    case 'UUID':
      return fileSystem?.id?.toLowerCase() === value.toLowerCase();
    case 'LABEL':
      return fileSystem?.label === value;
    case 'PARTUUID':
      return !volume && partition.id?.toLowerCase() === value.toLowerCase();
    case 'PARTLABEL':
      return !volume && partition.name === value;
    default:
      return volume ? isVolume(volume, device) : isPartition(part, device);
  }
}

function byLink(device: string): string[] {
  const [, kind = '', value = ''] =
    /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.*)$/s.exec(device) ?? [];
  return [device, kind.toUpperCase(), value];
}

/** A dash in a name is two in that of the mapper. */
function isVolume({ group, name }: { group: string; name: string }, device: string): boolean {
  const [mappedGroup, mappedName] = [group, name].map((each) => each.replaceAll('-', '--'));
  return [`/dev/${group}/${name}`, `/dev/mapper/${mappedGroup}-${mappedName}`].includes(device);
}

/** Disks of SCSI, virtio, Xen and IDE are letters, those of NVMe numbers. */
function isPartition({ disk, partition: { number } }: DiskPart, device: string): boolean {
  const own = `${number ?? ''}`;
  const [, letter, said = ''] = /^\/dev\/(?:s|v|xv|h)d([a-z])(\d*)$/.exec(device) ?? [];
  if (letter) {
    return letter.charCodeAt(0) - 97 === disk && said === own;
  }
  const [, index, part = ''] = /^\/dev\/nvme(\d+)n1(?:p(\d+))?$/.exec(device) ?? [];
  return index === String(disk) && part === own;
}
