import type {
  CancelLegalHoldInput,
  CancelLegalHoldOutput,
} from '../../../../api/generated/backup-types.ts';
import { cancelledHold, requiredHold } from '../../../domain/backups/legal-holds.ts';
import type { Operation } from '../../operation.ts';

export const cancelLegalHold: Operation<CancelLegalHoldInput, CancelLegalHoldOutput> = {
  accepts: ['LegalHoldId', 'CancelDescription', 'RetainRecordInDays'],
  async run(input, { catalog, caller, clock }) {
    const { CancelDescription: description, RetainRecordInDays: retainDays } = input;
    await catalog.write(async (transaction) => {
      const row = await requiredHold(transaction, caller, input.LegalHoldId);
      await transaction.legalHolds.update(
        cancelledHold(row, { description, retainDays }, clock.now()),
      );
    });
    return {};
  },
};
