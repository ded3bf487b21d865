/**
 * Which block maps must stay: of snapshots, be they in the recycle bin, of what blocks are put over
 * in drafts, of what volumes lie on and are about to lie on, and of what unfinished tasks read or
 * have made, which no row need name. For garbage collection and fsck. Fails closed: a row that
 * should name a map and does not is an error.
 */
import { type Digest, isDigest } from '../blocks/block-store.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { unfinishedStates } from './tasks.ts';
import { readableBases } from './volumes.ts';

export interface BlockRoots {
  roots: Set<Digest>;
  /** Those of them that something keeps which is neither a snapshot nor a volume to be seen. */
  kept: Set<Digest>;
  /** Snapshots that blocks are put into: what those are is known to their host. */
  drafts: { snapshotId: string; host: string }[];
  /** Their next steps may name maps whose blocks they have put already. */
  unfinishedTasks: string[];
}

/** Of the regions that a store `holds` the blocks of; of all without it. */
export async function blockRoots(
  reader: CatalogReader,
  holds: (region: string) => boolean = () => true,
): Promise<BlockRoots> {
  const roots = new Set<Digest>();
  const kept = new Set<Digest>();
  const keep = (root: Digest) => {
    roots.add(root);
    kept.add(root);
  };
  const unfinishedTasks: string[] = [];
  const drafts: BlockRoots['drafts'] = [];
  for (const snapshots of [reader.snapshots, reader.recycledSnapshots]) {
    for await (const { id, region, state, root, upload, archive } of snapshots.scan()) {
      if (!holds(region)) continue;
      if (state === 'completed' && root === undefined && !archive) {
        throw new Error(`snapshot ${id} has no root`);
      }
      const note = snapshots === reader.snapshots ? (seen: Digest) => roots.add(seen) : keep;
      if (root !== undefined) note(checked(root, id));
      if (state !== 'pending' || !upload) continue;
      drafts.push({ snapshotId: id, host: upload.host });
      if (upload.base) keep(checked(upload.base.root, id));
    }
  }
  for (const volumes of [reader.volumes, reader.recycledVolumes]) {
    for await (const volume of volumes.scan()) {
      if (!holds(volume.region)) continue;
      const note = volumes === reader.volumes ? (seen: Digest) => roots.add(seen) : keep;
      for (const { root } of readableBases(volume)) note(checked(root, volume.id));
    }
  }
  const unfinished = await reader.tasks.list({ where: { state: unfinishedStates } });
  for (const { id, region, input, outputs, checkpoint } of unfinished) {
    unfinishedTasks.push(id);
    for (const each of rootsIn([input, outputs, checkpoint], region)) {
      if (holds(each.region)) keep(checked(each.root, id));
    }
  }
  return { roots, kept, drafts, unfinishedTasks };
}

/**
 * What a task was told and has done is its own affair, but a map is called `root` everywhere, and
 * where it is `region`: the task's where nothing beside it says so.
 */
function* rootsIn(value: unknown, taskRegion: string): Generator<{ root: string; region: string }> {
  if (typeof value !== 'object' || value === null) return;
  const region = 'region' in value ? String(value.region) : taskRegion;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'root' && typeof member === 'string') yield { root: member, region };
    else yield* rootsIn(member, taskRegion);
  }
}

function checked(root: string, id: string): Digest {
  if (!isDigest(root)) throw new Error(`${id} names '${root}', which is no block map`);
  return root;
}
