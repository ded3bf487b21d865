/** What a drill tries, as it is now: its owner may use it still, and its blocks are there. */
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { isSet, partsOfSet } from '../../domain/backups/snapshot-sets.ts';
import { readEncryption } from '../../domain/ebs-encryption.ts';
import { type CompletedSnapshot, completed, requiredSnapshot } from '../../domain/snapshots.ts';
import { isOwn } from '../../domain/viewer.ts';
import {
  type DiskOfImage,
  type Watch,
  withDisksOfImage,
  withDisksOfSnapshots,
} from '../image-disks.ts';
import { orFail, orFailAsync, type RunContext } from '../task.ts';
import { ownerAsViewer } from '../task-machine.ts';

/** Undefined where it is an image that is tried. */
export async function triedSnapshot(
  { services }: Pick<RunContext, 'services'>,
  drill: DrillRow,
): Promise<CompletedSnapshot | undefined> {
  const { catalog, clock } = services;
  return orFailAsync(() => catalog.read((reader) => snapshotOf(reader, drill, clock.now())));
}

export async function snapshotOf(
  reader: CatalogReader,
  drill: DrillRow,
  now: Date,
): Promise<CompletedSnapshot | undefined> {
  if (drill.snapshotId === undefined) return undefined;
  const viewer = await ownerAsViewer(reader, drill);
  const snapshot = completed(await requiredSnapshot(reader, viewer, drill.snapshotId));
  await readEncryption(reader, viewer, snapshot, now);
  return snapshot;
}

export async function withDisksOfDrill<T>(
  context: RunContext,
  drill: DrillRow,
  look: (disks: DiskOfImage[], watch: Watch) => Promise<T>,
): Promise<T> {
  const { services, signal } = context;
  const snapshot = await triedSnapshot(context, drill);
  if (snapshot) {
    const all = await services.catalog.read((reader) => wholeOf(reader, drill, snapshot));
    return withDisksOfSnapshots(services, all, signal, look);
  }
  return withDisksOfImage(services, drill.imageId ?? '', signal, look);
}

/** With those of the machine's other volumes, where they were taken together. */
async function wholeOf(
  reader: CatalogReader,
  drill: DrillRow,
  snapshot: CompletedSnapshot,
): Promise<CompletedSnapshot[]> {
  if (!isSet(snapshot) || !isOwn(drill, snapshot)) return [snapshot];
  const parts = await partsOfSet(reader, snapshot);
  const others = parts.flatMap(({ snapshot: part }) =>
    part && part.id !== snapshot.id ? part : [],
  );
  return [snapshot, ...orFail(() => others.map(completed))];
}
