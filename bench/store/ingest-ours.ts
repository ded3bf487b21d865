/**
 * A process that uploads a raw file into a block store as a capture does, and tells what it took:
 * `ingest-ours.ts BLOCKS FILE` prints JSON.
 */
import { BlockThreads, writingThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';

const [folder = '', file = ''] = process.argv.slice(2);
const store = await FsBlockStore.open(folder, {
  work: new BlockThreads({ threads: writingThreads }),
});
const disk = await openRawFileDisk(file);
// Threads that are starting are no part of what is measured.
await uploadDisk({ store, disk, indexes: [0, 1, 2, 3] });
const usage = process.cpuUsage();
const start = performance.now();
const { storedBytes, root } = await uploadDisk({ store, disk });
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(usage);
await disk.close();
await store.close();
const cpuSeconds = (user + system) / 1e6;
console.log(JSON.stringify({ seconds, cpuSeconds, storedBytes, root }));
