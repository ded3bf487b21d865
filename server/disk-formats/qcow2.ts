/**
 * A qcow2 file of version 2 or 3, compressed or not, that stands by itself. Internal snapshots are
 * left out, and said: the disk is as it was last. Backing files, external data files, encryption,
 * extended L2 entries and whatever else a reader would have to know of are refused by their names.
 */
import {
  headerBytes,
  magic,
  offsetMask,
  parseHeader,
  type Qcow2Header,
} from '../disk/qcow2-format.ts';
import { Qcow2Map, type Segment } from '../disk/qcow2-map.ts';
import { notOne } from './begins-as.ts';
import { DiskFormatError, readNamed, refusalsOf } from './disk-format-error.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import { appendPiece, type DiskMap, MappedDisk, type Piece } from './mapped-disk.ts';
import { decompressCluster } from './qcow2-compression.ts';
import type { RandomAccess } from './random-access.ts';

const refuse = refusalsOf('qcow2');

/** Where header and extensions are. */
const beginningBytes = 64 * 1024;
/** A frame that says the same byte over and over is not shorter, nor are the sectors it is in. */
const packedMinBytes = 16;

export async function openQcow2(source: RandomAccess, limits: DiskLimits): Promise<OpenedDiskFile> {
  const header = await readHeader(source);
  const sizeBytes = checkSize(header.sizeBytes, limits, refuse);
  const place = { offset: header.l1Offset, length: header.l1Entries * 8 };
  const l1 = await readNamed(source, place, 'L1 table', refuse);
  checkTables(source, header, l1);
  const map = new Qcow2Map({
    header,
    l1,
    fileBytes: source.sizeBytes,
    read: (length, offset) => readNamed(source, { offset, length }, 'L2 table', refuse),
    refuse,
  });
  const disk = new MappedDisk(source, diskMapOf(map, header, source.sizeBytes), refuse);
  const allocatedBytes = await disk.survey();
  const notes =
    header.snapshots > 0
      ? [`Its ${header.snapshots} internal snapshots were left out: the disk is as it was last.`]
      : [];
  const variant = `version ${header.version}`;
  return { disk, facts: { format: 'qcow2', variant, sizeBytes, allocatedBytes, notes } };
}

async function readHeader(source: RandomAccess): Promise<Qcow2Header> {
  const beginning = await source.read(0, Math.min(beginningBytes, source.sizeBytes));
  if (beginning.length < headerBytes || beginning.readUInt32BE(0) !== magic) {
    throw refuse(await notOne(source));
  }
  try {
    return parseHeader(beginning, source.sizeBytes, 'image');
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

/** Tables of zeros cost nothing to make, and time to walk through: as many as there is room for. */
function checkTables(source: RandomAccess, header: Qcow2Header, l1: Buffer): void {
  let bytes = 0;
  for (let at = 0; at < l1.length; at += 8) {
    if ((l1.readBigUInt64BE(at) & offsetMask) !== 0n) bytes += 2 ** header.clusterBits;
  }
  if (bytes > source.sizeBytes) throw refuse('its L1 table names L2 tables more than once');
}

function diskMapOf(map: Qcow2Map, header: Qcow2Header, fileBytes: number): DiskMap {
  const { compression = 'deflate' } = header;
  return {
    sizeBytes: map.sizeBytes,
    packedMinBytes,
    async pieces(offset, length) {
      const pieces: Piece[] = [];
      for (const segment of await map.segments(offset, length)) {
        appendSegment(pieces, segment, map.clusterBytes, fileBytes);
      }
      return pieces;
    },
    async unpack(bytes, { unpackedBytes, unit }) {
      try {
        return await decompressCluster(compression, bytes, unpackedBytes);
      } catch (error) {
        if (error instanceof DiskFormatError) throw error;
        throw refuse(`its compressed cluster ${unit} is none (${(error as Error).message})`);
      }
    },
  };
}

function appendSegment(
  pieces: Piece[],
  { kind, offset, length, fileOffset, compressedBytes }: Segment,
  clusterBytes: number,
  fileBytes: number,
): void {
  if (kind !== 'data') {
    appendPiece(pieces, { length });
  } else if (compressedBytes !== undefined) {
    const unit = Math.floor(offset / clusterBytes);
    const skip = offset - unit * clusterBytes;
    const packed = { maxBytes: compressedBytes, unpackedBytes: clusterBytes, skip, unit };
    appendPiece(pieces, { length, at: fileOffset, packed });
  } else {
    // QEMU leaves the end of the last cluster unwritten where nothing was written there.
    const there = Math.max(0, Math.min(length, fileBytes - fileOffset));
    if (there > 0) appendPiece(pieces, { length: there, at: fileOffset });
    if (there < length) appendPiece(pieces, { length: length - there });
  }
}
