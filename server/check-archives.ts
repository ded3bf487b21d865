/** Reads and verifies the archive's file of every archived snapshot of this host: for `imago fsck`. */
import { blockMaxBytes } from './blocks/block-store.ts';
import type { Catalog } from './catalog/catalog.ts';
import { isAbsent } from './files/files.ts';
import type { Archives } from './transfers/archives.ts';
import { StoredImageError, verifyStoredImage } from './transfers/stored-image.ts';

export interface ArchiveFinding {
  kind: 'archive';
  snapshotId: string;
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
  const named = await archivesOf(catalog, hostId);
  for (const { id: snapshotId, map, sizeBytes } of named) {
    onProgress?.(snapshotId);
    try {
      await archives.with(snapshotId, (file) => verifyStoredImage(file, [map], { blockMaxBytes }));
      bytes += sizeBytes;
    } catch (error) {
      const isDamage = error instanceof StoredImageError;
      if (!isDamage && !isAbsent(error)) throw error;
      const detail = isDamage ? error.message : 'its file is not there.';
      findings.push({ kind: 'archive', snapshotId, detail });
    }
  }
  return { findings, count: named.length, bytes };
}

function archivesOf(catalog: Catalog, hostId: string) {
  return catalog.read(async ({ snapshots, recycledSnapshots }) => {
    const found: { id: string; map: string; sizeBytes: number }[] = [];
    for (const table of [snapshots, recycledSnapshots]) {
      for await (const { id, archive } of table.scan()) {
        if (archive?.host === hostId) found.push({ id, ...archive });
      }
    }
    return found;
  });
}
