/**
 * The part of Imago's own contract (imago.ts) that is about collections: how blocks that nothing
 * needs are removed, which is the operators' affair.
 */
import type { ServiceModel } from './model.ts';

export const collectionShapes = {
  CollectGarbageRequest: { members: { GraceSeconds: 'number', ReportOnly: 'boolean' } },
  CollectGarbageResult: { members: { Collection: 'Collection' } },
  DescribeCollectionRequest: { members: {} },
  DescribeCollectionResult: { members: { Collection: 'Collection' } },
  Collection: {
    members: {
      Id: 'number',
      State: 'string',
      ReportOnly: 'boolean',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
      Error: 'string',
      Kept: 'BlockSum',
      Found: 'BlockSum',
      Condemned: 'BlockSum',
      Waiting: 'BlockSum',
      Freed: 'BlockSum',
      RemovedInstanceIds: 'StringList',
      RemovedVolumeIds: 'StringList',
    },
  },
  BlockSum: { members: { Blocks: 'number', Bytes: 'number' } },
} as const satisfies ServiceModel['shapes'];

export const collectionOperations = {
  CollectGarbage: {
    input: 'CollectGarbageRequest',
    output: 'CollectGarbageResult',
    http: { status: 202 },
  },
  DescribeCollection: { input: 'DescribeCollectionRequest', output: 'DescribeCollectionResult' },
} as const satisfies ServiceModel['operations'];

export const collectionRoutes = {
  CollectGarbage: 'POST /imago/collections',
  DescribeCollection: 'GET /imago/collection',
} as const;

export interface CollectGarbageRequest {
  /** Time between condemning a block and removing it; an hour without it. */
  GraceSeconds?: number;
  /** Changes nothing, and tells what there is. */
  ReportOnly?: boolean;
}

/** The collection that was begun, or the one that ran already. */
export interface CollectGarbageResult {
  Collection: Collection;
}

export type DescribeCollectionRequest = Record<string, never>;

/** The collection that runs, or ran last. */
export interface DescribeCollectionResult {
  Collection?: Collection;
}

/** A collection of garbage. Sums are there when it has succeeded. */
export interface Collection {
  /** Counted since Imago started. */
  Id: number;
  State: 'running' | 'succeeded' | 'failed';
  ReportOnly: boolean;
  StartedAt: Date;
  EndedAt?: Date;
  Error?: string;
  /** Needed, or in use. */
  Kept?: BlockSum;
  /** Garbage that ReportOnly left in its place. */
  Found?: BlockSum;
  Condemned?: BlockSum;
  /** Condemned and not removed yet. */
  Waiting?: BlockSum;
  /** Removed, or with ReportOnly: would be. */
  Freed?: BlockSum;
  /** Whose files no row named. */
  RemovedInstanceIds?: string[];
  RemovedVolumeIds?: string[];
}

export interface BlockSum {
  Blocks: number;
  Bytes: number;
}

export interface CollectionInputs {
  CollectGarbage: CollectGarbageRequest;
  DescribeCollection: DescribeCollectionRequest;
}

export interface CollectionOutputs {
  CollectGarbage: CollectGarbageResult;
  DescribeCollection: DescribeCollectionResult;
}
