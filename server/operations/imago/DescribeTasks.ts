import type { DescribeTasksRequest, DescribeTasksResult, Task } from '../../../api/imago-tasks.ts';
import type { TaskRow } from '../../catalog/rows/task.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import { requiredTasks, seesTask } from '../../domain/tasks.ts';
import type { Operation } from '../operation.ts';

/** The caller's tasks; the operator's are everybody's, the builds of provider images among them. */
export const describeTasks: Operation<DescribeTasksRequest, DescribeTasksResult> = {
  accepts: ['TaskIds', 'Subjects', 'States', 'MaxResults', 'NextToken'],
  inPages: { list: 'Tasks', ids: 'TaskIds' },
  async run(input, { catalog, caller }) {
    const { TaskIds: ids = [], Subjects: subject, States: state } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeTasks' }, usualPageBounds, ids);
    const { account, region, operator } = caller;
    const where = { subject, state, ...(!operator && { account, region }) };
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredTasks(reader, caller, ids);
        return cutPage(
          named.filter(
            (row) =>
              (subject?.includes(row.subject) ?? true) && (state?.includes(row.state) ?? true),
          ),
          page,
        );
      }
      return readPage(reader.tasks, where, page, (row) => seesTask(caller, row));
    });
    return { Tasks: rows.map(taskShape), NextToken: nextToken };
  },
};

function taskShape(row: TaskRow): Task {
  const { steps = [], finishedAt, progress } = row;
  const done = Object.keys(row.outputs).length + (progress ? partOf(progress) : 0);
  return {
    Id: row.id,
    Kind: row.kind,
    State: row.state,
    Subject: row.subject,
    Step: row.step,
    Steps: steps,
    ProgressPercent: steps.length ? Math.floor((done * 100) / steps.length) : 0,
    ...(progress && {
      Progress: { DoneBytes: progress.doneBytes, TotalBytes: progress.totalBytes },
    }),
    Error: row.error?.message,
    CreatedAt: new Date(row.createdAt),
    FinishedAt: finishedAt === undefined ? undefined : new Date(finishedAt),
    Outputs: row.outputs,
  };
}

/** Below 1, which is told by the step's end. */
function partOf({ doneBytes, totalBytes }: NonNullable<TaskRow['progress']>): number {
  return totalBytes > 0 ? Math.min(0.99, doneBytes / totalBytes) : 0;
}
