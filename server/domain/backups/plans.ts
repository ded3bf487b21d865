/**
 * Backup plans: at the times of a rule everything that the plan's selections choose is backed up.
 * All that a time asks for is ordered in one transaction with when the next one is, so that nothing
 * is ordered twice, whoever dies; what was missed while Imago was down is made up for once, if it is
 * not too late for that. A plan is looked at within a day, so that one that was planned by a clock
 * that was ahead is planned anew, as policies are (policies.ts).
 */
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type {
  BackupPlanRow,
  BackupPlanRule,
  BackupSelectionRow,
  PlanOrigin,
} from '../../catalog/rows/backup-plan.ts';
import { aDayAfter, dueIds, eachInTurn } from '../due-rows.ts';
import type { Identity } from '../order-capture.ts';
import { checkSchedule, checkTimezone, nextTime } from '../schedules.ts';
import type { Site } from '../site.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { instanceArn, invalidParameter, noBackup, vaultArn, volumeArn } from './arns.ts';
import { requiredDestination } from './copy-jobs.ts';
import { checkWindows, usualStartMinutes, waitingJob } from './jobs.ts';
import { isSelected, type Selectable } from './selections.ts';
import { requiredVault } from './vaults.ts';

const minuteMs = 60_000;
const namePattern = /^[a-zA-Z0-9\-_.]{1,50}$/;

export const usualSchedule = 'cron(0 5 ? * * *)';

export function planArn({ account, region, id }: Owner & { id: string }): string {
  return `arn:aws:backup:${region}:${account}:backup-plan:${id}`;
}

export function checkPlanName(member: string, name: string): void {
  if (namePattern.test(name)) return;
  throw invalidParameter(`${member} '${name}' does not match ${namePattern.source}.`);
}

export async function checkRules(
  reader: CatalogReader,
  owner: Owner,
  rules: readonly BackupPlanRule[],
  { now, site }: { now: Date; site: Pick<Site, 'regions'> },
): Promise<void> {
  if (rules.length === 0) throw invalidParameter('A backup plan has at least one rule.');
  for (const rule of rules) {
    const { name, vaultName, expression, timezone, copies = [] } = rule;
    checkPlanName('RuleName', name);
    checkWindows(rule);
    if (timezone !== undefined) checkTimezone(timezone);
    checkSchedule({ expression, timezone }, now);
    await requiredVault(reader, owner, vaultName);
    for (const copy of copies) {
      const { id } = await requiredDestination(reader, owner, copy.vaultArn, site);
      if (id !== vaultArn(owner, vaultName)) continue;
      throw invalidParameter(`The rule ${name} copies into ${vaultName}, where it backs up to.`);
    }
  }
  const names = new Set(rules.map(({ name }) => name));
  if (names.size < rules.length) throw invalidParameter('Two rules of a plan have one name.');
}

/** A rule is carried out for the first time at the next time of its schedule. */
export function withNextRun(rule: BackupPlanRule, now: Date): BackupPlanRule {
  const { nextRunAt: _, ...rest } = rule;
  const next = nextTime(rule, now, now);
  return next ? { ...rest, nextRunAt: next.toISOString() } : rest;
}

/** With when it is looked at. The time of a rule stays, unless there is one that comes before. */
export function plannedRules(row: BackupPlanRow, now: Date): BackupPlanRow {
  const rules = row.rules.map((rule) => {
    const next = withNextRun(rule, now);
    const { nextRunAt: before = '~' } = rule;
    return before <= (next.nextRunAt ?? '~') ? rule : next;
  });
  const times = rules.flatMap(({ nextRunAt }) => nextRunAt ?? []);
  const [nextRunAt] = [aDayAfter(now), ...times].sort();
  return { ...row, rules, nextRunAt };
}

export async function requiredPlan(
  { backupPlans }: CatalogReader,
  owner: Owner,
  id: string,
): Promise<BackupPlanRow> {
  const row = await backupPlans.get(id);
  if (row && isOwn(owner, row)) return row;
  throw noBackup(`Backup plan ${id} does not exist.`);
}

export async function requiredSelection(
  reader: CatalogReader,
  owner: Owner,
  planId: string,
  id: string,
): Promise<BackupSelectionRow> {
  await requiredPlan(reader, owner, planId);
  const row = await reader.backupSelections.get(id);
  if (row?.planId === planId) return row;
  throw noBackup(`Backup selection ${id} does not exist.`);
}

/** Answers how many jobs were ordered. */
export async function runDuePlans(catalog: Catalog, identity: Identity): Promise<number> {
  const now = identity.clock.now();
  const ids = await catalog.read(({ backupPlans }) =>
    dueIds((range) => backupPlans.listKeys('nextRun', range), now),
  );
  let ordered = 0;
  await eachInTurn(ids, async (id) => {
    ordered += await catalog.write((transaction) => runPlan(transaction, id, identity, now));
  });
  return ordered;
}

async function runPlan(
  transaction: CatalogTransaction,
  id: string,
  identity: Identity,
  now: Date,
): Promise<number> {
  const plan = await transaction.backupPlans.get(id);
  if (!plan) return 0;
  const at = now.toISOString();
  const due = plan.rules.filter(({ nextRunAt = '~' }) => nextRunAt <= at);
  const owner = await transaction.accounts.get(plan.account);
  let ordered = 0;
  for (const rule of due) {
    // A disabled account makes nothing, and catches up with nothing.
    if (!owner || owner.disabled) continue;
    ordered += await runRule(transaction, plan, rule, identity);
  }
  const rules = plan.rules.map((rule) => (due.includes(rule) ? withNextRun(rule, now) : rule));
  const run = { ...plan, rules, ...(due.length > 0 && { lastRunAt: at }) };
  await transaction.backupPlans.update(plannedRules(run, now));
  return ordered;
}

/** Jobs that begin by themselves (due-jobs.ts). Their window is that of the last time within it. */
async function runRule(
  transaction: CatalogTransaction,
  plan: BackupPlanRow,
  rule: BackupPlanRule,
  identity: Identity,
): Promise<number> {
  const selections = await transaction.backupSelections.list({ where: { planId: plan.id } });
  const candidates = selections.length > 0 ? await selectable(transaction, plan) : [];
  const { tags, lifecycle, copies, startMinutes, completionMinutes } = rule;
  const order = {
    ...{ tags, lifecycle, copies, startMinutes, completionMinutes },
    vaultArn: vaultArn(plan, rule.vaultName),
    createdBy: originOf(plan, rule),
    dueAt: lastDue(rule, identity.clock.now()),
  };
  let ordered = 0;
  for (const resource of candidates) {
    const selection = selections.find((each) => isSelected(each, resource));
    if (!selection) continue;
    ordered++;
    const { iamRoleArn } = selection;
    const about = { resourceArn: resource.arn, resourceName: resource.tags.Name, iamRoleArn };
    await transaction.backupJobs.insert(waitingJob(plan, { ...order, ...about }, identity));
  }
  return ordered;
}

/** What was missed is made up for once: where it is not too late for the last of it, for that. */
function lastDue(rule: BackupPlanRule, now: Date): Date {
  const { startMinutes = usualStartMinutes, nextRunAt } = rule;
  const due = nextRunAt === undefined ? now : new Date(nextRunAt);
  const opened = new Date(now.getTime() - startMinutes * minuteMs);
  if (due > opened) return due;
  const within = nextTime(rule, opened, due);
  return within && within <= now ? within : due;
}

/** Of the plan's account and region. */
async function selectable(reader: CatalogReader, plan: BackupPlanRow): Promise<Selectable[]> {
  const { account, region } = plan;
  const instances = await reader.instances.list({ where: { account, region } });
  const volumes = await reader.volumes.list({ where: { account, region } });
  return [
    ...instances
      .filter(({ state }) => state !== 'terminated' && state !== 'shutting-down')
      .map((row) => ({ arn: instanceArn(row), tags: row.tags })),
    ...volumes
      .filter(({ state }) => state === 'in-use' || state === 'available')
      .map((row) => ({ arn: volumeArn(row), tags: row.tags })),
  ];
}

function originOf(plan: BackupPlanRow, rule: BackupPlanRule): PlanOrigin {
  return {
    planId: plan.id,
    planName: plan.name,
    planVersion: plan.versionId,
    ruleId: rule.id,
    ruleName: rule.name,
    ruleCron: rule.expression,
    ruleTimezone: rule.timezone ?? 'UTC',
  };
}
