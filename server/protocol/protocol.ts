import type { Bytes } from './pieces.ts';

/** How an answer looks on the wire; one implementation for each protocol. Pure: values in, bytes or text out. */
export interface Protocol {
  readonly contentType: string;
  /** In pieces, which belong one after the other: an answer may be large. A list that comes in parts makes them a stream. */
  result(action: string, output: unknown, requestId: string): Bytes;
  /** `sender`: the request is at fault, not Imago. */
  error(error: { code: string; message: string; sender: boolean }, requestId: string): string;
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
