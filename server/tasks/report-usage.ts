/** CreateImageUsageReport: counts what of other accounts names an image. */
import { type ReferencingType, usageOf } from '../domain/image-references.ts';
import type { UsageReportInput } from '../domain/usage-reports.ts';
import { defineTask } from './task.ts';

interface Outputs {
  count: null;
}

export const reportUsage = defineTask<UsageReportInput, Outputs>({
  kind: 'report-usage',
  steps: [
    {
      name: 'count',
      async run({ input, services: { catalog } }) {
        const entries = await catalog.read(async (reader) => {
          const report = await reader.imageUsageReports.get(input.reportId);
          if (report?.state !== 'pending') return undefined;
          const scopes = report.resourceTypes.map(({ name, versionDepth = 0 }) => ({
            type: name as ReferencingType,
            versionDepth,
          }));
          const all = await usageOf(reader, report, report.imageId, scopes);
          const { accountIds } = report;
          return accountIds ? all.filter(({ account }) => accountIds.includes(account)) : all;
        });
        // Deleted meanwhile, or done already.
        if (!entries) return null;
        await catalog.write(async ({ imageUsageReports }) => {
          const report = await imageUsageReports.get(input.reportId);
          if (report?.state !== 'pending') return;
          await imageUsageReports.update({ ...report, state: 'available', entries });
        });
        return null;
      },
    },
  ],
  async failed({ input, services: { catalog } }, { message: stateReason }) {
    await catalog.write(async ({ imageUsageReports }) => {
      const report = await imageUsageReports.get(input.reportId);
      if (report?.state !== 'pending') return;
      await imageUsageReports.update({ ...report, state: 'error', stateReason });
    });
  },
});
