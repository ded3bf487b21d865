/**
 * Policies that apply restic's rules by the clock: of each of their sources all backups that
 * ListBackups tells, whoever made them, in the policy's own account and region. A source is done in
 * a transaction of its own, and what is done twice changes nothing more, so a round that was cut
 * off is done again. Times that passed while Imago was down are made up for once. While a source
 * has a backup of a time that has not come, a clock is wrong, and nothing of it goes.
 */
import type { KeepRules } from '../../../api/imago-keep-rules.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { ForgetPolicyRow } from '../../catalog/rows/forget-policy.ts';
import { tagPrefix } from '../../catalog/rows/row.ts';
import { aDayAfter, dueIds } from '../due-rows.ts';
import { nextTime } from '../schedules.ts';
import type { Owner } from '../viewer.ts';
import { forgetBackups, forgettableBackups } from './forget.ts';
import { resticRulesOf } from './keep-rules.ts';
import { taggedWith } from './order-backups.ts';

/** Of the policies of an account in a region. */
export const forgetPoliciesMax = 100;

export function forgetPolicyId({ account, region }: Owner, name: string): string {
  return `${account}/${region}/${name}`;
}

export async function requiredForgetPolicy(
  { forgetPolicies }: CatalogReader,
  owner: Owner,
  name: string,
): Promise<ForgetPolicyRow> {
  const row = await forgetPolicies.get(forgetPolicyId(owner, name));
  if (row) return row;
  throw new ServiceError('ResourceNotFoundException', `The policy '${name}' does not exist.`);
}

/**
 * With its next time, which stays where it has one already that is no later. It is looked at within
 * a day, so that one that was planned by a clock that was ahead is planned anew.
 */
export function plannedForgetting(row: ForgetPolicyRow, now: Date): ForgetPolicyRow {
  const { nextRunAt: _, nextAt: before, ...rest } = row;
  if (!row.enabled) return rest;
  const { Timezone: timezone } = row.keep as KeepRules;
  const next = nextTime({ expression: row.expression, timezone }, now, now)?.toISOString();
  const [nextAt] = [before, next].filter((time) => time !== undefined).sort();
  const [nextRunAt] = [aDayAfter(now), nextAt ?? ''].filter((time) => time !== '').sort();
  return { ...rest, ...(nextAt && { nextAt }), nextRunAt };
}

/** Answers what could not be done, and was tried. */
export async function runDueForgetting(
  catalog: Catalog,
  clock: { now(): Date },
): Promise<{ policy: string; source: string; why: string }[]> {
  const now = clock.now();
  const ids = await catalog.read(({ forgetPolicies }) =>
    dueIds((range) => forgetPolicies.listKeys('nextRun', range), now),
  );
  const left: { policy: string; source: string; why: string }[] = [];
  for (const id of ids) {
    const row = await catalog.read(({ forgetPolicies }) => forgetPolicies.get(id));
    if (!row?.enabled) continue;
    if ((row.nextAt ?? '~') > now.toISOString()) {
      await plan(catalog, row, now);
      continue;
    }
    const counts = { removed: 0, refused: 0 };
    let problem: string | undefined;
    for await (const sourceId of sourcesOf(catalog, row)) {
      const told = await catalog.write((transaction) => forget(transaction, id, sourceId, now));
      counts.removed += told.removed;
      counts.refused += told.refused;
      if (told.problem === undefined) continue;
      problem ??= `${sourceId}: ${told.problem}`;
      left.push({ policy: id, source: sourceId, why: told.problem });
    }
    const lastRun = { at: now.toISOString(), ...counts, ...(problem && { problem }) };
    await plan(catalog, row, now, lastRun);
  }
  return left;
}

/** Whoever changed it meanwhile has planned it. */
async function plan(
  catalog: Catalog,
  { id, nextAt: done }: ForgetPolicyRow,
  now: Date,
  lastRun?: ForgetPolicyRow['lastRun'],
): Promise<void> {
  await catalog.write(async ({ forgetPolicies }) => {
    const row = await forgetPolicies.get(id);
    if (!row) return;
    const { nextAt, ...rest } = row;
    const isDone = lastRun !== undefined && nextAt === done;
    const told = { ...(isDone ? rest : row), ...(lastRun && { lastRun }) };
    await forgetPolicies.update(plannedForgetting(told, now));
  });
}

/** Whether it looks at that source. */
export async function isPolicyFor(
  { instances, volumes }: CatalogReader,
  policy: ForgetPolicyRow,
  sourceId: string,
): Promise<boolean> {
  if (policy.sourceIds?.includes(sourceId)) return true;
  const source = (await instances.get(sourceId)) ?? (await volumes.get(sourceId));
  if (source?.account !== policy.account || source.region !== policy.region) return false;
  return (policy.targetTags ?? []).some(({ key, value }) => source.tags[key] === value);
}

/** Instances and volumes. */
async function* sourcesOf(catalog: Catalog, row: ForgetPolicyRow): AsyncIterable<string> {
  const seen = new Set(row.sourceIds);
  yield* seen;
  for (const { key, value } of row.targetTags ?? []) {
    for (const noun of ['instances', 'volumes'] as const) {
      for await (const id of taggedWith(catalog, { of: noun }, tagPrefix(row, key) + value)) {
        if (!seen.has(id)) yield id;
        seen.add(id);
      }
    }
  }
}

/** If the policy is still as it was found: what changed meanwhile is due by itself. */
async function forget(
  transaction: CatalogTransaction,
  policyId: string,
  sourceId: string,
  now: Date,
): Promise<{ removed: number; refused: number; problem?: string }> {
  const row = await transaction.forgetPolicies.get(policyId);
  const owner = row && (await transaction.accounts.get(row.account));
  if (!row?.enabled || !owner || owner.disabled) return { removed: 0, refused: 0 };
  const backups = (await forgettableBackups(transaction, row, sourceId)).flat();
  if (backups.some(({ createdAt }) => createdAt > now.toISOString())) {
    return { removed: 0, refused: 0, problem: 'it has a backup of a time that has not come' };
  }
  const asked = { sourceId, ...resticRulesOf(row.keep as KeepRules) };
  const told = await forgetBackups(transaction, row, asked, now);
  const problem = told.find((each) => each.problem !== undefined)?.problem;
  const count = (fate: string) => told.filter((each) => each.fate === fate).length;
  return { removed: count('removed'), refused: count('refused'), ...(problem && { problem }) };
}
