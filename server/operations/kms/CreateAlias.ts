import type { CreateAliasRequest, CreateAliasResult } from '../../../api/generated/kms-types.ts';
import { createAlias as create } from '../../domain/kms-aliases.ts';
import { checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const createAlias: Operation<CreateAliasRequest, CreateAliasResult> = {
  accepts: ['AliasName', 'TargetKeyId'],
  run: ({ AliasName, TargetKeyId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const now = clock.now();
      const key = await requiredCustomerKey(transaction, caller, TargetKeyId, now);
      checkNotPending(key);
      await create(transaction, key, AliasName, now);
      return {};
    }),
};
