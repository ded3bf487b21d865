import type { StartDrillRequest, StartDrillResult } from '../../../api/imago-drills.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { orderDrill } from '../../domain/drills/drills.ts';
import { drillPlan } from '../../domain/drills/plan.ts';
import { checkAvailable, requiredImage } from '../../domain/images.ts';
import type { Operation } from '../operation.ts';

/** Of any image that the caller may launch; the launch itself is its task's. */
export const startDrill: Operation<StartDrillRequest, StartDrillResult> = {
  accepts: ['ImageId', 'InstanceType', 'ConsoleText', 'BootTimeoutSeconds', 'Checks', 'Compare'],
  async run({ ImageId, ...request }, context) {
    const { caller, catalog, host, site } = context;
    const plan = drillPlan(request);
    checkDiskRoom(await host.measure(), caller.region);
    const place = { ...context, hostId: site.hostId };
    const { id } = await catalog.write(async (transaction) => {
      const image = await requiredImage(transaction, caller, ImageId);
      checkAvailable(image);
      return orderDrill(transaction, caller, { image, plan }, place);
    });
    return { DrillId: id };
  },
};
