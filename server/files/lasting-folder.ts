/**
 * A folder that a power cut leaves, with those above it. That one is there already says nothing:
 * whoever made it may have been killed before it was on disk.
 */
import path from 'node:path';
import type { Files } from './files.ts';

/** Nobody here has made anything in such a folder: not ours to read, or never written. */
const notMadeIn = new Set(['EACCES', 'EPERM', 'EROFS', 'EINVAL']);

/** To the top, which costs next to nothing where all is on disk. */
export async function makeLastingFolder(
  files: Files,
  folder: string,
  mode?: number,
): Promise<void> {
  await files.mkdir(folder, mode);
  let above = path.resolve(folder);
  do {
    above = path.dirname(above);
    await files.syncFolder(above).catch((error: NodeJS.ErrnoException) => {
      if (!notMadeIn.has(error.code ?? '')) throw error;
    });
  } while (above !== path.dirname(above));
}
