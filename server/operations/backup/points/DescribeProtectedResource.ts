import type {
  DescribeProtectedResourceInput,
  DescribeProtectedResourceOutput,
} from '../../../../api/generated/backup-types.ts';
import { noBackup } from '../../../domain/backups/arns.ts';
import { isOwn } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { protectedShape } from '../../shapes/backup-vaults.ts';

export const describeProtectedResource: Operation<
  DescribeProtectedResourceInput,
  DescribeProtectedResourceOutput
> = {
  accepts: ['ResourceArn'],
  async run({ ResourceArn: arn }, { catalog, caller }) {
    const row = await catalog.read(({ protectedResources }) => protectedResources.get(arn));
    if (!row || !isOwn(caller, row)) throw noBackup(`There is no recovery point of ${arn}.`);
    return protectedShape(row);
  },
};
