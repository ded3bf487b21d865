import type { DescribeTasksRequest, DescribeTasksResult, Task } from '../../../api/imago.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { TaskRow } from '../../catalog/rows/task.ts';
import { providerAccount } from '../../domain/accounts.ts';
import type { Operation } from '../operation.ts';

/** The caller's tasks and the builds of provider images, oldest first. */
export const describeTasks: Operation<DescribeTasksRequest, DescribeTasksResult> = {
  accepts: ['TaskIds'],
  async run({ TaskIds: ids = [] }, { catalog, caller }) {
    const all = await catalog.read(({ tasks }) =>
      tasks.list(ids.length > 0 ? { where: { id: ids } } : {}),
    );
    const rows = all.filter(
      ({ account, region }) =>
        region === caller.region && [caller.account, providerAccount.id].includes(account),
    );
    const missing = ids.find((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) {
      throw new ServiceError('InvalidTaskId.NotFound', `The task '${missing}' does not exist`);
    }
    rows.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
    return { Tasks: rows.map(taskShape) };
  },
};

function taskShape(row: TaskRow): Task {
  const { steps = [], finishedAt } = row;
  return {
    Id: row.id,
    Kind: row.kind,
    State: row.state,
    Subject: row.subject,
    Step: row.step,
    Steps: steps,
    ProgressPercent: steps.length
      ? Math.floor((Object.keys(row.outputs).length * 100) / steps.length)
      : 0,
    Error: row.error?.message,
    CreatedAt: new Date(row.createdAt),
    FinishedAt: finishedAt === undefined ? undefined : new Date(finishedAt),
    Outputs: row.outputs,
  };
}
