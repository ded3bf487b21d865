/**
 * What a policy does with the backups of one of its sources: those that have become whole are
 * copied and shared, once; what no rule keeps is removed or archived. Each change is a transaction
 * of its own, in which is decided once more whether it is due; what cannot be done is left as it is
 * and tried again.
 */
import { orRefusal, ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupPolicyRow, BackupSourceRow } from '../../catalog/rows/backup-policy.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { groupsOf } from '../accounts.ts';
import { aDayAfter } from '../due-rows.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { orderArchival } from '../snapshot-tiers.ts';
import { after } from './ages.ts';
import { imagePointArn } from './arns.ts';
import { backupsOf, isFailed, isOfPolicy } from './backups.ts';
import {
  type BackupPlace,
  copyAgain,
  type FailedCopy,
  failedCopies,
  PolicyError,
} from './copy-backup.ts';
import { asBackup, lastGoodAmong } from './last-good.ts';
import type { MachineSet } from './machine-sets.ts';
import type { LeftBackup } from './order-backups.ts';
import { triedEveryMs } from './owed-backups.ts';
import { forgetSource, isAtWork } from './policies.ts';
import { archivedTag, isGone, type Place, placesOf, schedulesOf } from './policy-backups.ts';
import { isTarget } from './policy-sources.ts';
import { isPoint } from './recovery-points.ts';
import { isFree, ownersOnly, removeIfFree, removeImage } from './remove-backup.ts';
import { type Change, settle, tendImage, tendSnapshot } from './tend-backup.ts';

/**
 * A pending one, or one on its way into the archive, is looked at again when it has become so much
 * older, within these bounds.
 */
const pendingShare = 0.5;
const soonMs = 15_000;
const lateMs = 60 * 60_000;

/** Answers what could not be done. */
export async function lookAtSource(
  catalog: Catalog,
  id: string,
  place: BackupPlace,
): Promise<LeftBackup[]> {
  const now = place.clock.now();
  const seen = await catalog.read(async (reader) => {
    const source = await reader.backupSources.get(id);
    const policy = source && (await reader.backupPolicies.get(source.policyId));
    if (!source || !policy || !isAtWork(policy)) return { source, policy };
    return { source, policy, places: await placesOf(reader, policy, source, now) };
  });
  const { source, policy, places = [] } = seen;
  if (!source) return [];
  const left: LeftBackup[] = [];
  const failures: LeftBackup[] = [];
  if (policy) {
    const copies = copiesToTry(policy, places);
    for (const { copy, tryAt } of copies) {
      const isTried = tryAt !== undefined && tryAt <= now.toISOString();
      const of = tryAt === undefined ? failures : left;
      if (!isTried) of.push({ policy: policy.id, source: copy.id, why: failure(copy, 'The copy') });
    }
    failures.push(...failedHere(policy, places));
    for (const [row, change] of changesOf(policy, source, { places, copies }, place)) {
      const why = await orRefusal(catalog.write(change));
      if (!(why instanceof ServiceError)) continue;
      left.push({ policy: policy.id, source: row, why });
      if (why instanceof PolicyError) await fail(catalog, policy.id, why.message);
    }
  }
  await catalog.write((transaction) => plan(transaction, id, { left, failures }, now));
  return left;
}

function copiesToTry(policy: BackupPolicyRow, [here, ...others]: readonly Place[]): FailedCopy[] {
  if (!here || policy.state !== 'ENABLED') return [];
  return others.flatMap((there) => failedCopies(policy, here, there));
}

/** Backups that failed, where there is none that is newer. */
function failedHere({ id }: BackupPolicyRow, [here]: readonly Place[]): LeftBackup[] {
  return [...(here?.images ?? []), ...(here?.snapshots ?? [])]
    .filter((row) => isOfPolicy(row, id) && isFailed(row))
    .filter((row) => here?.decision.fates.get(row.id) === 'keep')
    .map((row) => ({ policy: id, source: row.id, why: failure(row, 'The backup') }));
}

function failure(row: ImageRow | SnapshotRow, what: string): Error {
  const why = 'volumeId' in row ? row.stateMessage : row.stateReason?.message;
  return new Error(`${what} failed${why === undefined ? '' : `: ${why.replace(/\.$/, '')}`}.`);
}

/** Until somebody changes it. */
async function fail(catalog: Catalog, id: string, statusMessage: string): Promise<void> {
  await catalog.write(async ({ backupPolicies }) => {
    const { nextRunAt: _, ...row } = (await backupPolicies.get(id)) ?? {};
    if ('id' in row) await backupPolicies.update({ ...row, state: 'ERROR', statusMessage });
  });
}

/** Of each backup, by its id. First what ends: there are only so many fast restores at a time. */
function changesOf(
  policy: BackupPolicyRow,
  source: BackupSourceRow,
  { places, copies }: { places: readonly Place[]; copies: readonly FailedCopy[] },
  place: BackupPlace,
): [string, Change][] {
  const changes: [string, Change][] = [];
  const begun: [string, Change][] = [];
  const now = place.clock.now();
  const held = heldFor(copies, places);
  for (const failed of copies) {
    if (failed.tryAt === undefined || failed.tryAt > now.toISOString()) continue;
    const { id } = failed.copy;
    begun.push([id, (transaction) => copyAgain(transaction, policy.id, failed, place)]);
  }
  for (const { region, images, snapshots, generations, decision } of places) {
    const own = generations.filter(({ schedules }) => schedules.length > 0);
    for (const { id, isWhole } of own) {
      const fate = decision.fates.get(id);
      if (held.has(id)) continue;
      if (fate !== 'keep') {
        changes.push([id, (transaction) => end(transaction, source.id, { region, id }, place)]);
        continue;
      }
      if (!isWhole || policy.state !== 'ENABLED') continue;
      const row = [...images, ...snapshots].find((each) => each.id === id);
      const isNew = region === policy.region && row?.backup?.settledAt === undefined;
      if (isNew) begun.push([id, (transaction) => settle(transaction, policy, id, place)]);
    }
    if (policy.state !== 'ENABLED' || region !== policy.region) continue;
    for (const row of images) {
      const tended = tendImage(policy, row, generations, now);
      if (tended) changes.push([row.id, tended]);
    }
    for (const row of snapshots) {
      const tended = tendSnapshot(policy, row, generations, place);
      if (tended) changes.push([row.id, tended]);
    }
  }
  return [...changes, ...begun];
}

/** What is tried again is not removed meanwhile, nor are the others of its set. */
function heldFor(copies: readonly FailedCopy[], places: readonly Place[]): Set<string> {
  const held = new Set<string>();
  for (const { copy } of copies.filter(({ tryAt }) => tryAt !== undefined)) {
    held.add(copy.id);
    for (const { sets } of places) {
      for (const { id } of sets.get(copy.id)?.snapshots ?? []) held.add(id);
    }
  }
  return held;
}

/** It is removed or archived, if it is to be still. */
async function end(
  transaction: CatalogTransaction,
  sourceRowId: string,
  { region, id }: { region: string; id: string },
  place: BackupPlace,
): Promise<void> {
  const now = place.clock.now();
  const source = await transaction.backupSources.get(sourceRowId);
  const policy = source && (await transaction.backupPolicies.get(source.policyId));
  if (!policy || !isAtWork(policy)) return;
  const places = await placesOf(transaction, policy, source, now);
  const here = places.find((each) => each.region === region);
  const fate = here?.decision.fates.get(id);
  const image = here?.images.find((row) => row.id === id);
  const snapshot = here?.snapshots.find((row) => row.id === id);
  if (fate === 'remove' && image) {
    // Somebody's vault keeps it: that is no failure, as a lock is none.
    if (await isPoint(transaction, imagePointArn(image))) return;
    await removeImage(transaction, ownersOnly(image), now);
  }
  // What is on its way into the archive, or out of it, is looked at again when it is there.
  if (!snapshot || snapshot.tiering?.state === 'in-progress') return;
  const set = here?.sets.get(id);
  if (fate === 'remove' && set) await endSet(transaction, policy, set, now);
  else if (fate === 'remove') await removeIfFree(transaction, ownersOnly(snapshot), now);
  if (fate !== 'archive' || snapshot.archive) return;
  const account = await transaction.accounts.get(policy.account);
  const groups = account ? groupsOf(account) : [];
  const viewer = { account: policy.account, region, groups };
  await orderArchival(transaction, viewer, id, { ...place, hostId: place.site.hostId });
  const begun = await transaction.snapshots.get(id);
  const tags = { ...begun?.tags, [archivedTag]: 'true' };
  if (begun) await transaction.snapshots.update({ ...begun, tags });
}

/** All of it, or nothing: of each volume it may be the last good one, or in use. */
async function endSet(
  transaction: CatalogTransaction,
  { id: policyId }: BackupPolicyRow,
  { snapshots }: MachineSet,
  now: Date,
): Promise<void> {
  const own = snapshots.filter((row) => isOfPolicy(row, policyId));
  for (const snapshot of own) {
    const sourceId = snapshot.backup?.sourceId ?? '';
    const others = await backupsOf(transaction, snapshot, sourceId);
    if (others.some((each) => asBackup(each).createdAt > now.toISOString())) return;
    if (!(await isFree(transaction, snapshot, now))) return;
  }
  if (await lastGoodAmong(transaction, own)) return;
  for (const snapshot of own) await removeSnapshot(transaction, ownersOnly(snapshot), now);
}

/** When the source is looked at again; never, when it is gone and nothing is left of it. */
async function plan(
  transaction: CatalogTransaction,
  id: string,
  { left, failures }: { left: readonly LeftBackup[]; failures: readonly LeftBackup[] },
  now: Date,
): Promise<void> {
  const { backupSources, backupPolicies } = transaction;
  const source = await backupSources.get(id);
  if (!source) return;
  const policy = await backupPolicies.get(source.policyId);
  if (!policy) return backupSources.delete(id);
  const places = await placesOf(transaction, policy, source, now);
  const own = places.flatMap(({ generations }) => generations.filter(isOwn));
  const isOver = policy.deletedAt !== undefined || (await isGone(transaction, source.sourceId));
  if (own.length === 0 && isOver) return forgetSource(transaction, id, policy);
  const times = [aDayAfter(now)];
  if (isAtWork(policy)) {
    if (left.length > 0) times.push(later(now, lateMs));
    for (const { decision, images, snapshots } of places) {
      if (decision.nextAt) times.push(decision.nextAt.toISOString());
      for (const row of [...images, ...snapshots]) times.push(...timesOf(policy, row, now));
    }
  }
  if (source.owed) times.push(later(now, triedEveryMs), source.owed.until);
  const nextLookAt = times.filter((time) => time > now.toISOString()).sort()[0] ?? aDayAfter(now);
  const { undone: _, missed, copyRegions: __, ...rest } = source;
  const copyRegions = places
    .filter(({ region }) => region !== policy.region)
    .filter((each) => [...each.images, ...each.snapshots].some((row) => isOfPolicy(row, policy.id)))
    .map(({ region }) => region);
  const isMissed = missed !== undefined && (await isTarget(transaction, policy, source.sourceId));
  // What stops the policy is told by the policy.
  const [first] = [...left, ...failures].filter(({ why }) => !(why instanceof PolicyError));
  const undone = first && `${first.source}: ${first.why.message}`;
  await backupSources.update({
    ...rest,
    nextLookAt,
    ...(copyRegions.length > 0 && { copyRegions }),
    ...(isMissed && { missed }),
    ...(undone !== undefined && { undone }),
  });
}

function isOwn({ schedules }: { schedules: readonly string[] }): boolean {
  return schedules.length > 0;
}

function timesOf(policy: BackupPolicyRow, row: ImageRow | SnapshotRow, now: Date): string[] {
  if (row.backup?.policyId !== policy.id) return [];
  const since = pendingSince(row);
  if (since !== undefined) {
    const ageMs = now.getTime() - Date.parse(since);
    return [later(now, Math.min(Math.max(ageMs * pendingShare, soonMs), lateMs))];
  }
  const created = new Date(row.createdAt);
  return schedulesOf(policy, row).flatMap(({ shares, fastRestore }) => {
    const ages = shares.map(({ until }) => until);
    if (fastRestore && 'age' in fastRestore.for) ages.push(fastRestore.for.age);
    return ages.filter((age) => age !== undefined).map((age) => after(created, age).toISOString());
  });
}

/** What goes into the archive takes the place of another there. */
function pendingSince(row: ImageRow | SnapshotRow): string | undefined {
  if (row.state === 'pending') return row.createdAt;
  if (!('tiering' in row) || row.tiering?.state !== 'in-progress') return undefined;
  return row.tiering.startedAt;
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
