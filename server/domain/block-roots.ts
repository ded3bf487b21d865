/**
 * Which block maps must stay: of snapshots, of what volumes lie on and are about to lie on, and of
 * what unfinished tasks read or have made, which no row need name. For garbage collection and fsck.
 * Fails closed: a row that should name a map and does not is an error.
 */
import { type Digest, isDigest } from '../blocks/block-store.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { unfinishedStates } from './tasks.ts';
import { readableBases } from './volumes.ts';

export interface BlockRoots {
  roots: Set<Digest>;
  /** Their next steps may name maps whose blocks they have put already. */
  unfinishedTasks: string[];
}

export async function blockRoots(reader: CatalogReader): Promise<BlockRoots> {
  const roots = new Set<Digest>();
  const unfinishedTasks: string[] = [];
  for await (const { id, state, root } of reader.snapshots.scan()) {
    if (state === 'completed' && root === undefined) throw new Error(`snapshot ${id} has no root`);
    if (root !== undefined) roots.add(checked(root, id));
  }
  for await (const volume of reader.volumes.scan()) {
    for (const { root } of readableBases(volume)) roots.add(checked(root, volume.id));
  }
  const unfinished = await reader.tasks.list({ where: { state: unfinishedStates } });
  for (const { id, input, outputs } of unfinished) {
    unfinishedTasks.push(id);
    for (const root of rootsIn([input, outputs])) roots.add(checked(root, id));
  }
  return { roots, unfinishedTasks };
}

/** What a task was told and has done is its own affair, but a map is called `root` everywhere. */
function* rootsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'root' && typeof member === 'string') yield member;
    else yield* rootsIn(member);
  }
}

function checked(root: string, id: string): Digest {
  if (!isDigest(root)) throw new Error(`${id} names '${root}', which is no block map`);
  return root;
}
