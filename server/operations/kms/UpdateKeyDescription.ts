import type {
  UpdateKeyDescriptionRequest,
  UpdateKeyDescriptionResult,
} from '../../../api/generated/kms-types.ts';
import { checkDescription, checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const updateKeyDescription: Operation<
  UpdateKeyDescriptionRequest,
  UpdateKeyDescriptionResult
> = {
  accepts: ['KeyId', 'Description'],
  run: ({ KeyId, Description: description }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const row = await requiredCustomerKey(transaction, caller, KeyId, clock.now());
      checkNotPending(row);
      checkDescription(description);
      await transaction.kmsKeys.update({ ...row, description });
      return {};
    }),
};
