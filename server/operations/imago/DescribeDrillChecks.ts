import type {
  DescribeDrillChecksRequest,
  DescribeDrillChecksResult,
} from '../../../api/imago-drill-checks.ts';
import { requiredDrillChecks } from '../../domain/drills/source-checks.ts';
import { pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { drillChecksShape } from '../shapes/drill-checks.ts';

/** All of the account, wherever they were said. */
export const describeDrillChecks: Operation<DescribeDrillChecksRequest, DescribeDrillChecksResult> =
  {
    accepts: ['SourceId', 'MaxResults', 'NextToken'],
    inPages: { list: 'DrillChecks' },
    async run(input, { catalog, caller }) {
      const { SourceId: sourceId } = input;
      const { account } = caller;
      const scope = { ...caller, action: 'DescribeDrillChecks' };
      const page = pageOf(input, scope, usualPageBounds);
      const { rows, nextToken } = await catalog.read(async (reader) => {
        if (sourceId === undefined) return readPage(reader.drillChecks, { account }, page);
        return {
          rows: [await requiredDrillChecks(reader, caller, sourceId)],
          nextToken: undefined,
        };
      });
      return { DrillChecks: rows.map(drillChecksShape), NextToken: nextToken };
    },
  };
