import type {
  ListRestoreJobsInput,
  ListRestoreJobsOutput,
} from '../../../../api/generated/backup-types.ts';
import type { RestoreJobRow } from '../../../catalog/rows/restore-job.ts';
import { currentRestore } from '../../../domain/backups/restore-jobs.ts';
import { newestPage } from '../../../domain/newest-pages.ts';
import { pageOfStream } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  accountFilter,
  allOf,
  backupPage,
  equalFilter,
  oneOf,
  timeFilter,
} from '../../requests/backup.ts';
import { restoreShape } from '../../shapes/restore-jobs.ts';

/** Those of a testing plan: the newest first. With other filters a page of them may have fewer. */
export const listRestoreJobs: Operation<ListRestoreJobsInput, ListRestoreJobsOutput> = {
  accepts: [
    'MaxResults',
    'NextToken',
    'ByAccountId',
    'ByResourceType',
    'ByCreatedBefore',
    'ByCreatedAfter',
    'ByStatus',
    'ByCompleteBefore',
    'ByCompleteAfter',
    'ByRestoreTestingPlanArn',
  ],
  async run(input, { catalog, caller, clock }) {
    const { account, region } = caller;
    const { ByRestoreTestingPlanArn: plan } = input;
    const matches = filterOf(input);
    if (plan !== undefined) {
      const tests = backupPage(input, caller, 'ListRestoreJobs of a plan');
      const { rows, nextToken } = await catalog.read(({ restoreJobs }) =>
        newestPage(restoreJobs, caller, [plan], tests, matches),
      );
      return { RestoreJobs: rows.map(restoreShape), NextToken: nextToken };
    }
    const page = backupPage(input, caller, 'ListRestoreJobs');
    return catalog.read(async (reader) => {
      const rows = reader.restoreJobs.scan({ where: { account, region }, after: page.after });
      async function* current() {
        for await (const row of rows) yield await currentRestore(reader, row, clock.now());
      }
      const { shown, nextToken } = await pageOfStream(current(), page, (row) =>
        matches(row) ? restoreShape(row) : undefined,
      );
      return { RestoreJobs: shown, NextToken: nextToken };
    });
  },
};

/** AWS's, also those that no job here ever has. */
const statuses = ['PENDING', 'RUNNING', 'COMPLETED', 'ABORTED', 'FAILED'];

function filterOf(input: ListRestoreJobsInput): (row: RestoreJobRow) => boolean {
  const { ByCreatedAfter, ByCreatedBefore, ByCompleteAfter, ByCompleteBefore } = input;
  return allOf<RestoreJobRow>([
    accountFilter(input.ByAccountId),
    equalFilter(({ resourceType }) => resourceType, input.ByResourceType),
    equalFilter(({ status }) => status, oneOf('ByStatus', input.ByStatus, statuses)),
    equalFilter(({ testing }) => testing?.planArn, input.ByRestoreTestingPlanArn),
    timeFilter(({ createdAt }) => createdAt, ByCreatedAfter, ByCreatedBefore),
    timeFilter(({ completedAt }) => completedAt, ByCompleteAfter, ByCompleteBefore),
  ]);
}
