/** Writes a raw file: sparse where the disk is zeros. */
import type { Disk } from '../disk/disk.ts';
import { type DiskSink, Runs, unitsOf, type WriteOptions } from './written-disk.ts';

/** Smaller holes are not worth a write of their own. */
const unitBytes = 64 * 1024;

export async function writeRaw(disk: Disk, sink: DiskSink, options: WriteOptions): Promise<void> {
  await writePlain(disk, sink, options);
  await sink.truncate(disk.sizeBytes);
}

/** The bytes of the disk from the front of the file on. */
export async function writePlain(disk: Disk, sink: DiskSink, options: WriteOptions): Promise<void> {
  const runs = new Runs(sink);
  for await (const { index, bytes } of unitsOf(disk, unitBytes, options)) {
    const position = index * unitBytes;
    // The last unit may reach beyond the end.
    await runs.put(bytes.subarray(0, disk.sizeBytes - position), position);
  }
  await runs.flush();
}
