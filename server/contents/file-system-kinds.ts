/** What is on a partition, by what file systems and volumes begin with. */
import type { BoundedReader } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';

/** `nothing`: empty, a boot loader's, or swap. */
export type FileSystemKind = 'ext4' | 'boot' | 'nothing' | 'unknown';

interface Mark {
  at: number;
  text: string;
  kind: FileSystemKind;
  /** What alone has it. */
  of?: 'Linux' | 'Windows';
}

/** An EFI partition is FAT: it holds boot loaders and no accounts. */
const marks: readonly Mark[] = [
  { at: 54, text: 'FAT', kind: 'boot' },
  { at: 82, text: 'FAT32', kind: 'boot' },
  { at: 4086, text: 'SWAPSPACE2', kind: 'nothing' },
  { at: 0, text: 'XFSB', kind: 'unknown', of: 'Linux' },
  { at: 0x10040, text: '_BHRfS_M', kind: 'unknown', of: 'Linux' },
  { at: 0, text: 'LUKS\xba\xbe', kind: 'unknown', of: 'Linux' },
  { at: 0, text: 'hsqs', kind: 'unknown', of: 'Linux' },
  { at: 3, text: 'NTFS', kind: 'unknown', of: 'Windows' },
  { at: 1024, text: '\xe2\xe1\xf5\xe0', kind: 'unknown', of: 'Linux' },
  ...[0, 512, 1024, 1536].map(
    (at): Mark => ({ at, text: 'LABELONE', kind: 'unknown', of: 'Linux' }),
  ),
];

/** GRUB's core image, in a partition of its own, begins with no mark that anybody relies on. */
const bootLoaderMaxBytes = 16 * 1024 ** 2;

export async function fileSystemOf(part: BoundedReader): Promise<FileSystemKind> {
  if (await Ext4.isHere(part)) return 'ext4';
  const mark = await markOf(part);
  if (mark) return mark.kind;
  const head = await part.read(0, Math.min(part.sizeBytes, 64 * 1024));
  const isEmpty = head.every((byte) => byte === 0);
  return isEmpty || part.sizeBytes <= bootLoaderMaxBytes ? 'nothing' : 'unknown';
}

/** Whose file system or volume it is, where only one kind of system has such. */
export async function systemByMark(part: BoundedReader): Promise<'Linux' | 'Windows' | undefined> {
  return (await markOf(part))?.of;
}

async function markOf(part: BoundedReader): Promise<Mark | undefined> {
  for (const mark of marks) {
    const { at, text } = mark;
    if (!part.has(at, text.length)) continue;
    if ((await part.read(at, text.length)).toString('latin1') === text) return mark;
  }
  return undefined;
}
