/** A collection of garbage as it is answered. */
import type { BlockSum, Collection as CollectionShape } from '../../../api/imago.ts';
import type { Freed } from '../../blocks/collection.ts';
import type { Collection } from '../../collection/garbage-collector.ts';

export function collectionShape(collection: Collection): CollectionShape {
  const { id, state, reportOnly, startedAt, endedAt, error, report, removed } = collection;
  return {
    Id: id,
    State: state,
    ReportOnly: reportOnly,
    StartedAt: startedAt,
    EndedAt: endedAt,
    Error: error,
    Kept: sumShape(report?.kept),
    Found: sumShape(report?.found),
    Condemned: sumShape(report?.condemned),
    Waiting: sumShape(report?.waiting),
    Freed: sumShape(report?.freed),
    RemovedInstanceIds: removed?.instanceIds,
    RemovedVolumeIds: removed?.volumeIds,
  };
}

function sumShape(sum: Freed | undefined): BlockSum | undefined {
  return sum && { Blocks: sum.blocks, Bytes: sum.bytes };
}
