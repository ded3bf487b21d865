/** The tags of a backup that a policy orders. */
import type { BackupPolicyRow, BackupSchedule } from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { filledUp, userTags } from '../tags.ts';
import { after } from './ages.ts';
import { expirationTag, managedTags } from './policy-backups.ts';

/** The service's own, those of all schedules whose time it is, and the source's. */
export function backupTags(
  policy: BackupPolicyRow,
  due: readonly BackupSchedule[],
  source: Tags,
  instanceId: string | undefined,
  now: Date,
): Tags {
  const [first] = due;
  const { retain } = first ?? {};
  let tags: Tags = {
    ...managedTags,
    'aws:dlm:lifecycle-policy-id': policy.id,
    'aws:dlm:lifecycle-schedule-name': first?.name ?? '',
    ...(retain && 'age' in retain && { [expirationTag]: after(now, retain.age).toISOString() }),
  };
  for (const { tags: fixed, variableTags } of due) {
    const varied = Object.entries(variableTags).map(([key, value]) => [
      key,
      value
        .replaceAll('$(instance-id)', instanceId ?? '')
        .replaceAll('$(timestamp)', now.toISOString()),
    ]);
    tags = filledUp(tags, { ...fixed, ...Object.fromEntries(varied) });
  }
  // Tags cost no backup: a source that has as many as there can be leaves some of them behind.
  return due.some(({ copyTags }) => copyTags) ? filledUp(tags, userTags(source)) : tags;
}
