/**
 * Which images, instances and volumes need a block: those whose maps name it, or a block that it is
 * the base of.
 */
import { readBlockMap } from '../blocks/block-map.ts';
import type { BlockStore, Digest } from '../blocks/block-store.ts';
import { blocksPerLeaf, leafDigest } from '../blocks/map-pages.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import { mapOf } from '../domain/snapshot-tiers.ts';
import { readableBases } from '../domain/volumes.ts';
import type { Pace } from './pace.ts';

export interface Affected {
  imageIds: string[];
  snapshotIds: string[];
  instanceIds: string[];
  volumeIds: string[];
}

export const nobodyAffected: Affected = {
  imageIds: [],
  snapshotIds: [],
  instanceIds: [],
  volumeIds: [],
};

/** Names of maps, by what rows say of them. */
interface NamedMaps {
  /** Root -> ids of rows. */
  snapshots: Map<Digest, string[]>;
  /** Snapshot -> images. */
  images: Map<string, string[]>;
  instances: Map<Digest, string[]>;
  volumes: Map<Digest, string[]>;
}

/** Of each of the blocks that some map still needs. */
export async function affectedBy(
  digests: ReadonlySet<Digest>,
  { store, maps, pace }: { store: BlockStore; maps: NamedMaps; pace: Pace },
): Promise<Map<Digest, Affected>> {
  // Who needs a block needs its base.
  const stands = new Map<Digest, Digest[]>([...digests].map((digest) => [digest, [digest]]));
  for await (const { digest, base } of store.bases()) {
    if (digests.has(base)) stands.set(digest, [...(stands.get(digest) ?? []), base]);
  }
  const affected = new Map<Digest, Affected>();
  const seenLeaves = new Map<Digest, Digest[]>();
  for (const root of new Set([...maps.snapshots.keys(), ...maps.volumes.keys()])) {
    const found = await damagedIn(store, root, stands, seenLeaves);
    for (const digest of found) note(affected, digest, root, maps);
    await pace.step();
  }
  return affected;
}

/** Of snapshots in the archive, too, where their blocks are kept. */
export async function namedMaps(
  reader: CatalogReader,
  holds: (region: string) => boolean,
  hasArchived = false,
): Promise<NamedMaps> {
  const maps: NamedMaps = {
    snapshots: new Map(),
    images: new Map(),
    instances: new Map(),
    volumes: new Map(),
  };
  const add = (to: Map<string, string[]>, key: string, id: string) =>
    to.set(key, [...(to.get(key) ?? []), id]);
  for await (const row of reader.snapshots.scan()) {
    const root = hasArchived ? mapOf(row) : row.root;
    if (holds(row.region) && root !== undefined) add(maps.snapshots, root, row.id);
  }
  for await (const { id, region, blockDeviceMappings } of reader.images.scan()) {
    if (!holds(region)) continue;
    for (const { ebs } of blockDeviceMappings) {
      if (ebs.snapshotId !== undefined) add(maps.images, ebs.snapshotId, id);
    }
  }
  for await (const volume of reader.volumes.scan()) {
    const instanceId = volume.attachment?.instanceId;
    if (!holds(volume.region)) continue;
    for (const { root } of readableBases(volume)) {
      add(maps.volumes, root, volume.id);
      if (instanceId !== undefined) add(maps.instances, root, instanceId);
    }
  }
  return maps;
}

/** Pages that cannot be read hide what is under them, and are damaged themselves. */
async function damagedIn(
  store: BlockStore,
  root: Digest,
  stands: ReadonlyMap<Digest, Digest[]>,
  seenLeaves: Map<Digest, Digest[]>,
): Promise<Set<Digest>> {
  const found = new Set(stands.get(root));
  const map = await readBlockMap(store, root).catch(() => undefined);
  for (const [index, { digest: leaf }] of (map?.leaves ?? []).entries()) {
    if (!leaf || !map) continue;
    for (const digest of stands.get(leaf) ?? []) found.add(digest);
    let named = seenLeaves.get(leaf);
    if (!named) {
      const page = await map.leaf(index).catch(() => undefined);
      const names = page
        ? Array.from({ length: blocksPerLeaf }, (_, i) => leafDigest(page, i))
        : [];
      named = [...new Set(names.flatMap((name) => (name && stands.get(name)) || []))];
      seenLeaves.set(leaf, named);
    }
    for (const digest of named) found.add(digest);
  }
  return found;
}

function note(
  affected: Map<Digest, Affected>,
  digest: Digest,
  root: Digest,
  { snapshots, images, instances, volumes }: NamedMaps,
): void {
  const known = affected.get(digest) ?? nobodyAffected;
  const snapshotIds = snapshots.get(root) ?? [];
  const imageIds = snapshotIds.flatMap((id) => images.get(id) ?? []);
  affected.set(digest, {
    imageIds: [...new Set([...known.imageIds, ...imageIds])],
    snapshotIds: [...new Set([...known.snapshotIds, ...snapshotIds])],
    instanceIds: [...new Set([...known.instanceIds, ...(instances.get(root) ?? [])])],
    volumeIds: [...new Set([...known.volumeIds, ...(volumes.get(root) ?? [])])],
  });
}
