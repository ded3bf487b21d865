import type {
  StartRestoreJobInput,
  StartRestoreJobOutput,
} from '../../../../api/generated/backup-types.ts';
import { invalidParameter, noBackup } from '../../../domain/backups/arns.ts';
import { orderRestore } from '../../../domain/backups/restore-jobs.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { isOwn } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { checkedRole } from '../../requests/backup.ts';

export const startRestoreJob: Operation<StartRestoreJobInput, StartRestoreJobOutput> = {
  accepts: [
    'RecoveryPointArn',
    'Metadata',
    'IamRoleArn',
    'IdempotencyToken',
    'ResourceType',
    'CopySourceTagsToRestoredResource',
  ],
  async run(input, context) {
    const { catalog, caller, clock, host } = context;
    const { RecoveryPointArn: arn, IamRoleArn: iamRoleArn, ResourceType: type } = input;
    const { Metadata: metadata, CopySourceTagsToRestoredResource: copyTags = false } = input;
    if (iamRoleArn !== undefined) checkedRole(iamRoleArn);
    const { account, region } = caller;
    const measures = await host.measure();
    checkDiskRoom(measures, region);
    const call = {
      account,
      region,
      action: 'backup.StartRestoreJob',
      token: input.IdempotencyToken,
      parameters: { ...input, IdempotencyToken: undefined },
      now: clock.now(),
    };
    const [RestoreJobId] = await catalog.write((transaction) =>
      idempotently(transaction, call, async () => {
        const point = await transaction.recoveryPoints.get(arn);
        if (!point || !isOwn(caller, point)) throw noBackup(`Cannot find recovery point ${arn}.`);
        if (type !== undefined && type !== point.resourceType) {
          throw invalidParameter(`The recovery point is of ${point.resourceType}, not of ${type}.`);
        }
        const order = { point, metadata, iamRoleArn, copyTags };
        return [(await orderRestore(transaction, caller, order, { ...context, measures })).id];
      }),
    );
    return { RestoreJobId };
  },
};
