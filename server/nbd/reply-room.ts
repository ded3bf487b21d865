/**
 * Where replies are put together, one behind the other, so that those of a turn leave in one write
 * and cost no memory each. Shared by all connections of a thread: who takes room sends it before
 * another does.
 */
import type { Socket } from 'node:net';

/** Twice what a guest reads ahead at most, and QEMU's small requests of a turn. */
export const roomBytes = 288 * 1024;
/** Shorter ones that have to wait are copied. */
const copiedBytes = roomBytes / 8;
/** Kept while the kernel takes them. */
const sparesMax = 4;

type Room = Buffer<ArrayBuffer>;

export class ReplyRoom {
  #bytes = newRoom();
  #used = 0;
  readonly #spares: Room[] = [];

  /**
   * So many bytes, to be filled, not more than there can be; what is there leaves first where they do
   * not fit behind it.
   */
  take(length: number, socket: Socket): Buffer {
    if (this.#used + length > roomBytes) this.send(socket);
    const from = this.#used;
    this.#used += length;
    return this.#bytes.subarray(from, this.#used);
  }

  /** What was taken last is not needed. */
  giveBack(length: number): void {
    this.#used -= length;
  }

  send(socket: Socket): void {
    if (this.#used === 0) return;
    const bytes = this.#bytes;
    const replies = bytes.subarray(0, this.#used);
    this.#used = 0;
    if (socket.writableLength > 0 && replies.length < copiedBytes) {
      // They wait, and shall hold no more memory than they have.
      socket.write(Buffer.from(replies));
      return;
    }
    let waits = false;
    socket.write(replies, () => {
      if (waits) this.#keep(bytes);
    });
    waits = socket.writableLength > 0;
    if (waits) this.#bytes = this.#spares.pop() ?? newRoom();
  }

  /** What is too many is freed at once, and not when somebody collects what is left. */
  #keep(room: Room): void {
    if (this.#spares.length < sparesMax) this.#spares.push(room);
    else room.buffer.transfer(0);
  }
}

function newRoom(): Room {
  return Buffer.allocUnsafeSlow(roomBytes);
}
