/**
 * A date before which a store removes nothing, in a file of the store itself: whoever opens it is
 * held to that, be it an Imago that has never heard of it. It can be moved on, and never back.
 */
import path from 'node:path';
import type { Files } from '../../files/files.ts';
import { readFileWithin, replaceFile } from '../../files/whole-file.ts';

const name = 'append-only.json';
const maxBytes = 1024;

/** Nothing is removed from the store yet. */
export class StoreLockedError extends Error {
  override name = 'StoreLockedError';
  constructor(folder: string, until: string) {
    super(`nothing is removed from ${folder} before ${until}`);
  }
}

/** Undefined: things may be removed. A file that cannot be understood locks for good. */
export async function lockedUntil(
  files: Files,
  folder: string,
  now: Date,
): Promise<string | undefined> {
  const bytes = await readFileWithin(files, path.join(folder, name), maxBytes);
  if (!bytes) return undefined;
  const until = untilIn(bytes);
  return until <= now.toISOString() ? undefined : until;
}

/** Throws StoreLockedError where it is locked for longer already. */
export async function lockStore(files: Files, folder: string, until: Date): Promise<void> {
  const file = path.join(folder, name);
  const before = await readFileWithin(files, file, maxBytes);
  const wanted = until.toISOString();
  if (before && untilIn(before) > wanted) throw new StoreLockedError(folder, untilIn(before));
  await replaceFile(files, file, Buffer.from(`${JSON.stringify({ until: wanted })}\n`), {
    mode: 0o640,
  });
}

function untilIn(bytes: Buffer): string {
  try {
    const { until } = JSON.parse(bytes.toString()) as { until: string };
    return new Date(until).toISOString();
  } catch {
    return '9999-12-31T00:00:00.000Z';
  }
}
