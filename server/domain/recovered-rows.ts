/**
 * What becomes of rows where an Imago is brought back from its block store on another host
 * (server/recovery): what was on the host that is gone is taken out of them. Volumes are what their
 * last whole snapshot has; an instance is stopped, and starts from there. What nothing is left of
 * is said so, or is no more. Pure: which maps are whole is told.
 */
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { Rows, TableName } from '../catalog/table-rows.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { mapOf, outOfArchive } from './snapshot-tiers.ts';
import { unfinishedStates } from './tasks.ts';

export const recoveredReason: StateReason = {
  code: 'Server.HostLost',
  message: 'Server.HostLost: the host was lost, and this Imago was recovered from its block store.',
};

/** The snapshot that a recovered volume has its bytes of. */
export const recoveredFromTag = 'aws:imago:recovered-from';

export type BackupSnapshot = Pick<
  SnapshotRow,
  'id' | 'volumeId' | 'volumeSizeGiB' | 'startedAt' | 'encryption'
> & { root: string };

export interface RecoveryFacts {
  hostId: string;
  now: Date;
  /** All blocks of a map are in the store of the region. */
  isWhole(region: string, root: string): boolean;
  /** The archive's file of a snapshot is here. */
  isArchived(snapshotId: string): boolean;
  /** Volume -> its newest whole snapshot. */
  backups: ReadonlyMap<string, BackupSnapshot>;
  /** Instances that were being terminated. */
  ending: ReadonlySet<string>;
}

/** Undefined: it is no more. */
export function recoveredRow<N extends TableName>(
  table: N,
  row: Rows[N],
  facts: RecoveryFacts,
): Rows[N] | undefined {
  const rule = rules[table] as Rule<Rows[N]> | undefined;
  return rule ? rule(row, facts) : row;
}

type Rule<Row> = (row: Row, facts: RecoveryFacts) => Row | undefined;

const rules: { [N in TableName]?: Rule<Rows[N]> } = {
  snapshots: recoveredSnapshot,
  recycledSnapshots: (row, facts) => (mapOf(row) === undefined ? row : withItsBlocks(row, facts)),
  instances: recoveredInstance,
  volumes: recoveredVolume,
  // What is in the bin was on the host alone.
  recycledVolumes: () => undefined,
  tasks: recoveredTask,
};

/** Drafts have lost what was put into them; captures under way are ended with their tasks. */
function recoveredSnapshot(row: SnapshotRow, facts: RecoveryFacts): SnapshotRow {
  if (row.state === 'pending') return row.upload ? lost(row) : row;
  if (row.state !== 'completed') return row;
  return withItsBlocks(row, facts) ?? lost(row);
}

/**
 * Undefined: they are nowhere. One whose archive is not here has them in a store that was kept in
 * step.
 */
function withItsBlocks<Row extends SnapshotRow>(row: Row, facts: RecoveryFacts): Row | undefined {
  const { hostId, isArchived, isWhole } = facts;
  const map = mapOf(row);
  const whole = map !== undefined && isWhole(row.region, map);
  const { root, archive, ...rest } = row;
  const isHere = archive !== undefined && isArchived(row.id);
  const kept = { ...(whole && root !== undefined && { root }) };
  if (isHere) return { ...rest, ...kept, archive: { ...archive, host: hostId } } as Row;
  if (!whole) return undefined;
  return root === undefined
    ? outOfArchive(row, recoveredReason.message)
    : ({ ...rest, ...kept } as Row);
}

function lost({ root: _, upload: __, archive: ___, ...row }: SnapshotRow): SnapshotRow {
  return { ...row, state: 'error', stateMessage: recoveredReason.message };
}

/** As it was when it was backed up last; without a backup it is no more. */
function recoveredVolume(row: VolumeRow, facts: RecoveryFacts): VolumeRow | undefined {
  const backup = facts.backups.get(row.id);
  if (!backup || row.state === 'deleting') return undefined;
  const { nextBase: _, formerBases: __, fastRestored: ___, modification, ...kept } = row;
  const { attachment, ...rest } = kept;
  const ends = attachment !== undefined && facts.ending.has(attachment.instanceId);
  if (ends && attachment.deleteOnTermination) return undefined;
  const stays = ends ? undefined : attachment;
  const { id, root, volumeSizeGiB, encryption } = backup;
  const sizeGiB = Math.max(row.sizeGiB, volumeSizeGiB);
  const base = { root, sizeBytes: volumeSizeGiB * gibBytes, ...(encryption && { encryption }) };
  return {
    ...rest,
    state: stays ? 'in-use' : 'available',
    sizeGiB,
    snapshotId: id,
    base,
    layers: [{ number: 0, fresh: true }],
    nextLayer: 1,
    ...(stays && { attachment: settled(stays) }),
    ...(modification && { modification: ended(modification, facts.now) }),
    host: facts.hostId,
    tags: { ...row.tags, [recoveredFromTag]: id },
  };
}

function settled({ state: _, force: __, ...attachment }: NonNullable<VolumeRow['attachment']>) {
  return attachment;
}

function ended(modification: NonNullable<VolumeRow['modification']>, now: Date) {
  if (modification.state === 'completed') return modification;
  return { ...modification, state: 'completed' as const, endedAt: now.toISOString() };
}

function recoveredInstance(row: InstanceRow, { hostId, now }: RecoveryFacts): InstanceRow {
  if (row.state === 'terminated') return { ...row, host: hostId };
  const { haltedBy: _, forceStop: __, ports: ___, ...rest } = row;
  const at = now.toISOString();
  const going = row.state === 'shutting-down';
  if (row.state === 'stopped') return { ...rest, host: hostId };
  return {
    ...rest,
    state: going ? 'terminated' : 'stopped',
    ...(going && { terminatedAt: at }),
    stateSince: at,
    stateReason: recoveredReason,
    stateTransitionReason: recoveredReason.code,
    host: hostId,
  };
}

/** Its runner has nothing to undo on this host, and tells what it was to make that it failed. */
function recoveredTask(row: TaskRow, { hostId }: RecoveryFacts): TaskRow {
  const { step: _, checkpoint: __, progress: ___, ...rest } = row;
  if (!unfinishedStates.some((state) => state === row.state)) return { ...row, host: hostId };
  return { ...rest, host: hostId, state: 'undoing', attempts: 0, error: recoveredReason };
}
