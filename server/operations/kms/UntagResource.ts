import type {
  UntagResourceRequest,
  UntagResourceResult,
} from '../../../api/generated/kms-types.ts';
import { checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const untagResource: Operation<UntagResourceRequest, UntagResourceResult> = {
  accepts: ['KeyId', 'TagKeys'],
  run: ({ KeyId, TagKeys }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const row = await requiredCustomerKey(transaction, caller, KeyId, clock.now());
      checkNotPending(row);
      const left = Object.entries(row.tags).filter(([key]) => !TagKeys.includes(key));
      await transaction.kmsKeys.update({ ...row, tags: Object.fromEntries(left) });
      return {};
    }),
};
