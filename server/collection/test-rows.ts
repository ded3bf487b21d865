/** For tests of what is collected: rows that name block maps. */
import type { Digest } from '../blocks/block-store.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { randomIds } from '../domain/identity.ts';
import type { DraftBlocks } from '../drafts/draft-blocks.ts';

/** There are none. */
export const noDrafts: DraftBlocks = { hostId: '', async *digests() {} };

const owned = {
  account: '111111111111',
  region: 'us-east-1',
  createdAt: '2026-11-25T10:00:00.000Z',
  tags: {},
};

/** A completed one; answers its id. */
export async function addSnapshot(
  catalog: Catalog,
  root: Digest | undefined,
  id = randomIds.resource('snap'),
  change: Partial<SnapshotRow> = {},
): Promise<string> {
  await catalog.write(({ snapshots }) =>
    snapshots.insert({
      ...owned,
      id,
      state: 'completed',
      description: '',
      volumeId: 'vol-1',
      volumeSizeGiB: 1,
      progressPercent: 100,
      startedAt: owned.createdAt,
      root,
      ...change,
    }),
  );
  return id;
}

export async function addVolume(
  catalog: Catalog,
  maps: { base?: Digest; nextBase?: Digest },
): Promise<string> {
  const id = randomIds.resource('vol');
  const baseOf = (root: Digest | undefined) => root && { root, sizeBytes: 1024 ** 3 };
  await catalog.write(({ volumes }) =>
    volumes.insert({
      ...owned,
      id,
      state: 'available',
      sizeGiB: 1,
      volumeType: 'gp3',
      availabilityZone: 'us-east-1a',
      base: baseOf(maps.base) || undefined,
      nextBase: baseOf(maps.nextBase) || undefined,
      layers: [{ number: 0 }],
      nextLayer: 1,
    }),
  );
  return id;
}
