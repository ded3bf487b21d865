/**
 * What names the bytes of a file without reading them: the blocks of its disk that it lies in, and
 * where. Files of two images that have the same name have the same bytes.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { databaseMaxBytes } from '../contents/installed-package.ts';
import type { OpenedImage } from './inspector.ts';

/** Undefined where there is no file, or where it is not known in which blocks it is. */
export async function namedByBlocks(
  { tree, parts, disks }: OpenedImage,
  path: string,
): Promise<string | undefined> {
  const file = await tree.find(path);
  if (file?.inode.kind !== 'file' || file.inode.sizeBytes > databaseMaxBytes) return undefined;
  // A logical volume is not where its partition is.
  const part = parts.find((each) => each.fileSystem === file.fileSystem && !each.volume);
  const disk = part && disks[part.disk];
  const places = await file.fileSystem.places?.(file.inode);
  if (!part || !disk || !places) return undefined;
  const names: unknown[] = [file.inode.sizeBytes];
  for (const { offset, start, length } of places) {
    await tree.step();
    const from = part.partition.start + start;
    const first = Math.floor(from / blockSizeBytes);
    names.push(offset, from - first * blockSizeBytes, length);
    for (let index = first; index * blockSizeBytes < from + length; index++) {
      // What points behind the end of the disk is told by whoever reads it.
      if (index >= disk.map.blockCount) return undefined;
      names.push(await disk.digestAt(index));
    }
  }
  return JSON.stringify(names);
}
