import type {
  CreateLegalHoldInput,
  CreateLegalHoldOutput,
} from '../../../../api/generated/backup-types.ts';
import { checkSelection } from '../../../domain/backups/legal-holds.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { backupTags, selectionOf } from '../../requests/backup.ts';
import { holdShape } from '../../shapes/legal-holds.ts';

export const createLegalHold: Operation<CreateLegalHoldInput, CreateLegalHoldOutput> = {
  accepts: [
    'Title',
    'Description',
    'IdempotencyToken',
    'RecoveryPointSelection.VaultNames',
    'RecoveryPointSelection.ResourceIdentifiers',
    'RecoveryPointSelection.DateRange.FromDate',
    'RecoveryPointSelection.DateRange.ToDate',
    'Tags',
  ],
  async run(input, { catalog, caller, clock, ids }) {
    const { account, region } = caller;
    const selection = selectionOf(input.RecoveryPointSelection);
    checkSelection(selection);
    const row = {
      id: ids.uuid(),
      account,
      region,
      createdAt: clock.now().toISOString(),
      title: input.Title,
      description: input.Description,
      status: 'ACTIVE' as const,
      selection,
      tags: backupTags(input.Tags),
    };
    const call = {
      account,
      region,
      action: 'backup.CreateLegalHold',
      token: input.IdempotencyToken,
      parameters: { ...input, IdempotencyToken: undefined },
      now: clock.now(),
    };
    const made = await catalog.write(async (transaction) => {
      const [id = ''] = await idempotently(transaction, call, async () => {
        await transaction.legalHolds.insert(row);
        return [row.id];
      });
      return (await transaction.legalHolds.get(id)) ?? row;
    });
    const { CancellationDate: _, ...shape } = holdShape(made);
    return { ...shape, RecoveryPointSelection: input.RecoveryPointSelection };
  },
};
