/**
 * Makes an empty layer: a sparse qcow2 file of version 3 that names no backing file. No tool is
 * started for it, since a launch makes one per volume; QEMU allocates everything else when the
 * guest writes. With a secret it is encrypted by LUKS, whose header comes behind the tables: then
 * it is always synced, as a torn header would look like another key.
 */
import { dirname as folderOf } from 'node:path';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { unlinkIfThere } from '../files/whole-file.ts';
import { luksBytes, makeLuks } from './luks.ts';
import {
  cryptLuks,
  extensionEncryption,
  formatVersion,
  headerBytes,
  magic,
  parseHeader,
  volumeMaxBytes,
} from './qcow2-format.ts';

/** QEMU's default: smaller ones cost tables, larger ones copying. */
const defaultClusterBits = 16;
/** 16-bit reference counts, QEMU's default. */
const refcountOrder = 4;

const refcountTableCluster = 1;
const refcountBlockCluster = 2;
const l1Cluster = 3;

export interface CreateOptions {
  /** The file and its name survive a power cut. */
  sync?: boolean;
  files?: Files;
  clusterBits?: number;
  /** What opens it; without one it is plain. */
  secret?: string;
}

/**
 * The file has its name whole or not at all while the power is on. An existing file is never
 * touched: EEXIST. Without `sync` a power cut may leave the name without the bytes, which
 * `isWholeLayer` tells.
 */
export async function createLayer(
  path: string,
  sizeBytes: number,
  options: CreateOptions = {},
): Promise<void> {
  const { files = nodeFiles, clusterBits = defaultClusterBits, secret } = options;
  const { sync = true } = secret === undefined ? options : {};
  if (sizeBytes <= 0 || sizeBytes > volumeMaxBytes || sizeBytes % 512 !== 0) {
    throw new RangeError(`a layer cannot have ${sizeBytes} bytes`);
  }
  const temporary = `${path}.new`;
  await unlinkIfThere(files, temporary);
  try {
    await using file = await files.open(temporary, 'create', 0o600);
    await writeEmptyImage(file, sizeBytes, clusterBits, secret);
    if (sync) await file.sync();
    await files.link(temporary, path);
  } finally {
    await unlinkIfThere(files, temporary);
  }
  if (sync) await files.syncFolder(folderOf(path));
}

/**
 * Whether QEMU can open it and write to it: the header and the reference counts of its own tables
 * are there. Once anybody has synced the file they are, whatever a power cut did to later writes.
 */
export async function isWholeLayer(path: string, files: Files = nodeFiles): Promise<boolean> {
  await using file = await files.open(path, 'read');
  const { sizeBytes: fileBytes } = await file.stat();
  const header = headerOf(await readBytes(file, 2 ** defaultClusterBits, 0), fileBytes);
  if (!header) return false;
  const tableEntry = await readBytes(file, 8, header.refcountTable);
  const block = tableEntry.length < 8 ? 0 : Number(tableEntry.readBigUInt64BE(0));
  if (block === 0 || block >= fileBytes) return false;
  const clusters = [0, header.refcountTable, block, header.l1Offset].map(
    (offset) => offset / header.clusterBytes,
  );
  const counts = await readBytes(file, header.clusterBytes, block);
  return clusters.every((at) => at * 2 + 2 <= counts.length && counts.readUInt16BE(at * 2) > 0);
}

function headerOf(beginning: Buffer, fileBytes: number) {
  try {
    const { clusterBits, l1Offset } = parseHeader(beginning, fileBytes);
    const refcountTable = Number(beginning.readBigUInt64BE(48));
    return { clusterBytes: 2 ** clusterBits, l1Offset, refcountTable };
  } catch {
    return undefined;
  }
}

async function readBytes(file: OpenFile, length: number, position: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, await file.read(bytes, position));
}

async function writeEmptyImage(
  file: OpenFile,
  sizeBytes: number,
  clusterBits: number,
  secret: string | undefined,
): Promise<void> {
  const clusterBytes = 2 ** clusterBits;
  const coveredByL1EntryBytes = (clusterBytes / 8) * clusterBytes;
  const l1Entries = Math.ceil(sizeBytes / coveredByL1EntryBytes);
  const luksCluster = l1Cluster + Math.ceil((l1Entries * 8) / clusterBytes);
  const luksClusters = secret === undefined ? 0 : Math.ceil(luksBytes / clusterBytes);
  const clusters = luksCluster + luksClusters;
  const refcounts = Buffer.alloc(clusters * 2);
  for (let i = 0; i < clusters; i++) refcounts.writeUInt16BE(1, i * 2);
  const refcountTable = Buffer.alloc(8);
  refcountTable.writeBigUInt64BE(BigInt(refcountBlockCluster * clusterBytes));

  await file.truncate(clusters * clusterBytes);
  await file.write(refcounts, refcountBlockCluster * clusterBytes);
  await file.write(refcountTable, refcountTableCluster * clusterBytes);
  const luksOffset = luksCluster * clusterBytes;
  if (secret !== undefined) {
    for (const { offset, bytes } of makeLuks(secret).pieces) {
      await file.write(bytes, luksOffset + offset);
    }
  }
  const header = encodeHeader(sizeBytes, clusterBits, l1Entries);
  await file.write(secret === undefined ? header : withLuks(header, luksOffset), 0);
}

/**
 * Everything that is not written is zero: no backing file, no encryption, no snapshots, no feature
 * bits.
 */
function encodeHeader(sizeBytes: number, clusterBits: number, l1Entries: number): Buffer {
  const clusterBytes = 2 ** clusterBits;
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

/** The header with the extension that says where the other one is, and the end of extensions. */
function withLuks(header: Buffer, luksOffset: number): Buffer {
  const extension = Buffer.alloc(8 + 16 + 8);
  extension.writeUInt32BE(extensionEncryption, 0);
  extension.writeUInt32BE(16, 4);
  extension.writeBigUInt64BE(BigInt(luksOffset), 8);
  extension.writeBigUInt64BE(BigInt(luksBytes), 16);
  header.writeUInt32BE(cryptLuks, 32);
  return Buffer.concat([header, extension]);
}
