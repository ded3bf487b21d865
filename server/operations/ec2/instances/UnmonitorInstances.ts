import type {
  UnmonitorInstancesRequest,
  UnmonitorInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { setMonitoring } from './monitoring.ts';

export const unmonitorInstances: Operation<UnmonitorInstancesRequest, UnmonitorInstancesResult> = {
  accepts: ['InstanceIds'],
  run: (input, context) => setMonitoring(context, input.InstanceIds, false),
};
