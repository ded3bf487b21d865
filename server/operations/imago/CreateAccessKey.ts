import type { AccessKeyResult, OwnAccountRequest } from '../../../api/imago-accounts.ts';
import { accountOfCaller, makeKey } from '../../domain/access-keys.ts';
import type { Operation } from '../operation.ts';
import { newAccessKeyShape } from '../shapes/accounts.ts';

/** Its secret is told now and never again. */
export const createAccessKey: Operation<OwnAccountRequest, AccessKeyResult> = {
  accepts: ['Account'],
  async run({ Account: named }, { catalog, caller, clock }) {
    const key = await catalog.write(async (transaction) => {
      const account = await accountOfCaller(transaction, caller, named);
      return makeKey(transaction, account, clock);
    });
    return { AccessKey: newAccessKeyShape(key) };
  },
};
