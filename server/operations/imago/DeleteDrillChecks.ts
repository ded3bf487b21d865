import type {
  DeleteDrillChecksRequest,
  DeleteDrillChecksResult,
} from '../../../api/imago-drill-checks.ts';
import { requiredDrillChecks } from '../../domain/drills/source-checks.ts';
import type { Operation } from '../operation.ts';

/** Drills that are under way go on with them. */
export const deleteDrillChecks: Operation<DeleteDrillChecksRequest, DeleteDrillChecksResult> = {
  accepts: ['SourceId'],
  async run({ SourceId: sourceId }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const { id } = await requiredDrillChecks(transaction, caller, sourceId);
      await transaction.drillChecks.delete(id);
    });
    return {};
  },
};
