/**
 * What a policy makes backups of: instances or volumes that have one of its tags, and of a default
 * policy all that are not left out. How they are found is order-backups.ts's.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { BackupPolicyRow, BackupSchedule } from '../../catalog/rows/backup-policy.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { isOwn } from '../viewer.ts';
import { backupsOf, isFailed, isImage } from './backups.ts';
import { recentSince } from './policies.ts';

export type Source = { instance: InstanceRow } | { volume: VolumeRow };

/** It is in a state that passes, in which nothing is made of it. */
export class PassingError extends ServiceError {}

const passing = ['pending', 'stopping', 'creating'];

/** Nothing, where it is none, or none any more. */
export async function sourceOf(
  reader: CatalogReader,
  policy: BackupPolicyRow,
  id: string,
): Promise<Source | undefined> {
  const row = await targetOf(reader, policy, id);
  if (!row) return undefined;
  const { state } = row;
  if (passing.includes(state)) throw new PassingError('IncorrectState', `It is ${state}.`);
  if (!['running', 'stopped', 'in-use', 'available'].includes(state)) return undefined;
  return 'instanceType' in row ? { instance: row } : { volume: row };
}

export async function isTarget(
  reader: CatalogReader,
  policy: BackupPolicyRow,
  id: string,
): Promise<boolean> {
  return (await targetOf(reader, policy, id)) !== undefined;
}

async function targetOf(
  { instances, volumes }: CatalogReader,
  policy: BackupPolicyRow,
  id: string,
): Promise<InstanceRow | VolumeRow | undefined> {
  const row = await (policy.of === 'instances' ? instances.get(id) : volumes.get(id));
  if (!row || !isOwn(policy, row) || row.state === 'terminated') return undefined;
  const { targetTags } = policy;
  const isMeant = !targetTags || targetTags.some(({ key, value }) => row.tags[key] === value);
  return isMeant ? row : undefined;
}

/** A default policy leaves out what is excluded, and what has a recent backup, whoever made it. */
export async function isWanted(
  reader: CatalogReader,
  { everything }: BackupPolicyRow,
  source: Source,
  { nextAt }: BackupSchedule,
  now: Date,
): Promise<boolean> {
  if (!everything) return true;
  const row = 'instance' in source ? source.instance : source.volume;
  const { account, region, id } = row;
  if (everything.excludeTags?.some(({ key, value }) => row.tags[key] === value)) return false;
  if ('volume' in source) {
    const { volumeType, attachment } = source.volume;
    if (everything.excludeVolumeTypes?.includes(volumeType)) return false;
    const machine = attachment && (await reader.instances.get(attachment.instanceId));
    const isBoot = machine && machine.rootDeviceName === attachment?.deviceName;
    if (isBoot && everything.excludeBootVolumes) return false;
  }
  const recent = recentSince(everything, new Date(nextAt ?? now));
  const backups =
    'volume' in source
      ? await reader.snapshots.list({ where: { account, region, volumeId: id } })
      : (await backupsOf(reader, row, id)).filter(isImage);
  return !backups.some((backup) => backup.createdAt > recent && !isFailed(backup));
}
