import type {
  StopInstancesRequest,
  StopInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { stopRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const stopInstances: Operation<StopInstancesRequest, StopInstancesResult> = {
  accepts: ['InstanceIds', 'Force', 'SkipOsShutdown'],
  fixed: { Hibernate: false },
  async run(input, context) {
    const force = (input.Force || input.SkipOsShutdown) ?? false;
    const changes = await changeStates(context, input.InstanceIds, (row, now) =>
      stopRequested(row, now, { force }),
    );
    return { StoppingInstances: changes };
  },
};
