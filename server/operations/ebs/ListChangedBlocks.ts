import type {
  ListChangedBlocksRequest,
  ListChangedBlocksResult,
} from '../../../api/generated/ebs-types.ts';
import {
  type BlockPage,
  type BlockRange,
  blocksOfMap,
  changesBetween,
} from '../../blocks/block-pages.ts';
import { type BlockReader, blockSizeBytes, type Digest } from '../../blocks/block-store.ts';
import type { BlockDifference } from '../../blocks/diff-block-maps.ts';
import { BlockTokens } from '../../domain/block-tokens.ts';
import { completed, requiredSnapshots } from '../../domain/snapshots.ts';
import { inTime } from '../../drafts/in-time.ts';
import type { Operation } from '../operation.ts';
import { blockRange, nextToken, tokenScope } from '../requests/block-lists.ts';

/** Of any two snapshots, be they of one lineage or not: their block maps are compared. */
export const listChangedBlocks: Operation<ListChangedBlocksRequest, ListChangedBlocksResult> = {
  accepts: ['FirstSnapshotId', 'SecondSnapshotId', 'NextToken', 'MaxResults', 'StartingBlockIndex'],
  async run(input, context) {
    const { catalog, caller, blocks } = context;
    const { FirstSnapshotId: firstId = '', SecondSnapshotId: secondId } = input;
    const scope = tokenScope(context);
    const list = ['ListChangedBlocks', firstId, secondId];
    const range = blockRange(input, list, scope);
    const ids = input.FirstSnapshotId === undefined ? [secondId] : [firstId, secondId];
    const rows = await catalog.read(async (reader) => {
      const found = await requiredSnapshots(reader, caller, ids);
      return found.map(completed);
    });
    const [first, second] = [rows.find(({ id }) => id === firstId), rows.at(-1)];
    if (!second) throw new Error('no snapshot was found');
    const changes = changesOf(blocks.of(second.region), first?.root, second.root, range);
    const page = await inTime(changes);
    const tokens = new BlockTokens(scope);
    const tokenOf = (snapshotId: string, index: number, digest: Digest | null) =>
      digest === null ? undefined : tokens.of({ snapshotId, index }, digest);
    return {
      ChangedBlocks: page.blocks.map(({ index, before, after }) => ({
        BlockIndex: index,
        FirstBlockToken: tokenOf(firstId, index, before),
        SecondBlockToken: tokenOf(secondId, index, after),
      })),
      ExpiryTime: tokens.expiresAt,
      VolumeSize: second.volumeSizeGiB,
      BlockSize: blockSizeBytes,
      NextToken: nextToken(page.next, list, scope),
    };
  },
};

/** Without a first snapshot all that the second has. */
async function changesOf(
  reader: BlockReader,
  before: Digest | undefined,
  after: Digest,
  range: BlockRange,
): Promise<BlockPage<BlockDifference>> {
  if (before !== undefined) return changesBetween(reader, [before, after], range);
  const { blocks, next } = await blocksOfMap(reader, after, range);
  return {
    blocks: blocks.map(({ index, digest }) => ({ index, before: null, after: digest })),
    next,
  };
}
