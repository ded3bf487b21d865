import type { DescribeTasksRequest, DescribeTasksResult, Task } from '../../../api/imago.ts';
import type { TaskRow } from '../../catalog/rows/task.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import { requiredTasks, seesTask } from '../../domain/tasks.ts';
import type { Operation } from '../operation.ts';

/** The caller's tasks; the operator's are everybody's, the builds of provider images among them. */
export const describeTasks: Operation<DescribeTasksRequest, DescribeTasksResult> = {
  accepts: ['TaskIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Tasks', ids: 'TaskIds' },
  async run(input, { catalog, caller }) {
    const { TaskIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeTasks' }, usualPageBounds, ids);
    const { account, region, operator } = caller;
    const where = operator ? {} : { account, region };
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) return cutPage(await requiredTasks(reader, caller, ids), page);
      return readPage(reader.tasks, where, page, (row) => seesTask(caller, row));
    });
    return { Tasks: rows.map(taskShape), NextToken: nextToken };
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
