/**
 * A file that is imported, where it is: in a folder that the operator allowed, at an address that
 * the operator allowed, or with a client. It is read by ranges, and no second copy of it is made.
 * Nothing here knows what is in it.
 */

import type { RandomAccess } from '../disk-formats/random-access.ts';

/** A read throws SourceRefused where trying again is no use. */
export interface SourceFile extends RandomAccess {
  /** The file is the same as long as this is: a task that is resumed compares it. */
  readonly validator: string;
  close(): Promise<void>;
}

/** Not there, not allowed, or another file than before. The message is for whoever ordered it. */
export class SourceRefused extends Error {
  override name = 'SourceRefused';
}

export function changed(what: string): SourceRefused {
  return new SourceRefused(`${what} was changed while it was read: import it again.`);
}
