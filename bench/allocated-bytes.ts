/** What a folder takes on its disk, with all that is in it but for the folder `except`. */
import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

export function allocatedBytes(folder: string, except?: string): number {
  const blocks = new Map<number, number>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (except !== undefined && file.startsWith(`${except}/`)) continue;
    // Sockets and temporary files come and go; a file with several names (firmware) lies there
    // once.
    const stats = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    if (stats) blocks.set(stats.ino, stats.blocks);
  }
  return [...blocks.values()].reduce((sum, count) => sum + count * 512, 0);
}
