import type { UpdateAliasRequest, UpdateAliasResult } from '../../../api/generated/kms-types.ts';
import { updateAlias as update } from '../../domain/kms-aliases.ts';
import { checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const updateAlias: Operation<UpdateAliasRequest, UpdateAliasResult> = {
  accepts: ['AliasName', 'TargetKeyId'],
  run: ({ AliasName, TargetKeyId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const now = clock.now();
      const key = await requiredCustomerKey(transaction, caller, TargetKeyId, now);
      checkNotPending(key);
      await update(transaction, key, AliasName, now);
      return {};
    }),
};
