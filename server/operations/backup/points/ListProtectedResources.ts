import type {
  ListProtectedResourcesInput,
  ListProtectedResourcesOutput,
} from '../../../../api/generated/backup-types.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { protectedShape } from '../../shapes/backup-vaults.ts';

export const listProtectedResources: Operation<
  ListProtectedResourcesInput,
  ListProtectedResourcesOutput
> = {
  accepts: ['MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListProtectedResources');
    const { shown, nextToken } = await catalog.read(({ protectedResources }) =>
      readShownPage(protectedResources, { account, region }, page, protectedShape),
    );
    return { Results: shown, NextToken: nextToken };
  },
};
