/**
 * VHDX's words and numbers ([MS-VHDX]): headers, regions, metadata, and how the block allocation
 * table is laid out. Pure, but for the tables that it is given. Numbers are little-endian.
 */
import { crc32cWithout } from './crc32c.ts';
import type { Refuse } from './disk-format-error.ts';

export const fileSignature = 'vhdxfile';
export const headerSignature = 'head';
export const regionSignature = 'regi';
export const metadataSignature = 'metadata';

export const headerPlaces = [64 * 1024, 128 * 1024];
export const regionTablePlaces = [192 * 1024, 256 * 1024];
export const headerBytes = 4096;
export const regionTableBytes = 64 * 1024;
export const metadataTableBytes = 64 * 1024;
/** Everything lies on whole MiB. */
export const alignmentBytes = 1024 ** 2;
const entriesMax = 2047;

export const blockStates = { notPresent: 0, undefined: 1, zero: 2, unmapped: 3, present: 6 };
export const blockOffsetMask = 0xfffffffffff00000n;

export const guids = {
  blockTable: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  diskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  diskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  logicalSector: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSector: 'cda348c7-445d-4471-9cc9-e9885251c556',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
};

/** As text, from its bytes, of which the first three parts are little-endian. */
export function guidAt(bytes: Buffer, at: number): string {
  const part = (start: number, end: number) =>
    Buffer.from(bytes.subarray(at + start, at + end))
      .reverse()
      .toString('hex');
  const rest = bytes.toString('hex', at + 8, at + 16);
  return `${part(0, 4)}-${part(4, 6)}-${part(6, 8)}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

export function guidBytes(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  for (const [start, end] of [
    [0, 4],
    [4, 6],
    [6, 8],
  ]) {
    bytes.subarray(start, end).reverse();
  }
  return bytes;
}

export interface VhdxHeader {
  sequence: bigint;
  logGuid: string;
}

/** Undefined: it was being written when its writer died, or is none. */
export function parseVhdxHeader(bytes: Buffer): VhdxHeader | undefined {
  if (bytes.toString('latin1', 0, 4) !== headerSignature) return undefined;
  if (bytes.readUInt32LE(4) !== crc32cWithout(bytes, 4) || bytes.readUInt16LE(66) !== 1) {
    return undefined;
  }
  return { sequence: bytes.readBigUInt64LE(8), logGuid: guidAt(bytes, 48) };
}

export interface Place {
  offset: number;
  length: number;
}

export interface VhdxRegions {
  blockTable: Place;
  metadata: Place;
}

/** Undefined: the table is none, or was changed. */
export function parseRegions(bytes: Buffer, refuse: Refuse): VhdxRegions | undefined {
  if (bytes.toString('latin1', 0, 4) !== regionSignature) return undefined;
  if (bytes.readUInt32LE(4) !== crc32cWithout(bytes, 4)) return undefined;
  const places = new Map<string, Place>();
  for (let n = 0; n < countAt(bytes.readUInt32LE(8), refuse); n++) {
    const at = 16 + n * 32;
    const guid = guidAt(bytes, at);
    const known = guid === guids.blockTable || guid === guids.metadata;
    if (!known && bytes.readUInt32LE(at + 28) & 1) throw refuse(`it needs the region ${guid}`);
    if (places.has(guid)) throw refuse(`it has the region ${guid} twice`);
    const offset = Number(bytes.readBigUInt64LE(at + 16));
    places.set(guid, { offset, length: bytes.readUInt32LE(at + 24) });
  }
  const blockTable = places.get(guids.blockTable);
  const metadata = places.get(guids.metadata);
  if (!blockTable || !metadata) throw refuse('it has no block table or no metadata');
  return { blockTable, metadata };
}

export interface VhdxDisk {
  blockBytes: number;
  fixed: boolean;
  sizeBytes: bigint;
  sectorBytes: number;
}

/** `table` is the beginning of the metadata region, `itemAt` reads what it names in the region. */
export async function parseMetadata(
  table: Buffer,
  itemAt: (place: Place) => Promise<Buffer>,
  refuse: Refuse,
): Promise<VhdxDisk> {
  if (table.toString('latin1', 0, 8) !== metadataSignature) throw refuse('it has no metadata');
  const items = new Map<string, Place>();
  for (let n = 0; n < countAt(table.readUInt16LE(10), refuse); n++) {
    const at = 32 + n * 32;
    const guid = guidAt(table, at);
    const known = Object.values(guids).includes(guid);
    if (!known && table.readUInt32LE(at + 24) & 4) throw refuse(`it needs the metadata ${guid}`);
    if (items.has(guid)) throw refuse(`it has the metadata ${guid} twice`);
    items.set(guid, { offset: table.readUInt32LE(at + 16), length: table.readUInt32LE(at + 20) });
  }
  const item = async (guid: string, length: number) => {
    const place = items.get(guid);
    if (!place || place.length < length) throw refuse(`it lacks the metadata ${guid}`);
    return itemAt({ offset: place.offset, length });
  };
  const parameters = await item(guids.fileParameters, 8);
  if (parameters.readUInt32LE(4) & 2 || items.has(guids.parentLocator)) {
    throw refuse('it is a differencing disk, which needs its parent: merge them first');
  }
  return {
    blockBytes: parameters.readUInt32LE(0),
    fixed: (parameters.readUInt32LE(4) & 1) === 1,
    sizeBytes: (await item(guids.diskSize, 8)).readBigUInt64LE(0),
    sectorBytes: (await item(guids.logicalSector, 4)).readUInt32LE(0),
  };
}

function countAt(count: number, refuse: Refuse): number {
  if (count > entriesMax) throw refuse(`one of its tables has ${count} entries`);
  return count;
}

/** Of payload blocks between two entries of the table that are for bitmaps of sectors. */
export function chunkRatioOf(blockBytes: number, sectorBytes: number): number {
  return (2 ** 23 * sectorBytes) / blockBytes;
}
