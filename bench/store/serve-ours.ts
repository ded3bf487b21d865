/**
 * A process that serves the blocks of snapshots by NBD to so many guests, each on a socket of its
 * own, put together as the data plane's: `serve-ours.ts [--threads N] [--cache BYTES] BLOCKS
 * ROOT[,ROOT…] SOCKET [SOCKET …]`.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readBlockMap } from '../../server/blocks/block-map.ts';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockReader } from '../../server/blocks/fs/fs-block-reader.ts';
import { inlineSealing } from '../../server/blocks/sealed-blocks.ts';
import { SharedBlockMemory } from '../../server/blocks/shared-block-memory.ts';
import { SharedBlocks } from '../../server/blocks/shared-blocks.ts';
import { DiskThreads } from '../../server/data-plane/disk-threads.ts';
import { DisksHere } from '../../server/data-plane/disks-here.ts';
import { FairTurns } from '../../server/data-plane/fair-turns.ts';
import { GuestBlocks } from '../../server/data-plane/guest-blocks.ts';
import { SealKeys } from '../../server/data-plane/seal-keys.ts';
import { silentLog } from '../../server/foundations/log.ts';

const { values, positionals } = parseArgs({
  options: { threads: { type: 'string' }, cache: { type: 'string' } },
  allowPositionals: true,
});
const [folder = '', roots = '', ...sockets] = positionals;
const threads = Number(values.threads ?? availableParallelism());
const reader = new FsBlockReader(folder, { work: new BlockThreads() });
const memory = new SharedBlockMemory(Number(values.cache ?? 1024 ** 3));
const turns = new FairTurns(8);
const blocks = new GuestBlocks({ memory, turns, keys: new SealKeys(), sealing: inlineSealing });
const options = { find: blocks.find.bind(blocks), onFailedRead: console.error };
const disks =
  threads > 1
    ? new DiskThreads({
        ...options,
        threads,
        memory: memory.parts,
        onStuck: () => process.exit(1),
        log: silentLog,
      })
    : new DisksHere({ ...options, blocks: new SharedBlocks(memory.parts) });
process.umask(0o111);
const exports = await Promise.all(
  roots.split(',').map(async (root) => {
    const { sizeBytes } = await readBlockMap(reader, root);
    return { root, sizeBytes };
  }),
);
for (const [number, socketPath] of sockets.entries()) {
  const instanceId = `i-${number}`;
  blocks.readFrom(instanceId, reader);
  await disks.serve({
    instanceId,
    socketPath,
    exports,
    connectionsMax: 16,
  });
}
process.on('SIGTERM', () => process.exit(0));
