/**
 * Versions of backup plans: with each change a plan gets another, and what it said before is kept as
 * long as the plan is. Only the current one does anything. The ids are in the order of their times.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type {
  BackupPlanRow,
  BackupPlanRule,
  FormerPlanRow,
} from '../../catalog/rows/backup-plan.ts';
import type { Ids } from '../identity.ts';
import { nextTime } from '../schedules.ts';
import { invalidParameter, noBackup } from './arns.ts';

/** AWS's quota; they go in one transaction with their plan. */
const versionsMax = 2000;
const runsMax = 10;

export function newVersionId(ids: Ids, now: Date): string {
  return `${String(now.getTime()).padStart(13, '0')}-${ids.uuid()}`;
}

export async function changePlan(
  { backupPlans, formerPlans }: CatalogTransaction,
  before: BackupPlanRow,
  change: Pick<BackupPlanRow, 'name' | 'rules' | 'versionId' | 'nextRunAt'>,
  now: Date,
): Promise<BackupPlanRow> {
  if ((await formerPlans.count({ where: { planId: before.id } })) >= versionsMax - 1) {
    throw new ServiceError(
      'LimitExceededException',
      `Backup plan ${before.id} has ${versionsMax} versions, which is as many as there can be.`,
    );
  }
  await formerPlans.insert(asVersion(before));
  return backupPlans.update({ ...before, ...change, changedAt: now.toISOString() });
}

function asVersion(plan: BackupPlanRow): FormerPlanRow {
  const { id: planId, account, region, name, versionId, creatorRequestId, rules } = plan;
  return {
    id: `${planId}/${versionId}`,
    account,
    region,
    createdAt: plan.changedAt ?? plan.createdAt,
    planId,
    versionId,
    name,
    ...(creatorRequestId !== undefined && { creatorRequestId }),
    rules,
  };
}

export async function requiredVersion(
  { formerPlans }: CatalogReader,
  plan: BackupPlanRow,
  versionId: string,
): Promise<FormerPlanRow> {
  const current = asVersion(plan);
  if (versionId === plan.versionId) return current;
  const former = await formerPlans.get(`${plan.id}/${versionId}`);
  if (former) return former;
  throw noBackup(`Backup plan ${plan.id} has no version ${versionId}.`);
}

/** All, the current one among them, in order of their ids, from there on. */
export async function* versionsOf(
  { formerPlans }: CatalogReader,
  plan: BackupPlanRow,
  after: string | undefined,
): AsyncGenerator<FormerPlanRow> {
  const current = asVersion(plan);
  let isToCome = after === undefined || current.id > after;
  for await (const row of formerPlans.scan({ where: { planId: plan.id }, after })) {
    if (isToCome && current.id < row.id) {
      yield current;
      isToCome = false;
    }
    yield row;
  }
  if (isToCome) yield current;
}

export async function removeVersions(
  { formerPlans }: CatalogTransaction,
  planId: string,
): Promise<void> {
  const rows = await formerPlans.list({ where: { planId }, limit: versionsMax });
  for (const { id } of rows) await formerPlans.delete(id);
}

export interface ComingRun {
  at: Date;
  ruleId: string;
}

/** The next times of all rules together. */
export function comingRuns(
  rules: readonly BackupPlanRule[],
  count: number,
  now: Date,
): ComingRun[] {
  if (!Number.isInteger(count) || count < 0 || count > runsMax) {
    throw invalidParameter(`MaxScheduledRunsPreview is from 0 to ${runsMax}: ${count}.`);
  }
  const runs = rules.flatMap((rule) => {
    const of: ComingRun[] = [];
    const since = rule.nextRunAt === undefined ? now : new Date(rule.nextRunAt);
    let at = rule.nextRunAt === undefined ? undefined : since;
    while (at && of.length < count) {
      of.push({ at, ruleId: rule.id });
      at = nextTime(rule, at, since);
    }
    return of;
  });
  return runs.sort((one, other) => one.at.getTime() - other.at.getTime()).slice(0, count);
}
