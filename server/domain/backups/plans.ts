/**
 * Backup plans: at the times of a rule everything that the plan's selections choose is backed up.
 * All that a time asks for is ordered in one transaction with when the next one is, so that nothing
 * is ordered twice, whoever dies; what was missed while Imago was down is made up for once. What
 * cannot be ordered is a job that failed, and says why.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type {
  BackupPlanRow,
  BackupPlanRule,
  BackupSelectionRow,
  PlanOrigin,
} from '../../catalog/rows/backup-plan.ts';
import type { Identity } from '../order-capture.ts';
import { checkSchedule, checkTimezone, nextTime } from '../schedules.ts';
import type { Site } from '../site.ts';
import { isOwn, type Owner } from '../viewer.ts';
import {
  instanceArn,
  invalidParameter,
  noBackup,
  parsedResource,
  vaultArn,
  volumeArn,
} from './arns.ts';
import { requiredDestination } from './copy-jobs.ts';
import { orderBackup } from './jobs.ts';
import { isSelected, type Selectable } from './selections.ts';
import { requiredVault } from './vaults.ts';

const dueAtOnce = 100;
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
  for (const { name, vaultName, expression, timezone, copies = [] } of rules) {
    checkPlanName('RuleName', name);
    if (timezone !== undefined) checkTimezone(timezone);
    checkSchedule({ expression, timezone }, now);
    await requiredVault(reader, owner, vaultName);
    for (const copy of copies) await requiredDestination(reader, owner, copy.vaultArn, site);
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
  const range = { prefix: '', limit: dueAtOnce };
  const entries = await catalog.read(({ backupPlans }) => backupPlans.listKeys('nextRun', range));
  let ordered = 0;
  for (const { id } of entries.filter(({ value }) => value <= now.toISOString())) {
    ordered += await catalog.write((transaction) => runPlan(transaction, id, identity, now));
  }
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
  const isDue = ({ nextRunAt = '' }: BackupPlanRule) => nextRunAt !== '' && nextRunAt <= at;
  const owner = await transaction.accounts.get(plan.account);
  let ordered = 0;
  for (const rule of plan.rules.filter(isDue)) {
    // A disabled account makes nothing, and catches up with nothing.
    if (!owner || owner.disabled) continue;
    ordered += await runRule(transaction, plan, rule, identity);
  }
  const rules = plan.rules.map((rule) => (isDue(rule) ? withNextRun(rule, now) : rule));
  await transaction.backupPlans.update({ ...plan, rules, lastRunAt: at });
  return ordered;
}

async function runRule(
  transaction: CatalogTransaction,
  plan: BackupPlanRow,
  rule: BackupPlanRule,
  identity: Identity,
): Promise<number> {
  const { account, region } = plan;
  const selections = await transaction.backupSelections.list({ where: { planId: plan.id } });
  const candidates = selections.length > 0 ? await selectable(transaction, plan) : [];
  let ordered = 0;
  for (const resource of candidates) {
    const selection = selections.find((each) => isSelected(each, resource));
    if (!selection) continue;
    ordered++;
    const { iamRoleArn } = selection;
    const createdBy = originOf(plan, rule);
    const order = { resourceArn: resource.arn, iamRoleArn, tags: rule.tags, createdBy };
    try {
      const vault = await requiredVault(transaction, plan, rule.vaultName);
      const { lifecycle, copies } = rule;
      await orderBackup(transaction, plan, { ...order, vault, lifecycle, copies }, identity);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const now = identity.clock.now().toISOString();
      await transaction.backupJobs.insert({
        id: identity.ids.uuid(),
        account,
        region,
        createdAt: now,
        state: 'FAILED',
        statusMessage: error.message,
        completedAt: now,
        vaultArn: vaultArn(plan, rule.vaultName),
        resourceArn: resource.arn,
        resourceType: parsedResource(resource.arn).type,
        resourceName: resource.tags.Name,
        iamRoleArn,
        createdBy,
        sizeBytes: 0,
        isEncrypted: false,
      });
    }
  }
  return ordered;
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
