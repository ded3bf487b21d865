/** Maps of snapshots as their rows have them, those in the recycle bin included: of all, or of some. */
import type { Digest } from '../blocks/block-store.ts';
import type { Catalog, CatalogReader } from '../catalog/catalog.ts';
import { mapOf } from '../domain/snapshot-tiers.ts';

export interface SnapshotMap {
  id: string;
  region: string;
  map: Digest;
  /** Its blocks are in the archive's file, and nowhere else. */
  isArchived: boolean;
}

export const tablesWithMaps = ['snapshots', 'recycledSnapshots'] as const;

export async function snapshotMaps(
  catalog: Catalog,
  ids?: ReadonlySet<string>,
): Promise<SnapshotMap[]> {
  return catalog.read(async (reader) => {
    const found: SnapshotMap[] = [];
    for await (const row of ids ? rowsOf(reader, ids) : allRows(reader)) {
      const { id, region, root } = row;
      const map = mapOf(row);
      if (map !== undefined) found.push({ id, region, map, isArchived: root === undefined });
    }
    return found;
  });
}

async function* allRows(reader: CatalogReader) {
  for (const table of tablesWithMaps) yield* reader[table].scan();
}

async function* rowsOf(reader: CatalogReader, ids: ReadonlySet<string>) {
  for (const id of ids) {
    for (const table of tablesWithMaps) {
      const row = await reader[table].get(id);
      if (row) yield row;
    }
  }
}
