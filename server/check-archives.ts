/** Reads and verifies the archive's file of every archived snapshot of this host: for `imago fsck`. */
import type { Catalog } from './catalog/catalog.ts';
import { archivedSnapshots } from './domain/snapshot-tiers.ts';
import type { Archives } from './transfers/archives.ts';

export interface ArchiveFinding {
  kind: 'archive';
  snapshotId: string;
  account: string;
  detail: string;
}

export interface CheckedArchives {
  findings: ArchiveFinding[];
  count: number;
  bytes: number;
}

interface CheckOptions {
  hostId: string;
  onProgress?: (snapshotId: string) => void;
}

export async function checkArchives(
  catalog: Catalog,
  archives: Archives,
  { hostId, onProgress }: CheckOptions,
): Promise<CheckedArchives> {
  const findings: ArchiveFinding[] = [];
  let bytes = 0;
  const named = await catalog.read((reader) => archivedSnapshots(reader, hostId));
  for (const { id: snapshotId, account, map, sizeBytes } of named) {
    onProgress?.(snapshotId);
    const detail = await archives.damageOf(snapshotId, map);
    if (detail === undefined) bytes += sizeBytes;
    else findings.push({ kind: 'archive', snapshotId, account, detail });
  }
  return { findings, count: named.length, bytes };
}
