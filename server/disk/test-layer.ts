/** For tests: writes to a layer as a guest's QEMU does, whole clusters of it, without syncing. */
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';

const clusterBytes = 65_536;
const l1OffsetAt = 40;
/** "This cluster has one user." */
const copied = 1n << 63n;

export async function writeToLayer(
  path: string,
  offset: number,
  bytes: Buffer,
  files: Files = nodeFiles,
): Promise<void> {
  if (offset % clusterBytes !== 0 || bytes.length % clusterBytes !== 0) {
    throw new RangeError('whole clusters only');
  }
  await using file = await files.open(path, 'update');
  const entryAt = async (position: number) => {
    const entry = Buffer.alloc(8);
    await file.read(entry, position);
    return entry.readBigUInt64BE() & ~copied;
  };
  /** The cluster that an entry names; a new one at the end of the file where it names none. */
  const clusterOf = async (position: number) => {
    const known = Number(await entryAt(position));
    if (known !== 0) return known;
    const { sizeBytes } = await file.stat();
    const made = Math.ceil(sizeBytes / clusterBytes) * clusterBytes;
    await file.truncate(made + clusterBytes);
    const entry = Buffer.alloc(8);
    entry.writeBigUInt64BE(BigInt(made) | copied);
    await file.write(entry, position);
    return made;
  };
  const l1 = Number(await entryAt(l1OffsetAt));
  for (let done = 0; done < bytes.length; done += clusterBytes) {
    const cluster = (offset + done) / clusterBytes;
    const perTable = clusterBytes / 8;
    const l2 = await clusterOf(l1 + 8 * Math.floor(cluster / perTable));
    const data = await clusterOf(l2 + 8 * (cluster % perTable));
    await file.write(bytes.subarray(done, done + clusterBytes), data);
  }
}
