import type {
  DescribeExportTasksRequest,
  DescribeExportTasksResult,
} from '../../../../api/generated/ec2-types.ts';
import { exportFilters, requiredInstanceExports } from '../../../domain/exports.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { exportTaskShape } from '../../shapes/exports.ts';

/** Of instances. EC2 has no pages here. */
export const describeExportTasks: Operation<DescribeExportTasksRequest, DescribeExportTasksResult> =
  {
    accepts: ['ExportTaskIds', 'Filters'],
    async run({ ExportTaskIds: ids = [], Filters }, { catalog, caller }) {
      const filter = rowFilter(Filters, exportFilters);
      const { account, region } = caller;
      const rows = await catalog.read((reader) =>
        ids.length > 0
          ? requiredInstanceExports(reader, caller, ids)
          : reader.exportInstanceTasks.list({
              where: { account, region, ...tagCondition(caller, filter) },
            }),
      );
      return { ExportTasks: rows.filter(filter.matches).map(exportTaskShape) };
    },
  };
