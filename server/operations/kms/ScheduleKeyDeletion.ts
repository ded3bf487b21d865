import type {
  ScheduleKeyDeletionRequest,
  ScheduleKeyDeletionResult,
} from '../../../api/generated/kms-types.ts';
import { keyArn, requiredCustomerKey, withDeletion } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';

export const scheduleKeyDeletion: Operation<ScheduleKeyDeletionRequest, ScheduleKeyDeletionResult> =
  {
    accepts: ['KeyId', 'PendingWindowInDays'],
    run: ({ KeyId, PendingWindowInDays }, { catalog, caller, clock }) =>
      catalog.write(async (transaction) => {
        const now = clock.now();
        const row = await requiredCustomerKey(transaction, caller, KeyId, now);
        const { deletionAt, deletionWindowDays, state } = await transaction.kmsKeys.update(
          withDeletion(row, PendingWindowInDays, now),
        );
        return {
          KeyId: keyArn(row),
          DeletionDate: deletionAt === undefined ? undefined : new Date(deletionAt),
          KeyState: state,
          PendingWindowInDays: deletionWindowDays,
        };
      }),
  };
