/** Bytes that come from a socket, straight into a buffer that is there. */
export interface FillsRoom {
  /**
   * All that comes, as far as it fits, and how many bytes that were. Instead of reading it chunk by
   * chunk.
   */
  readInto(room: Buffer): Promise<number>;
}

export function fillsRoom(source: object): source is FillsRoom {
  return 'readInto' in source;
}

/**
 * Gives the memory of bytes back at once, where nobody else has a view of them: the garbage
 * collector would come by late, and be kept busy by large buffers.
 */
export function discard({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
