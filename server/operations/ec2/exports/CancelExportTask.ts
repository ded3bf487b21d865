import type {
  CancelExportTaskRequest,
  CancelExportTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { cancelExport } from '../../../domain/exports.ts';
import type { Operation } from '../../operation.ts';

/** Of an image or an instance; nothing of it is left. */
export const cancelExportTask: Operation<CancelExportTaskRequest, CancelExportTaskResult> = {
  accepts: ['ExportTaskId'],
  async run({ ExportTaskId: id }, { catalog, caller }) {
    await catalog.write((transaction) => cancelExport(transaction, caller, id));
    return {};
  },
};
