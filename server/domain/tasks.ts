/** The row that asks for durable work (server/tasks): written in the transaction that makes the work necessary. */
import type { TaskRow } from '../catalog/rows/task.ts';
import type { Clock, Ids } from './identity.ts';

export interface TaskOrder {
  kind: string;
  /** What the task works on, such as an image id: one task per subject at a time, oldest first. */
  subject: string;
  account: string;
  region: string;
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
