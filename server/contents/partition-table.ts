/**
 * Where the partitions of a disk are: by its GPT (or the copy of it at the end), else by its MBR
 * with the logical partitions of an extended one, else the whole disk is one.
 */
import { crc32 } from 'node:zlib';
import type { BoundedReader } from './bounded-reader.ts';

export interface Partition {
  start: number;
  sizeBytes: number;
  /** As Linux counts them; undefined where the whole disk is one. */
  number?: number;
  /** A GUID of a GPT, or a byte of an MBR as `0x83`. */
  type?: string;
  /** Of a GPT. */
  name?: string;
  /** What `/etc/fstab` names as its PARTUUID. */
  id?: string;
}

const sectorBytes = 512;
/** Of a GPT: twice what tools make by default is far above what is used. */
const entriesMax = 256;
const entryBytesMax = 4096;
const headerBytes = 92;
const efiSystemTypes = ['c12a7328-f81f-11d2-ba4b-00a0c93ec93b', '0xef'];
const firstLogical = 5;
/** Of logical partitions, each of which names the next. */
const logicalMax = 64;

/** For an EFI firmware to begin with. */
export function isEfiSystem({ type }: Partition): boolean {
  return type !== undefined && efiSystemTypes.includes(type);
}

export async function readPartitions(disk: BoundedReader): Promise<Partition[]> {
  const lastSector = Math.floor(disk.sizeBytes / sectorBytes) - 1;
  if (lastSector < 1) return [];
  for (const sector of [1, lastSector]) {
    const partitions = await readGpt(disk, sector);
    if (partitions) return partitions;
  }
  const ofMbr = await readMbr(disk);
  return ofMbr.length > 0 ? ofMbr : [{ start: 0, sizeBytes: disk.sizeBytes }];
}

/** Undefined where there is none that is whole. */
async function readGpt(disk: BoundedReader, sector: number): Promise<Partition[] | undefined> {
  const header = await disk.read(sector * sectorBytes, sectorBytes);
  if (header.toString('latin1', 0, 8) !== 'EFI PART') return undefined;
  const checked = Buffer.from(header.subarray(0, headerBytes));
  checked.fill(0, 16, 20);
  if (header.readUInt32LE(12) !== headerBytes) return undefined;
  if (crc32(checked) !== header.readUInt32LE(16)) return undefined;
  const entriesStart = Number(header.readBigUInt64LE(72)) * sectorBytes;
  const count = header.readUInt32LE(80);
  const entryBytes = header.readUInt32LE(84);
  if (count > entriesMax || entryBytes < 128 || entryBytes > entryBytesMax) return undefined;
  if (!disk.has(entriesStart, count * entryBytes)) return undefined;
  const entries = await disk.read(entriesStart, count * entryBytes);
  if (crc32(entries) !== header.readUInt32LE(88)) return undefined;
  const partitions = Array.from({ length: count }, (_, index) => {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes);
    if (entry.subarray(0, 16).every((byte) => byte === 0)) return undefined;
    const first = Number(entry.readBigUInt64LE(32));
    const last = Number(entry.readBigUInt64LE(40));
    const partition: Partition = {
      start: first * sectorBytes,
      sizeBytes: (last - first + 1) * sectorBytes,
      number: index + 1,
      type: guid(entry, 0),
      id: guid(entry, 16),
    };
    const name = entry.toString('utf16le', 56, 128).replace(/\0.*$/s, '');
    if (name !== '') partition.name = name;
    return partition;
  });
  return partitions.filter((each) => each !== undefined && isOn(disk, each)) as Partition[];
}

/** Its first three numbers are little-endian. */
function guid(bytes: Buffer, at: number): string {
  const number = (start: number, length: number) =>
    bytes
      .readUIntLE(at + start, length)
      .toString(16)
      .padStart(length * 2, '0');
  const rest = bytes.toString('hex', at + 8, at + 16);
  const first = [number(0, 4), number(4, 2), number(6, 2)];
  return [...first, rest.slice(0, 4), rest.slice(4)].join('-');
}

interface MbrEntry {
  start: number;
  sizeBytes: number;
  /** Which of the four it is, from one. */
  slot: number;
  type: number;
}

const extendedTypes = [0x05, 0x0f, 0x85];

async function readMbr(disk: BoundedReader): Promise<Partition[]> {
  const sector = await disk.read(0, sectorBytes);
  const diskId = sector.readUInt32LE(440).toString(16).padStart(8, '0');
  const partitions: Partition[] = [];
  const logical: Partition[] = [];
  const add = (to: Partition[], { start, sizeBytes, type }: MbrEntry, number: number) => {
    const id = `${diskId}-${number.toString(16).padStart(2, '0')}`;
    const typeName = `0x${type.toString(16).padStart(2, '0')}`;
    to.push({ start, sizeBytes, number, type: typeName, id });
  };
  for (const entry of await readMbrEntries(disk, 0)) {
    if (!extendedTypes.includes(entry.type)) {
      add(partitions, entry, entry.slot);
      continue;
    }
    for (const each of await readLogical(disk, entry.start)) {
      add(logical, each, firstLogical + logical.length);
    }
  }
  return [...partitions, ...logical];
}

/** Each names itself, from where it is, and the next, from where the first is. */
async function readLogical(disk: BoundedReader, start: number): Promise<MbrEntry[]> {
  const partitions: MbrEntry[] = [];
  const seen = new Set<number>();
  for (let at: number | undefined = start; at !== undefined; ) {
    if (seen.has(at) || seen.size >= logicalMax) break;
    seen.add(at);
    let next: number | undefined;
    for (const entry of await readMbrEntries(disk, at)) {
      if (extendedTypes.includes(entry.type)) next = start + (entry.start - at);
      else partitions.push(entry);
    }
    at = next;
  }
  return partitions;
}

/** Those of the table in the sector at `at`, from there. */
async function readMbrEntries(disk: BoundedReader, at: number): Promise<MbrEntry[]> {
  if (!disk.has(at, sectorBytes)) return [];
  const sector = await disk.read(at, sectorBytes);
  if (sector.readUInt16BE(510) !== 0x55aa) return [];
  const entries: MbrEntry[] = [];
  for (const slot of [1, 2, 3, 4]) {
    const offset = 446 + (slot - 1) * 16;
    const status = sector[offset];
    const type = sector[offset + 4] ?? 0;
    const sectors = sector.readUInt32LE(offset + 12);
    const start = at + sector.readUInt32LE(offset + 8) * sectorBytes;
    const entry = { start, sizeBytes: sectors * sectorBytes, slot, type };
    // A boot sector of a file system has code here.
    if (status !== 0 && status !== 0x80) return [];
    if (type === 0 || sectors === 0 || start === at || !isOn(disk, entry)) continue;
    entries.push(entry);
  }
  return entries;
}

/** The last may end beyond a disk that was cut: what is there of it is looked at. */
function isOn(
  disk: BoundedReader,
  { start, sizeBytes }: Pick<Partition, 'start' | 'sizeBytes'>,
): boolean {
  return sizeBytes > 0 && Number.isSafeInteger(start + sizeBytes) && start < disk.sizeBytes;
}
