import type {
  PutRestoreValidationResultInput,
  PutRestoreValidationResultResult,
} from '../../../../api/generated/backup-types.ts';
import { invalidParameter } from '../../../domain/backups/arns.ts';
import { type CustomerVerdict, putValidation } from '../../../domain/drills/customer-verdict.ts';
import type { Operation } from '../../operation.ts';

/** Beside Imago’s own verdict, which it follows. */
export const putRestoreValidationResult: Operation<
  PutRestoreValidationResultInput,
  PutRestoreValidationResultResult
> = {
  accepts: ['RestoreJobId', 'ValidationStatus', 'ValidationStatusMessage'],
  async run(input, { catalog, caller, clock, ids, site }) {
    const { RestoreJobId: id, ValidationStatus: validation } = input;
    const { ValidationStatusMessage: validationMessage } = input;
    if (validation !== 'SUCCESSFUL' && validation !== 'FAILED') {
      throw invalidParameter('ValidationStatus is SUCCESSFUL or FAILED.');
    }
    const verdict: CustomerVerdict = {
      validation,
      ...(validationMessage !== undefined && { validationMessage }),
    };
    const place = { clock, ids, hostId: site.hostId };
    await catalog.write((transaction) => putValidation(transaction, caller, id, verdict, place));
    return {};
  },
};
