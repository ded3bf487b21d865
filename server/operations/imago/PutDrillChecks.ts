import type {
  PutDrillChecksRequest,
  PutDrillChecksResult,
} from '../../../api/imago-drill-checks.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { DrillChecksRow } from '../../catalog/rows/drill-checks.ts';
import { drillPlan } from '../../domain/drills/plan.ts';
import { drillChecksId } from '../../domain/drills/source-checks.ts';
import type { Operation } from '../operation.ts';
import { drillChecksShape } from '../shapes/drill-checks.ts';

const sourcePattern = /^(i|vol)-[0-9a-f]{8,17}$/;
/** Of an account. */
const sourcesMax = 1000;

/** Of a source that is gone, too: its backups are there still. */
export const putDrillChecks: Operation<PutDrillChecksRequest, PutDrillChecksResult> = {
  accepts: ['SourceId', 'InstanceType', 'ConsoleText', 'BootTimeoutSeconds', 'Checks', 'Compare'],
  async run({ SourceId: sourceId, ...looks }, { catalog, caller, clock }) {
    if (!sourcePattern.test(sourceId)) {
      const message = `'${sourceId}' is no id of an instance or a volume.`;
      throw new ServiceError('InvalidParameterValue', message);
    }
    if (Object.values(looks).every((value) => value === undefined)) {
      throw new ServiceError('MissingParameter', 'Say what drills look at: Checks, for example.');
    }
    drillPlan(looks);
    const { account, region } = caller;
    const said: DrillChecksRow = {
      id: drillChecksId(caller, sourceId),
      ...{ account, region, sourceId },
      createdAt: clock.now().toISOString(),
      drill: looks as DrillChecksRow['drill'],
    };
    const row = await catalog.write(async ({ drillChecks }) => {
      const before = await drillChecks.get(said.id);
      if (before) return drillChecks.update({ ...before, ...said });
      if ((await drillChecks.count({ where: { account } })) >= sourcesMax) {
        const message = `There are checks of at most ${sourcesMax} sources.`;
        throw new ServiceError('LimitExceededException', message);
      }
      await drillChecks.insert(said);
      return said;
    });
    return { DrillChecks: drillChecksShape(row) };
  },
};
