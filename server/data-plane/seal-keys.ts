/**
 * The keys of sealed blocks, as the control plane hands them over: in memory, and nowhere else. A
 * process that was started again has none until it is given them; whoever needs one waits.
 */
import { type SealKey, sealKeyOf } from '../blocks/sealed-block.ts';

export class SealKeys {
  readonly #keys = new Map<string, SealKey>();
  readonly #waiting = new Map<string, PromiseWithResolvers<SealKey>>();

  give(secret: Uint8Array): void {
    const key = sealKeyOf(secret);
    this.#keys.set(key.id, key);
    this.#waiting.get(key.id)?.resolve(key);
    this.#waiting.delete(key.id);
  }

  async get(id: string): Promise<SealKey> {
    const key = this.#keys.get(id);
    if (key) return key;
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<SealKey>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }
}
