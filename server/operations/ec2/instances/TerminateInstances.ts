import type {
  TerminateInstancesRequest,
  TerminateInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { terminateRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const terminateInstances: Operation<TerminateInstancesRequest, TerminateInstancesResult> = {
  accepts: ['InstanceIds'],
  async run(input, context) {
    const changes = await changeStates(context, input.InstanceIds, terminateRequested);
    return { TerminatingInstances: changes };
  },
};
