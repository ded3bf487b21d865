import type {
  RebootInstancesRequest,
  RebootInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { incorrectState, requiredInstances } from '../../../domain/instances.ts';
import { orderReboot } from '../../../domain/order-capture.ts';
import type { Operation } from '../../operation.ts';

export const rebootInstances: Operation<RebootInstancesRequest, RebootInstancesResult> = {
  accepts: ['InstanceIds'],
  async run(input, { catalog, caller, clock, ids }) {
    await catalog.write(async (transaction) => {
      for (const row of await requiredInstances(transaction, caller, input.InstanceIds)) {
        if (row.state !== 'running') throw incorrectState(row, 'rebooted');
        await orderReboot(transaction, row, { clock, ids });
      }
    });
    return {};
  },
};
