/** The task that makes an image of a recipe (tasks/build-recipe.ts), as it is ordered. */
import type { ImageBuildRow } from '../../catalog/rows/image-build.ts';
import type { TaskRow } from '../../catalog/rows/task.ts';
import type { Clock, Ids } from '../identity.ts';
import { newTask } from '../tasks.ts';

export interface BuildRecipeInput {
  buildArn: string;
}

/** To be inserted with the build's row, whose `taskId` is its id. */
export function buildTask(
  { id, account, region }: Pick<ImageBuildRow, 'id' | 'account' | 'region'>,
  host: string,
  identity: { clock: Clock; ids: Ids },
): TaskRow {
  const input: BuildRecipeInput = { buildArn: id };
  const order = { kind: 'build-recipe', subject: id, account, region, host, input };
  return newTask(order, identity);
}
