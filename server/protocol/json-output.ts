/**
 * Typed output -> JSON. Blobs are base64; a list that comes in parts is waited for: JSON is for
 * those who ask for little.
 */
import type { JsonTimes } from './json-input.ts';
import type { Bytes } from './pieces.ts';
import { isAsyncIterable } from './protocol.ts';

export function jsonBytes(output: Record<string, unknown>, times: JsonTimes): Bytes {
  if (Object.values(output).some(isAsyncIterable)) return whole(output, times);
  return [encode(output, times)];
}

async function* whole(output: Record<string, unknown>, times: JsonTimes): AsyncGenerator<Buffer> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(output)) {
    read[name] = isAsyncIterable(value) ? (await Array.fromAsync(value)).flat() : value;
  }
  yield encode(read, times);
}

function encode(output: unknown, times: JsonTimes): Buffer {
  return Buffer.from(JSON.stringify(output, times === 'iso' ? blobsAsText : blobsAndSeconds));
}

/**
 * Called with the object as `this`: a Buffer has a `toJSON`, which has run by the time `value` is
 * passed.
 */
function blobsAsText(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : value;
}

function blobsAndSeconds(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  if (original instanceof Date) return original.getTime() / 1000;
  return blobsAsText.call(this, key, value);
}
