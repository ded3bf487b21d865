import type {
  PutSnapshotBlockRequest,
  PutSnapshotBlockResult,
} from '../../../api/generated/ebs-types.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import type { Operation } from '../operation.ts';
import { checksumOf, invalid, readBlock } from '../requests/block-data.ts';

export const putSnapshotBlock: Operation<PutSnapshotBlockRequest, PutSnapshotBlockResult> = {
  accepts: [
    'SnapshotId',
    'BlockIndex',
    'BlockData',
    'DataLength',
    'Checksum',
    'ChecksumAlgorithm',
    'Progress',
  ],
  bodyMaxBytes: blockSizeBytes,
  bodyChecksum: 'x-amz-checksum',
  zstd: 'request',
  async run(input, { caller, drafts }) {
    const { SnapshotId: snapshotId, BlockIndex: index, BlockData, Progress } = input;
    const { Checksum, ChecksumAlgorithm, DataLength } = input;
    const read = async (room: Buffer) => {
      const block = await readBlock(BlockData, room);
      if (DataLength !== blockSizeBytes) throw invalid(`DataLength is ${blockSizeBytes}.`);
      if (Progress !== undefined && (Progress < 0 || Progress > 100)) {
        throw invalid('Progress is 0 to 100.');
      }
      return { block, digest: checksumOf(Checksum, ChecksumAlgorithm) };
    };
    await drafts.put(caller, { snapshotId, index, progressPercent: Progress }, read);
    return { Checksum, ChecksumAlgorithm };
  },
};
