/**
 * The sets of snapshots of a machine (snapshot-sets.ts) as backups that stay and go as one, in one
 * region. A set is whole when all that was taken is; one of which somebody deleted a snapshot is a
 * set no more: what is left of it is of each volume by itself. What people copied beside it counts
 * as it does. Who removes what is not here.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import { setKey } from '../../catalog/rows/backup.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Owner } from '../viewer.ts';
import { type BackupRow, backupsBesides } from './backups.ts';
import type { Backup } from './last-good.ts';
import { bestFirst, isSet, keyOfSet, type SetRow } from './snapshot-sets.ts';

/** Its id is that of the snapshot of the boot disk, and so is its drill. */
export interface MachineSet extends Backup {
  instanceId: string;
  root: SetRow;
  isPending: boolean;
  /** Of all its volumes; of one that was copied beside it each. */
  snapshots: readonly SnapshotRow[];
}

/** Rows are read so many sets at a time. */
const readAtOnce = 500;

export async function setsOfMachine(
  reader: CatalogReader,
  owner: Owner,
  instanceId: string,
): Promise<MachineSet[]> {
  const roots = (await backupsBesides(reader, owner, instanceId)).filter(isSet);
  const keys = [...new Set(roots.map(keyOfSet))];
  const byKey = new Map<string, SnapshotRow[]>(keys.map((key) => [key, []]));
  for (let first = 0; first < keys.length; first += readAtOnce) {
    const backupSet = keys.slice(first, first + readAtOnce);
    for (const row of await reader.snapshots.list({ where: { backupSet } })) {
      byKey.get(setKey(row, row.backup?.setId ?? ''))?.push(row);
    }
  }
  return [...byKey.values()].flatMap((snapshots) => setOf(instanceId, snapshots) ?? []);
}

/** Nothing, where a snapshot of it is no more. */
function setOf(instanceId: string, snapshots: readonly SnapshotRow[]): MachineSet | undefined {
  const [root] = snapshots.filter(isSet).sort(bestFirst);
  if (!root) return undefined;
  const parts = root.set.taken.map(({ volumeId }) =>
    snapshots.filter(({ backup }) => backup?.sourceId === volumeId).map(({ state }) => state),
  );
  if (parts.some((states) => states.length === 0)) return undefined;
  const missing = parts.filter((states) => !states.includes('completed'));
  return {
    id: root.id,
    createdAt: root.backup?.takenAt ?? root.createdAt,
    isWhole: missing.length === 0,
    isPending: missing.some((states) => states.includes('pending')),
    drill: root.lastDrill?.verdict,
    instanceId,
    root,
    snapshots,
  };
}

/** By the ids of the machines. */
export type SetsOfMachines = Map<string, MachineSet[]>;

/**
 * Of all machines that some of the rows were taken of, by the ids of their snapshots. What is known
 * already is not read again.
 */
export async function setsAround(
  reader: CatalogReader,
  owner: Owner,
  rows: readonly BackupRow[],
  known: SetsOfMachines = new Map(),
): Promise<ReadonlyMap<string, MachineSet>> {
  const ofSets = rows.filter(({ backup }) => backup?.setId !== undefined);
  const machines = new Set(ofSets.flatMap(({ backup }) => backup?.instanceId ?? []));
  const bySnapshot = new Map<string, MachineSet>();
  for (const instanceId of machines) {
    const sets = known.get(instanceId) ?? (await setsOfMachine(reader, owner, instanceId));
    known.set(instanceId, sets);
    for (const set of sets) {
      for (const { id } of set.snapshots) bySnapshot.set(id, set);
    }
  }
  return bySnapshot;
}
