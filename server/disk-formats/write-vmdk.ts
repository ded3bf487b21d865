/**
 * Writes a stream-optimised VMDK: from its first byte to its last, and nothing twice. Grains of 64
 * KiB, each deflated, behind every 512 of them their table, at the end the directory and the footer.
 */
import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { Disk } from '../disk/disk.ts';
import { DiskFormatError } from './disk-format-error.ts';
import {
  deflated,
  descriptorStart,
  directoryAtEnd,
  flagCompressed,
  flagMarkers,
  flagNewlines,
  grainMarkerBytes,
  markerTypes,
  vmdkMagic,
  vmdkSectorBytes,
} from './vmdk-format.ts';
import { type DiskSink, inOrder, Runs, unitsOf, type WriteOptions } from './written-disk.ts';

const grainSectors = 128;
const grainBytes = grainSectors * vmdkSectorBytes;
const tableEntries = 512;
const tableBytes = tableEntries * 4;
const version = 3;
const descriptorSector = 1;
const descriptorSectors = 20;
/** Where grains begin. */
const overheadSectors = 128;
const deflatedAtOnce = 8;
const sectorsMax = 2 ** 32;

const zip = promisify(deflate);

export async function writeVmdk(disk: Disk, sink: DiskSink, options: WriteOptions): Promise<void> {
  const capacitySectors = Math.ceil(disk.sizeBytes / vmdkSectorBytes);
  const stream = new VmdkStream(sink, capacitySectors);
  await stream.begin();
  const units = unitsOf(disk, grainBytes, options);
  const packed = inOrder(units, deflatedAtOnce, async ({ index, bytes }) => ({
    index,
    bytes: await zip(bytes, { chunkSize: grainBytes }),
  }));
  for await (const { index, bytes } of packed) await stream.addGrain(index, bytes);
  await stream.finish();
}

class VmdkStream {
  readonly #sink: DiskSink;
  readonly #runs: Runs;
  readonly #capacitySectors: number;
  readonly #directory: Buffer;
  #table: Buffer | undefined;
  #tableIndex = 0;

  constructor(sink: DiskSink, capacitySectors: number) {
    this.#sink = sink;
    this.#runs = new Runs(sink);
    this.#capacitySectors = capacitySectors;
    const tables = Math.ceil(capacitySectors / grainSectors / tableEntries);
    this.#directory = Buffer.alloc(tables * 4);
  }

  async begin(): Promise<void> {
    const beginning = Buffer.alloc(overheadSectors * vmdkSectorBytes);
    this.#header(directoryAtEnd).copy(beginning);
    beginning.write(
      descriptorText(this.#capacitySectors),
      descriptorSector * vmdkSectorBytes,
      'latin1',
    );
    await this.#runs.put(beginning);
  }

  async addGrain(index: number, packed: Buffer): Promise<void> {
    const tableIndex = Math.floor(index / tableEntries);
    if (tableIndex !== this.#tableIndex) await this.#finishTable();
    this.#tableIndex = tableIndex;
    this.#table ??= Buffer.alloc(tableBytes);
    this.#table.writeUInt32LE(this.#sector(), (index % tableEntries) * 4);
    const marker = Buffer.alloc(grainMarkerBytes);
    marker.writeBigUInt64LE(BigInt(index * grainSectors), 0);
    marker.writeUInt32LE(packed.length, 8);
    await this.#putPadded([marker, packed]);
  }

  async #finishTable(): Promise<void> {
    if (!this.#table) return;
    await this.#putPadded([this.#marker(tableBytes, markerTypes.table)]);
    this.#directory.writeUInt32LE(this.#sector(), this.#tableIndex * 4);
    await this.#putPadded([this.#table]);
    this.#table = undefined;
  }

  async finish(): Promise<void> {
    await this.#finishTable();
    await this.#putPadded([this.#marker(this.#directory.length, markerTypes.directory)]);
    const directorySector = BigInt(this.#sector());
    await this.#putPadded([this.#directory]);
    await this.#putPadded([this.#marker(vmdkSectorBytes, markerTypes.footer)]);
    await this.#putPadded([this.#header(directorySector)]);
    await this.#putPadded([this.#marker(0, markerTypes.endOfStream)]);
    await this.#runs.flush();
    await this.#sink.truncate(this.#runs.end);
  }

  /** Where the next one is. */
  #sector(): number {
    const sector = this.#runs.end / vmdkSectorBytes;
    if (sector < sectorsMax) return sector;
    throw new DiskFormatError('vmdk', 'it would become larger than 2 TiB', 'written');
  }

  async #putPadded(parts: readonly Buffer[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const over = length % vmdkSectorBytes;
    for (const part of parts) await this.#runs.put(part);
    if (over > 0) await this.#runs.put(Buffer.alloc(vmdkSectorBytes - over));
  }

  /** Of what comes behind it, a sector. */
  #marker(length: number, type: number): Buffer {
    const marker = Buffer.alloc(vmdkSectorBytes);
    marker.writeBigUInt64LE(BigInt(Math.ceil(length / vmdkSectorBytes)), 0);
    marker.writeUInt32LE(type, 12);
    return marker;
  }

  #header(directorySector: bigint): Buffer {
    const header = Buffer.alloc(vmdkSectorBytes);
    header.write(vmdkMagic, 0, 'latin1');
    header.writeUInt32LE(version, 4);
    header.writeUInt32LE(flagNewlines | flagCompressed | flagMarkers, 8);
    header.writeBigUInt64LE(BigInt(this.#capacitySectors), 12);
    header.writeBigUInt64LE(BigInt(grainSectors), 20);
    header.writeBigUInt64LE(BigInt(descriptorSector), 28);
    header.writeBigUInt64LE(BigInt(descriptorSectors), 36);
    header.writeUInt32LE(tableEntries, 44);
    header.writeBigUInt64LE(directorySector, 56);
    header.writeBigUInt64LE(BigInt(overheadSectors), 64);
    header.write('\n \r\n', 73, 'latin1');
    header.writeUInt16LE(deflated, 77);
    return header;
  }
}

/**
 * The extent's name is the file's own, which is not known here: nearly all readers take the file
 * that they have. Some look for the parts by their comments.
 */
function descriptorText(capacitySectors: number): string {
  const cid = randomInt(1, 0xfffffffe).toString(16).padStart(8, '0');
  const [heads, sectors] = [255, 63];
  const cylinders = Math.min(65_535, Math.max(1, Math.floor(capacitySectors / heads / sectors)));
  return `${descriptorStart}
version=1
CID=${cid}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${capacitySectors} SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.adapterType = "lsilogic"
ddb.geometry.cylinders = "${cylinders}"
ddb.geometry.heads = "${heads}"
ddb.geometry.sectors = "${sectors}"
ddb.virtualHWVersion = "10"
`;
}
