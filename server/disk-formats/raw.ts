/**
 * A raw file: the bytes of the disk and nothing else. Whatever they look like they are taken as they
 * are; what they look like is said, since most such files were declared wrongly.
 */
import type { Disk } from '../disk/disk.ts';
import { beginningOf, endsAsVhd } from './begins-as.ts';
import { refusalsOf } from './disk-format-error.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import type { RandomAccess } from './random-access.ts';

const refuse = refusalsOf('raw');

export async function openRaw(source: RandomAccess, limits: DiskLimits): Promise<OpenedDiskFile> {
  const sizeBytes = checkSize(source.sizeBytes, limits, refuse);
  const notes: string[] = [];
  const looksLike = await beginningOf(source);
  if (looksLike) {
    notes.push(`It begins as ${looksLike}, and was taken as raw: give that format if it is one.`);
  } else if (await endsAsVhd(source)) {
    notes.push(
      'It ends with the footer of a VHD file, and was taken as raw: give VHD if it is one.',
    );
  }
  const facts = { format: 'raw' as const, sizeBytes, allocatedBytes: sizeBytes, notes };
  return { disk: plainDisk(source, sizeBytes), facts };
}

/** The first bytes of a file as a disk. */
export function plainDisk(source: RandomAccess, sizeBytes: number): Disk {
  return {
    sizeBytes,
    pread(offset, length) {
      if (offset + length > sizeBytes) throw new RangeError(`${offset} is not on the disk`);
      return source.read(offset, length);
    },
    async close() {},
  };
}
