/**
 * A VHDX file, fixed or dynamic. One whose log was not replayed, since its writer died, is refused
 * by name, and so are differencing files, which name their parent.
 */
import { notOne } from './begins-as.ts';
import { readNamed, refusalsOf } from './disk-format-error.ts';
import { checkSize, type DiskLimits, type OpenedDiskFile } from './limits.ts';
import { appendPiece, type DiskMap, MappedDisk, type Piece } from './mapped-disk.ts';
import { PagedTable } from './paged-table.ts';
import type { RandomAccess } from './random-access.ts';
import {
  blockOffsetMask,
  blockStates,
  chunkRatioOf,
  fileSignature,
  headerBytes,
  headerPlaces,
  metadataTableBytes,
  parseMetadata,
  parseRegions,
  parseVhdxHeader,
  regionTableBytes,
  regionTablePlaces,
  type VhdxDisk,
  type VhdxRegions,
} from './vhdx-format.ts';

const refuse = refusalsOf('vhdx');

const noGuid = '00000000-0000-0000-0000-000000000000';
/** What the format allows. */
const blockMinBytes = 1024 ** 2;
const blockMaxBytes = 256 * 1024 ** 2;
const usualSectorBytes = 512;

export async function openVhdx(source: RandomAccess, limits: DiskLimits): Promise<OpenedDiskFile> {
  await checkHeaders(source);
  const regions = await readRegions(source);
  const disk = await readMetadata(source, regions);
  const { blockBytes, sectorBytes, fixed } = disk;
  const sizeBytes = checkSize(disk.sizeBytes, limits, refuse);
  if (sectorBytes !== 512 && sectorBytes !== 4096) throw refuse(`its sectors are ${sectorBytes}`);
  if (sizeBytes % sectorBytes !== 0) throw refuse(`its disk has ${sizeBytes} bytes`);
  if (
    blockBytes < blockMinBytes ||
    blockBytes > blockMaxBytes ||
    (blockBytes & (blockBytes - 1)) !== 0
  ) {
    throw refuse(`its blocks have ${blockBytes} bytes`);
  }
  const opened = new MappedDisk(source, blockMap(source, regions, disk, sizeBytes), refuse);
  const allocatedBytes = await opened.survey();
  const notes =
    sectorBytes === usualSectorBytes
      ? []
      : [
          `Its sectors have ${sectorBytes} bytes, those of a guest 512: a partition table that was made for the one is not found with the other.`,
        ];
  const variant = fixed ? 'fixed' : 'dynamic';
  return { disk: opened, facts: { format: 'vhdx', variant, sizeBytes, allocatedBytes, notes } };
}

async function checkHeaders(source: RandomAccess): Promise<void> {
  const beginning = await source.read(0, Math.min(8, source.sizeBytes));
  if (beginning.toString('latin1') !== fileSignature) throw refuse(await notOne(source));
  const headers = [];
  for (const offset of headerPlaces) {
    const place = { offset, length: headerBytes };
    const header = parseVhdxHeader(await readNamed(source, place, 'header', refuse));
    if (header) headers.push(header);
  }
  const [newest] = headers.sort((a, b) => (a.sequence < b.sequence ? 1 : -1));
  if (!newest) throw refuse('neither of its headers is whole');
  if (newest.logGuid !== noGuid) {
    throw refuse(
      'it was not closed: its log has to be replayed first, by whatever wrote it, or by qemu-img check -r all',
    );
  }
}

async function readRegions(source: RandomAccess): Promise<VhdxRegions> {
  for (const offset of regionTablePlaces) {
    const place = { offset, length: regionTableBytes };
    const table = await readNamed(source, place, 'region table', refuse);
    const regions = parseRegions(table, refuse);
    if (regions) return regions;
  }
  throw refuse('neither of its region tables is whole');
}

async function readMetadata(source: RandomAccess, { metadata }: VhdxRegions): Promise<VhdxDisk> {
  const { offset } = metadata;
  if (metadata.length < metadataTableBytes) throw refuse('its metadata is too short');
  const place = { offset, length: metadataTableBytes };
  const table = await readNamed(source, place, 'metadata', refuse);
  const itemAt = (item: { offset: number; length: number }) => {
    if (item.offset + item.length > metadata.length) {
      throw refuse('its metadata names bytes that are not in its region');
    }
    const at = { offset: offset + item.offset, length: item.length };
    return readNamed(source, at, 'metadata', refuse);
  };
  return parseMetadata(table, itemAt, refuse);
}

function blockMap(
  source: RandomAccess,
  { blockTable }: VhdxRegions,
  { blockBytes, sectorBytes }: VhdxDisk,
  sizeBytes: number,
): DiskMap {
  const blocks = Math.ceil(sizeBytes / blockBytes);
  const ratio = chunkRatioOf(blockBytes, sectorBytes);
  const entries = blocks + Math.floor((blocks - 1) / ratio);
  if (entries * 8 > blockTable.length) throw refuse('its block table is too small for its size');
  const place = { offset: blockTable.offset, entries, entryBytes: 8 };
  const table = new PagedTable(source, place, 'block table', refuse);
  return {
    sizeBytes,
    async pieces(offset, length) {
      const pieces: Piece[] = [];
      const end = offset + length;
      for (let at = offset; at < end; ) {
        const block = Math.floor(at / blockBytes);
        const untilBitmap = ratio - (block % ratio);
        const page = await table.from(block + Math.floor(block / ratio));
        for (let n = 0; n * 8 < page.length && n < untilBitmap && at < end; n++) {
          const next = Math.min(end, (block + n + 1) * blockBytes);
          const skip = at - (block + n) * blockBytes;
          const length = next - at;
          appendPiece(pieces, pieceOf(page.readBigUInt64LE(n * 8), block + n, skip, length));
          at = next;
        }
      }
      return pieces;
    },
  };
}

function pieceOf(entry: bigint, block: number, skip: number, length: number): Piece {
  const state = Number(entry & 7n);
  if (state === blockStates.present) return { length, at: Number(entry & blockOffsetMask) + skip };
  const { notPresent, zero, unmapped } = blockStates;
  // What is undefined may be anything, zeros too.
  if ([notPresent, blockStates.undefined, zero, unmapped].includes(state)) return { length };
  throw refuse(`block ${block} is in the state ${state}, which only a differencing disk has`);
}
