/**
 * Writes a dynamic VHDX file: blocks from 1 MiB boundary to 1 MiB boundary, then, at its front, the
 * table, the metadata and the headers, with an empty log. What was cut off is no VHDX file.
 */
import { randomUUID } from 'node:crypto';
import type { Disk } from '../disk/disk.ts';
import { crc32cWithout } from './crc32c.ts';
import { DiskFormatError } from './disk-format-error.ts';
import { diskMaxBytes } from './limits.ts';
import {
  alignmentBytes,
  blockStates,
  chunkRatioOf,
  fileSignature,
  guidBytes,
  guids,
  headerBytes,
  headerPlaces,
  headerSignature,
  metadataSignature,
  metadataTableBytes,
  regionSignature,
  regionTableBytes,
  regionTablePlaces,
} from './vhdx-format.ts';
import { type DiskSink, Runs, unitsOf, type WriteOptions } from './written-disk.ts';

const sectorBytes = 512;
const unitBytes = 64 * 1024;
/** Small, so that what is zeros takes no room; larger where the table would become too large. */
const usualBlockBytes = 2 * 1024 ** 2;
const largeBlockBytes = 32 * 1024 ** 2;
const largeDiskBytes = 4 * 1024 ** 4;

const logAt = alignmentBytes;
const metadataAt = 2 * alignmentBytes;
const tableAt = 3 * alignmentBytes;
const required = 1;

export async function writeVhdx(disk: Disk, sink: DiskSink, options: WriteOptions): Promise<void> {
  const sizeBytes = Math.ceil(disk.sizeBytes / sectorBytes) * sectorBytes;
  if (sizeBytes > diskMaxBytes) {
    throw new DiskFormatError('vhdx', `the disk has ${sizeBytes} bytes`, 'written');
  }
  const blockBytes = sizeBytes > largeDiskBytes ? largeBlockBytes : usualBlockBytes;
  const ratio = chunkRatioOf(blockBytes, sectorBytes);
  const blocks = Math.ceil(sizeBytes / blockBytes);
  const entries = blocks + Math.floor((blocks - 1) / ratio);
  const table = Buffer.alloc(Math.ceil((entries * 8) / alignmentBytes) * alignmentBytes);
  const runs = new Runs(sink);
  let end = tableAt + table.length;
  for await (const { index, bytes } of unitsOf(disk, unitBytes, options)) {
    const offset = index * unitBytes;
    const block = Math.floor(offset / blockBytes);
    const entryAt = (block + Math.floor(block / ratio)) * 8;
    if (table.readBigUInt64LE(entryAt) === 0n) {
      table.writeBigUInt64LE(BigInt(end + blockStates.present), entryAt);
      end += blockBytes;
    }
    const blockAt = Number(table.readBigUInt64LE(entryAt)) - blockStates.present;
    await runs.put(bytes, blockAt + (offset - block * blockBytes));
  }
  await runs.flush();
  await sink.truncate(end);
  const beginning = Buffer.alloc(tableAt + table.length);
  table.copy(beginning, tableAt);
  writeMetadata(beginning.subarray(metadataAt, tableAt), sizeBytes, blockBytes);
  writeFront(beginning, table.length);
  await sink.write(beginning, 0);
}

function writeFront(beginning: Buffer, tableBytes: number): void {
  beginning.write(fileSignature, 0, 'latin1');
  beginning.write('Imago', 8, 'utf16le');
  const [fileGuid, dataGuid] = [randomUUID(), randomUUID()];
  for (const [n, place] of headerPlaces.entries()) {
    const header = beginning.subarray(place, place + headerBytes);
    header.write(headerSignature, 0, 'latin1');
    header.writeBigUInt64LE(BigInt(n + 1), 8);
    guidBytes(fileGuid).copy(header, 16);
    guidBytes(dataGuid).copy(header, 32);
    header.writeUInt16LE(1, 66);
    header.writeUInt32LE(alignmentBytes, 68);
    header.writeBigUInt64LE(BigInt(logAt), 72);
    header.writeUInt32LE(crc32cWithout(header, 4), 4);
  }
  for (const place of regionTablePlaces) {
    const regions = beginning.subarray(place, place + regionTableBytes);
    regions.write(regionSignature, 0, 'latin1');
    regions.writeUInt32LE(2, 8);
    const entry = (at: number, guid: string, offset: number, length: number) => {
      guidBytes(guid).copy(regions, at);
      regions.writeBigUInt64LE(BigInt(offset), at + 16);
      regions.writeUInt32LE(length, at + 24);
      regions.writeUInt32LE(required, at + 28);
    };
    entry(16, guids.blockTable, tableAt, tableBytes);
    entry(48, guids.metadata, metadataAt, alignmentBytes);
    regions.writeUInt32LE(crc32cWithout(regions, 4), 4);
  }
}

/** Of the disk, not of a user, and nobody who does not know them may open it. */
const ofDisk = 2;
const mustBeKnown = 4;

function writeMetadata(region: Buffer, sizeBytes: number, blockBytes: number): void {
  const item = (length: number, fill: (bytes: Buffer) => void) => {
    const bytes = Buffer.alloc(length);
    fill(bytes);
    return bytes;
  };
  const items: [guid: string, flags: number, bytes: Buffer][] = [
    [guids.fileParameters, mustBeKnown, item(8, (bytes) => bytes.writeUInt32LE(blockBytes))],
    [
      guids.diskSize,
      ofDisk | mustBeKnown,
      item(8, (bytes) => bytes.writeBigUInt64LE(BigInt(sizeBytes))),
    ],
    [guids.diskId, ofDisk | mustBeKnown, guidBytes(randomUUID())],
    [
      guids.logicalSector,
      ofDisk | mustBeKnown,
      item(4, (bytes) => bytes.writeUInt32LE(sectorBytes)),
    ],
    [guids.physicalSector, ofDisk | mustBeKnown, item(4, (bytes) => bytes.writeUInt32LE(4096))],
  ];
  region.write(metadataSignature, 0, 'latin1');
  region.writeUInt16LE(items.length, 10);
  let itemAt = metadataTableBytes;
  for (const [n, [guid, flags, bytes]] of items.entries()) {
    const at = 32 + n * 32;
    guidBytes(guid).copy(region, at);
    region.writeUInt32LE(itemAt, at + 16);
    region.writeUInt32LE(bytes.length, at + 20);
    region.writeUInt32LE(flags, at + 24);
    bytes.copy(region, itemAt);
    itemAt += bytes.length;
  }
}
