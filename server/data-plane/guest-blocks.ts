/**
 * Blocks for the disks of all guests: where each is in the memory that the threads share, read from
 * the store of the guest's region where it is not there yet. Guests take turns at what has to be
 * read; a read of a sealed block waits for its key.
 */
import type { BlockReader, Digest } from '../blocks/block-store.ts';
import { SealedBlockReader, type Sealing } from '../blocks/sealed-blocks.ts';
import type { SharedBlockMemory } from '../blocks/shared-block-memory.ts';
import type { Place } from '../blocks/shared-blocks.ts';
import type { FairTurns } from './fair-turns.ts';
import type { SealKeys } from './seal-keys.ts';

export interface WantedBlock {
  digest: Digest;
  sealKeyId?: string;
}

export interface GuestBlocksOptions {
  memory: SharedBlockMemory;
  turns: FairTurns;
  keys: SealKeys;
  sealing: Sealing;
}

export class GuestBlocks {
  readonly #options: GuestBlocksOptions;
  readonly #guests = new Map<string, { blocks: BlockReader }>();

  constructor(options: GuestBlocksOptions) {
    this.#options = options;
  }

  /** From where the guest's blocks are read from now on. */
  readFrom(instanceId: string, blocks: BlockReader): void {
    const guest = this.#guests.get(instanceId);
    if (guest) guest.blocks = blocks;
    else this.#guests.set(instanceId, { blocks });
  }

  forget(instanceId: string): void {
    this.#guests.delete(instanceId);
  }

  /** What was opened has a place of its own, so that nobody without the key finds it. */
  async find(instanceId: string, { digest, sealKeyId }: WantedBlock): Promise<Place> {
    const { memory, turns, keys, sealing } = this.#options;
    const name = (sealKeyId ?? '') + digest;
    const known = memory.find(name);
    if (known) return known;
    const key = sealKeyId === undefined ? undefined : await keys.get(sealKeyId);
    const guest = this.#guests.get(instanceId);
    if (!guest) throw new Error(`${instanceId} is not served`);
    return turns.run(guest, async () => {
      const { blocks } = guest;
      const reader = key ? new SealedBlockReader(blocks, key, sealing) : blocks;
      return memory.find(name) ?? memory.load(name, (room) => reader.get(digest, room));
    });
  }
}
