import type {
  ListBackupJobsInput,
  ListBackupJobsOutput,
} from '../../../../api/generated/backup-types.ts';
import type { BackupJobRow } from '../../../catalog/rows/backup-job.ts';
import { nameOfVault } from '../../../domain/backups/arns.ts';
import { readPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import {
  accountFilter,
  allOf,
  backupPage,
  equalFilter,
  oneOf,
  timeFilter,
} from '../../requests/backup.ts';
import { jobShape } from '../../shapes/backup-vaults.ts';

export const listBackupJobs: Operation<ListBackupJobsInput, ListBackupJobsOutput> = {
  accepts: [
    'MaxResults',
    'NextToken',
    'ByResourceArn',
    'ByState',
    'ByBackupVaultName',
    'ByCreatedBefore',
    'ByCreatedAfter',
    'ByResourceType',
    'ByAccountId',
    'ByCompleteAfter',
    'ByCompleteBefore',
  ],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListBackupJobs');
    const matches = filterOf(input);
    return catalog.read(async (reader) => {
      const { rows, nextToken } = await readPage(
        reader.backupJobs,
        { account, region },
        page,
        matches,
      );
      const BackupJobs = [];
      for (const row of rows) BackupJobs.push(await jobShape(reader, row));
      return { BackupJobs, NextToken: nextToken };
    });
  },
};

/** AWS's, also those that no job here ever has. */
const states = [
  ...['CREATED', 'PENDING', 'RUNNING', 'ABORTING', 'ABORTED'],
  ...['COMPLETED', 'FAILED', 'EXPIRED', 'PARTIAL'],
];

function filterOf(input: ListBackupJobsInput): (row: BackupJobRow) => boolean {
  const { ByCreatedAfter, ByCreatedBefore, ByCompleteAfter, ByCompleteBefore } = input;
  return allOf<BackupJobRow>([
    equalFilter(({ resourceArn }) => resourceArn, input.ByResourceArn),
    equalFilter(({ state }) => state, oneOf('ByState', input.ByState, states)),
    equalFilter(nameOfVault, input.ByBackupVaultName),
    equalFilter(({ resourceType }) => resourceType, input.ByResourceType),
    accountFilter(input.ByAccountId),
    timeFilter(({ createdAt }) => createdAt, ByCreatedAfter, ByCreatedBefore),
    timeFilter(({ completedAt }) => completedAt, ByCompleteAfter, ByCompleteBefore),
  ]);
}
