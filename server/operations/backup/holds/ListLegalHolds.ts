import type {
  ListLegalHoldsInput,
  ListLegalHoldsOutput,
} from '../../../../api/generated/backup-types.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { holdShape } from '../../shapes/legal-holds.ts';

export const listLegalHolds: Operation<ListLegalHoldsInput, ListLegalHoldsOutput> = {
  accepts: ['MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListLegalHolds');
    const { shown, nextToken } = await catalog.read(({ legalHolds }) =>
      readShownPage(legalHolds, { account, region }, page, holdShape),
    );
    return { LegalHolds: shown, NextToken: nextToken };
  },
};
