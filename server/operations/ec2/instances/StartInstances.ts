import type {
  StartInstancesRequest,
  StartInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkMemory } from '../../../domain/capacity.ts';
import { startRequested } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const startInstances: Operation<StartInstancesRequest, StartInstancesResult> = {
  accepts: ['InstanceIds'],
  async run(input, context) {
    const place = { measures: await context.host.measure(), site: context.site };
    const changes = await changeStates(context, input.InstanceIds, startRequested, (reader, rows) =>
      checkMemory(reader, place, rows),
    );
    return { StartingInstances: changes };
  },
};
