/**
 * The side of shared-blocks.ts that says which block is in which slot: blocks that were read last,
 * up to a number of bytes. A block that several ask for is read once. It makes room by passing over
 * the slots in turn: one that nobody has looked at since the last time is taken. No failure is
 * remembered: a healed block is found at once.
 */
import { blockSizeBytes } from './block-store.ts';
import { type Place, type SharedBlocksParts, slotsPerSegment } from './shared-blocks.ts';

export class SharedBlockMemory {
  readonly parts: SharedBlocksParts;
  readonly slots: number;
  readonly #versions: Int32Array;
  readonly #used: Int32Array;
  readonly #places = new Map<string, Place>();
  /** What is in each slot; undefined where that is being read. */
  readonly #keys: (string | undefined)[] = [];
  /** Slots whose read has failed. */
  readonly #free: number[] = [];
  readonly #loads = new Map<string, Promise<Place>>();
  #hand = 0;

  constructor(capacityBytes: number) {
    this.slots = Math.floor(capacityBytes / blockSizeBytes);
    if (this.slots < 1) throw new RangeError(`${capacityBytes} bytes cannot hold one block`);
    const numbersBytes = this.slots * Int32Array.BYTES_PER_ELEMENT;
    const segments: SharedArrayBuffer[] = [];
    for (let slot = 0; slot < this.slots; slot += slotsPerSegment) {
      const slots = Math.min(slotsPerSegment, this.slots - slot);
      segments.push(new SharedArrayBuffer(slots * blockSizeBytes));
    }
    const [versions, used] = [numbersBytes, numbersBytes].map((b) => new SharedArrayBuffer(b));
    this.parts = { segments, versions, used } as SharedBlocksParts;
    this.#versions = new Int32Array(this.parts.versions);
    this.#used = new Int32Array(this.parts.used);
  }

  get sizeBytes(): number {
    return this.slots * blockSizeBytes;
  }

  find(key: string): Place | undefined {
    return this.#places.get(key);
  }

  /** `read` may put the block into the room that it is given. */
  load(key: string, read: (room: Buffer) => Promise<Buffer>): Promise<Place> {
    const begun = this.#loads.get(key);
    if (begun) return begun;
    const load = this.#load(key, read).finally(() => this.#loads.delete(key));
    this.#loads.set(key, load);
    return load;
  }

  async #load(key: string, read: (room: Buffer) => Promise<Buffer>): Promise<Place> {
    const slot = this.#takeSlot();
    const room = this.#roomOf(slot);
    let length: number;
    try {
      const block = await read(room);
      if (block.length > room.length) throw new Error(`a block of ${block.length} bytes`);
      const isThere = block.buffer === room.buffer && block.byteOffset === room.byteOffset;
      if (!isThere) block.copy(room);
      ({ length } = block);
    } catch (error) {
      this.#free.push(slot);
      throw error;
    }
    const version = Atomics.add(this.#versions, slot, 1) + 1;
    const place = { slot, version, length };
    this.#used[slot] = 1;
    this.#keys[slot] = key;
    this.#places.set(key, place);
    return place;
  }

  /** One that nobody finds any more; its version is odd. */
  #takeSlot(): number {
    const failed = this.#free.pop();
    if (failed !== undefined) return failed;
    const slot = this.#keys.length < this.slots ? this.#keys.length : this.#passOver();
    const key = this.#keys[slot];
    if (key !== undefined) this.#places.delete(key);
    this.#keys[slot] = undefined;
    Atomics.add(this.#versions, slot, 1);
    return slot;
  }

  #passOver(): number {
    for (let looks = 0; looks <= 2 * this.slots; looks++) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.slots;
      if (this.#keys[slot] === undefined) continue;
      if (this.#used[slot] === 0) return slot;
      this.#used[slot] = 0;
    }
    throw new Error(`all ${this.slots} blocks of the memory are being read`);
  }

  #roomOf(slot: number): Buffer {
    const segment = this.parts.segments[Math.floor(slot / slotsPerSegment)] as SharedArrayBuffer;
    return Buffer.from(segment, (slot % slotsPerSegment) * blockSizeBytes, blockSizeBytes);
  }
}
