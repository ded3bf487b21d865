import type { AccountResult, UpdateAccountRequest } from '../../../api/imago-accounts.ts';
import { changeAccount, checkedOrganizationPath, requiredAccount } from '../../domain/accounts.ts';
import type { Operation } from '../operation.ts';
import { accountShape } from '../shapes/accounts.ts';

/** What is absent stays as it is. */
export const updateAccount: Operation<UpdateAccountRequest, AccountResult> = {
  accepts: ['Account', 'Name', 'Operator', 'OrganizationPath'],
  audience: 'operator',
  async run({ Account: named, Name: name, Operator: operator, ...input }, { catalog, caller }) {
    const { OrganizationPath: path } = input;
    const organizationPath = path ? checkedOrganizationPath(path) : path;
    const row = await catalog.write(async (transaction) => {
      const before = await requiredAccount(transaction, named);
      return changeAccount(transaction, caller, before, { name, operator, organizationPath });
    });
    return { Account: accountShape(row) };
  },
};
