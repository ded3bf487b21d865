import type {
  ListCopyJobsInput,
  ListCopyJobsOutput,
} from '../../../../api/generated/backup-types.ts';
import type { CopyJobRow } from '../../../catalog/rows/copy-job.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  accountFilter,
  allOf,
  backupPage,
  equalFilter,
  oneOf,
  timeFilter,
} from '../../requests/backup.ts';
import { copyJobShape } from '../../shapes/backup-vaults.ts';

/** Of originals in this region. */
export const listCopyJobs: Operation<ListCopyJobsInput, ListCopyJobsOutput> = {
  accepts: [
    'MaxResults',
    'NextToken',
    'ByResourceArn',
    'ByState',
    'ByCreatedBefore',
    'ByCreatedAfter',
    'ByResourceType',
    'ByDestinationVaultArn',
    'ByAccountId',
    'ByCompleteBefore',
    'ByCompleteAfter',
    'BySourceRecoveryPointArn',
  ],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListCopyJobs');
    const matches = filterOf(input);
    const { shown, nextToken } = await catalog.read(({ copyJobs }) =>
      readShownPage(copyJobs, { account, region }, page, (row) =>
        matches(row) ? copyJobShape(row) : undefined,
      ),
    );
    return { CopyJobs: shown, NextToken: nextToken };
  },
};

/** AWS's, also those that no job here ever has. */
const states = ['CREATED', 'RUNNING', 'COMPLETED', 'FAILED', 'PARTIAL'];

function filterOf(input: ListCopyJobsInput): (row: CopyJobRow) => boolean {
  const { ByCreatedAfter, ByCreatedBefore, ByCompleteAfter, ByCompleteBefore } = input;
  return allOf<CopyJobRow>([
    equalFilter(({ resourceArn }) => resourceArn, input.ByResourceArn),
    equalFilter(({ state }) => state, oneOf('ByState', input.ByState, states)),
    equalFilter(({ resourceType }) => resourceType, input.ByResourceType),
    equalFilter(({ destinationVaultArn }) => destinationVaultArn, input.ByDestinationVaultArn),
    accountFilter(input.ByAccountId),
    equalFilter(({ sourcePointArn }) => sourcePointArn, input.BySourceRecoveryPointArn),
    timeFilter(({ createdAt }) => createdAt, ByCreatedAfter, ByCreatedBefore),
    timeFilter(({ completedAt }) => completedAt, ByCompleteAfter, ByCompleteBefore),
  ]);
}
