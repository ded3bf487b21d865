/**
 * What a disk file is refused for: the one error that readers of formats throw for its bytes,
 * whatever they are. Its message is for whoever sent the file. Errors of the source that the bytes
 * come from are the source's own.
 */
import type { RandomAccess } from './random-access.ts';

export class DiskFormatError extends Error {
  override name = 'DiskFormatError';

  constructor(format: string, detail: string, what = 'read') {
    super(`The ${wordFor(format)} file cannot be ${what}: ${detail}`);
  }
}

const wordFor = (format: string) =>
  format === 'raw' || format === 'qcow2' ? format : format.toUpperCase();

/** Makes the errors of a format. */
export type Refuse = (detail: string) => DiskFormatError;

export const refusalsOf =
  (format: string): Refuse =>
  (detail) =>
    new DiskFormatError(format, detail);

/** Bytes at a place that the file itself names. */
export async function readNamed(
  source: RandomAccess,
  { offset, length }: { offset: number; length: number },
  what: string,
  refuse: Refuse,
): Promise<Buffer> {
  if (!isInside(source, offset, length)) throw refuse(`its ${what} is not inside the file`);
  return source.read(offset, length);
}

export function isInside(source: RandomAccess, offset: number, length: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= source.sizeBytes
  );
}

/** What a file says, in a message: short, and without what a terminal would obey. */
export function shown(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?');
  return `'${printable.length > 40 ? `${printable.slice(0, 40)}…` : printable}'`;
}
