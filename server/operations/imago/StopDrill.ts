import type { StopDrillRequest } from '../../../api/imago-drills.ts';
import { requiredDrill, stopDrill as stop } from '../../domain/drills/drills.ts';
import type { Operation } from '../operation.ts';

/** Nothing of one that has ended. */
export const stopDrill: Operation<StopDrillRequest, Record<string, never>> = {
  accepts: ['DrillId'],
  async run({ DrillId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      await stop(transaction, await requiredDrill(transaction, caller, id));
    });
    return {};
  },
};
