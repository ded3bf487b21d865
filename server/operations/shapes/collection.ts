/** A collection of garbage as it is answered. */
import type { BlockSum, Collection as CollectionShape } from '../../../api/imago-collections.ts';
import type { Freed } from '../../blocks/collection.ts';
import type { CollectionReport } from '../../collection/collector.ts';
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
    ...sumsShape(report),
    RemovedInstanceIds: removed?.instanceIds,
    RemovedVolumeIds: removed?.volumeIds,
  };
}

/** What it found and did, all of it blocks. */
export type CollectionSums = Pick<
  CollectionShape,
  'Kept' | 'Found' | 'Condemned' | 'Waiting' | 'Freed'
>;

export function sumsShape(report: CollectionReport | undefined): CollectionSums {
  return {
    Kept: sumShape(report?.kept),
    Found: sumShape(report?.found),
    Condemned: sumShape(report?.condemned),
    Waiting: sumShape(report?.waiting),
    Freed: sumShape(report?.freed),
  };
}

function sumShape(sum: Freed | undefined): BlockSum | undefined {
  return sum && { Blocks: sum.blocks, Bytes: sum.bytes };
}
