/**
 * Where the partitions of a disk are: by its GPT (or the copy of it at the end), else by its MBR
 * with the logical partitions of an extended one, else the whole disk is one.
 */
import { crc32 } from 'node:zlib';
import type { BoundedReader } from './bounded-reader.ts';

export interface Partition {
  start: number;
  sizeBytes: number;
  /** For an EFI firmware to begin with. */
  efiSystem?: true;
}

const efiSystem = { efiSystem: true } as const;
const sectorBytes = 512;
/** Of a GPT: twice what tools make by default is far above what is used. */
const entriesMax = 256;
const entryBytesMax = 4096;
const headerBytes = 92;
/** C12A7328-F81F-11D2-BA4B-00A0C93EC93B as it is on the disk. */
const efiSystemGuid = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex');
const efiSystemOfMbr = 0xef;
/** Of logical partitions, each of which names the next. */
const logicalMax = 64;

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
    const place = { start: first * sectorBytes, sizeBytes: (last - first + 1) * sectorBytes };
    return { ...place, ...(efiSystemGuid.equals(entry.subarray(0, 16)) && efiSystem) };
  });
  return partitions.filter((each) => each !== undefined && isOn(disk, each)) as Partition[];
}

interface MbrEntry extends Partition {
  extended: boolean;
}

async function readMbr(disk: BoundedReader): Promise<Partition[]> {
  const partitions: Partition[] = [];
  for (const entry of await readMbrEntries(disk, 0)) {
    if (!entry.extended) partitions.push(entry);
    else partitions.push(...(await readLogical(disk, entry.start)));
  }
  return partitions;
}

/** Each names itself, from where it is, and the next, from where the first is. */
async function readLogical(disk: BoundedReader, start: number): Promise<Partition[]> {
  const partitions: Partition[] = [];
  const seen = new Set<number>();
  for (let at: number | undefined = start; at !== undefined; ) {
    if (seen.has(at) || seen.size >= logicalMax) break;
    seen.add(at);
    let next: number | undefined;
    for (const entry of await readMbrEntries(disk, at)) {
      if (entry.extended) next = start + (entry.start - at);
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
  for (let offset = 446; offset < 510; offset += 16) {
    const status = sector[offset];
    const type = sector[offset + 4] ?? 0;
    const sectors = sector.readUInt32LE(offset + 12);
    const start = at + sector.readUInt32LE(offset + 8) * sectorBytes;
    const place = { start, sizeBytes: sectors * sectorBytes };
    const entry = { ...place, ...(type === efiSystemOfMbr && efiSystem) };
    // A boot sector of a file system has code here.
    if (status !== 0 && status !== 0x80) return [];
    if (type === 0 || sectors === 0 || start === at || !isOn(disk, entry)) continue;
    entries.push({ ...entry, extended: [0x05, 0x0f, 0x85].includes(type) });
  }
  return entries;
}

/** The last may end beyond a disk that was cut: what is there of it is looked at. */
function isOn(disk: BoundedReader, { start, sizeBytes }: Partition): boolean {
  return sizeBytes > 0 && Number.isSafeInteger(start + sizeBytes) && start < disk.sizeBytes;
}
