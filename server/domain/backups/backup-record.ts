/**
 * What a backup remembers besides its blocks, as it goes to another Imago and comes from there: of
 * what it is, when it was taken, the machine, which snapshots are one. It is JSON that somebody else
 * wrote: read within bounds, as a launch would be asked for. No keys of blocks, no secret of kms;
 * the machine's user data is in it, as it is in the machine.
 */
import { isDeepStrictEqual } from 'node:util';
import { ServiceError } from '../../../api/service-error.ts';
import type { BackupOrigin } from '../../catalog/rows/backup.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { RecordedMachine, RecordedSet } from '../../catalog/rows/recorded-machine.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { JsonShapeError } from '../../foundations/json-shape.ts';
import { type Consistency, consistencyOf, consistencyTags } from '../consistency.ts';
import { originOfCopy, originOfImageCopy } from '../copies.ts';
import { noVolumeId } from '../snapshots.ts';
import { userTags } from '../tags.ts';
import { recordShape } from './backup-record-shape.ts';
import { type BackupRow, isImage } from './backups.ts';

export interface BackupRecord {
  backup?: Pick<BackupOrigin, 'sourceId' | 'instanceId' | 'setId' | 'takenAt'>;
  /** Of an image. */
  machine?: RecordedMachine;
  /** Of the snapshot of a boot disk. */
  set?: RecordedSet;
  consistency?: Consistency;
}

/** As a copy within this Imago would remember it. */
export function recordOf(row: BackupRow): BackupRecord {
  const consistency = consistencyOf(row.tags);
  const about = isImage(row) ? ofImage(row) : ofSnapshot(row);
  return { ...about, ...(consistency && { consistency }) };
}

function ofImage(image: ImageRow): BackupRecord {
  const { machine } = image;
  const backup = originOfImageCopy(image, machine);
  return { ...(backup && { backup }), ...(machine && { machine: withoutReserved(machine) }) };
}

function ofSnapshot(row: SnapshotRow): BackupRecord {
  const { backup, set } = originOfCopy(row, row);
  const machine = set && withoutReserved(set.machine);
  return { ...(backup && { backup }), ...(set && machine && { set: { ...set, machine } }) };
}

/** Tags of the service itself are of this one. */
function withoutReserved(machine: RecordedMachine): RecordedMachine {
  const { networkInterfaceTags, tags, volumes } = machine;
  return {
    ...machine,
    ...(networkInterfaceTags && { networkInterfaceTags: userTags(networkInterfaceTags) }),
    tags: userTags(tags),
    volumes: volumes.map((volume) => ({ ...volume, tags: userTags(volume.tags) })),
  };
}

/** Throws ServiceError for what is none, of an image or of a snapshot. */
export function readRecord(text: string, of: 'ami' | 'snap'): BackupRecord {
  try {
    const record = recordShape(JSON.parse(text), 'Record');
    if (of === 'ami' ? !record.set : !record.machine) return record;
    throw new JsonShapeError('it is of another kind of backup');
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    if (!(error instanceof JsonShapeError) && !(error instanceof SyntaxError)) throw error;
    throw new ServiceError('InvalidParameterValue', `The record is none: ${error.message}.`);
  }
}

/** It was taken before it came here, whatever the other clock says. */
export function withRecord<Row extends BackupRow>(row: Row, record: BackupRecord): Row {
  const { backup, machine, set, consistency } = record;
  const { takenAt = row.createdAt } = backup ?? {};
  const [earlier] = [takenAt, row.createdAt].sort();
  return {
    ...row,
    ...(backup && { backup: { ...backup, takenAt: earlier } }),
    ...(machine && { machine }),
    ...(set && { set }),
    tags: { ...row.tags, ...(consistency && consistencyTags(consistency)) },
  };
}

/** What came here as blocks alone may be told what it is, once. Whatever was made here is known. */
export function withFirstRecord<Row extends BackupRow>(row: Row, record: BackupRecord): Row {
  const changed = withRecord(row, record);
  if (isDeepStrictEqual(changed, row)) return row;
  const isKnown = isImage(row)
    ? row.machine !== undefined || row.sourceInstanceId !== undefined
    : row.set !== undefined || row.copiedFrom !== undefined || row.volumeId !== noVolumeId;
  if (!isKnown && row.backup === undefined) return changed;
  throw new ServiceError('IncorrectState', `What ${row.id} is a backup of is known already.`);
}
