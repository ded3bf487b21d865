/** Restore testing plans and their selections: how they are made, changed and found. */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type {
  RestoreTestingPlanRow,
  RestoreTestingSelection,
} from '../../catalog/rows/restore-testing.ts';
import { invalidParameter, invalidRequest, noBackup, testingPlanArn } from '../backups/arns.ts';
import { lookAt } from '../due-rows.ts';
import { checkSchedule, checkTimezone, nextTime, type Timing } from '../schedules.ts';
import type { Owner } from '../viewer.ts';

type Planned = Pick<RestoreTestingPlanRow, 'nextRunAt' | 'nextLookAt'>;

const namePattern = /^\w{1,50}$/;
const selectionsMax = 30;

export async function createPlan(
  { restoreTestingPlans }: CatalogTransaction,
  row: Omit<RestoreTestingPlanRow, 'id'>,
): Promise<RestoreTestingPlanRow> {
  checkName(row.name);
  const made = { id: testingPlanArn(row, row.name), ...row };
  const known = await restoreTestingPlans.get(made.id);
  if (known) {
    const { creatorRequestId } = row;
    if (creatorRequestId !== undefined && known.creatorRequestId === creatorRequestId) return known;
    throw exists(`Restore testing plan ${row.name}`);
  }
  await restoreTestingPlans.insert(made);
  return made;
}

export async function requiredPlan(
  { restoreTestingPlans }: CatalogReader,
  owner: Owner,
  name: string,
): Promise<RestoreTestingPlanRow> {
  const row = await restoreTestingPlans.get(testingPlanArn(owner, name));
  if (row) return row;
  throw noBackup(`Restore testing plan ${name} does not exist.`);
}

export async function changePlan(
  transaction: CatalogTransaction,
  owner: Owner,
  name: string,
  change: (row: RestoreTestingPlanRow) => RestoreTestingPlanRow,
): Promise<RestoreTestingPlanRow> {
  const row = await requiredPlan(transaction, owner, name);
  return transaction.restoreTestingPlans.update(change(row));
}

/** As AWS has it: its selections go first. */
export async function deletePlan(
  transaction: CatalogTransaction,
  owner: Owner,
  name: string,
): Promise<void> {
  const { id, selections } = await requiredPlan(transaction, owner, name);
  if (selections.length > 0) {
    throw invalidRequest(`Restore testing plan ${name} has selections: delete them first.`);
  }
  await transaction.restoreTestingPlans.delete(id);
}

export function withSelection(
  plan: RestoreTestingPlanRow,
  selection: RestoreTestingSelection,
): RestoreTestingPlanRow {
  checkName(selection.name);
  const known = plan.selections.find(({ name }) => name === selection.name);
  if (known) {
    // Asked for once more by who did not hear of it.
    const { creatorRequestId: asked } = selection;
    if (asked !== undefined && known.creatorRequestId === asked) return plan;
    throw exists(`Restore testing selection ${selection.name}`);
  }
  if (plan.selections.length >= selectionsMax) {
    throw new ServiceError(
      'LimitExceededException',
      `A restore testing plan has at most ${selectionsMax} selections.`,
    );
  }
  return { ...plan, selections: [...plan.selections, selection] };
}

export function requiredSelection(
  { selections, name: plan }: RestoreTestingPlanRow,
  name: string,
): RestoreTestingSelection {
  const found = selections.find((each) => each.name === name);
  if (found) return found;
  throw noBackup(`Restore testing plan ${plan} has no selection ${name}.`);
}

export function changedSelection(
  plan: RestoreTestingPlanRow,
  name: string,
  change: (selection: RestoreTestingSelection) => RestoreTestingSelection | undefined,
): RestoreTestingPlanRow {
  requiredSelection(plan, name);
  const selections = plan.selections.flatMap((each) =>
    each.name === name ? (change(each) ?? []) : each,
  );
  return { ...plan, selections };
}

/** Of a schedule as somebody has said it. */
export function scheduled(schedule: Timing, now: Date): Planned {
  try {
    if (schedule.timezone !== undefined) checkTimezone(schedule.timezone);
    if (!schedule.expression.startsWith('cron(')) throw invalidParameter('It is a cron(…).');
    checkSchedule(schedule, now);
    return planned(schedule, now);
  } catch (error) {
    throw error instanceof ServiceError ? invalidParameter(error.message) : error;
  }
}

/** When it runs next, and is looked at. */
export function planned(schedule: Timing, now: Date): Planned {
  const nextRunAt = nextTime(schedule, now, now)?.toISOString();
  return { nextRunAt, nextLookAt: lookAt(nextRunAt, now) };
}

function checkName(name: string): void {
  if (namePattern.test(name)) return;
  throw invalidParameter(`The name '${name}' does not match ${namePattern.source}.`);
}

function exists(what: string): ServiceError {
  return new ServiceError('AlreadyExistsException', `${what} already exists.`);
}
