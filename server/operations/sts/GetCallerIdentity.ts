import type {
  GetCallerIdentityRequest,
  GetCallerIdentityResult,
} from '../../../api/generated/sts-types.ts';
import { accountArn } from '../../domain/accounts.ts';
import type { Operation } from '../operation.ts';

/** Keys belong to accounts: there are no users and roles below them. */
export const getCallerIdentity: Operation<GetCallerIdentityRequest, GetCallerIdentityResult> = {
  accepts: [],
  async run(_input, { caller: { account } }) {
    return { Account: account, UserId: account, Arn: accountArn(account) };
  },
};
