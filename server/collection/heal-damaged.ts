/**
 * Looks at what a scrub record says is damaged: what is whole again leaves it. What is not is put
 * again, where another store has it whole; whatever that one answers is known by its digest.
 */
import type { BlockReader, BlockStore, Digest } from '../blocks/block-store.ts';
import { healBlocks, storeSource } from '../blocks/repair.ts';
import type { Log } from '../foundations/log.ts';
import type { ScrubRecord } from './scrub-record.ts';

/** The others have their turn in the next round. */
const healedAtOnce = 64;

export interface HealOptions {
  others: readonly BlockReader[];
  log: Log;
}

/** Answers whether anything is whole again. */
export async function healDamaged(
  store: BlockStore,
  record: ScrubRecord,
  { others, log }: HealOptions,
): Promise<boolean> {
  const tried = record.damaged.slice(0, healedAtOnce);
  if (tried.length === 0) return false;
  const digests = tried.map(({ digest }) => digest);
  // A store that has read it knows that it is damaged, and writes it anew.
  const healed = await wholeIn(store, digests);
  for (const other of others) {
    const wanted = new Set(digests).difference(healed);
    if (wanted.size === 0) break;
    const put = await healBlocks(store, wanted, storeSource(other)).catch((error) => {
      log.error('damaged blocks could not be put again', { error });
      return [];
    });
    for (const digest of await wholeIn(store, put)) healed.add(digest);
  }
  const left = tried.filter(({ digest }) => !healed.has(digest));
  record.damaged = [...record.damaged.slice(tried.length), ...left];
  if (healed.size === 0) return false;
  log.info('damaged blocks are whole again', { digests: [...healed] });
  return true;
}

async function wholeIn(store: BlockStore, digests: readonly Digest[]): Promise<Set<Digest>> {
  const whole = new Set<Digest>();
  for (const digest of digests) {
    const isWhole = await store.get(digest).then(
      () => true,
      () => false,
    );
    if (isWhole) whole.add(digest);
  }
  return whole;
}
