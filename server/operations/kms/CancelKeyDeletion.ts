import type {
  CancelKeyDeletionRequest,
  CancelKeyDeletionResult,
} from '../../../api/generated/kms-types.ts';
import { keyArn, requiredCustomerKey, withoutDeletion } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const cancelKeyDeletion: Operation<CancelKeyDeletionRequest, CancelKeyDeletionResult> = {
  accepts: ['KeyId'],
  run: ({ KeyId }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const row = await requiredCustomerKey(transaction, caller, KeyId, clock.now());
      await transaction.kmsKeys.update(withoutDeletion(row));
      return { KeyId: keyArn(row) };
    }),
};
