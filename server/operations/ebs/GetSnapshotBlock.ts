import type {
  GetSnapshotBlockRequest,
  GetSnapshotBlockResult,
} from '../../../api/generated/ebs-types.ts';
import { digestOf } from '../../blocks/block-store.ts';
import { sealKeyOf } from '../../blocks/sealed-block.ts';
import { SealedBlockReader } from '../../blocks/sealed-blocks.ts';
import { openBlockToken } from '../../domain/block-tokens.ts';
import { readEncryption } from '../../domain/ebs-encryption.ts';
import { completed, requiredSnapshot } from '../../domain/snapshots.ts';
import { VolumeKeys } from '../../domain/volume-keys.ts';
import { inTime } from '../../drafts/in-time.ts';
import type { Operation } from '../operation.ts';
import { checksumAlgorithm } from '../requests/block-data.ts';
import { tokenScope } from '../requests/block-lists.ts';

/** The token says which block it is: the map of the snapshot is not read again. */
export const getSnapshotBlock: Operation<GetSnapshotBlockRequest, GetSnapshotBlockResult> = {
  accepts: ['SnapshotId', 'BlockIndex', 'BlockToken'],
  zstd: 'answer',
  async run({ SnapshotId: snapshotId, BlockIndex: index, BlockToken: token }, context) {
    const { catalog, caller, blocks, clock, sealing } = context;
    const { region, encryption } = await catalog.read(async (reader) => {
      const row = completed(await requiredSnapshot(reader, caller, snapshotId));
      return { ...row, encryption: await readEncryption(reader, caller, row, clock.now()) };
    });
    const digest = openBlockToken(token, { snapshotId, index }, tokenScope(context));
    const store = blocks.of(region);
    const key = encryption && sealKeyOf(await new VolumeKeys(context).blocks(encryption));
    const reader = key ? new SealedBlockReader(store, key, sealing) : store;
    const block = await inTime(reader.get(digest));
    context.onSent?.(() => store.reuse?.(block));
    return {
      DataLength: block.length,
      BlockData: block,
      // The name of a sealed block is that of its seal.
      Checksum: Buffer.from(key ? digestOf(block) : digest, 'hex').toString('base64'),
      ChecksumAlgorithm: checksumAlgorithm,
    };
  },
};
