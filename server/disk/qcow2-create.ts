/**
 * Makes an empty layer: a sparse qcow2 file of version 3 that names no backing file. No tool is started for it, since a
 * launch makes one per volume; QEMU allocates everything else when the guest writes.
 */
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { formatVersion, headerBytes, magic, volumeMaxBytes } from './qcow2-format.ts';

/** QEMU's default: smaller ones cost tables, larger ones copying. */
const clusterBits = 16;
const clusterBytes = 2 ** clusterBits;
const coveredByL1EntryBytes = (clusterBytes / 8) * clusterBytes;
/** 16-bit reference counts, QEMU's default. */
const refcountOrder = 4;

const refcountTableCluster = 1;
const refcountBlockCluster = 2;
const l1Cluster = 3;

/**
 * The file is there whole or not at all. An existing file is never touched: EEXIST. Nothing is synced: the guest's first
 * flush syncs the file, and before that there is nothing in it to lose.
 */
export async function createLayer(path: string, sizeBytes: number): Promise<void> {
  if (sizeBytes <= 0 || sizeBytes > volumeMaxBytes || sizeBytes % 512 !== 0) {
    throw new RangeError(`a layer cannot have ${sizeBytes} bytes`);
  }
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  try {
    await using handle = await open(temporary, 'wx', 0o600);
    await writeEmptyImage(handle, sizeBytes);
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeEmptyImage(handle: FileHandle, sizeBytes: number): Promise<void> {
  const l1Entries = Math.ceil(sizeBytes / coveredByL1EntryBytes);
  const clusters = l1Cluster + Math.ceil((l1Entries * 8) / clusterBytes);
  const refcounts = Buffer.alloc(clusters * 2);
  for (let i = 0; i < clusters; i++) refcounts.writeUInt16BE(1, i * 2);
  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(refcountBlockCluster * clusterBytes));

  await handle.truncate(clusters * clusterBytes);
  await handle.write(refcounts, 0, refcounts.length, refcountBlockCluster * clusterBytes);
  await handle.write(refcountTable, 0, refcountTable.length, refcountTableCluster * clusterBytes);
  await handle.write(encodeHeader(sizeBytes, l1Entries), 0, headerBytes, 0);
}

/** Everything that is not written is zero: no backing file, no encryption, no snapshots, no feature bits. */
function encodeHeader(sizeBytes: number, l1Entries: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(formatVersion, 4);
  header.writeUInt32BE(clusterBits, 20);
  header.writeBigUInt64BE(BigInt(sizeBytes), 24);
  header.writeUInt32BE(l1Entries, 36);
  header.writeBigUInt64BE(BigInt(l1Cluster * clusterBytes), 40);
  header.writeBigUInt64BE(BigInt(refcountTableCluster * clusterBytes), 48);
  header.writeUInt32BE(1, 56);
  header.writeUInt32BE(refcountOrder, 96);
  header.writeUInt32BE(headerBytes, 100);
  return header;
}
