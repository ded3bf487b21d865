/** What is on a partition, by what file systems and volumes begin with. */
import type { BoundedReader } from './bounded-reader.ts';
import { Ext4 } from './ext4.ts';

/** `nothing`: empty, a boot loader's, or swap. */
export type FileSystemKind = 'ext4' | 'boot' | 'nothing' | 'unknown';

interface Mark {
  at: number;
  text: string;
  kind: FileSystemKind;
}

/** An EFI partition is FAT: it holds boot loaders and no accounts. */
const marks: readonly Mark[] = [
  { at: 54, text: 'FAT', kind: 'boot' },
  { at: 82, text: 'FAT32', kind: 'boot' },
  { at: 4086, text: 'SWAPSPACE2', kind: 'nothing' },
  { at: 0, text: 'XFSB', kind: 'unknown' },
  { at: 0x10040, text: '_BHRfS_M', kind: 'unknown' },
  { at: 0, text: 'LUKS\xba\xbe', kind: 'unknown' },
  { at: 0, text: 'hsqs', kind: 'unknown' },
  { at: 3, text: 'NTFS', kind: 'unknown' },
  { at: 1024, text: '\xe2\xe1\xf5\xe0', kind: 'unknown' },
  ...[0, 512, 1024, 1536].map((at) => ({ at, text: 'LABELONE', kind: 'unknown' as const })),
];

/** GRUB's core image, in a partition of its own, begins with no mark that anybody relies on. */
const bootLoaderMaxBytes = 16 * 1024 ** 2;

export async function fileSystemOf(part: BoundedReader): Promise<FileSystemKind> {
  if (await Ext4.isHere(part)) return 'ext4';
  for (const { at, text, kind } of marks) {
    if (!part.has(at, text.length)) continue;
    if ((await part.read(at, text.length)).toString('latin1') === text) return kind;
  }
  const head = await part.read(0, Math.min(part.sizeBytes, 64 * 1024));
  const isEmpty = head.every((byte) => byte === 0);
  return isEmpty || part.sizeBytes <= bootLoaderMaxBytes ? 'nothing' : 'unknown';
}
