/**
 * Whose the block maps are: an image's, with the snapshots that it names and would take along; a
 * snapshot's that no image names; a volume's. What else keeps maps, such as tasks that run and the
 * recycle bin, is nobody's, and keeps what it needs from being anybody's alone.
 */
import type { Digest } from '../blocks/block-store.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { blockRoots } from '../domain/block-roots.ts';
import { readableBases } from '../domain/volumes.ts';

export interface StorageOwner {
  id: string;
  kind: 'image' | 'snapshot' | 'volume';
  name?: string;
  account: string;
  region: string;
  /** Of its volumes, as a guest sees them. */
  logicalBytes: number;
  /** Of their blocks that are not zero. */
  fullBytes: number;
  /** Of its files in the archive, which are nobody else's. */
  archivedBytes: number;
  roots: Digest[];
}

/** Owner of the maps that no row of an owner names. */
export const nobody = '';

export interface StorageOwners {
  owners: StorageOwner[];
  /** Maps that are kept all the same. */
  others: Digest[];
  drafts: { snapshotId: string; host: string }[];
}

const gib = 1024 ** 3;

export async function storageOwners(
  reader: CatalogReader,
  holds: (region: string) => boolean,
): Promise<StorageOwners> {
  const snapshots = new Map<string, SnapshotRow>();
  for await (const row of reader.snapshots.scan())
    if (holds(row.region)) snapshots.set(row.id, row);
  const owners: StorageOwner[] = [];
  const named = new Set<string>();
  for await (const { id, name, account, region, blockDeviceMappings } of reader.images.scan()) {
    if (!holds(region)) continue;
    const ids = new Set(blockDeviceMappings.map(({ ebs }) => ebs.snapshotId));
    const rows = [...ids].flatMap((snapshotId) => snapshots.get(snapshotId ?? '') ?? []);
    for (const row of rows) named.add(row.id);
    owners.push({ id, kind: 'image', name, account, region, ...sumOf(rows) });
  }
  for (const row of snapshots.values()) {
    const { id, account, region } = row;
    if (!named.has(id)) owners.push({ id, kind: 'snapshot', account, region, ...sumOf([row]) });
  }
  for await (const volume of reader.volumes.scan()) {
    const { id, account, region, sizeGiB } = volume;
    const roots = readableBases(volume).map(({ root }) => root);
    if (!holds(region) || roots.length === 0) continue;
    const logicalBytes = sizeGiB * gib;
    const none = { fullBytes: 0, archivedBytes: 0 };
    owners.push({ id, kind: 'volume', account, region, logicalBytes, ...none, roots });
  }
  const { kept, drafts } = await blockRoots(reader, holds);
  return { owners, others: [...kept], drafts };
}

function sumOf(rows: readonly SnapshotRow[]) {
  return {
    logicalBytes: rows.reduce((sum, { volumeSizeGiB }) => sum + volumeSizeGiB * gib, 0),
    fullBytes: rows.reduce((sum, { fullSizeBytes = 0 }) => sum + fullSizeBytes, 0),
    archivedBytes: rows.reduce((sum, { archive }) => sum + (archive?.sizeBytes ?? 0), 0),
    roots: rows.flatMap(({ root }) => root ?? []),
  };
}
