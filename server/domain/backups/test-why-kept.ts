/**
 * A plain account of what keeps each backup that policies made, for tests: over all rows that there
 * are, slowly, and with no code of what it is held against. Snapshots that were taken together are
 * one backup of their machine, as long as none of them is missing.
 */
import { sourceIdOf } from '../../catalog/rows/backup.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { Generation, RetentionRule } from './retention.ts';
import { isLastOf, keeps } from './test-retention.ts';

export type Row = ImageRow | SnapshotRow;

export interface Seen {
  row: Row;
  generation: Generation;
  /** Of its source, in its region. */
  place: string;
  /** It is one of them. */
  set?: SeenSet;
}

export interface SeenSet {
  generation: Generation;
  policyId?: string;
  /** Of its machine, in its region. */
  place: string;
  rows: SnapshotRow[];
}

export function seenOf(rows: readonly Row[]): Seen[] {
  const sets = seenSets(rows);
  return rows.flatMap((row) => {
    const sourceId = sourceIdOf(row);
    if (sourceId === undefined) return [];
    const set = sets.get(row.id);
    const alone = alonesGeneration(row);
    const generation = set
      ? {
          ...alone,
          isWhole: alone.isWhole && set.generation.isWhole,
          isPending: alone.isPending || set.generation.isPending,
          drill: set.generation.drill,
        }
      : alone;
    return [{ row, generation, place: `${row.region} ${sourceId}`, ...(set && { set }) }];
  });
}

function alonesGeneration(row: Row): Generation {
  const { id, backup, createdAt, state, lastDrill, tags } = row;
  return {
    archivedAt: 'archive' in row && row.archive ? row.tiering?.archivedAt : undefined,
    keptUntil: tags['aws:dlm:expirationTime'],
    id,
    createdAt: backup?.takenAt ?? createdAt,
    isPending: state === 'pending',
    isWhole: state === 'available' || state === 'completed',
    schedules: backup?.policyId ? [backup.schedule ?? '', ...(backup.alsoFor ?? [])] : [],
    ...(lastDrill && { drill: lastDrill.verdict }),
  };
}

function seenSets(rows: readonly Row[]): Map<string, SeenSet> {
  const found = new Map<string, SeenSet>();
  for (const root of rows) {
    if (!('set' in root) || !root.set) continue;
    const parts = rows.filter(
      (row): row is SnapshotRow =>
        'volumeId' in row && row.region === root.region && row.backup?.setId === root.backup?.setId,
    );
    if (parts.length < root.set.taken.length) continue;
    const set = {
      generation: {
        ...alonesGeneration(root),
        isWhole: parts.every(({ state }) => state === 'completed'),
        isPending: parts.some(({ state }) => state === 'pending'),
      },
      policyId: root.backup?.policyId,
      place: `${root.region} ${root.set.machine.instanceId}`,
      rows: parts,
    };
    for (const { id } of parts) found.set(id, set);
  }
  return found;
}

export interface Keeping {
  policies: ReadonlyMap<string, BackupPolicyRow>;
  /** Of instances and volumes. */
  living: ReadonlySet<string>;
}

/** At this time, where it is; undefined: by nothing, be it that it goes into the archive. */
export function whyKept(
  seen: Seen,
  all: readonly Seen[],
  { policies, living }: Keeping,
  nowMs: number,
): string | undefined {
  const { row, set } = seen;
  const policy = policies.get(row.backup?.policyId ?? '');
  if (!policy) return 'it is no policy’s';
  const { everything, state } = policy;
  if (state !== 'ENABLED' && !everything?.extendDeletion) return 'its policy is at rest';
  if ('tiering' in row && row.tiering?.state === 'in-progress') return 'it is being archived';
  const rules = rulesOf(policy, row.region);
  const isOver = state !== 'ENABLED' || !living.has(row.backup?.sourceId ?? '');
  const lastGoes = everything?.extendDeletion === true && isOver;
  const at = { rules, nowMs, lastStays: !lastGoes && !isForArchive(seen, policies) };
  if (!set) {
    const others = all.filter(({ place }) => place === seen.place);
    const own = others.filter((each) => each.row.backup?.policyId === policy.id);
    return kept(seen.generation, others.map(generationOf), own.map(generationOf), at);
  }
  const sets = new Set(all.flatMap((each) => each.set ?? []));
  const ofMachine = [...sets].filter(({ place }) => place === set.place);
  const own = ofMachine.filter(({ policyId }) => policyId === policy.id);
  const why = kept(set.generation, ofMachine.map(generationOf), own.map(generationOf), at);
  if (why !== undefined) return why;
  for (const part of all.filter((each) => each.set === set)) {
    const others = all.filter(({ place }) => place === part.place).map(generationOf);
    if (others.some(({ createdAt }) => Date.parse(createdAt) > nowMs)) return 'the clock is back';
    const whole = others.filter(({ isWhole }) => isWhole);
    if (isLastOf(part.generation, whole)) return 'it is a last good one of a volume';
  }
  return undefined;
}

const generationOf = ({ generation }: { generation: Generation }) => generation;

/** It is not there yet, and one of its schedules archives. */
export function isForArchive(
  { row, generation }: Seen,
  policies: ReadonlyMap<string, BackupPolicyRow>,
): boolean {
  const { schedules = [] } = policies.get(row.backup?.policyId ?? '') ?? {};
  const own = schedules.filter(({ name }) => generation.schedules.includes(name));
  const isThere = generation.archivedAt !== undefined;
  return generation.isWhole && !isThere && own.some(({ archive }) => archive !== undefined);
}

interface At {
  rules: readonly RetentionRule[];
  nowMs: number;
  lastStays: boolean;
}

function kept(
  generation: Generation,
  others: readonly Generation[],
  own: readonly Generation[],
  { rules, nowMs, lastStays }: At,
): string | undefined {
  if (others.some(({ createdAt }) => Date.parse(createdAt) > nowMs)) return 'the clock is back';
  if (generation.isPending) return 'it is pending';
  const whole = others.filter(({ isWhole }) => isWhole);
  if (!generation.isWhole) {
    const hasNewer = whole.some((other) => isNewer(other, generation));
    return hasNewer ? undefined : 'there is none newer';
  }
  if (lastStays && isLastOf(generation, whole)) return 'it is a last good one';
  const isArchived = generation.archivedAt !== undefined;
  const inTier = own.filter((each) => (each.archivedAt !== undefined) === isArchived);
  const wholeOwn = inTier.filter(({ isWhole }) => isWhole);
  if (isArchived) return whyInArchive(generation, wholeOwn, { rules, nowMs });
  return rules.some((rule) => keeps(rule, generation, wholeOwn, nowMs)) ? 'a rule' : undefined;
}

/** There an age begins when it came. */
function whyInArchive(
  generation: Generation,
  archived: readonly Generation[],
  { rules, nowMs }: Pick<At, 'rules' | 'nowMs'>,
): string | undefined {
  const { archivedAt: createdAt = '', schedules } = generation;
  const own = rules.filter(({ schedule, archive }) => archive && schedules.includes(schedule));
  if (own.length === 0) return 'there is no rule for the archive';
  const isKept = own.some(({ schedule, archive = { count: 0 } }) => {
    const rule = { schedule, retain: archive };
    if ('count' in archive) return keeps(rule, generation, archived, nowMs);
    return keeps(rule, { ...generation, createdAt, keptUntil: undefined }, archived, nowMs);
  });
  return isKept ? 'a rule for the archive' : undefined;
}

function rulesOf(policy: BackupPolicyRow, region: string): RetentionRule[] {
  return policy.schedules.flatMap(
    ({ name: schedule, retain, archive, copies }): RetentionRule[] => {
      if (region === policy.region) return [{ schedule, retain, archive }];
      const copy = copies.find((each) => each.region === region);
      // Of one whose rule is no more the time that it was told is asked alone.
      const age = copy?.retain ?? { value: 0, unit: 'DAYS' as const };
      return [{ schedule, retain: { age } }];
    },
  );
}

function isNewer(one: Generation, other: Generation): boolean {
  return `${one.createdAt} ${one.id}` > `${other.createdAt} ${other.id}`;
}
