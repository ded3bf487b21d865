/**
 * Where a disk that was built has data: the rest are holes of its file, and read as zeros. Node has
 * no lseek(2) with SEEK_HOLE, so qemu-img is asked (its `map` of a raw file); where the file system
 * knows of no holes it is all data. To read the holes instead would fill the page cache with them:
 * of Debian's 8 GiB seven.
 */
import { findTools } from './build-tools.ts';
import { runCommand } from './run-command.ts';

/** In bytes. */
export interface DataRange {
  offset: number;
  length: number;
}

/** As qemu-img tells it; its own `offset` is that in the file. */
interface MappedRange {
  start: number;
  length: number;
  /** It reads as zeros. */
  zero: boolean;
}

/** In order. Of files that were made here alone: a raw one refers to no other. */
export async function dataOf(diskPath: string, signal?: AbortSignal): Promise<DataRange[]> {
  const tools = await findTools();
  const args = ['map', '--force-share', '--output=json', '-f', 'raw', '--', diskPath];
  const output = await runCommand(tools['qemu-img'], args, { signal });
  const mapped: MappedRange[] = JSON.parse(output.toString());
  return mapped.filter(({ zero }) => !zero).map(({ start, length }) => ({ offset: start, length }));
}
