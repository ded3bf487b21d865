import type {
  DescribeStorageHistoryRequest,
  DescribeStorageHistoryResult,
} from '../../../api/imago-storage.ts';
import { ServiceError } from '../../../api/service-error.ts';
import { daysMax } from '../../collection/storage-history.ts';
import type { Operation } from '../operation.ts';

const usualDays = 90;

/** What the block stores held on the last days, oldest first; days without a measure are missing. */
export const describeStorageHistory: Operation<
  DescribeStorageHistoryRequest,
  DescribeStorageHistoryResult
> = {
  accepts: ['MaxDays'],
  audience: 'operator',
  async run({ MaxDays: most = usualDays }, { catalog }) {
    if (!(Number.isInteger(most) && most >= 1 && most <= daysMax)) {
      throw new ServiceError('InvalidParameterValue', `MaxDays is from 1 to ${daysMax}`);
    }
    const rows = await catalog.read(({ storageDays }) => storageDays.list());
    return {
      Days: rows.slice(-most).map(({ id, measuredAt, neededBytes, accounts }) => ({
        Day: id,
        MeasuredAt: new Date(measuredAt),
        NeededBytes: neededBytes,
        Accounts: accounts.map(({ account, storedBytes, exclusiveBytes }) => ({
          AccountId: account,
          StoredBytes: storedBytes,
          ExclusiveBytes: exclusiveBytes,
        })),
      })),
    };
  },
};
