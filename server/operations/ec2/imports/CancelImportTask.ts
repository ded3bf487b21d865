import type {
  CancelImportTaskRequest,
  CancelImportTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { checkDescription } from '../../../domain/images.ts';
import { cancelImport } from '../../../domain/imports.ts';
import type { Operation } from '../../operation.ts';

/** Of a snapshot or an image; nothing of it is left. */
export const cancelImportTask: Operation<CancelImportTaskRequest, CancelImportTaskResult> = {
  accepts: ['ImportTaskId', 'CancelReason'],
  async run({ ImportTaskId: id, CancelReason: reason }, { catalog, caller }) {
    if (id === undefined) {
      throw new ServiceError('MissingParameter', 'The request must contain the ImportTaskId.');
    }
    checkDescription(reason);
    const { before, after } = await catalog.write((transaction) =>
      cancelImport(transaction, caller, id, reason),
    );
    return { ImportTaskId: id, PreviousState: before, State: after };
  },
};
