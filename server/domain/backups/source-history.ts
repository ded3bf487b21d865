/**
 * What the last backups of a source tell of its disks: how much is in use on them, and how much of
 * that a day writes anew. The block maps of two backups, one after the other, are compared volume by
 * volume, which costs what has changed. Other volumes, and copies that know no volume, are passed
 * over; it reads no block of a disk.
 */

import { readBlockMap } from '../../blocks/block-map.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import type { BlockStores } from '../../blocks/block-stores.ts';
import { diffLeaf } from '../../blocks/diff-block-maps.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Owner } from '../viewer.ts';
import { type BackupRow, isImage, isWhole, pageOfBackups } from './backups.ts';
import { isSet, partsOfSet } from './snapshot-sets.ts';

/** So many of the newest are compared. */
const comparedMax = 8;
/** Pages of maps that differ, each of 8 GiB of a disk. */
const pagesMax = 2048;
const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

/** A backup as it lies in the store. */
export interface TakenDisks {
  region: string;
  takenAt: string;
  /** By the volume. */
  disks: Map<string, { root: string; usedBytes: number }>;
}

/** Of those that are whole, the newest first. */
export async function takenOf(
  reader: CatalogReader,
  owner: Owner,
  sourceId: string,
): Promise<TakenDisks[]> {
  const page = { limit: comparedMax, tokenAfter: () => '' };
  const { rows } = await pageOfBackups(reader, owner, { sourceId, page });
  const taken: TakenDisks[] = [];
  for (const row of rows.filter(isWhole)) {
    const snapshots = await snapshotsOf(reader, row);
    const disks: TakenDisks['disks'] = new Map();
    for (const { volumeId, root, fullSizeBytes: usedBytes } of snapshots) {
      const isAsked = !sourceId.startsWith('vol-') || volumeId === sourceId;
      if (isAsked && root !== undefined && usedBytes) disks.set(volumeId, { root, usedBytes });
    }
    const takenAt = row.backup?.takenAt ?? row.createdAt;
    if (disks.size > 0) taken.push({ region: row.region, takenAt, disks });
  }
  return taken;
}

async function snapshotsOf(reader: CatalogReader, row: BackupRow): Promise<SnapshotRow[]> {
  if (!isImage(row)) {
    if (!isSet(row)) return [row];
    return (await partsOfSet(reader, row)).flatMap(({ snapshot }) => snapshot ?? []);
  }
  const ids = row.blockDeviceMappings.flatMap(({ ebs }) => ebs.snapshotId ?? []);
  return reader.snapshots.list({ where: { id: ids } });
}

export function usedBytes({ disks }: TakenDisks): number {
  return [...disks.values()].reduce((sum, each) => sum + each.usedBytes, 0);
}

export interface DailyChange {
  /** Of what is in use. */
  share: number;
  /** Backups that were compared. */
  compared: number;
}

/**
 * The share of the blocks that a day changes, if each day changes as many at places of its own: so
 * what is the same after all the time between is multiplied from backup to backup. Nothing, where
 * there are not two of one volume with an hour between.
 */
export async function dailyChange(
  blocks: BlockStores,
  taken: readonly TakenDisks[],
): Promise<DailyChange | undefined> {
  let [sameShare, passedMs, compared, pages] = [1, 0, 1, 0];
  for (const [index, newer] of taken.entries()) {
    const older = taken[index + 1];
    if (!older) break;
    const change = await changeBetween(blocks, older, newer);
    pages += change.pages;
    if (pages > pagesMax) break;
    if (change.ofBytes === 0) continue;
    sameShare *= 1 - Math.min(1, change.bytes / change.ofBytes);
    passedMs += Date.parse(newer.takenAt) - Date.parse(older.takenAt);
    compared++;
  }
  if (passedMs < hourMs) return undefined;
  return { share: 1 - sameShare ** (dayMs / passedMs), compared };
}

/** Of the volumes that both have. */
async function changeBetween(blocks: BlockStores, older: TakenDisks, newer: TakenDisks) {
  const store = blocks.of(newer.region);
  let [changed, ofBytes, pages] = [0, 0, 0];
  for (const [volumeId, { root, usedBytes }] of newer.disks) {
    const before = older.disks.get(volumeId);
    if (!before) continue;
    ofBytes += usedBytes;
    if (before.root === root) continue;
    const [was, is] = [await readBlockMap(store, before.root), await readBlockMap(store, root)];
    for (const [leaf, { digest }] of is.leaves.entries()) {
      if (digest === (was.leaves[leaf]?.digest ?? null)) continue;
      if (++pages > pagesMax) return { bytes: 0, ofBytes: 0, pages };
      for (const { after } of await diffLeaf(was, is, leaf)) if (after !== null) changed++;
    }
  }
  return { bytes: changed * blockSizeBytes, ofBytes, pages };
}
