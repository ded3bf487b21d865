import type {
  MonitorInstancesRequest,
  MonitorInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { setMonitoring } from './monitoring.ts';

export const monitorInstances: Operation<MonitorInstancesRequest, MonitorInstancesResult> = {
  accepts: ['InstanceIds'],
  run: (input, context) => setMonitoring(context, input.InstanceIds, true),
};
