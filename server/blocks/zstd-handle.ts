/**
 * The handle under Node's streams of Zstandard, of which no document speaks, as Node's own
 * synchronous functions use it: from memory into memory, with one context again and again. What
 * stands on it (`frame-compressor.ts`, `fs/frame-inflater.ts`) tries first whether it does what is
 * expected of it, and where it does not there is none of it.
 */
import type { ZstdCompress, ZstdDecompress } from 'node:zlib';

interface Inside {
  _handle: {
    onerror(message: string): void;
    reset(): void;
    writeSync(
      flush: number,
      from: Uint8Array,
      fromOffset: number,
      fromLength: number,
      to: Uint8Array,
      toOffset: number,
      toLength: number,
    ): void;
  };
  /** What the last call has left: of the room, and of what was to be read. */
  _writeState: Uint32Array;
}

export interface Written {
  roomLeft: number;
  fromLeft: number;
  /** The context is not to be used again, even by Node. */
  failure: string | undefined;
}

export class ZstdHandle {
  readonly #inside: Inside;

  constructor(stream: ZstdCompress | ZstdDecompress) {
    this.#inside = stream as unknown as Inside;
  }

  reset(): void {
    this.#inside._handle.reset();
  }

  write(flush: number, from: Uint8Array, room: Uint8Array): Written {
    const { _handle: handle, _writeState: left } = this.#inside;
    let failure: string | undefined;
    handle.onerror = (message) => {
      failure = message;
    };
    handle.writeSync(flush, from, 0, from.length, room, 0, room.length);
    const [roomLeft = 0, fromLeft = 0] = left;
    return { roomLeft, fromLeft, failure };
  }
}
