/** The bytes of files of an image, in pieces: for who takes them one after the other. */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { UnreadableContents } from '../contents/bounded-reader.ts';
import type { SystemTree, TreeFile } from '../contents/system-tree.ts';

const pieceBytes = 256 * 1024;

/** Of a regular file: exactly as many as it has. */
export async function* bytesOf({ fileSystem, inode }: TreeFile): AsyncGenerator<Buffer> {
  for (let at = 0; at < inode.sizeBytes; ) {
    const length = Math.min(pieceBytes, inode.sizeBytes - at);
    const piece = await fileSystem.content(inode, at, length);
    if (piece.length !== length) throw new UnreadableContents('a file ends before its length');
    yield piece;
    at += length;
    await turn();
  }
}

export async function sha256Of(tree: SystemTree, file: TreeFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytesOf(file)) {
    await tree.step();
    hash.update(piece);
  }
  return hash.digest('hex');
}
