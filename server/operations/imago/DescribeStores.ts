import type {
  DescribeStoresRequest,
  DescribeStoresResult,
  ScrubbedArchive,
  Store,
} from '../../../api/imago-storage.ts';
import type { ScrubbedArchives } from '../../collection/archive-scrubber.ts';
import type { ScrubbedStore } from '../../collection/scrubber.ts';
import type { Operation } from '../operation.ts';

/** How far blocks were verified, and what is wrong with them. */
export const describeStores: Operation<DescribeStoresRequest, DescribeStoresResult> = {
  accepts: [],
  audience: 'operator',
  async run(_input, { scrubber }) {
    const archive = scrubber.archives?.describe();
    return {
      Stores: scrubber.describe().map(storeShape),
      Archive: archive && archiveShape(archive),
    };
  },
};

function storeShape({ record, damage }: ScrubbedStore): Store {
  const { ended } = record;
  return {
    Round: record.round,
    RoundStartedAt: new Date(record.startedAt),
    VerifiedBlocks: record.blocks,
    VerifiedUpTo: record.upTo,
    TotalBlocks: record.totalBlocks,
    VerifiedToday: record.today,
    VerifiedYesterday: record.yesterday,
    LastRound: ended && {
      Round: ended.round,
      StartedAt: new Date(ended.startedAt),
      EndedAt: new Date(ended.endedAt),
      Blocks: ended.blocks,
      Bytes: ended.bytes,
    },
    Damage: damage.map((each) => ({
      Digest: each.digest,
      Detail: each.detail,
      Since: new Date(each.since),
      ImageIds: each.imageIds,
      SnapshotIds: each.snapshotIds,
      InstanceIds: each.instanceIds,
    })),
  };
}

function archiveShape({ record, damage }: ScrubbedArchives): ScrubbedArchive {
  const { ended } = record;
  return {
    Round: record.round,
    RoundStartedAt: new Date(record.startedAt),
    VerifiedSnapshots: record.read,
    VerifiedUpTo: record.upTo,
    TotalSnapshots: record.total,
    VerifiedToday: record.today,
    VerifiedYesterday: record.yesterday,
    LastRound: ended && {
      Round: ended.round,
      StartedAt: new Date(ended.startedAt),
      EndedAt: new Date(ended.endedAt),
      Snapshots: ended.read,
      Bytes: ended.bytes,
    },
    Damage: damage.map((each) => ({
      SnapshotId: each.snapshotId,
      AccountId: each.account,
      ImageIds: each.imageIds,
      Detail: each.detail,
      Since: new Date(each.since),
    })),
  };
}
