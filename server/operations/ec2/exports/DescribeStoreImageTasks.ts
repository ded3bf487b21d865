import type {
  DescribeStoreImageTasksRequest,
  DescribeStoreImageTasksResult,
  StoreImageTaskResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { StoreImageTaskRow } from '../../../catalog/rows/export-task.ts';
import { endedTasksShownMs } from '../../../domain/ended-tasks.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, type PageBounds, pageOf, readPage } from '../../../domain/pages.ts';
import { storedImageIdsMax } from '../../../domain/stored-images.ts';
import type { Operation } from '../../operation.ts';

const action = 'DescribeStoreImageTasks';

/** EC2's of this action. */
const pageBounds: PageBounds = { min: 1, max: 200 };

const filters: FilterTable<StoreImageTaskRow> = {
  values: { 'task-state': (row) => row.state, bucket: (row) => row.folder },
};

/** Those of the last 31 days, the newest first. */
export const describeStoreImageTasks: Operation<
  DescribeStoreImageTasksRequest,
  DescribeStoreImageTasksResult
> = {
  accepts: ['ImageIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'StoreImageTaskResults', ids: 'ImageIds', rows: pageBounds.max },
  async run(input, { catalog, caller, clock }) {
    const { ImageIds: imageId = [] } = input;
    if (imageId.length > storedImageIdsMax) {
      throw new ServiceError(
        'InvalidParameterValue',
        `At most ${storedImageIdsMax} images can be named.`,
      );
    }
    const page = pageOf(input, { ...caller, action }, pageBounds, imageId);
    const filter = rowFilter(input.Filters, filters);
    const since = new Date(clock.now().getTime() - endedTasksShownMs).toISOString();
    const { account, region } = caller;
    const { rows, nextToken } = await catalog.read(async ({ storeImageTasks }) => {
      // As EC2 has it: the filters count where no images are named.
      if (imageId.length > 0) {
        const named = await storeImageTasks.list({ where: { account, region, imageId } });
        return cutPage(
          named.filter((row) => row.createdAt >= since),
          page,
        );
      }
      const where = { account, region };
      const matches = (row: StoreImageTaskRow) => row.createdAt >= since && filter.matches(row);
      return readPage(storeImageTasks, where, page, matches);
    });
    return { StoreImageTaskResults: rows.map(resultShape), NextToken: nextToken };
  },
};

function resultShape(row: StoreImageTaskRow): StoreImageTaskResult {
  return {
    AmiId: row.imageId,
    Bucket: row.folder,
    ProgressPercentage: row.progressPercent,
    S3objectKey: row.key,
    StoreTaskFailureReason: row.failureReason,
    StoreTaskState: row.state,
    TaskStartTime: new Date(row.createdAt),
  };
}
