import type {
  GetSnapshotBlockRequest,
  GetSnapshotBlockResult,
} from '../../../api/generated/ebs-types.ts';
import { openBlockToken } from '../../domain/block-tokens.ts';
import { completed, requiredSnapshot } from '../../domain/snapshots.ts';
import { inTime } from '../../drafts/in-time.ts';
import type { Operation } from '../operation.ts';
import { checksumAlgorithm } from '../requests/block-data.ts';
import { tokenScope } from '../requests/block-lists.ts';

/** The token says which block it is: the map of the snapshot is not read again. */
export const getSnapshotBlock: Operation<GetSnapshotBlockRequest, GetSnapshotBlockResult> = {
  accepts: ['SnapshotId', 'BlockIndex', 'BlockToken'],
  async run({ SnapshotId: snapshotId, BlockIndex: index, BlockToken: token }, context) {
    const { catalog, caller, blocks } = context;
    const { region } = await catalog.read(async (reader) =>
      completed(await requiredSnapshot(reader, caller, snapshotId)),
    );
    const digest = openBlockToken(token, { snapshotId, index }, tokenScope(context));
    const block = await inTime(blocks.of(region).get(digest));
    return {
      DataLength: block.length,
      BlockData: block,
      Checksum: Buffer.from(digest, 'hex').toString('base64'),
      ChecksumAlgorithm: checksumAlgorithm,
    };
  },
};
