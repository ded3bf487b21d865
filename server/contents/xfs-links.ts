/** Where links of XFS point: in the inode, or in blocks, which have headers in version 5. */
import { damaged } from './bounded-reader.ts';
import { runs } from './xfs-extents.ts';
import type { XfsInode } from './xfs-inode.ts';
import type { SelfDescription, XfsLayout } from './xfs-layout.ts';

/** XFS_SYMLINK_MAXLEN */
const targetBytesMax = 1024;
const headerBytes = 56;
const magic = 'XSLM';
const self: SelfDescription = { checksum: 12, block: 40, uuid: 16, owner: 32 };

export async function readTarget(layout: XfsLayout, link: XfsInode): Promise<Buffer> {
  const { data, number, sizeBytes } = link;
  if (sizeBytes < 1 || sizeBytes > targetBytesMax) throw damaged('a link');
  if (data.format === 'local') {
    if (sizeBytes > data.bytes.length) throw damaged('a link');
    return Buffer.from(data.bytes.subarray(0, sizeBytes));
  }
  const pieces: Buffer[] = [];
  let have = 0;
  const blocksMax = Math.ceil(targetBytesMax / (layout.blockBytes - headerBytes));
  for await (const { block, count } of runs(layout, link, data, { first: 0, end: blocksMax })) {
    if (have >= sizeBytes) break;
    if (count > blocksMax) throw damaged('a link');
    const bytes = await layout.readBlocks(block, count);
    const start = layout.hasChecksums ? headerBytes : 0;
    if (layout.hasChecksums) {
      const isNext = bytes.toString('latin1', 0, 4) === magic && bytes.readUInt32BE(4) === have;
      if (!isNext) throw damaged('a link');
      layout.checkSelf(bytes, 'a link', { block, owner: number }, self);
    }
    const piece = bytes.subarray(start, start + sizeBytes - have);
    pieces.push(piece);
    have += piece.length;
  }
  if (have < sizeBytes) throw damaged('a link');
  return Buffer.concat(pieces);
}
