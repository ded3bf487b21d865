import type { AccountResult, OwnAccountRequest } from '../../../api/imago-accounts.ts';
import { accountOfCaller } from '../../domain/access-keys.ts';
import type { Operation } from '../operation.ts';
import { accountShape } from '../shapes/accounts.ts';

export const describeAccount: Operation<OwnAccountRequest, AccountResult> = {
  accepts: ['Account'],
  async run({ Account: named }, { catalog, caller }) {
    const row = await catalog.read((reader) => accountOfCaller(reader, caller, named));
    return { Account: accountShape(row) };
  },
};
