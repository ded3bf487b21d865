/** Makes a share of a store's blocks at once, as small files, unsynced: scale.ts. */
import { writeFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { digestOf } from '../../server/blocks/block-store.ts';
import { blockFile } from '../../server/blocks/fs/block-places.ts';

const { folder, from, to } = workerData as { folder: string; from: number; to: number };

for (let number = from; number < to; number++) {
  const plain = Buffer.from(`block ${number}`);
  writeFileSync(blockFile(folder, digestOf(plain)), Buffer.concat([Buffer.of(0), plain]));
}
parentPort?.postMessage('made');
