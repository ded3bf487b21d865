import type { TagResourceRequest, TagResourceResult } from '../../../api/generated/kms-types.ts';
import { checkNotPending, requiredCustomerKey } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { kmsTags } from '../requests/kms.ts';

export const tagResource: Operation<TagResourceRequest, TagResourceResult> = {
  accepts: ['KeyId', 'Tags'],
  run: ({ KeyId, Tags }, { catalog, caller, clock }) =>
    catalog.write(async (transaction) => {
      const row = await requiredCustomerKey(transaction, caller, KeyId, clock.now());
      checkNotPending(row);
      await transaction.kmsKeys.update({ ...row, tags: kmsTags(Tags, row.tags) });
      return {};
    }),
};
