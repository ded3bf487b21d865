import type {
  CompleteSnapshotRequest,
  CompleteSnapshotResult,
} from '../../../api/generated/ebs-types.ts';
import type { UploadCompletion } from '../../catalog/rows/snapshot.ts';
import {
  beingCompleted,
  checkOpen,
  isSameCompletion,
  requiredUpload,
} from '../../domain/snapshot-uploads.ts';
import type { Operation } from '../operation.ts';
import { checksumAlgorithm, checksumOf, invalid } from '../requests/block-data.ts';

const linear = 'LINEAR';

export const completeSnapshot: Operation<CompleteSnapshotRequest, CompleteSnapshotResult> = {
  accepts: [
    'SnapshotId',
    'ChangedBlocksCount',
    'Checksum',
    'ChecksumAlgorithm',
    'ChecksumAggregationMethod',
  ],
  async run(input, { catalog, caller, drafts, site }) {
    const asked = completionOf(input);
    const row = await catalog.read((reader) => requiredUpload(reader, caller, input.SnapshotId));
    const { completion } = row.upload;
    const isRepeated = completion !== undefined && isSameCompletion(completion, asked);
    if (row.state === 'completed' && isRepeated) return { Status: row.state };
    if (completion && !isRepeated) throw beingCompleted(row.id);
    if (!isRepeated) checkOpen(row, site.hostId);
    return { Status: await drafts.complete(row, asked) };
  },
};

function completionOf(input: CompleteSnapshotRequest): UploadCompletion {
  const { ChangedBlocksCount: changedBlocks, Checksum: checksum } = input;
  const { ChecksumAlgorithm: algorithm, ChecksumAggregationMethod: method } = input;
  if (checksum === undefined) {
    if (algorithm !== undefined && algorithm !== checksumAlgorithm) {
      throw invalid(`ChecksumAlgorithm is ${checksumAlgorithm}.`);
    }
    if (method !== undefined && method !== linear) throw invalidMethod();
    return { changedBlocks };
  }
  checksumOf(checksum, algorithm);
  if (method !== linear) throw invalidMethod();
  return { changedBlocks, checksum };
}

function invalidMethod() {
  return invalid(`ChecksumAggregationMethod is ${linear}.`);
}
