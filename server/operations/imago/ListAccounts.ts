import type { ListAccountsRequest, ListAccountsResult } from '../../../api/imago-accounts.ts';
import { pageOf, readShownPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { accountShape } from '../shapes/accounts.ts';

export const listAccounts: Operation<ListAccountsRequest, ListAccountsResult> = {
  accepts: ['MaxResults', 'NextToken'],
  audience: 'operator',
  inPages: { list: 'Accounts' },
  async run(input, { catalog, caller }) {
    const page = pageOf(input, { ...caller, action: 'ListAccounts' }, usualPageBounds);
    const { shown, nextToken } = await catalog.read(({ accounts }) =>
      readShownPage(accounts, {}, page, accountShape),
    );
    return { Accounts: shown, NextToken: nextToken };
  },
};
