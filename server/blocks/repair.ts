/**
 * Brings lost and damaged blocks of a store back from somewhere else that has their bytes: another
 * store, or any file in which they lie at a multiple of their size, such as a raw image. What is
 * brought is known by its digest, so no source is trusted.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Files } from '../files/files.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockReader,
  type BlockStore,
  blockSizeBytes,
  type Digest,
  digestOf,
} from './block-store.ts';

/** Finds those of the blocks that it has. */
export type BlockSource = (wanted: ReadonlySet<Digest>) => AsyncIterable<Buffer>;

export function storeSource(reader: BlockReader): BlockSource {
  return async function* (wanted) {
    for (const digest of wanted) {
      try {
        yield await reader.get(digest);
      } catch (error) {
        // It has it no better.
        const isAbsent = error instanceof BlockMissingError || error instanceof BlockCorruptError;
        if (!isAbsent) throw error;
      }
    }
  };
}

/** All files in a folder and those below it. */
export function folderSource(files: Files, folder: string): BlockSource {
  return async function* (wanted) {
    const left = new Set(wanted);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      for await (const block of blocksOf(files, path.join(entry.parentPath, entry.name))) {
        if (left.size === 0) return;
        if (left.delete(digestOf(block))) yield block;
      }
    }
  };
}

/** The last one as it is, and as a volume would have it, filled up with zeros. */
async function* blocksOf(files: Files, file: string): AsyncIterable<Buffer> {
  await using handle = await files.open(file, 'read');
  for (let at = 0; ; at += blockSizeBytes) {
    const block = Buffer.alloc(blockSizeBytes);
    const length = await handle.read(block, at);
    if (length === 0) return;
    if (length < blockSizeBytes) yield Buffer.from(block.subarray(0, length));
    yield block;
  }
}

/** Answers the digests that the store has again, for good. */
export async function healBlocks(
  store: BlockStore,
  wanted: ReadonlySet<Digest>,
  source: BlockSource,
): Promise<Digest[]> {
  const healed: Digest[] = [];
  await using writer = store.begin();
  for await (const block of source(wanted)) {
    const { digest } = await writer.put(block);
    if (wanted.has(digest)) healed.push(digest);
  }
  await writer.commit();
  return healed;
}
