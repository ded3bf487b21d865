/**
 * The row that asks for durable work (server/tasks): written in the transaction that makes the work
 * necessary.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { Clock, Ids } from './identity.ts';
import { isOwn, type Viewer } from './viewer.ts';

export interface TaskOrder {
  kind: string;
  /** What the task works on, such as an image id: one task per subject at a time, oldest first. */
  subject: string;
  account: string;
  region: string;
  /** Which host does it: that of the volume, or the instance. */
  host?: string;
  /** JSON; the kind's definition says its type. */
  input: unknown;
}

export function newTask(order: TaskOrder, { clock, ids }: { clock: Clock; ids: Ids }): TaskRow {
  return {
    ...order,
    id: ids.resource('task'),
    createdAt: clock.now().toISOString(),
    state: 'running',
    outputs: {},
    attempts: 0,
  };
}

type TaskViewer = Viewer & { operator: boolean };

/** An account's are its own; the operator sees everybody's of the region. */
export function seesTask(viewer: TaskViewer, task: TaskRow): boolean {
  return viewer.operator ? task.region === viewer.region : isOwn(viewer, task);
}

export async function requiredTasks(
  { tasks }: CatalogReader,
  viewer: TaskViewer,
  ids: readonly string[],
): Promise<TaskRow[]> {
  const rows = await tasks.list({ where: { id: [...ids] } });
  const seen = rows.filter((row) => seesTask(viewer, row));
  const missing = ids.find((id) => !seen.some((row) => row.id === id));
  if (missing === undefined) return seen;
  throw new ServiceError('InvalidTaskId.NotFound', `The task '${missing}' does not exist`);
}

/** Of tasks that have something left to do. */
export const unfinishedStates = [
  'running',
  'undoing',
] as const satisfies readonly TaskRow['state'][];

export function isFinished({ state }: TaskRow): boolean {
  return !unfinishedStates.some((each) => each === state);
}
