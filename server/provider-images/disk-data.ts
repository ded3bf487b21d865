/**
 * Which blocks of a disk that was built have data: the others are holes of its file, and read as
 * zeros. Node has no lseek(2) with SEEK_HOLE, so qemu-img is asked (its `map` of a raw file); where
 * the file system knows of no holes it is all data. To read the holes instead would fill the page
 * cache with them: of Debian's 8 GiB seven.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { findTools } from './build-tools.ts';
import { runCommand } from './run-command.ts';

interface MappedRange {
  /** In bytes. */
  start: number;
  length: number;
  /** It reads as zeros. */
  zero: boolean;
}

/** Their indexes, ascending. Of files that were made here alone: raw refers to no other. */
export async function blocksWithData(diskPath: string, signal?: AbortSignal): Promise<number[]> {
  const tools = await findTools();
  const args = ['map', '--force-share', '--output=json', '-f', 'raw', '--', diskPath];
  const output = await runCommand(tools['qemu-img'], args, { signal });
  const ranges: MappedRange[] = JSON.parse(output.toString());
  const indexes = new Set<number>();
  for (const { start, length } of ranges.filter(({ zero }) => !zero)) {
    const end = start + length;
    for (let i = Math.floor(start / blockSizeBytes); i * blockSizeBytes < end; i++) indexes.add(i);
  }
  return [...indexes];
}
