/** The backup that a request names: by its id, or by its source and a moment. */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { type BackupRow, backupAt, requiredBackup } from '../../domain/backups/backups.ts';
import type { Viewer } from '../../domain/viewer.ts';

interface Named {
  BackupId?: string;
  /** The member that names the source is called otherwise in each action. */
  sourceId?: string;
  At?: Date;
}

export async function namedBackup(
  reader: CatalogReader,
  viewer: Viewer,
  { BackupId, sourceId, At }: Named,
  now: Date,
): Promise<BackupRow> {
  if ((BackupId === undefined) === (sourceId === undefined)) {
    throw new ServiceError(
      BackupId === undefined ? 'MissingParameter' : 'InvalidParameterCombination',
      'A backup is named by its BackupId, or by what it is of, and not by both.',
    );
  }
  if (BackupId !== undefined && At !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'At is for a source: a BackupId names one backup already.',
    );
  }
  if (BackupId !== undefined) return requiredBackup(reader, viewer, BackupId);
  return backupAt(reader, viewer, { sourceId: sourceId as string, at: At ?? now });
}
