import type {
  ListSnapshotBlocksRequest,
  ListSnapshotBlocksResult,
} from '../../../api/generated/ebs-types.ts';
import { blocksOfMap } from '../../blocks/block-pages.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { BlockTokens } from '../../domain/block-tokens.ts';
import { completed, requiredSnapshot } from '../../domain/snapshots.ts';
import { inTime } from '../../drafts/in-time.ts';
import type { Operation } from '../operation.ts';
import { blockRange, nextToken, tokenScope } from '../requests/block-lists.ts';

export const listSnapshotBlocks: Operation<ListSnapshotBlocksRequest, ListSnapshotBlocksResult> = {
  accepts: ['SnapshotId', 'NextToken', 'MaxResults', 'StartingBlockIndex'],
  async run(input, context) {
    const { catalog, caller, blocks } = context;
    const { SnapshotId: snapshotId } = input;
    const scope = tokenScope(context);
    const list = ['ListSnapshotBlocks', snapshotId];
    const range = blockRange(input, list, scope);
    const row = await catalog.read(async (reader) =>
      completed(await requiredSnapshot(reader, caller, snapshotId)),
    );
    const page = await inTime(blocksOfMap(blocks.of(row.region), row.root, range));
    const tokens = new BlockTokens(scope);
    return {
      Blocks: page.blocks.map(({ index, digest }) => ({
        BlockIndex: index,
        BlockToken: tokens.of({ snapshotId, index }, digest),
      })),
      ExpiryTime: tokens.expiresAt,
      VolumeSize: row.volumeSizeGiB,
      BlockSize: blockSizeBytes,
      NextToken: nextToken(page.next, list, scope),
    };
  },
};
