/**
 * Drills: how one is ordered, stopped and remembered. What a plan may say is in plan.ts; what is
 * done is tasks/drill.ts.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { DrillResult } from '../../catalog/rows/backup.ts';
import { type DrillPlan, type DrillRow, triedBy } from '../../catalog/rows/drill.ts';
import type { Clock, Ids } from '../identity.ts';
import { requiredRow } from '../resource-ids.ts';
import { newTask } from '../tasks.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { newestIds } from './newest-drills.ts';
import { concludeTest } from './restore-tests.ts';
import { planWithChecksOf, sourceOfTried } from './source-checks.ts';

export const drillKind = 'drill';
export const tellVerdictKind = 'tell-verdict';

export interface DrillInput {
  drillId: string;
}

/** So many of a source are remembered, or of what is a backup of nothing: a year of nights. */
const drillsKept = 366;
/** Of one account and region, as each wants a machine. */
const drillsAtOnce = 20;

export interface DrillPlace {
  clock: Clock;
  ids: Ids;
  hostId: string;
}

export interface DrillEnd {
  state: Exclude<DrillRow['state'], 'running'>;
  reason?: string;
  endedAt: string;
}

export interface DrillOrder {
  /** One of both. */
  tried: Pick<DrillRow, 'imageId' | 'snapshotId'>;
  /** With it what was said of the source of the backup is looked at. */
  asked: DrillPlan;
  /** Where neither says anything. */
  usual?: Pick<DrillPlan, 'instanceType'>;
  restoreJobId?: string;
}

export async function orderDrill(
  transaction: CatalogTransaction,
  { account, region }: Owner,
  { tried, restoreJobId, ...order }: DrillOrder,
  { hostId, ...place }: DrillPlace,
): Promise<DrillRow> {
  const { drills, tasks } = transaction;
  const running = await drills.count({ where: { account, region, state: 'running' } });
  if (running >= drillsAtOnce) {
    throw new ServiceError(
      'RequestLimitExceeded',
      `There are ${running} drills under way, and not more than ${drillsAtOnce} may be.`,
    );
  }
  const id = place.ids.resource('drill');
  const input: DrillInput = { drillId: id };
  const work = { kind: drillKind, subject: id, account, region, host: hostId, input };
  const task = newTask(work, place);
  await tasks.insert(task);
  const sourceId = await sourceOfTried(transaction, { account, region }, tried);
  const plan = await planWithChecksOf(transaction, { account, region }, sourceId, order);
  const row: DrillRow = {
    id,
    account,
    region,
    createdAt: task.createdAt,
    ...tried,
    ...(sourceId !== undefined && { sourceId }),
    taskId: task.id,
    state: 'running',
    plan,
    ...(restoreJobId !== undefined && { restoreJobId }),
    results: [],
  };
  await drills.insert(row);
  return row;
}

export async function requiredDrills(
  { drills }: CatalogReader,
  viewer: Owner,
  ids: readonly string[],
): Promise<DrillRow[]> {
  const rows = await drills.list({ where: { id: [...ids] } });
  const missing = ids.find((id) => !rows.some((row) => row.id === id && isOwn(viewer, row)));
  if (missing === undefined) return rows;
  throw new ServiceError('InvalidDrillId.NotFound', `The drill '${missing}' does not exist`);
}

export const requiredDrill = requiredRow<DrillRow, Owner>(requiredDrills);

/** Nothing where it has ended. */
export async function stopDrill({ tasks }: CatalogTransaction, drill: DrillRow): Promise<void> {
  const task = await tasks.get(drill.taskId);
  if (drill.state !== 'running' || task?.state !== 'running' || task.cancelled) return;
  await tasks.update({ ...task, cancelled: true });
}

export async function changeDrill(
  { drills }: CatalogTransaction,
  id: string,
  change: (row: DrillRow) => DrillRow,
): Promise<void> {
  const row = await drills.get(id);
  if (row) await drills.update(change(row));
}

/** The first time that it is told counts: a step may be done again. */
export async function tellTime(
  transaction: CatalogTransaction,
  id: string,
  name: 'runningAt' | 'readyAt' | 'sshAt' | 'checkedAt',
  now: Date,
): Promise<void> {
  const at = now.toISOString();
  await changeDrill(transaction, id, (row) => ({ ...row, [name]: row[name] ?? at }));
}

/**
 * With its end, and a verdict at the backup; those of the same source before it that are too many
 * are forgotten.
 */
export async function concludeDrill(
  transaction: CatalogTransaction,
  id: string,
  end: DrillEnd,
): Promise<void> {
  const { drills } = transaction;
  const row = await drills.get(id);
  if (row?.state !== 'running') return;
  const { instanceId: _, ...rest } = row;
  await drills.update({ ...rest, ...end });
  await concludeTest(transaction, row, end);
  const { state: verdict, endedAt } = end;
  if (verdict === 'passed' || verdict === 'failed') {
    await noteVerdict(transaction, row, { drillId: id, endedAt, verdict });
  }
  const of = row.sourceId ?? triedBy(row);
  const known = await newestIds(transaction, row, of);
  for (const old of known.slice(drillsKept)) {
    const each = await drills.get(old);
    if (!each || each.state === 'running' || (await isVerdict(transaction, each))) continue;
    await drills.delete(old);
  }
}

/** Its backup is there still, and says that this was its last drill. */
async function isVerdict({ images, snapshots }: CatalogReader, drill: DrillRow): Promise<boolean> {
  const id = triedBy(drill);
  const backup = (await images.get(id)) ?? (await snapshots.get(id));
  return backup?.lastDrill?.drillId === drill.id;
}

/** Where the backup is still there, and its own account's. */
async function noteVerdict(
  { images, snapshots }: CatalogTransaction,
  row: DrillRow,
  lastDrill: DrillResult,
): Promise<void> {
  const id = triedBy(row);
  const image = await images.get(id);
  if (image && isOwn(row, image)) await images.update({ ...image, lastDrill });
  const snapshot = await snapshots.get(id);
  if (snapshot && isOwn(row, snapshot)) await snapshots.update({ ...snapshot, lastDrill });
}
