import type { AccountRequest } from '../../../api/imago-accounts.ts';
import { removeAccount } from '../../domain/account-removal.ts';
import { requiredAccount } from '../../domain/accounts.ts';
import type { Operation } from '../operation.ts';

/** Of one that has nothing; its keys, settings and default networks go with it. */
export const deleteAccount: Operation<AccountRequest, Record<string, never>> = {
  accepts: ['Account'],
  audience: 'operator',
  async run({ Account: named }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      await removeAccount(transaction, caller, await requiredAccount(transaction, named));
    });
    return {};
  },
};
