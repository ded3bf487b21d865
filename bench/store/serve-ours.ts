/**
 * A process that serves a snapshot's blocks by NBD, put together as the data plane's:
 * `serve-ours.ts BLOCKS ROOT SOCKET`.
 */
import { BlockMemory, CachedBlockReader } from '../../server/blocks/cached-block-reader.ts';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockReader } from '../../server/blocks/fs/fs-block-reader.ts';
import { FairTurns } from '../../server/data-plane/fair-turns.ts';
import { openSnapshotDisk } from '../../server/disk/snapshot-disk.ts';
import { createNbdServer } from '../../server/nbd/nbd-server.ts';

const [blocks = '', root = '', socket = ''] = process.argv.slice(2);
const memory = new BlockMemory(1024 ** 3);
const source = new CachedBlockReader(new FsBlockReader(blocks, { work: new BlockThreads() }), {
  memory,
});
const turns = new FairTurns(8);
const guest = {};
const reader = {
  peek: (digest: string) => source.peek(digest),
  get: async (digest: string) => source.peek(digest) ?? turns.run(guest, () => source.get(digest)),
  has: (digest: string) => source.has(digest),
};
const disk = await openSnapshotDisk(reader, root);
await createNbdServer({ lookup: async () => disk }).listen(socket);
