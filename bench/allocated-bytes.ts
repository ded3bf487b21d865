/** What a folder takes on its disk, with all that is in it but for the folder `except`. */
import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

export function allocatedBytes(folder: string, except?: string): number {
  const blocks = new Map<number, number>();
  const others = new Set<number>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    // Sockets and temporary files come and go; a file with several names (firmware, plain bases)
    // lies there once.
    const stats = lstatSync(path.join(folder, file), { throwIfNoEntry: false });
    if (!stats) continue;
    blocks.set(stats.ino, stats.blocks);
    if (except !== undefined && file.startsWith(`${except}/`)) others.add(stats.ino);
  }
  return [...blocks]
    .filter(([inode]) => !others.has(inode))
    .reduce((sum, [, count]) => sum + count * 512, 0);
}
