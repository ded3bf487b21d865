import type {
  DeleteImageUsageReportRequest,
  DeleteImageUsageReportResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredReport } from '../../../domain/usage-reports.ts';
import type { Operation } from '../../operation.ts';

/** Also one that is being made. */
export const deleteImageUsageReport: Operation<
  DeleteImageUsageReportRequest,
  DeleteImageUsageReportResult
> = {
  accepts: ['ReportId'],
  async run({ ReportId }, { catalog, caller, clock }) {
    await catalog.write(async (transaction) => {
      const owner = { ...caller, now: clock.now() };
      const { id } = await requiredReport(transaction, owner, ReportId);
      await transaction.imageUsageReports.delete(id);
    });
    return { Return: true };
  },
};
