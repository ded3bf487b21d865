/**
 * A VHD file, fixed or dynamic. Its size is what its footer calls the current size, whatever its
 * geometry makes of it. Differencing files, which name their parent, are refused. Of a dynamic
 * file a sector that its block's bitmap does not name is zeros.
 */
import { notOne } from './begins-as.ts';
import { readNamed, refusalsOf } from './disk-format-error.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import { appendPiece, type DiskMap, MappedDisk, type Piece } from './mapped-disk.ts';
import { PagedTable } from './paged-table.ts';
import type { RandomAccess } from './random-access.ts';
import { plainDisk } from './raw.ts';
import {
  bytesOf,
  diskTypes,
  dynamicCookie,
  dynamicHeaderBytes,
  footerBytes,
  footerCookie,
  geometryOf,
  isSummed,
  parseFooter,
  unusedBlock,
  type VhdFooter,
  vhdSectorBytes,
} from './vhd-footer.ts';

const refuse = refusalsOf('vhd');

/** Writers make blocks of 512 KiB and 2 MiB; a block is held in memory. */
const blockMinBytes = 64 * 1024;
const blockMaxBytes = 16 * 1024 ** 2;

export async function openVhd(source: RandomAccess, limits: DiskLimits): Promise<OpenedDiskFile> {
  const footer = await readFooter(source);
  const sizeBytes = checkSize(footer.sizeBytes, limits, refuse);
  if (sizeBytes % vhdSectorBytes !== 0) throw refuse(`its disk has ${sizeBytes} bytes`);
  const notes = notesOf(footer, sizeBytes);
  if (footer.type === diskTypes.fixed) {
    if (sizeBytes > source.sizeBytes - footerBytes) {
      throw refuse(`its disk has ${sizeBytes} bytes, the file fewer`);
    }
    const facts = { format: 'vhd' as const, variant: 'fixed', sizeBytes, notes };
    return { disk: plainDisk(source, sizeBytes), facts: { ...facts, allocatedBytes: sizeBytes } };
  }
  if (footer.type === diskTypes.differencing) {
    throw refuse('it is a differencing disk, which needs its parent: merge them first');
  }
  if (footer.type !== diskTypes.dynamic) throw refuse(`its disk type is ${footer.type}`);
  const map = await dynamicMap(source, footer, sizeBytes);
  const disk = new MappedDisk(source, map, refuse);
  const allocatedBytes = await disk.survey();
  return { disk, facts: { format: 'vhd', variant: 'dynamic', sizeBytes, allocatedBytes, notes } };
}

/** Every VHD ends with one; that a dynamic one begins with a copy is no help against a cut. */
async function readFooter(source: RandomAccess): Promise<VhdFooter> {
  if (source.sizeBytes < footerBytes) throw refuse('it does not begin as one');
  const bytes = await source.read(source.sizeBytes - footerBytes, footerBytes);
  const footer = parseFooter(bytes);
  if (footer) return footer;
  if (bytes.toString('latin1', 0, 8) === footerCookie) throw refuse('its footer was changed');
  const beginning = await source.read(0, footerBytes);
  if (parseFooter(beginning)) throw refuse('it does not end with its footer: it was cut off');
  throw refuse(await notOne(source));
}

function notesOf({ creator, geometryBytes }: VhdFooter, sizeBytes: number): string[] {
  const rounds = creator === 'qemu' || creator === 'vpc ';
  if (rounds && geometryBytes === sizeBytes) {
    return [
      `It was written for a geometry of cylinders, to which its size of ${sizeBytes} bytes was rounded up: the disk that it was made of may have been smaller.`,
    ];
  }
  // Rounded down by the specification's rule, as everybody else does it, it says nothing.
  if (geometryBytes === sizeBytes || geometryBytes === bytesOf(geometryOf(sizeBytes))) return [];
  return [
    `Its geometry makes ${geometryBytes} bytes, its size field ${sizeBytes}: the size field was taken.`,
  ];
}

async function dynamicMap(
  source: RandomAccess,
  footer: VhdFooter,
  sizeBytes: number,
): Promise<DiskMap> {
  const offset = Number(footer.dataOffset);
  const place = { offset, length: dynamicHeaderBytes };
  const header = await readNamed(source, place, 'header', refuse);
  if (header.toString('latin1', 0, 8) !== dynamicCookie) throw refuse('it has no dynamic header');
  if (!isSummed(header, 36)) throw refuse('its dynamic header was changed');
  const tableOffset = Number(header.readBigUInt64BE(16));
  const entries = header.readUInt32BE(28);
  const blockBytes = header.readUInt32BE(32);
  if (
    blockBytes < blockMinBytes ||
    blockBytes > blockMaxBytes ||
    (blockBytes & (blockBytes - 1)) !== 0
  ) {
    throw refuse(`its blocks have ${blockBytes} bytes`);
  }
  const blocks = Math.ceil(sizeBytes / blockBytes);
  if (entries < blocks) throw refuse('its block allocation table is too small for its size');
  const tablePlace = { offset: tableOffset, entries: blocks, entryBytes: 4 };
  const table = new PagedTable(source, tablePlace, 'block allocation table', refuse);
  return blockMap(table, sizeBytes, blockBytes);
}

/** A block is its bitmap, in whole sectors, and its bytes: read together, as one packed unit. */
function blockMap(table: PagedTable, sizeBytes: number, blockBytes: number): DiskMap {
  const sectors = blockBytes / vhdSectorBytes;
  const bitmapBytes = Math.ceil(sectors / 8 / vhdSectorBytes) * vhdSectorBytes;
  const maxBytes = bitmapBytes + blockBytes;
  return {
    sizeBytes,
    packedMinBytes: maxBytes,
    async pieces(offset, length) {
      const pieces: Piece[] = [];
      const end = offset + length;
      for (let at = offset; at < end; ) {
        const first = Math.floor(at / blockBytes);
        const page = await table.from(first);
        for (let n = 0; n * 4 < page.length && at < end; n++) {
          const unit = first + n;
          const next = Math.min(end, (unit + 1) * blockBytes);
          const sector = page.readUInt32BE(n * 4);
          if (sector === unusedBlock) {
            appendPiece(pieces, { length: next - at });
          } else {
            const skip = at - unit * blockBytes;
            const packed = { maxBytes, unpackedBytes: blockBytes, skip, unit };
            appendPiece(pieces, { length: next - at, at: sector * vhdSectorBytes, packed });
          }
          at = next;
        }
      }
      return pieces;
    },
    async unpack(bytes, { unit }) {
      if (bytes.length < maxBytes) throw refuse(`block ${unit} is not inside the file`);
      return withoutUnused(bytes.subarray(0, bitmapBytes), bytes.subarray(bitmapBytes), sectors);
    },
  };
}

function withoutUnused(bitmap: Buffer, block: Buffer, sectors: number): Buffer {
  if (bitmap.subarray(0, sectors / 8).every((byte) => byte === 0xff)) return block;
  const used = Buffer.from(block);
  for (let sector = 0; sector < sectors; sector++) {
    if (((bitmap[sector >> 3] ?? 0) & (0x80 >> (sector & 7))) !== 0) continue;
    used.fill(0, sector * vhdSectorBytes, (sector + 1) * vhdSectorBytes);
  }
  return used;
}
