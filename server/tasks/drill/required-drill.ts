/** The row of the drill that a task does: it stays as long as the task goes on. */
import type { DrillRow } from '../../catalog/rows/drill.ts';
import type { DrillInput } from '../../domain/drills/drills.ts';
import { type StepContext, TaskFailure } from '../task.ts';

export type DrillContext = StepContext<DrillInput, object>;

export async function requiredDrill({ input, services }: DrillContext): Promise<DrillRow> {
  const { drillId: id } = input;
  const row = await services.catalog.read(({ drills }) => drills.get(id));
  if (row) return row;
  const code = 'Client.InvalidDrillId.NotFound';
  throw new TaskFailure(code, `${code}: the drill ${id} is not there any more.`);
}
