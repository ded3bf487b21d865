import type {
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { terminateRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const terminateInstances: Operation<TerminateInstancesRequest, TerminateInstancesResult> = {
  accepts: ['InstanceIds', 'SkipOsShutdown'],
  // A guest that takes too long is cut off in any case.
  fixed: { Force: [false, true] },
  async run(input, context) {
    const force = input.SkipOsShutdown ?? false;
    const changes = await changeStates(context, input.InstanceIds, (row, now) =>
      terminateRequested(row, now, { force }),
    );
    return { TerminatingInstances: changes };
  },
};
