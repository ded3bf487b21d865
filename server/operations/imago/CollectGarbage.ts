import type {
  CollectGarbageRequest,
  CollectGarbageResult,
} from '../../../api/imago-collections.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { Operation } from '../operation.ts';
import { collectionShape } from '../shapes/collection.ts';

const graceMaxSeconds = 30 * 24 * 3600;

/** Begins a collection of garbage; DescribeCollection tells how it goes. */
export const collectGarbage: Operation<CollectGarbageRequest, CollectGarbageResult> = {
  accepts: ['GraceSeconds', 'ReportOnly'],
  audience: 'operator',
  async run({ GraceSeconds: seconds, ReportOnly: reportOnly }, { garbage }) {
    if (seconds !== undefined && !(seconds >= 0 && seconds <= graceMaxSeconds)) {
      throw new ServiceError(
        'InvalidParameterValue',
        `GraceSeconds is a number from 0 to ${graceMaxSeconds}`,
      );
    }
    const graceMs = seconds === undefined ? undefined : seconds * 1000;
    return { Collection: collectionShape(garbage.order({ graceMs, reportOnly })) };
  },
};
