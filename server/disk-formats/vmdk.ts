/**
 * A VMDK file that stands by itself: stream-optimised, monolithic sparse, or the flat extent of a
 * monolithic flat disk, which has no header and is taken as it is. Descriptors that name other
 * files, deltas and parts of disks are refused: nothing that a file names is opened.
 */
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { beginningOf, notOne } from './begins-as.ts';
import { DiskFormatError, readNamed, refusalsOf, shown } from './disk-format-error.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import { appendPiece, type DiskMap, MappedDisk, type Piece } from './mapped-disk.ts';
import { PagedTable } from './paged-table.ts';
import type { RandomAccess } from './random-access.ts';
import { plainDisk } from './raw.ts';
import {
  checkDescriptor,
  deflated,
  descriptorMaxBytes,
  directoryAtEnd,
  flagCompressed,
  flagMarkers,
  flagZeroGrains,
  grainMarkerBytes,
  parseDescriptor,
  parseVmdkHeader,
  type VmdkHeader,
  vmdkMagic,
  vmdkSectorBytes,
} from './vmdk-format.ts';

const refuse = refusalsOf('vmdk');
const unzip = promisify(inflate);

/** Footer marker, footer, end of stream: where the footer is from the end. */
const footerFromEnd = 2 * vmdkSectorBytes;
const tablesInMemory = 64;
/** So that a grain is unpacked in one turn of a thread, and known to be the end. */
const endBytes = 1024;

export async function openVmdk(source: RandomAccess, limits: DiskLimits): Promise<OpenedDiskFile> {
  const bytes = await source.read(0, Math.min(vmdkSectorBytes, source.sizeBytes));
  if (bytes.toString('latin1', 0, 4) !== vmdkMagic) return openOther(source, bytes, limits);
  if (bytes.length < vmdkSectorBytes) throw refuse('it ends inside of its header');
  const header = await withFooter(source, parseVmdkHeader(bytes, refuse));
  const sizeBytes = checkSize(header.capacitySectors * 512n, limits, refuse);
  const variant = await readDescriptor(source, header);
  const compressed = (header.flags & flagCompressed) !== 0;
  if (compressed && (!(header.flags & flagMarkers) || header.compression !== deflated)) {
    throw refuse(`its compression is ${header.compression}, without markers`);
  }
  const map = await grainMap(source, header, sizeBytes);
  const disk = new MappedDisk(source, map, refuse);
  const allocatedBytes = await disk.survey();
  return { disk, facts: { format: 'vmdk', variant, sizeBytes, allocatedBytes, notes: [] } };
}

/** Without a header: a descriptor, another format, or a flat extent. */
async function openOther(
  source: RandomAccess,
  bytes: Buffer,
  limits: DiskLimits,
): Promise<OpenedDiskFile> {
  const beginning = await beginningOf(source);
  if (beginning === 'a VMDK descriptor') {
    const most = Math.min(descriptorMaxBytes, source.sizeBytes);
    const { extents } = parseDescriptor((await source.read(0, most)).toString('latin1'));
    const named = extents[0] ? `, such as ${shown(extents[0].name)}` : '';
    throw refuse(
      `it is a descriptor, and its disk is in other files${named}, none of which is opened: give the flat extent itself, or convert it to a stream-optimised VMDK`,
    );
  }
  if (beginning || bytes.length < vmdkSectorBytes || source.sizeBytes % vmdkSectorBytes !== 0) {
    throw refuse(await notOne(source));
  }
  const sizeBytes = checkSize(source.sizeBytes, limits, refuse);
  const notes = ['It has no header, and was taken as the flat extent of a VMDK, which has none.'];
  const facts = { format: 'vmdk' as const, variant: 'monolithicFlat', sizeBytes, notes };
  return { disk: plainDisk(source, sizeBytes), facts: { ...facts, allocatedBytes: sizeBytes } };
}

/** A stream ends with the header that its writer could not write at its beginning. */
async function withFooter(source: RandomAccess, header: VmdkHeader): Promise<VmdkHeader> {
  if (header.directorySector !== directoryAtEnd) return header;
  const place = { offset: source.sizeBytes - footerFromEnd, length: vmdkSectorBytes };
  const bytes = await readNamed(source, place, 'footer', refuse);
  if (bytes.toString('latin1', 0, 4) !== vmdkMagic) {
    throw refuse('it does not end with its footer: it was cut off');
  }
  const footer = parseVmdkHeader(bytes, refuse);
  const same =
    footer.capacitySectors === header.capacitySectors &&
    footer.grainSectors === header.grainSectors &&
    footer.tableEntries === header.tableEntries;
  if (!same) throw refuse('its footer is not that of its header');
  return { ...header, directorySector: footer.directorySector };
}

async function readDescriptor(source: RandomAccess, header: VmdkHeader): Promise<string> {
  if (header.descriptorSector === 0n || header.descriptorSectors === 0n) {
    throw refuse('it has no descriptor: it is one of several files of a disk');
  }
  const wanted = Number(header.descriptorSectors) * vmdkSectorBytes;
  const length = Math.min(wanted, descriptorMaxBytes);
  const place = { offset: Number(header.descriptorSector) * vmdkSectorBytes, length };
  const text = await readNamed(source, place, 'descriptor', refuse);
  return checkDescriptor(parseDescriptor(text.toString('latin1')), refuse);
}

async function grainMap(
  source: RandomAccess,
  header: VmdkHeader,
  sizeBytes: number,
): Promise<DiskMap> {
  const grainBytes = header.grainSectors * vmdkSectorBytes;
  const tableBytes = header.tableEntries * 4;
  const coverBytes = header.tableEntries * grainBytes;
  const offset = Number(header.directorySector) * vmdkSectorBytes;
  const place = { offset, entries: Math.ceil(sizeBytes / coverBytes), entryBytes: 4 };
  const directory = new PagedTable(source, place, 'grain directory', refuse);
  await checkTables(source, directory, tableBytes);
  const tables = new Map<number, Promise<Buffer>>();
  const tableAt = (sector: number) => {
    const known = tables.get(sector);
    if (known) return known;
    const at = { offset: sector * vmdkSectorBytes, length: tableBytes };
    const read = readNamed(source, at, 'grain table', refuse);
    tables.set(sector, read);
    read.catch(() => tables.delete(sector));
    for (const oldest of tables.keys()) {
      if (tables.size <= tablesInMemory) break;
      tables.delete(oldest);
    }
    return read;
  };
  return {
    sizeBytes,
    packedMinBytes: vmdkSectorBytes,
    async pieces(from, length) {
      const pieces: Piece[] = [];
      const end = from + length;
      let first = Math.floor(from / coverBytes);
      let page = await directory.from(first);
      for (let at = from; at < end; ) {
        const index = Math.floor(at / coverBytes);
        if ((index - first) * 4 >= page.length)
          [first, page] = [index, await directory.from(index)];
        const tableEnd = Math.min(end, (index + 1) * coverBytes);
        const sector = page.readUInt32LE((index - first) * 4);
        const table = sector === 0 ? undefined : await tableAt(sector);
        while (at < tableEnd) {
          const grain = Math.floor(at / grainBytes);
          const next = table ? Math.min(tableEnd, (grain + 1) * grainBytes) : tableEnd;
          const entry = table?.readUInt32LE((grain % header.tableEntries) * 4) ?? 0;
          appendPiece(pieces, pieceOf(header, entry, grain, at - grain * grainBytes, next - at));
          at = next;
        }
      }
      return pieces;
    },
    unpack: (bytes, { unit }) => grainOf(bytes, unit, header, sizeBytes),
  };
}

/** Tables of zeros cost nothing to make, and time to walk through: as many as there is room for. */
async function checkTables(
  source: RandomAccess,
  directory: PagedTable,
  tableBytes: number,
): Promise<void> {
  let bytes = 0;
  for (let index = 0; index < directory.entries; ) {
    const page = await directory.from(index);
    for (let at = 0; at < page.length; at += 4)
      if (page.readUInt32LE(at) !== 0) bytes += tableBytes;
    index += page.length / 4;
  }
  if (bytes > source.sizeBytes) throw refuse('its directory names grain tables more than once');
}

function pieceOf(
  { flags, grainSectors }: VmdkHeader,
  entry: number,
  unit: number,
  skip: number,
  length: number,
): Piece {
  if (entry === 0 || (entry === 1 && flags & flagZeroGrains)) return { length };
  const at = entry * vmdkSectorBytes;
  if (!(flags & flagCompressed)) return { length, at: at + skip };
  const unpackedBytes = grainSectors * vmdkSectorBytes;
  // What does not become smaller by deflate becomes a little larger.
  const maxBytes = grainMarkerBytes + unpackedBytes + Math.ceil(unpackedBytes / 1000) + 64;
  return { length, at, packed: { maxBytes, unpackedBytes, skip, unit } };
}

/** Behind its marker, which says of which grain it is and how long. */
async function grainOf(
  bytes: Buffer,
  unit: number,
  { grainSectors }: VmdkHeader,
  sizeBytes: number,
): Promise<Buffer> {
  const grainBytes = grainSectors * vmdkSectorBytes;
  if (bytes.length < grainMarkerBytes) throw refuse(`grain ${unit} is not inside the file`);
  const length = bytes.readUInt32LE(8);
  if (bytes.readBigUInt64LE(0) !== BigInt(unit * grainSectors)) {
    throw refuse(`where grain ${unit} should be is another one`);
  }
  if (length === 0 || grainMarkerBytes + length > bytes.length) {
    throw refuse(`grain ${unit} has ${length} bytes, which are not there`);
  }
  const packed = bytes.subarray(grainMarkerBytes, grainMarkerBytes + length);
  let grain: Buffer;
  try {
    grain = await unzip(packed, {
      chunkSize: grainBytes + endBytes,
      maxOutputLength: grainBytes,
    });
  } catch (error) {
    if (error instanceof DiskFormatError) throw error;
    throw refuse(`grain ${unit} cannot be unpacked (${(error as Error).message})`);
  }
  // The last one may end where the disk does.
  if (grain.length === grainBytes) return grain;
  const needed = Math.min(grainBytes, sizeBytes - unit * grainBytes);
  if (grain.length < needed) throw refuse(`grain ${unit} has ${grain.length} bytes`);
  return Buffer.concat([grain], grainBytes);
}
