import type {
  DescribeStorageUsageRequest,
  DescribeStorageUsageResult,
} from '../../../api/imago-storage.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { plainBytesOf } from '../../host/host.ts';
import type { Operation } from '../operation.ts';

const usualItems = 1000;
const mostItems = 10_000;

/** What images, snapshots and volumes take in the block stores. */
export const describeStorageUsage: Operation<
  DescribeStorageUsageRequest,
  DescribeStorageUsageResult
> = {
  accepts: ['MaxResults'],
  audience: 'operator',
  async run({ MaxResults: most = usualItems }, { storage, host }) {
    if (!(Number.isInteger(most) && most >= 1 && most <= mostItems)) {
      throw new ServiceError('InvalidParameterValue', `MaxResults is from 1 to ${mostItems}`);
    }
    const { state, report, error } = await storage.look();
    return {
      State: state,
      Error: error,
      MeasuredAt: report?.measuredAt,
      NeededBytes: report?.neededBytes,
      PlainBaseBytes: report && plainBytesOf(await host.plainBases()),
      ItemCount: report?.items.length,
      Items: report?.items.slice(0, most).map((item) => ({
        Id: item.id,
        Kind: item.kind,
        Name: item.name,
        AccountId: item.account,
        Region: item.region,
        LogicalBytes: item.logicalBytes,
        FullBytes: item.fullBytes,
        StoredBytes: item.storedBytes,
        SharedBytes: item.storedBytes - item.exclusiveBytes,
        ExclusiveBytes: item.exclusiveBytes,
        ArchivedBytes: item.archivedBytes,
      })),
    };
  },
};
