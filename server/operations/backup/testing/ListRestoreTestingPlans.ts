import type {
  ListRestoreTestingPlansInput,
  ListRestoreTestingPlansOutput,
} from '../../../../api/generated/backup-types.ts';
import { readPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { listedPlan } from '../../shapes/restore-testing.ts';

export const listRestoreTestingPlans: Operation<
  ListRestoreTestingPlansInput,
  ListRestoreTestingPlansOutput
> = {
  accepts: ['MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListRestoreTestingPlans');
    const { rows, nextToken } = await catalog.read(({ restoreTestingPlans }) =>
      readPage(restoreTestingPlans, { account, region }, page),
    );
    return { RestoreTestingPlans: rows.map(listedPlan), NextToken: nextToken };
  },
};
