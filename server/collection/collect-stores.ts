/**
 * Garbage of all block stores: each is collected by itself, by the rows of the regions whose blocks
 * it holds. One that cannot be collected bars no other, and is told at the end.
 */
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Freed } from '../blocks/collection.ts';
import {
  type CollectionReport,
  type CollectOptions,
  type CollectorServices,
  collectTwice,
} from './collector.ts';

export interface StoresCollectorServices extends Omit<CollectorServices, 'blocks' | 'holds'> {
  blocks: BlockStores;
}

/** What all reports say together. */
export async function collectStores(
  { blocks, ...services }: StoresCollectorServices,
  options: CollectOptions,
): Promise<CollectionReport> {
  const reports: CollectionReport[] = [];
  const failures: unknown[] = [];
  for (const { store, holds } of blocks.list()) {
    try {
      reports.push(await collectTwice({ ...services, blocks: store, holds }, options));
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return reports.reduce(together);
}

function together(a: CollectionReport, b: CollectionReport): CollectionReport {
  const sum = (one: Freed, other: Freed): Freed => ({
    blocks: one.blocks + other.blocks,
    bytes: one.bytes + other.bytes,
  });
  return {
    kept: sum(a.kept, b.kept),
    found: sum(a.found, b.found),
    condemned: sum(a.condemned, b.condemned),
    waiting: sum(a.waiting, b.waiting),
    freed: sum(a.freed, b.freed),
    pardonedBlocks: a.pardonedBlocks + b.pardonedBlocks,
  };
}
