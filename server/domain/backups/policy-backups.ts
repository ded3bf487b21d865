/**
 * The backups of one source that a policy has to do with, where they are: in its own region, and
 * their copies in others, each with the rules by which they are kept there. A snapshot that is one
 * of a set has the fate of the set, which is decided among those of its machine.
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
import { backupsOf, isFailed, isImage, isOfPolicy } from './backups.ts';
import { asBackup, lastGood } from './last-good.ts';
import { type MachineSet, setsAround } from './machine-sets.ts';
import { type Decision, decide, type Generation, type RetentionRule } from './retention.ts';

/** AWS's, which people read, too: until when a rule by age keeps it, and that a rule archived it. */
export const expirationTag = 'aws:dlm:expirationTime';
export const archivedTag = 'aws:dlm:archived';
/** Of all that a policy makes. Its name is not reserved: somebody may take it away. */
export const managedTags = { 'dlm:managed': 'true' };

/** In one region. */
export interface Place {
  region: string;
  images: ImageRow[];
  snapshots: SnapshotRow[];
  generations: Generation[];
  /** By the ids of snapshots that are in one. */
  sets: ReadonlyMap<string, MachineSet>;
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
  { sourceId, copyRegions = [] }: BackupSourceRow,
  now: Date,
): Promise<Place[]> {
  const regions = policy.schedules.flatMap(({ copies }) => copies.map(({ region }) => region));
  const lastGoes = await lastGoesToo(reader, policy, sourceId);
  const places: Place[] = [];
  for (const region of new Set([policy.region, ...regions, ...copyRegions])) {
    // What people made counts towards the last good one, and is nobody's to remove.
    const owner = { account: policy.account, region };
    const rows = await backupsOf(reader, owner, sourceId);
    const images = rows.filter(isImage);
    const snapshots = rows.filter((row): row is SnapshotRow => !isImage(row));
    const sets = await setsAround(reader, owner, rows);
    const generations = rows.map((row) => generationOf(policy, row, sets.get(row.id)));
    const rules = policy.schedules.flatMap((schedule) => rulesIn(policy, schedule, region));
    const alone = decide(generations, rules, now, { lastGoes });
    const decision = withSets(policy, alone, { generations, sets }, (ofMachine) =>
      decide(ofMachine, rules, now, { lastGoes }),
    );
    places.push({ region, images, snapshots, generations, sets, decision });
  }
  return places;
}

/** That of the set, unless the snapshot by itself is the last good one of its volume. */
function withSets(
  policy: BackupPolicyRow,
  alone: Decision,
  { generations, sets }: Pick<Place, 'generations' | 'sets'>,
  decideSets: (ofMachine: readonly Generation[]) => Decision,
): Decision {
  if (sets.size === 0) return alone;
  const byMachine = Map.groupBy(new Set(sets.values()), ({ instanceId }) => instanceId);
  const decided = new Map<string, Decision>();
  for (const [machine, those] of byMachine) {
    const ofMachine = those.map((set) => ({ ...set, ...ofSet(policy, set) }));
    decided.set(machine, decideSets(ofMachine));
  }
  const fates = new Map(alone.fates);
  const reasons = new Map(alone.reasons);
  const good = lastGood(generations);
  for (const { id, schedules } of generations) {
    const set = sets.get(id);
    if (!set || schedules.length === 0) continue;
    const its = decided.get(set.instanceId);
    const isHeld = good.has(id) || !alone.reasons.has(id);
    fates.set(id, isHeld ? 'keep' : (its?.fates.get(set.id) ?? 'keep'));
    const why = [...(its?.reasons.get(set.id) ?? []), ...(good.has(id) ? ['last good'] : [])];
    reasons.set(id, [...new Set(why)]);
  }
  const times = [alone, ...decided.values()].flatMap(({ nextAt }) => nextAt?.getTime() ?? []);
  return { fates, reasons, ...(times.length > 0 && { nextAt: new Date(Math.min(...times)) }) };
}

/** Those of the policy, where it made it. */
function ofSet(policy: BackupPolicyRow, { root, snapshots }: MachineSet) {
  const own = [root, ...snapshots].find((row) => isOfPolicy(row, policy.id));
  return { schedules: own ? keepingSchedules(policy, own) : [], ...(own && keptUntil(own)) };
}

function generationOf(policy: BackupPolicyRow, row: ImageRow | SnapshotRow, set?: MachineSet) {
  const own = ofPolicy(policy, row);
  return { ...asBackup(row, set), ...own, isPending: own.isPending || set?.isPending === true };
}

function ofPolicy(policy: BackupPolicyRow, row: ImageRow | SnapshotRow) {
  const isOwn = isOfPolicy(row, policy.id) && isManaged(row);
  const { archivedAt } = ('tiering' in row && 'archive' in row && row.tiering) || {};
  return {
    isPending: row.state === 'pending',
    schedules: isOwn ? keepingSchedules(policy, row) : [],
    ...(archivedAt !== undefined && { archivedAt }),
    ...keptUntil(row),
  };
}

/** A copy that was told no time stays when its rule is no more, unless nothing came of it. */
function keepingSchedules(policy: BackupPolicyRow, row: ImageRow | SnapshotRow): string[] {
  const schedules = schedulesOf(policy, row);
  const isRuled =
    row.region === policy.region ||
    schedules.some(({ copies }) => copies.some(({ region }) => region === row.region));
  const isKept = !isRuled && !isFailed(row) && keptUntil(row).keptUntil === undefined;
  return isKept ? [] : schedules.map(({ name }) => name);
}

function keptUntil({ tags }: ImageRow | SnapshotRow): Pick<Generation, 'keptUntil'> {
  const { [expirationTag]: said } = tags;
  return said === undefined ? {} : { keptUntil: said };
}

/** Not while it is in the archive and somebody put it there, or out of it and they took it out. */
function isManaged(row: ImageRow | SnapshotRow): boolean {
  if (!('volumeId' in row)) return true;
  const { archive, root, tiering, tags } = row;
  const byPolicy = tags[archivedTag] !== undefined;
  if (archive) return byPolicy && root === undefined;
  return !byPolicy || tiering?.operation === 'archival';
}

/** Of copies whose rule is no more: until the time that they were told. */
const asTold = { age: { value: 0, unit: 'DAYS' as const } };

/** A copy for which no time is said stays, whatever another schedule says of it. */
export function rulesIn(
  policy: BackupPolicyRow,
  { name: schedule, retain, archive, copies }: BackupSchedule,
  region: string,
): RetentionRule[] {
  if (region === policy.region) return [{ schedule, retain, archive }];
  const copy = copies.find((each) => each.region === region);
  if (!copy) return [{ schedule, retain: asTold }];
  const { retain: age } = copy;
  return [{ schedule, retain: age ? { age } : { count: Number.POSITIVE_INFINITY } }];
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
