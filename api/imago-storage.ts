/**
 * The part of Imago's own contract (imago.ts) that is about what images take in the block stores,
 * which is the operators' affair: what one account shares tells of what another has.
 */
import type { ServiceModel } from './model.ts';

export const storageShapes = {
  DescribeStoresRequest: { members: {} },
  DescribeStoresResult: { members: { Stores: 'StoreList', Archive: 'ScrubbedArchive' } },
  StoreList: { list: 'Store', xml: 'item' },
  Store: {
    members: {
      Round: 'number',
      RoundStartedAt: 'timestamp',
      VerifiedBlocks: 'number',
      VerifiedUpTo: 'string',
      TotalBlocks: 'number',
      VerifiedToday: 'number',
      VerifiedYesterday: 'number',
      LastRound: 'ScrubRound',
      Damage: 'BlockDamageList',
    },
  },
  ScrubRound: {
    members: {
      Round: 'number',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
      Blocks: 'number',
      Bytes: 'number',
    },
  },
  BlockDamageList: { list: 'BlockDamage', xml: 'item' },
  BlockDamage: {
    members: {
      Digest: 'string',
      Detail: 'string',
      Since: 'timestamp',
      ImageIds: 'StringList',
      SnapshotIds: 'StringList',
      InstanceIds: 'StringList',
    },
  },
  ScrubbedArchive: {
    members: {
      Round: 'number',
      RoundStartedAt: 'timestamp',
      VerifiedSnapshots: 'number',
      VerifiedUpTo: 'string',
      TotalSnapshots: 'number',
      VerifiedToday: 'number',
      VerifiedYesterday: 'number',
      LastRound: 'ArchiveRound',
      Damage: 'ArchiveDamageList',
    },
  },
  ArchiveRound: {
    members: {
      Round: 'number',
      StartedAt: 'timestamp',
      EndedAt: 'timestamp',
      Snapshots: 'number',
      Bytes: 'number',
    },
  },
  ArchiveDamageList: { list: 'ArchiveDamage', xml: 'item' },
  ArchiveDamage: {
    members: {
      SnapshotId: 'string',
      AccountId: 'string',
      ImageIds: 'StringList',
      Detail: 'string',
      Since: 'timestamp',
    },
  },
  DescribeStorageHistoryRequest: { members: { MaxDays: 'number' } },
  DescribeStorageHistoryResult: { members: { Days: 'StorageDayList' } },
  StorageDayList: { list: 'StorageDay', xml: 'item' },
  StorageDay: {
    members: {
      Day: 'string',
      MeasuredAt: 'timestamp',
      NeededBytes: 'number',
      Accounts: 'AccountStorageList',
    },
  },
  AccountStorageList: { list: 'AccountStorage', xml: 'item' },
  AccountStorage: {
    members: { AccountId: 'string', StoredBytes: 'number', ExclusiveBytes: 'number' },
  },
  DescribeStorageUsageRequest: { members: { MaxResults: 'number' } },
  DescribeStorageUsageResult: {
    members: {
      State: 'string',
      MeasuredAt: 'timestamp',
      Error: 'string',
      NeededBytes: 'number',
      PlainBaseBytes: 'number',
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
      ArchivedBytes: 'number',
    },
  },
} as const satisfies ServiceModel['shapes'];

export const storageOperations = {
  DescribeStores: { input: 'DescribeStoresRequest', output: 'DescribeStoresResult' },
  DescribeStorageHistory: {
    input: 'DescribeStorageHistoryRequest',
    output: 'DescribeStorageHistoryResult',
  },
  DescribeStorageUsage: {
    input: 'DescribeStorageUsageRequest',
    output: 'DescribeStorageUsageResult',
  },
} as const satisfies ServiceModel['operations'];

export const storageRoutes = {
  DescribeStores: 'GET /imago/stores',
  DescribeStorageHistory: 'GET /imago/storage-history',
  DescribeStorageUsage: 'GET /imago/storage-usage',
} as const;

export type DescribeStoresRequest = Record<string, never>;

/** Of the stores that were looked at since Imago started. */
export interface DescribeStoresResult {
  Stores: Store[];
  /** Of this host; absent where no snapshot is archived. */
  Archive?: ScrubbedArchive;
}

/** A block store, and how far it was read and verified. */
export interface Store {
  /** The one that runs, counted from 1. */
  Round: number;
  RoundStartedAt: Date;
  /** In this round. */
  VerifiedBlocks: number;
  /** All blocks were whose digest is not after this. */
  VerifiedUpTo: string;
  /** At the beginning of the round. */
  TotalBlocks: number;
  /** Days of UTC. */
  VerifiedToday: number;
  VerifiedYesterday: number;
  /** Every block that was there when it began was read in it. */
  LastRound?: ScrubRound;
  Damage: BlockDamage[];
}

export interface ScrubRound {
  Round: number;
  StartedAt: Date;
  EndedAt: Date;
  Blocks: number;
  Bytes: number;
}

/** A block that is damaged or missing, and what needs it. */
export interface BlockDamage {
  Digest: string;
  Detail: string;
  Since: Date;
  ImageIds: string[];
  SnapshotIds: string[];
  InstanceIds: string[];
}

/** The files of archived snapshots, and how far they were read and verified. */
export interface ScrubbedArchive {
  /** The one that runs, counted from 1. */
  Round: number;
  RoundStartedAt: Date;
  /** In this round. */
  VerifiedSnapshots: number;
  /** Those of all snapshots were whose id is not after this. */
  VerifiedUpTo: string;
  /** At the beginning of the round. */
  TotalSnapshots: number;
  /** Days of UTC. */
  VerifiedToday: number;
  VerifiedYesterday: number;
  /** Every file that was there when it began was read in it. */
  LastRound?: ArchiveRound;
  Damage: ArchiveDamage[];
}

export interface ArchiveRound {
  Round: number;
  StartedAt: Date;
  EndedAt: Date;
  Snapshots: number;
  Bytes: number;
}

/** An archived snapshot whose file is damaged or missing, and the images that name it. */
export interface ArchiveDamage {
  SnapshotId: string;
  AccountId: string;
  ImageIds: string[];
  Detail: string;
  Since: Date;
}

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
  /** Besides, of the plain files that guests of this host read in place of blocks: a cache. */
  PlainBaseBytes?: number;
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
  /** Of its files in the archive, which deleting it would remove, too. */
  ArchivedBytes: number;
}

export interface DescribeStorageHistoryRequest {
  /** The last of those that are known; 90 without it, 400 at most. */
  MaxDays?: number;
}

export interface DescribeStorageHistoryResult {
  /** Oldest first. A day on which nothing was measured is missing. */
  Days: StorageDay[];
}

export interface StorageDay {
  /** Of UTC, such as `2026-11-26`. */
  Day: string;
  MeasuredAt: Date;
  /** Of all blocks that somebody needs, as they are stored. */
  NeededBytes: number;
  /** Those that need most, a hundred at most. */
  Accounts: AccountStorage[];
}

export interface AccountStorage {
  AccountId: string;
  /** Of the blocks that its images, snapshots and volumes need, each once. */
  StoredBytes: number;
  /** Of those that no other account's need. */
  ExclusiveBytes: number;
}

export interface StorageInputs {
  DescribeStores: DescribeStoresRequest;
  DescribeStorageHistory: DescribeStorageHistoryRequest;
  DescribeStorageUsage: DescribeStorageUsageRequest;
}

export interface StorageOutputs {
  DescribeStores: DescribeStoresResult;
  DescribeStorageHistory: DescribeStorageHistoryResult;
  DescribeStorageUsage: DescribeStorageUsageResult;
}
