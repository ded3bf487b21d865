/**
 * Small files as a whole: read with a bound, and replaced so that a power cut leaves the old bytes
 * or the new ones.
 */
import path from 'node:path';
import { type Files, isAbsent } from './files.ts';

export interface ReplaceOptions {
  mode?: number;
  /** Given to the file before it has its name. */
  owner?: { uid: number; gid: number };
}

/** The new bytes are on disk, under the name, when it resolves. One writer at a time per name. */
export async function replaceFile(
  files: Files,
  file: string,
  bytes: Buffer,
  { mode = 0o600, owner }: ReplaceOptions = {},
): Promise<void> {
  const temporary = `${file}.new`;
  await unlinkIfThere(files, temporary);
  try {
    {
      await using handle = await files.open(temporary, 'create', mode);
      if (owner) await handle.chown(owner.uid, owner.gid);
      await handle.chmod(mode);
      await handle.write(bytes, 0);
      await handle.sync();
    }
    await files.rename(temporary, file);
  } catch (error) {
    await unlinkIfThere(files, temporary).catch(() => {});
    throw error;
  }
  await files.syncFolder(path.dirname(file));
}

/** Undefined where it is absent. Refuses what is no file, and a file over the bound. */
export async function readFileWithin(
  files: Files,
  file: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  try {
    await using handle = await files.open(file, 'read');
    const { kind, sizeBytes } = await handle.stat();
    if (kind !== 'file') throw new Error(`${file} is not a file`);
    if (sizeBytes > maxBytes) throw new Error(`${file} has ${sizeBytes} bytes`);
    const bytes = Buffer.alloc(sizeBytes);
    return bytes.subarray(0, await handle.read(bytes, 0));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

export async function unlinkIfThere(files: Files, file: string): Promise<void> {
  try {
    await files.unlink(file);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
