/**
 * Restore testing by the clock: of each plan whose time has come, a recovery point of every resource
 * that its selections mean is tested by a drill, as many at a time as an account may have; the
 * others wait, for as long as the plan says. What was missed is made up for once.
 */
import { randomInt } from 'node:crypto';
import { ServiceError } from '../../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import type { RestoreJobRow } from '../../catalog/rows/restore-job.ts';
import type {
  RestoreTestingPlanRow,
  RestoreTestingSelection,
  TestedPoints,
  WaitingTest,
} from '../../catalog/rows/restore-testing.ts';
import { idOfPoint, parsedResource, vaultArn } from '../backups/arns.ts';
import { resourcesWithPoints } from '../backups/recovery-points.ts';
import { defaultVaultName } from '../backups/vaults.ts';
import { dueIds, eachInTurn } from '../due-rows.ts';
import { type DrillOrder, type DrillPlace, orderDrill } from './drills.ts';
import { inferredMetadata } from './inferred-metadata.ts';
import { planned } from './testing-plans.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A verdict of a customer is waited for that long at most. */
const validationMaxMs = 168 * hourMs;

export interface LeftTest {
  plan: string;
  why: string;
}

/** What could not be tested, and why. */
export async function beginDueTests(catalog: Catalog, place: DrillPlace): Promise<LeftTest[]> {
  const left: LeftTest[] = [];
  const now = place.clock.now();
  const ids = await catalog.read(({ restoreTestingPlans }) =>
    dueIds((range) => restoreTestingPlans.listKeys('nextRun', range), now),
  );
  // One that fails takes none of the others' turn.
  await eachInTurn(ids, async (id) => {
    left.push(...(await catalog.write((transaction) => beginDue(transaction, id, now, place))));
  });
  return left;
}

async function beginDue(
  transaction: CatalogTransaction,
  id: string,
  now: Date,
  place: DrillPlace,
): Promise<LeftTest[]> {
  const row = await transaction.restoreTestingPlans.get(id);
  if (!row) return [];
  const lost = isDue(row, now) ? await lostVaults(transaction, row) : [];
  const { plan, left } = await begun(transaction, await due(transaction, row, now), place);
  await transaction.restoreTestingPlans.update(plan);
  return [...lost.map((arn) => ({ plan: id, why: `there is no vault ${arn}` })), ...left];
}

function isDue({ nextRunAt = '~' }: RestoreTestingPlanRow, now: Date): boolean {
  return nextRunAt <= now.toISOString();
}

/** Those that are named, and not by a pattern: nothing of them is tested, and it would be silent. */
async function lostVaults(
  { backupVaults }: CatalogReader,
  { points, ...owner }: RestoreTestingPlanRow,
): Promise<string[]> {
  const implied = vaultArn(owner, defaultVaultName);
  const named = points.includeVaults.filter((arn) => !arn.includes('*') && arn !== implied);
  const rows = await Promise.all(named.map((arn) => backupVaults.get(arn)));
  return named.filter((_, index) => !rows[index]);
}

/** With what a new run is to test, where its time has come. */
async function due(
  reader: CatalogReader,
  row: RestoreTestingPlanRow,
  now: Date,
): Promise<RestoreTestingPlanRow> {
  const { account, region, lastRunAt = '' } = row;
  const at = now.toISOString();
  const next = planned(row.schedule, now);
  // What waits since a clock was ahead waits from now on.
  if (!isDue(row, now)) return { ...row, ...next, ...(lastRunAt > at && { lastRunAt: at }) };
  // Not what is protected here: where only copies are, nothing is.
  const resources = await resourcesWithPoints(reader, { account, region });
  const waiting = row.selections.flatMap(({ name, resourceArns, resourceType: tested = 'EC2' }) =>
    resources
      .filter((arn) => parsedResource(arn).type === tested)
      .filter((arn) => resourceArns.includes('*') || resourceArns.includes(arn))
      .map((resourceArn): WaitingTest => ({ selection: name, resourceArn })),
  );
  return { ...row, waiting, lastRunAt: at, ...next };
}

async function begun(
  transaction: CatalogTransaction,
  plan: RestoreTestingPlanRow,
  place: DrillPlace,
): Promise<{ plan: RestoreTestingPlanRow; left: LeftTest[] }> {
  const { waiting = [], lastRunAt = '', startWindowHours } = plan;
  const left: LeftTest[] = [];
  const now = place.clock.now();
  for (const [index, { selection: name, resourceArn }] of waiting.entries()) {
    const selection = plan.selections.find((each) => each.name === name);
    const point = selection && (await pointOf(transaction, plan, selection, resourceArn, now));
    if (!selection || !point) continue;
    try {
      await orderTest(transaction, plan, { selection, point }, place);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const isLate = now.getTime() > Date.parse(lastRunAt) + startWindowHours * hourMs;
      const rest = waiting.slice(index);
      if (!isLate) return { plan: { ...plan, waiting: rest }, left };
      left.push({ plan: plan.id, why: `${rest.length} did not begin in time: ${error.message}` });
      break;
    }
  }
  const { waiting: _, ...done } = plan;
  return { plan: done, left };
}

async function orderTest(
  transaction: CatalogTransaction,
  testingPlan: RestoreTestingPlanRow,
  { selection, point }: { selection: RestoreTestingSelection; point: RecoveryPointRow },
  place: DrillPlace,
): Promise<void> {
  const { account, region } = testingPlan;
  const id = place.ids.uuid();
  const inferred = await inferredMetadata(transaction, point);
  // As AWS infers it: what is tested is the restore of the machine that there was.
  const { InstanceType: instanceType } = inferred;
  const order: DrillOrder = {
    ...{ tried: triedPoint(point), asked: selection.drill, restoreJobId: id },
    ...(instanceType !== undefined && { usual: { instanceType } }),
  };
  const drill = await orderDrill(transaction, { account, region }, order, place);
  const job: RestoreJobRow = {
    id,
    account,
    region,
    createdAt: drill.createdAt,
    status: 'RUNNING',
    recoveryPointArn: point.id,
    recoveryPointCreatedAt: point.createdAt,
    vaultArn: point.vaultArn,
    resourceArn: point.resourceArn,
    resourceType: point.resourceType,
    iamRoleArn: selection.iamRoleArn,
    sizeBytes: point.sizeBytes,
    metadata: { ...inferred, ...selection.overrides },
    testing: {
      planArn: testingPlan.id,
      drillId: drill.id,
      validationWindowHours: selection.validationWindowHours,
    },
  };
  await transaction.restoreJobs.insert(job);
}

function triedPoint({ id, resourceType }: RecoveryPointRow): DrillOrder['tried'] {
  return resourceType === 'EC2' ? { imageId: idOfPoint(id) } : { snapshotId: idOfPoint(id) };
}

async function pointOf(
  { recoveryPoints, images, snapshots }: CatalogReader,
  { account, region, points }: RestoreTestingPlanRow,
  { tagEquals, tagNotEquals }: RestoreTestingSelection,
  resourceArn: string,
  now: Date,
): Promise<RecoveryPointRow | undefined> {
  const since = new Date(now.getTime() - points.windowDays * dayMs).toISOString();
  const all = await recoveryPoints.list({ where: { account, region, resourceArn } });
  const fitting = all.filter(
    (point) =>
      point.status === 'AVAILABLE' && point.createdAt >= since && isIn(points, point.vaultArn),
  );
  fitting.sort((one, other) => other.createdAt.localeCompare(one.createdAt));
  const tagged: RecoveryPointRow[] = [];
  for (const point of fitting) {
    const id = idOfPoint(point.id);
    const { tags } = (await images.get(id)) ?? (await snapshots.get(id)) ?? {};
    if (!tags || tagEquals.some(({ key, value }) => tags[key] !== value)) continue;
    if (tagNotEquals.some(({ key, value }) => tags[key] === value)) continue;
    tagged.push(point);
  }
  if (points.algorithm === 'LATEST_WITHIN_WINDOW' || tagged.length === 0) return tagged[0];
  return tagged[randomInt(tagged.length)];
}

function isIn({ includeVaults, excludeVaults }: TestedPoints, arn: string): boolean {
  const isMeant = (pattern: string) => matches(pattern, arn);
  return includeVaults.some(isMeant) && !excludeVaults.some(isMeant);
}

/** `*` is any text: parts in order, the first at the beginning and the last at the end. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...parts] = pattern.split('*');
  const last = parts.pop();
  if (last === undefined) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** Who has said that a customer's verdict comes has waited for it long enough. */
export async function endValidations(catalog: Catalog, now: Date): Promise<void> {
  const ids = await catalog.read(({ restoreJobs }) =>
    dueIds((range) => restoreJobs.listKeys('validating', range), now, validationMaxMs),
  );
  if (ids.length === 0) return;
  await catalog.write(async ({ restoreJobs }) => {
    for (const id of ids) {
      const job = await restoreJobs.get(id);
      if (job?.testing?.validation !== 'VALIDATING') continue;
      await restoreJobs.update({ ...job, testing: awaited(job.testing, now) });
    }
  });
}

/** Where a clock was ahead when it began to be waited for, that begins now. */
function awaited(test: NonNullable<RestoreJobRow['testing']>, now: Date): RestoreJobRow['testing'] {
  const { validatingUntil = '', validationWindowHours: hours } = test;
  if (validatingUntil <= now.toISOString()) return { ...test, validation: 'TIMED_OUT' };
  const until = new Date(now.getTime() + hours * hourMs);
  return { ...test, validatingUntil: until.toISOString() };
}
