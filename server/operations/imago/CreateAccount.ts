import type { CreateAccountRequest, CreateAccountResult } from '../../../api/imago-accounts.ts';
import { makeKey } from '../../domain/access-keys.ts';
import { checkedOrganizationPath, makeAccount } from '../../domain/accounts.ts';
import { makeDefaultNetwork } from '../../domain/networks.ts';
import type { Operation } from '../operation.ts';
import { accountShape, newAccessKeyShape } from '../shapes/accounts.ts';

/** With a first key, whose secret is told now and never again, and default networks. */
export const createAccount: Operation<CreateAccountRequest, CreateAccountResult> = {
  accepts: ['Name', 'Operator', 'OrganizationPath'],
  audience: 'operator',
  async run({ Name: name, Operator, OrganizationPath: path }, context) {
    const { catalog, clock, site } = context;
    const organizationPath = path ? checkedOrganizationPath(path) : undefined;
    const { account, key } = await catalog.write(async (transaction) => {
      const operator = Operator || undefined;
      const account = await makeAccount(transaction, { name, operator, organizationPath }, clock);
      for (const region of site.regions) {
        await makeDefaultNetwork(transaction, { account: account.id, region }, context);
      }
      return { account, key: await makeKey(transaction, account, clock) };
    });
    return { Account: accountShape(account), AccessKey: newAccessKeyShape(key) };
  },
};
