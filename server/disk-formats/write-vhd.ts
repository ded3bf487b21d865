/**
 * Writes a VHD file, dynamic or fixed, whose size is exactly the disk's: the geometry is what the
 * specification computes, rounded down, and the creator one whose files readers do not measure by
 * it. Of a dynamic file the copy of the footer, the header and the table are written last.
 */
import { randomBytes } from 'node:crypto';
import type { Disk } from '../disk/disk.ts';
import { DiskFormatError } from './disk-format-error.ts';
import {
  checksumOf,
  diskTypes,
  dynamicCookie,
  dynamicHeaderBytes,
  footerBytes,
  footerCookie,
  geometryOf,
  nowhere,
  unusedBlock,
  vhdMaxBytes,
  vhdSectorBytes,
} from './vhd-footer.ts';
import { writePlain } from './write-raw.ts';
import { type DiskSink, Runs, unitsOf, type WriteOptions } from './written-disk.ts';

const blockBytes = 2 * 1024 ** 2;
const bitmapBytes = blockBytes / vhdSectorBytes / 8;
const unitBytes = 64 * 1024;
const tableAt = footerBytes + dynamicHeaderBytes;
/** Where a sector's number in the table ends. */
const sectorsMax = 2 ** 32;
/** QEMU measures files of others by their geometry, which is smaller. */
const creator = 'win ';
const creatorHost = 'Wi2k';
const epochMs = Date.UTC(2000, 0, 1);

export interface VhdWriteOptions extends WriteOptions {
  variant?: 'dynamic' | 'fixed';
}

export async function writeVhd(
  disk: Disk,
  sink: DiskSink,
  options: VhdWriteOptions,
): Promise<void> {
  const sizeBytes = Math.ceil(disk.sizeBytes / vhdSectorBytes) * vhdSectorBytes;
  if (sizeBytes > vhdMaxBytes) {
    const detail = `the disk has ${sizeBytes} bytes, and VHD ends at ${vhdMaxBytes}: VHDX does not`;
    throw new DiskFormatError('vhd', detail, 'written');
  }
  if (options.variant === 'fixed') {
    await writePlain(disk, sink, options);
    await sink.write(footerOf(sizeBytes, diskTypes.fixed), sizeBytes);
    await sink.truncate(sizeBytes + footerBytes);
  } else {
    await writeDynamic(disk, sizeBytes, sink, options);
  }
}

async function writeDynamic(
  disk: Disk,
  sizeBytes: number,
  sink: DiskSink,
  options: WriteOptions,
): Promise<void> {
  const entries = Math.ceil(sizeBytes / blockBytes);
  const table = Buffer.alloc(Math.ceil((entries * 4) / vhdSectorBytes) * vhdSectorBytes, 0xff);
  const bitmap = Buffer.alloc(bitmapBytes, 0xff);
  const runs = new Runs(sink);
  let end = tableAt + table.length;
  for await (const { index, bytes } of unitsOf(disk, unitBytes, options)) {
    const offset = index * unitBytes;
    const block = Math.floor(offset / blockBytes);
    if (table.readUInt32BE(block * 4) === unusedBlock) {
      const sector = end / vhdSectorBytes;
      if (sector >= sectorsMax) throw new DiskFormatError('vhd', 'it is over 2 TiB', 'written');
      table.writeUInt32BE(sector, block * 4);
      await runs.put(bitmap, end);
      end += bitmapBytes + blockBytes;
    }
    const blockAt = table.readUInt32BE(block * 4) * vhdSectorBytes;
    await runs.put(bytes, blockAt + bitmapBytes + (offset - block * blockBytes));
  }
  await runs.flush();
  const footer = footerOf(sizeBytes, diskTypes.dynamic);
  await sink.write(footer, end);
  await sink.truncate(end + footerBytes);
  await sink.write(Buffer.concat([footer, dynamicHeader(entries), table]), 0);
}

function footerOf(sizeBytes: number, type: number): Buffer {
  const footer = Buffer.alloc(footerBytes);
  const { cylinders, heads, sectors } = geometryOf(sizeBytes);
  footer.write(footerCookie, 0, 'latin1');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x00010000, 12);
  footer.writeBigUInt64BE(type === diskTypes.fixed ? nowhere : BigInt(footerBytes), 16);
  footer.writeUInt32BE(Math.floor((Date.now() - epochMs) / 1000), 24);
  footer.write(creator, 28, 'latin1');
  footer.writeUInt32BE(0x000a0000, 32);
  footer.write(creatorHost, 36, 'latin1');
  footer.writeBigUInt64BE(BigInt(sizeBytes), 40);
  footer.writeBigUInt64BE(BigInt(sizeBytes), 48);
  footer.writeUInt16BE(cylinders, 56);
  footer.writeUInt8(heads, 58);
  footer.writeUInt8(sectors, 59);
  footer.writeUInt32BE(type, 60);
  randomBytes(16).copy(footer, 68);
  footer.writeUInt32BE(checksumOf(footer, 64), 64);
  return footer;
}

function dynamicHeader(entries: number): Buffer {
  const header = Buffer.alloc(dynamicHeaderBytes);
  header.write(dynamicCookie, 0, 'latin1');
  header.writeBigUInt64BE(nowhere, 8);
  header.writeBigUInt64BE(BigInt(tableAt), 16);
  header.writeUInt32BE(0x00010000, 24);
  header.writeUInt32BE(entries, 28);
  header.writeUInt32BE(blockBytes, 32);
  header.writeUInt32BE(checksumOf(header, 36), 36);
  return header;
}
