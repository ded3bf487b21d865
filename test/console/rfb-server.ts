/**
 * The machine's side of a screen, played over the console's WebSocket: RFB 3.8 (RFC 6143) with one
 * colour to see. It keeps what it is told by keyboard and pointer.
 */
import type { WebSocketRoute } from 'playwright-core';

export const screenSize = { width: 640, height: 480 };
const name = 'played';

/** Bytes of the client's messages by their first byte, where that is always the same. */
const lengths: Record<number, number> = { 0: 20, 3: 10, 4: 8, 5: 6 };
const messages = { encodings: 2, update: 3, key: 4, pointer: 5, cutText: 6 };

export class RfbServer {
  /** Such as `+ff0d` and `-ff0d`, in order. */
  readonly keys: string[] = [];
  readonly pointers: { buttons: number; x: number; y: number }[] = [];
  readonly #socket: WebSocketRoute;
  #received = Buffer.alloc(0);
  /** What is said before messages, in turn. */
  readonly #greetings = [
    { bytes: 12, answer: Buffer.from([1, 1]) },
    { bytes: 1, answer: Buffer.alloc(4) },
    { bytes: 1, answer: initOf() },
  ];

  constructor(socket: WebSocketRoute) {
    this.#socket = socket;
    socket.onMessage((message) => this.#hear(Buffer.from(message as Buffer)));
    socket.send(Buffer.from('RFB 003.008\n'));
  }

  #hear(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    while (this.#takeOne()) {}
  }

  #takeOne(): boolean {
    const [greeting] = this.#greetings;
    const length = greeting?.bytes ?? this.#lengthOfNext();
    if (length === undefined || this.#received.length < length) return false;
    const message = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    if (greeting) {
      this.#greetings.shift();
      this.#socket.send(greeting.answer);
    } else this.#heed(message);
    return true;
  }

  #lengthOfNext(): number | undefined {
    const bytes = this.#received;
    if (bytes.length === 0) return undefined;
    if (bytes[0] === messages.encodings) {
      return bytes.length < 4 ? undefined : 4 + 4 * bytes.readUInt16BE(2);
    }
    if (bytes[0] === messages.cutText) {
      return bytes.length < 8 ? undefined : 8 + bytes.readUInt32BE(4);
    }
    const length = lengths[bytes[0] ?? -1];
    if (length === undefined) throw new Error(`a message of kind ${bytes[0]}`);
    return length;
  }

  #heed(message: Buffer): void {
    const [kind, second = 0] = message;
    if (kind === messages.key) {
      this.keys.push(`${second ? '+' : '-'}${message.readUInt32BE(4).toString(16)}`);
    } else if (kind === messages.pointer) {
      const [x, y] = [message.readUInt16BE(2), message.readUInt16BE(4)];
      this.pointers.push({ buttons: second, x, y });
    } else if (kind === messages.update && !second) this.#socket.send(wholeScreen());
  }
}

/** 32 bits a pixel. */
function initOf(): Buffer {
  const { width, height } = screenSize;
  const init = Buffer.alloc(24 + name.length);
  init.writeUInt16BE(width, 0);
  init.writeUInt16BE(height, 2);
  init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  init.writeUInt32BE(name.length, 20);
  init.write(name, 24);
  return init;
}

function wholeScreen(): Buffer {
  const { width, height } = screenSize;
  const head = Buffer.alloc(16);
  head.writeUInt16BE(1, 2);
  head.writeUInt16BE(width, 8);
  head.writeUInt16BE(height, 10);
  return Buffer.concat([head, Buffer.alloc(width * height * 4, 200)]);
}
