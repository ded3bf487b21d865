/**
 * The backups of one source that a policy has to do with, where they are: in its own region, and
 * their copies in others, each with the rules by which they are kept there.
 */
import type { CatalogReader } from '../../catalog/catalog.ts';
import type {
  Age,
  BackupPolicyRow,
  BackupSchedule,
  BackupSourceRow,
} from '../../catalog/rows/backup-policy.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { inDays } from './ages.ts';
import { backupsOf, isImage } from './backups.ts';
import { asBackup } from './last-good.ts';
import { type Decision, decide, type Generation, type RetentionRule } from './retention.ts';

/** In one region. */
export interface Place {
  region: string;
  images: ImageRow[];
  snapshots: SnapshotRow[];
  generations: Generation[];
  decision: Decision;
}

export function schedulesOf(
  { schedules }: BackupPolicyRow,
  { backup }: ImageRow | SnapshotRow,
): BackupSchedule[] {
  const names = [backup?.schedule, ...(backup?.alsoFor ?? [])];
  return schedules.filter(({ name }) => names.includes(name));
}

export function longest(ages: readonly Age[]): Age | undefined {
  return [...ages].sort((one, other) => inDays(other) - inDays(one))[0];
}

/** The policy's own region first. */
export async function placesOf(
  reader: CatalogReader,
  policy: BackupPolicyRow,
  { sourceId }: BackupSourceRow,
  now: Date,
): Promise<Place[]> {
  const regions = policy.schedules.flatMap(({ copies }) => copies.map(({ region }) => region));
  const lastGoes = await lastGoesToo(reader, policy, sourceId);
  const places: Place[] = [];
  for (const region of new Set([policy.region, ...regions])) {
    // What people made counts towards the last good one, and is nobody's to remove.
    const rows = await backupsOf(reader, { account: policy.account, region }, sourceId);
    const images = rows.filter(isImage);
    const snapshots = rows.filter((row): row is SnapshotRow => !isImage(row));
    const generations = rows.map((row) => ({ ...asBackup(row), ...ofPolicy(policy, row) }));
    const rules = policy.schedules.flatMap((schedule) => rulesIn(policy, schedule, region));
    const decision = decide(generations, rules, now, { lastGoes });
    places.push({ region, images, snapshots, generations, decision });
  }
  return places;
}

function ofPolicy(policy: BackupPolicyRow, row: ImageRow | SnapshotRow) {
  const isOwn = row.backup?.policyId === policy.id;
  const { archivedAt } = ('tiering' in row && 'archive' in row && row.tiering) || {};
  return {
    isPending: row.state === 'pending',
    schedules: isOwn ? schedulesOf(policy, row).map(({ name }) => name) : [],
    ...(archivedAt !== undefined && { archivedAt }),
  };
}

/** A copy for which no time is said stays. */
export function rulesIn(
  policy: BackupPolicyRow,
  { name: schedule, retain, archive, copies }: BackupSchedule,
  region: string,
): RetentionRule[] {
  if (region === policy.region) return [{ schedule, retain, archive }];
  const copy = copies.find((each) => each.region === region);
  return copy?.retain ? [{ schedule, retain: { age: copy.retain } }] : [];
}

/** Of a default policy with extended deletion, when the source is gone or the policy at rest. */
async function lastGoesToo(
  reader: CatalogReader,
  policy: BackupPolicyRow,
  sourceId: string,
): Promise<boolean> {
  if (!policy.everything?.extendDeletion) return false;
  return policy.state !== 'ENABLED' || (await isGone(reader, sourceId));
}

export async function isGone(
  { instances, volumes }: CatalogReader,
  sourceId: string,
): Promise<boolean> {
  if (sourceId.startsWith('vol-')) {
    const volume = await volumes.get(sourceId);
    return !volume || volume.state === 'deleting';
  }
  const instance = await instances.get(sourceId);
  return !instance || instance.state === 'terminated';
}
