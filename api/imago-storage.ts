/**
 * The part of Imago's own contract (imago.ts) that is about what images take in the block stores,
 * which is the operators' affair: what one account shares tells of what another has.
 */
import type { ServiceModel } from './model.ts';

export const storageShapes = {
  DescribeStorageUsageRequest: { members: { MaxResults: 'number' } },
  DescribeStorageUsageResult: {
    members: {
      State: 'string',
      MeasuredAt: 'timestamp',
      Error: 'string',
      NeededBytes: 'number',
      ItemCount: 'number',
      Items: 'StorageItemList',
    },
  },
  StorageItemList: { list: 'StorageItem', xml: 'item' },
  StorageItem: {
    members: {
      Id: 'string',
      Kind: 'string',
      Name: 'string',
      AccountId: 'string',
      Region: 'string',
      LogicalBytes: 'number',
      FullBytes: 'number',
      StoredBytes: 'number',
      SharedBytes: 'number',
      ExclusiveBytes: 'number',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const storageOperations = {
  DescribeStorageUsage: {
    input: 'DescribeStorageUsageRequest',
    output: 'DescribeStorageUsageResult',
  },
} as const satisfies ServiceModel['operations'];

export const storageRoutes = { DescribeStorageUsage: 'GET /imago/storage-usage' } as const;

export interface DescribeStorageUsageRequest {
  /** Of the items, those first of which most goes with them; 1000 without it. */
  MaxResults?: number;
}

/** As it was measured last. Where rows have changed since, asking for it begins another. */
export interface DescribeStorageUsageResult {
  State: 'measuring' | 'measured' | 'failed';
  MeasuredAt?: Date;
  Error?: string;
  /** Of all blocks that somebody needs, as they are stored. */
  NeededBytes?: number;
  /** How many there are, be they told or not. */
  ItemCount?: number;
  Items?: StorageItem[];
}

/** An image with its snapshots, a snapshot of no image, or a volume. */
export interface StorageItem {
  Id: string;
  Kind: 'image' | 'snapshot' | 'volume';
  Name?: string;
  AccountId: string;
  Region: string;
  /** Of its volumes, as a guest sees them. */
  LogicalBytes: number;
  /** Of their blocks that are not zero; of a volume 0, whose own writes are not in the store. */
  FullBytes: number;
  /** Of the blocks that it needs, each once, as they are stored. */
  StoredBytes: number;
  /** Of those that others need, too. */
  SharedBytes: number;
  /** What deleting it would free. */
  ExclusiveBytes: number;
}

export interface StorageInputs {
  DescribeStorageUsage: DescribeStorageUsageRequest;
}

export interface StorageOutputs {
  DescribeStorageUsage: DescribeStorageUsageResult;
}
