import type { EnableKeyRequest, EnableKeyResult } from '../../../api/generated/kms-types.ts';
import { checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const enableKey: Operation<EnableKeyRequest, EnableKeyResult> = {
  accepts: ['KeyId'],
  run: ({ KeyId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const row = await requiredCustomerKey(transaction, caller, KeyId, clock.now());
      checkNotPending(row);
      await transaction.kmsKeys.update({ ...row, state: 'Enabled' });
      return {};
    }),
};
