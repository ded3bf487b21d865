/**
 * Which of the file systems of an image is its root, and where its /etc/fstab puts the others. Of
 * disks with data alone each has a folder of its own. Where one would be that is not read, the tree
 * says so.
 */
import type { DiskPart } from './disk-contents.ts';
import type { FileSystem } from './file-system.ts';
import { FolderOfFileSystems, namesOfParts } from './folder-of-file-systems.ts';
import { SystemTree } from './system-tree.ts';

const fstabMaxBytes = 64 * 1024;
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
  const text = (await tree.readFile('/etc/fstab', fstabMaxBytes))?.toString('latin1') ?? '';
  const lines = readFstab(text).slice(0, mountsMax);
  // What is below another comes after it.
  lines.sort((a, b) => a.folder.length - b.folder.length);
  const left = new Set(placed.filter((each) => each !== root));
  for (const { device, folder } of lines) {
    const path = Buffer.from(folder, 'latin1');
    const found = [...left].find((each) => isCalled(each, device));
    if (found) {
      if (await tree.mount(path, found.fileSystem)) left.delete(found);
      continue;
    }
    const why = whyUnread(unread, device);
    if (why) tree.unread.push({ path: (await tree.find(path))?.path ?? path, why });
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

/** Only a device's name tells which it is: then it may be any of them. */
function whyUnread(unread: readonly Unread[], device: string): string | undefined {
  if (!diskDevice.test(device)) return undefined;
  const named = unread.find(({ part }) => isCalled(part, device));
  return named?.why ?? (unread.map(({ why }) => why).join('; ') || undefined);
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
