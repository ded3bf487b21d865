import type { AccountRequest, AccountResult } from '../../../api/imago-accounts.ts';
import { changeAccount, requiredAccount } from '../../domain/accounts.ts';
import type { Operation } from '../operation.ts';
import { accountShape } from '../shapes/accounts.ts';

/**
 * Its keys are good for nothing from now on, and its WebSockets end. Its instances go on, and what
 * it shares stays shared.
 */
export const disableAccount: Operation<AccountRequest, AccountResult> = {
  accepts: ['Account'],
  audience: 'operator',
  async run({ Account: named }, { catalog, caller }) {
    const row = await catalog.write(async (transaction) => {
      const before = await requiredAccount(transaction, named);
      return changeAccount(transaction, caller, before, { disabled: true });
    });
    return { Account: accountShape(row) };
  },
};
