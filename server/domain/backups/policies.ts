/**
 * Policies of the Data Lifecycle Manager: when they are due, and how they are named.
 *
 *   ENABLED <--UpdateLifecyclePolicy--> DISABLED
 *      \--what it names is gone, such as a key--> ERROR --UpdateLifecyclePolicy--> either
 *
 * A time that has passed is made up for once, however many did. What is due is found by its time;
 * no policy and no source is left alone for longer than a day, so one whose time is further away was
 * planned by a clock that was ahead, and is planned anew.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type BackupPolicyRow,
  type BackupSchedule,
  backupSourceId,
  type Everything,
} from '../../catalog/rows/backup-policy.ts';
import { aDayAfter } from '../due-rows.ts';
import { nextTime } from '../schedules.ts';
import { isOwn, type Owner } from '../viewer.ts';

const hourMs = 60 * 60_000;
export const dayMs = 24 * hourMs;

export function isAtWork({ state, everything }: BackupPolicyRow): boolean {
  return state === 'ENABLED' || everything?.extendDeletion === true;
}

/** Until it is at work the next time, or somebody changes it. */
export async function tellOfPolicy(catalog: Catalog, id: string, message: string): Promise<void> {
  const before = await catalog.read(({ backupPolicies }) => backupPolicies.get(id));
  if (!before || before.statusMessage === message) return;
  await catalog.write(async ({ backupPolicies }) => {
    const row = await backupPolicies.get(id);
    if (row) await backupPolicies.update({ ...row, statusMessage: message });
  });
}

/** Of so many sources it is told at once. */
const undoneMax = 3;

/**
 * What people are told of its state: what it could not do, of itself and of its sources. Each
 * source's is gone when a look leaves nothing undone.
 */
export async function statusMessageOf(
  { backupSources }: CatalogReader,
  policy: BackupPolicyRow,
): Promise<string | undefined> {
  if (!isAtWork(policy)) return policy.statusMessage;
  const range = { prefix: backupSourceId(policy.id, ''), limit: undoneMax };
  const id = (await backupSources.listKeys('undone', range)).map((entry) => entry.id);
  const rows = await backupSources.list({ where: { id } });
  const told = [policy.statusMessage, ...rows.flatMap(({ missed, undone }) => [missed, undone])];
  return told.filter((each) => each !== undefined).join(' ') || undefined;
}

/** The next time after `after`, if there is one. */
export function nextOf({ creates }: Pick<BackupSchedule, 'creates'>, after: Date) {
  if ('expression' in creates) return nextTime(creates, after, after);
  const [hour, minute] = creates.time.split(':').map(Number);
  const start = new Date(after.getTime() - dayMs).setUTCHours(hour ?? 0, minute ?? 0, 0, 0);
  const everyMs = creates.hours * hourMs;
  return new Date(start + (Math.floor((after.getTime() - start) / everyMs) + 1) * everyMs);
}

/** With the times of its schedules, and when it is looked at. Those that are due stay due. */
export function planned(row: BackupPolicyRow, now: Date): BackupPolicyRow {
  const { nextRunAt: _, ...rest } = row;
  if (row.state !== 'ENABLED') return rest;
  const schedules = row.schedules.map((schedule) => {
    const next = nextOf(schedule, now)?.toISOString();
    const { nextAt = next } = schedule;
    return { ...schedule, nextAt: next !== undefined && next < (nextAt ?? '') ? next : nextAt };
  });
  const times = schedules.map(({ nextAt }) => nextAt).filter((time) => time !== undefined);
  const nextRunAt = [aDayAfter(now), ...times].sort()[0];
  return { ...rest, schedules, nextRunAt };
}

export function dueOf({ schedules }: BackupPolicyRow, now: Date): BackupSchedule[] {
  return schedules.filter(({ nextAt }) => nextAt !== undefined && nextAt <= now.toISOString());
}

/** Of a schedule whose time was done, the next one. */
export function afterDue(
  schedules: readonly BackupSchedule[],
  done: readonly BackupSchedule[],
  now: Date,
): BackupSchedule[] {
  return schedules.map((schedule) => {
    const isDone = done.some(
      ({ name, nextAt }) => name === schedule.name && nextAt === schedule.nextAt,
    );
    return isDone ? { ...schedule, nextAt: nextOf(schedule, now)?.toISOString() } : schedule;
  });
}

/** By so much a run may be late. */
const lateMs = hourMs;

/** A default policy leaves out what has a backup that is newer. */
export function recentSince({ createDays }: Everything, dueAt: Date): string {
  return new Date(dueAt.getTime() - createDays * dayMs + lateMs).toISOString();
}

/** How policies are told in ARNs. */
export function policyArn({ account, region, id }: Owner & { id: string }): string {
  return `arn:aws:dlm:${region}:${account}:policy/${id}`;
}

/** What another account or region has does not exist. */
export function policyIdOf(arn: string, owner: Owner): string {
  const parts = /^arn:aws:dlm:([a-z0-9-]+):(\d{12}):policy\/(policy-[A-Za-z0-9]+)$/.exec(arn);
  const [, region, account, id] = parts ?? [];
  if (id === undefined) {
    throw new ServiceError('InvalidRequestException', `'${arn}' is not the ARN of a policy.`);
  }
  if (region === owner.region && account === owner.account) return id;
  throw noPolicy(arn);
}

export async function requiredPolicy(
  { backupPolicies }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<BackupPolicyRow> {
  if (!/^policy-[A-Za-z0-9]+$/.test(id)) {
    throw new ServiceError('InvalidRequestException', `'${id}' is not the id of a policy.`);
  }
  const row = await backupPolicies.get(id);
  if (row && isOwn(owner, row) && row.deletedAt === undefined) return row;
  throw noPolicy(id);
}

function noPolicy(id: string): ServiceError {
  return new ServiceError('ResourceNotFoundException', `The policy '${id}' does not exist.`);
}

/** AWS's limits: of policies in a region, and of default ones for each type of resource. */
const policiesMax = 100;

export async function checkNewPolicy({ backupPolicies }: CatalogReader, row: BackupPolicyRow) {
  const { account, region, everything, of } = row;
  const all = await backupPolicies.list({ where: { account, region } });
  const others = all.filter(({ deletedAt }) => deletedAt === undefined);
  if (others.length >= policiesMax) {
    throw limitExceeded(`There are at most ${policiesMax} policies in a region.`);
  }
  const same = others.find((each) => each.everything && each.of === of);
  if (everything && same) {
    throw limitExceeded(`The policy '${same.id}' is the default policy of ${of} already.`);
  }
}

/** What a default policy with extended deletion made goes on being removed. */
export async function deletePolicy(
  transaction: CatalogTransaction,
  row: BackupPolicyRow,
  now: Date,
): Promise<void> {
  const { backupPolicies } = transaction;
  const isWorkLeft = row.everything?.extendDeletion && (await hasSources(transaction, row));
  if (!isWorkLeft) return backupPolicies.delete(row.id);
  const ended = { ...row, state: 'DISABLED' as const, deletedAt: now.toISOString() };
  await backupPolicies.update(planned(ended, now));
}

/** It has backups of something to look at. */
async function hasSources(
  { backupSources }: CatalogReader,
  { id, account, region }: BackupPolicyRow,
): Promise<boolean> {
  const after = backupSourceId(id, '');
  const [next] = await backupSources.list({ where: { account, region }, after, limit: 1 });
  return next?.policyId === id;
}

/** Nothing is left of a source. A policy that was deleted goes with the last of them. */
export async function forgetSource(
  transaction: CatalogTransaction,
  sourceRowId: string,
  policy: BackupPolicyRow,
): Promise<void> {
  await transaction.backupSources.delete(sourceRowId);
  if (policy.deletedAt === undefined || (await hasSources(transaction, policy))) return;
  await transaction.backupPolicies.delete(policy.id);
}

function limitExceeded(message: string): ServiceError {
  return new ServiceError('LimitExceededException', message);
}
