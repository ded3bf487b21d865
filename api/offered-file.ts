/**
 * How a client offers a file on the WebSocket of OfferFile, byte by byte; numbers are unsigned and
 * big-endian. Both sides are streams: where a frame of the WebSocket ends means nothing.
 *
 *   client: `IMGFILE1`, size of the file (8), when it was changed, in milliseconds (8)
 *   server: offset (8), length (4)             a range that it wants, any number of them at a time
 *   client: 0, then as many bytes              the answers, in the order of the questions
 *           1                                  as many zeros
 *           2                                  the range cannot be read, nor will any other
 */
export const offeredFile = {
  magic: 'IMGFILE1',
  helloBytes: 24,
  questionBytes: 12,
  /** Of one question: a client holds so much of its file. */
  rangeMaxBytes: 4 * 1024 ** 2,
  /** Of what a client sends at once. */
  frameMaxBytes: 32 * 1024,
  answers: { bytes: 0, zeros: 1, unreadable: 2 },
} as const;

export interface OfferedFileHello {
  sizeBytes: number;
  changedMs: number;
}

export interface OfferedFileQuestion {
  offset: number;
  length: number;
}

export function encodeHello({ sizeBytes, changedMs }: OfferedFileHello): Uint8Array {
  const bytes = new Uint8Array(offeredFile.helloBytes);
  bytes.set(new TextEncoder().encode(offeredFile.magic));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(8, BigInt(sizeBytes));
  view.setBigUint64(16, BigInt(Math.floor(changedMs)));
  return bytes;
}

/** Undefined where these are other bytes. */
export function decodeHello(bytes: Uint8Array): OfferedFileHello | undefined {
  const { magic } = offeredFile;
  if (new TextDecoder('latin1').decode(bytes.subarray(0, magic.length)) !== magic) return undefined;
  const view = viewOf(bytes);
  const sizeBytes = Number(view.getBigUint64(8));
  const changedMs = Number(view.getBigUint64(16));
  if (!Number.isSafeInteger(sizeBytes) || !Number.isSafeInteger(changedMs)) return undefined;
  return { sizeBytes, changedMs };
}

export function encodeQuestion({ offset, length }: OfferedFileQuestion): Uint8Array {
  const bytes = new Uint8Array(offeredFile.questionBytes);
  const view = viewOf(bytes);
  view.setBigUint64(0, BigInt(offset));
  view.setUint32(8, length);
  return bytes;
}

export function decodeQuestion(bytes: Uint8Array): OfferedFileQuestion {
  const view = viewOf(bytes);
  return { offset: Number(view.getBigUint64(0)), length: view.getUint32(8) };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
