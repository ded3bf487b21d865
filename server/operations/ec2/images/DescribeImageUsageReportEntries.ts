import type {
  DescribeImageUsageReportEntriesRequest,
  DescribeImageUsageReportEntriesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageUsageReportRow, UsageEntry } from '../../../catalog/rows/usage-report.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { isExpired, requiredReports } from '../../../domain/usage-reports.ts';
import type { Operation } from '../../operation.ts';

interface EntryOfReport extends UsageEntry {
  id: string;
  report: ImageUsageReportRow;
}

const filters: FilterTable<EntryOfReport> = {
  values: {
    'account-id': ({ account }) => account,
    'creation-time': ({ report }) => report.createdAt,
    'resource-type': ({ resourceType }) => resourceType,
  },
};

export const describeImageUsageReportEntries: Operation<
  DescribeImageUsageReportEntriesRequest,
  DescribeImageUsageReportEntriesResult
> = {
  accepts: ['ImageIds', 'ReportIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller, clock }) {
    const { ReportIds: ids = [], ImageIds: image } = input;
    const scope = { ...caller, action: 'DescribeImageUsageReportEntries' };
    const page = pageOf(input, scope, usualPageBounds);
    const filter = rowFilter(input.Filters, filters);
    const { account, region } = caller;
    const now = clock.now();
    const reports = await catalog.read((reader) =>
      ids.length > 0
        ? requiredReports(reader, { ...caller, now }, ids)
        : reader.imageUsageReports.list({ where: { account, region, image } }),
    );
    const entries = reports
      .filter((row) => !isExpired(row, now) && (image?.includes(row.imageId) ?? true))
      .flatMap(entriesOf)
      .filter(filter.matches)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    const { rows, nextToken } = cutPage(entries, page);
    return {
      ImageUsageReportEntries: rows.map((entry) => ({
        ReportId: entry.report.id,
        ImageId: entry.report.imageId,
        AccountId: entry.account,
        ResourceType: entry.resourceType,
        UsageCount: entry.count,
        ReportCreationTime: new Date(entry.report.createdAt),
      })),
      NextToken: nextToken,
    };
  },
};

function entriesOf(report: ImageUsageReportRow): EntryOfReport[] {
  return (report.entries ?? []).map((entry) => ({
    ...entry,
    id: `${report.id} ${entry.account} ${entry.resourceType}`,
    report,
  }));
}
