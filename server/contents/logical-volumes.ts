/**
 * Logical volumes of LVM2 that are pieces of physical ones, one after the other, on one disk or
 * several. Others, such as striped, mirrored and thin ones, are named and not read; so are those of
 * which a physical volume is not there.
 */
import { crc32 } from 'node:zlib';
import { BoundedReader, type Piece, UnreadableContents } from './bounded-reader.ts';
import { type LvmSection, type LvmValue, readLvmText } from './lvm-text.ts';

const sectorBytes = 512;
/** Any of the first ones has the label. */
const labelSectors = 4;
const crcStart = 0xf597a6cf;
const areasMax = 16;
const areaHeaderBytes = 512;
const areaMagic = ' LVM2 x[5A%r0N*>';
/** Far above what groups with hundreds of volumes need. */
const textMaxBytes = 4 * 1024 ** 2;
const volumesMax = 1000;
const ignored = 1;

/** What a label is on. */
export interface PhysicalVolume {
  id: string;
  reader: BoundedReader;
  /** The last description of its group that it has; some volumes have none. */
  group?: { name: string; section: LvmSection };
}

export interface LogicalVolume {
  group: string;
  name: string;
  sizeBytes: number;
  /** Where it begins, if that is known. */
  first?: PhysicalVolume;
  /** Its bytes, or why they are not read. */
  bytes: BoundedReader | string;
}

export async function readPhysicalVolume(reader: BoundedReader): Promise<PhysicalVolume> {
  const label = await findLabel(reader);
  const start = label.bytes.readUInt32LE(20);
  if (start + 40 > sectorBytes) throw damaged('its label');
  const header = label.bytes.subarray(start);
  const id = header.toString('latin1', 0, 32);
  // Where data is, then where descriptions are; each list ends with zeros.
  const lists = readAreas(header.subarray(40));
  let best: PhysicalVolume['group'];
  for (const { offset, sizeBytes } of lists) {
    const found = await readDescription(reader, offset, sizeBytes);
    if (found && sequenceOf(found.section) > (best ? sequenceOf(best.section) : -1)) best = found;
  }
  return best ? { id, reader, group: best } : { id, reader };
}

async function findLabel(reader: BoundedReader): Promise<{ bytes: Buffer }> {
  for (let sector = 0; sector < labelSectors; sector++) {
    if (!reader.has(sector * sectorBytes, sectorBytes)) break;
    const bytes = await reader.read(sector * sectorBytes, sectorBytes);
    if (bytes.toString('latin1', 0, 8) !== 'LABELONE') continue;
    if (bytes.toString('latin1', 24, 32) !== 'LVM2 001') continue;
    if (checksum(bytes.subarray(20)) !== bytes.readUInt32LE(16)) {
      throw damaged('the checksum of its label');
    }
    return { bytes };
  }
  throw damaged('its label');
}

function readAreas(lists: Buffer): { offset: number; sizeBytes: number }[] {
  const areas: { offset: number; sizeBytes: number }[] = [];
  let list = 0;
  for (let at = 0; list < 2; at += 16) {
    if (at + 16 > lists.length || areas.length > areasMax) throw damaged('its label');
    const [offset, sizeBytes] = [numberAt(lists, at), numberAt(lists, at + 8)];
    if (offset === 0) list++;
    else if (list === 1) areas.push({ offset, sizeBytes });
  }
  return areas;
}

/** Of an area, whose text may go on at its beginning. */
async function readDescription(
  reader: BoundedReader,
  offset: number,
  sizeBytes: number,
): Promise<PhysicalVolume['group']> {
  const header = await reader.read(offset, areaHeaderBytes);
  if (header.toString('latin1', 4, 20) !== areaMagic) throw damaged('an area of descriptions');
  if (checksum(header.subarray(4)) !== header.readUInt32LE(0)) {
    throw damaged('the checksum of an area of descriptions');
  }
  const [start, length] = [numberAt(header, 40), numberAt(header, 48)];
  if (start === 0 || (header.readUInt32LE(60) & ignored) !== 0) return undefined;
  if (start < areaHeaderBytes || start >= sizeBytes || length > textMaxBytes) {
    throw damaged('an area of descriptions');
  }
  const toEnd = Math.min(length, sizeBytes - start);
  const text = Buffer.concat([
    await reader.read(offset + start, toEnd),
    await reader.read(offset + areaHeaderBytes, length - toEnd),
  ]);
  if (checksum(text) !== header.readUInt32LE(56)) throw damaged('the checksum of its description');
  const end = text.indexOf(0);
  const whole = readLvmText(text.toString('utf8', 0, end < 0 ? text.length : end));
  const [group] = whole.sections;
  if (!group) throw damaged('its description');
  return { name: group[0], section: group[1] };
}

/** Of all groups, by the newest description that any of their volumes has. */
export function listLogicalVolumes(physical: readonly PhysicalVolume[]): LogicalVolume[] {
  const groups = new Map<string, NonNullable<PhysicalVolume['group']>>();
  for (const { group } of physical) {
    if (!group) continue;
    const id = textOf(group.section.values.get('id'));
    const known = groups.get(id);
    if (!known || sequenceOf(known.section) < sequenceOf(group.section)) groups.set(id, group);
  }
  return [...groups.values()].flatMap(({ name, section }) => volumesOf(name, section, physical));
}

function volumesOf(
  group: string,
  section: LvmSection,
  physical: readonly PhysicalVolume[],
): LogicalVolume[] {
  const described = section.sections.get('logical_volumes')?.sections ?? new Map();
  if (described.size > volumesMax) throw damaged('its description');
  const volumes: LogicalVolume[] = [];
  for (const [name, volume] of described) {
    // What other volumes are made of has no name for users.
    if (!wordsOf(volume.values.get('status')).includes('VISIBLE')) continue;
    const { pieces, sizeBytes, refused } = piecesOf(volume, section, physical);
    const first = physical.find(({ reader }) => reader === pieces[0]?.reader);
    const bytes = refused ?? BoundedReader.joined(pieces);
    volumes.push({ group, name, sizeBytes, ...(first && { first }), bytes });
  }
  return volumes;
}

/** In order, of what can be read. */
function piecesOf(
  volume: LvmSection,
  group: LvmSection,
  physical: readonly PhysicalVolume[],
): { pieces: Piece[]; sizeBytes: number; refused?: string } {
  const extentBytes = countOf(group.values.get('extent_size')) * sectorBytes;
  const segments = [...volume.sections.values()];
  segments.sort((a, b) => startOf(a) - startOf(b));
  const pieces: Piece[] = [];
  let refused: string | undefined;
  let extents = 0;
  for (const segment of segments) {
    if (startOf(segment) !== extents) throw damaged('a logical volume with a gap');
    const count = countOf(segment.values.get('extent_count'));
    extents += count;
    if (!Number.isSafeInteger(extents * extentBytes)) throw damaged('a logical volume');
    const place = placeOf(segment, group, physical);
    if (typeof place === 'string') {
      refused ??= place;
      continue;
    }
    const start = place.startSector * sectorBytes + place.extent * extentBytes;
    pieces.push({ reader: place.reader, start, sizeBytes: count * extentBytes });
  }
  const found = { pieces, sizeBytes: extents * extentBytes };
  return refused === undefined ? found : { ...found, refused };
}

/** Which physical volume a segment is on, and where; or why it is not read. */
function placeOf(
  segment: LvmSection,
  group: LvmSection,
  physical: readonly PhysicalVolume[],
): { reader: BoundedReader; startSector: number; extent: number } | string {
  const type = textOf(segment.values.get('type'));
  const stripes = segment.values.get('stripes');
  if (type !== 'striped' || !Array.isArray(stripes)) {
    return `the logical volume is of type ${type.slice(0, 40)}, which is not read`;
  }
  if (stripes.length !== 2) return 'the logical volume is striped, which is not read';
  const name = textOf(stripes[0]);
  const described = group.sections.get('physical_volumes')?.sections.get(name);
  const id = textOf(described?.values.get('id')).replaceAll('-', '');
  const found = physical.find((each) => each.id === id);
  if (!found) return `the physical volume ${name.slice(0, 40)} of the logical volume is missing`;
  const startSector = countOf(described?.values.get('pe_start'));
  return { reader: found.reader, startSector, extent: countOf(stripes[1]) };
}

function startOf(segment: LvmSection): number {
  return countOf(segment.values.get('start_extent'));
}

function sequenceOf(group: LvmSection): number {
  return countOf(group.values.get('seqno'));
}

function countOf(value: LvmValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw damaged('a number of its description');
  }
  return value;
}

function textOf(value: LvmValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function wordsOf(value: LvmValue | undefined): (number | string)[] {
  return Array.isArray(value) ? value : [];
}

function numberAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
}

/** CRC-32, begun with a number of LVM's and not inverted. */
function checksum(bytes: Buffer): number {
  return ~crc32(bytes, ~crcStart >>> 0) >>> 0;
}

function damaged(what: string): UnreadableContents {
  return new UnreadableContents(`the physical volume is damaged: ${what}`);
}
