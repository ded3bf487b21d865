import type {
  StartInstancesRequest,
  StartInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { checkMemory } from '../../../domain/capacity.ts';
import { startRequested } from '../../../domain/instances.ts';
import { checkHasRoot } from '../../../domain/volume-attachments.ts';
import type { Operation } from '../../operation.ts';
import { changeStates } from './instance-changes.ts';

export const startInstances: Operation<StartInstancesRequest, StartInstancesResult> = {
  accepts: ['InstanceIds'],
  async run(input, context) {
    const place = { measures: await context.host.measure(), site: context.site };
    const check = async (reader: CatalogReader, rows: InstanceRow[]) => {
      for (const row of rows) await checkHasRoot(reader, row);
      await checkMemory(reader, place, rows);
    };
    const changes = await changeStates(context, input.InstanceIds, startRequested, check);
    return { StartingInstances: changes };
  },
};
