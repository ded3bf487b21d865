/**
 * A folder that a power cut leaves, with those above it. That one is there already says nothing:
 * whoever made it may have been killed before it was on disk.
 */
import path from 'node:path';
import type { Files } from './files.ts';

/** Nothing was made there that is not on disk: not ours to read, never written, or never synced. */
const notSynced = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'EINVAL',
  'ENOSYS',
  'ENOTSUP',
  'EOPNOTSUPP',
]);

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
      if (!notSynced.has(error.code ?? '')) throw error;
    });
  } while (above !== path.dirname(above));
}
