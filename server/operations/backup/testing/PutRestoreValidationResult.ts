import type {
  PutRestoreValidationResultInput,
  PutRestoreValidationResultResult,
} from '../../../../api/generated/backup-types.ts';
import { invalidParameter } from '../../../domain/backups/arns.ts';
import { putValidation } from '../../../domain/drills/testing-plans.ts';
import type { Operation } from '../../operation.ts';

/** Beside Imago’s own verdict, which it follows. */
export const putRestoreValidationResult: Operation<
  PutRestoreValidationResultInput,
  PutRestoreValidationResultResult
> = {
  accepts: ['RestoreJobId', 'ValidationStatus', 'ValidationStatusMessage'],
  async run(input, { catalog, caller }) {
    const { RestoreJobId: id, ValidationStatus: validation } = input;
    const { ValidationStatusMessage: validationMessage } = input;
    if (validation !== 'SUCCESSFUL' && validation !== 'FAILED') {
      throw invalidParameter('ValidationStatus is SUCCESSFUL or FAILED.');
    }
    await catalog.write((transaction) =>
      putValidation(transaction, caller, id, {
        validation,
        ...(validationMessage !== undefined && { validationMessage }),
      }),
    );
    return {};
  },
};
