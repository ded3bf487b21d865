/** Folders of tests for what would be on a disk: in memory, where there is room for it. */
import { mkdtemp, statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const inMemory = '/dev/shm';
const roomBytes = 2 * 1024 ** 3;

/** Nothing here loses power, and syncs would be most of the waiting. */
export async function testFolder(prefix: string): Promise<string> {
  const room = await statfs(inMemory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return mkdtemp(path.join(room >= roomBytes ? inMemory : os.tmpdir(), prefix));
}
