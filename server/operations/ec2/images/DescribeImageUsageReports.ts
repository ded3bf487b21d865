import type {
  DescribeImageUsageReportsRequest,
  DescribeImageUsageReportsResult,
  ImageUsageReport,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageUsageReportRow } from '../../../catalog/rows/usage-report.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readShownPage, usualPageBounds } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import { isExpired, requiredReports } from '../../../domain/usage-reports.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

const filters: FilterTable<ImageUsageReportRow> = {
  values: { 'creation-time': (row) => row.createdAt, state: (row) => row.state },
  tags: (row) => row.tags,
};

export const describeImageUsageReports: Operation<
  DescribeImageUsageReportsRequest,
  DescribeImageUsageReportsResult
> = {
  accepts: ['ImageIds', 'ReportIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'ImageUsageReports', ids: 'ReportIds' },
  async run(input, { catalog, caller, clock }) {
    const { ReportIds: ids = [], ImageIds: images } = input;
    const scope = { ...caller, action: 'DescribeImageUsageReports' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const now = clock.now();
    const show = (row: ImageUsageReportRow) =>
      !isExpired(row, now) && filter.matches(row) && (images?.includes(row.imageId) ?? true)
        ? reportShape(row)
        : undefined;
    const { shown, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const { rows } = cutPage(await requiredReports(reader, { ...caller, now }, ids), page);
        return { shown: rows.map(show).filter((row) => row !== undefined), nextToken: undefined };
      }
      const { account, region } = caller;
      const where = { account, region, image: images, ...tagCondition(caller, filter) };
      return readShownPage(reader.imageUsageReports, where, page, show);
    });
    return { ImageUsageReports: shown, NextToken: nextToken };
  },
};

function reportShape(row: ImageUsageReportRow): ImageUsageReport {
  return {
    ReportId: row.id,
    ImageId: row.imageId,
    State: row.state,
    StateReason: row.stateReason,
    AccountIds: row.accountIds,
    ResourceTypes: row.resourceTypes.map(({ name, versionDepth }) => ({
      ResourceType: name,
      ResourceTypeOptions:
        versionDepth === undefined
          ? undefined
          : [{ OptionName: 'version-depth', OptionValues: [String(versionDepth)] }],
    })),
    CreationTime: new Date(row.createdAt),
    ExpirationTime: new Date(row.expiresAt),
    Tags: tagList(row.tags),
  };
}
