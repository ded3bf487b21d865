/** Copies whatever is in the one slot of a memory, whatever its version, and looks for torn ones. */
import { parentPort, workerData } from 'node:worker_threads';
import { blockSizeBytes } from './block-store.ts';
import { SharedBlocks } from './shared-blocks.ts';

const { parts, place } = workerData;
const blocks = new SharedBlocks(parts);
const versions = new Int32Array(parts.versions);
const target = Buffer.alloc(blockSizeBytes);
const seen = { whole: 0, torn: 0, none: 0 };
while (seen.whole < 50 || seen.none < 50) {
  const version = Atomics.load(versions, place.slot) & ~1;
  if (!blocks.copyNow({ ...place, version }, 0, target)) seen.none += 1;
  else if (target.equals(Buffer.alloc(blockSizeBytes, target[0]))) seen.whole += 1;
  else seen.torn += 1;
  if (seen.torn > 0) break;
}
parentPort?.postMessage(seen);
