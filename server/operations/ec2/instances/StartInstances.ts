import type {
  StartInstancesRequest,
  StartInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { startRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const startInstances: Operation<StartInstancesRequest, StartInstancesResult> = {
  accepts: ['InstanceIds'],
  async run(input, context) {
    const changes = await changeStates(context, input.InstanceIds, startRequested);
    return { StartingInstances: changes };
  },
};
