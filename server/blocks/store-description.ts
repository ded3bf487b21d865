/**
 * Where the blocks are, in words that are handed from the process that writes them to the one that
 * reads them (`run/block-store.json`): another kind of store is a further `kind`.
 */
import type { Files } from '../files/files.ts';
import { type ReplaceOptions, readFileWithin, replaceFile } from '../files/whole-file.ts';

export interface BlockStoreDescription {
  kind: 'fs';
  folder: string;
  /** Of regions that have a store of their own. */
  regions?: Record<string, string>;
}

const maxBytes = 65_536;

/** A file that says the same already is left alone. */
export async function writeBlockStoreDescription(
  files: Files,
  file: string,
  description: BlockStoreDescription,
  options: ReplaceOptions,
): Promise<void> {
  const bytes = Buffer.from(`${JSON.stringify(description)}\n`);
  if ((await readFileWithin(files, file, maxBytes))?.equals(bytes)) return;
  await replaceFile(files, file, bytes, options);
}

export async function readBlockStoreDescription(
  files: Files,
  file: string,
): Promise<BlockStoreDescription> {
  const text = await readFileWithin(files, file, maxBytes);
  if (!text) throw new Error(`${file} is missing: it says where the blocks are`);
  const { kind, folder, regions = {} } = JSON.parse(text.toString()) as BlockStoreDescription;
  const folders = [folder, ...Object.values(regions)];
  if (kind !== 'fs' || folders.some((each) => typeof each !== 'string')) {
    throw new Error(`${file} names a block store of a kind that this Imago does not have`);
  }
  return { kind, folder, regions };
}
