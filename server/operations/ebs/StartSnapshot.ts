import type {
  StartSnapshotRequest,
  StartSnapshotResult,
} from '../../../api/generated/ebs-types.ts';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { checkDiskRoom } from '../../domain/capacity.ts';
import { idempotently } from '../../domain/client-tokens.ts';
import { encryptedUnder, uploadKey } from '../../domain/ebs-encryption.ts';
import { checkDescription } from '../../domain/images.ts';
import { encryptionArn } from '../../domain/kms-keys.ts';
import { notFound } from '../../domain/resource-ids.ts';
import { isUpload, startedUpload, type UploadRow } from '../../domain/snapshot-uploads.ts';
import { completed, requiredSnapshot } from '../../domain/snapshots.ts';
import { checkedTags } from '../../domain/tags.ts';
import type { Operation } from '../operation.ts';
import { tagList } from '../shapes/tags.ts';

const tokenMaxChars = 255;

export const startSnapshot: Operation<StartSnapshotRequest, StartSnapshotResult> = {
  accepts: [
    'VolumeSize',
    'ParentSnapshotId',
    'Tags',
    'Description',
    'ClientToken',
    'Timeout',
    'Encrypted',
    'KmsKeyArn',
  ],
  async run(input, { catalog, caller, clock, drafts, host, ids, masterKey, site }) {
    const { ParentSnapshotId: parentId, Description: description = '' } = input;
    const { VolumeSize: sizeGiB, Timeout: timeoutMinutes, ClientToken: token } = input;
    checkDescription(description);
    checkDiskRoom(await host.measure(), caller.region);
    const tags = checkedTags(input.Tags ?? []);
    const id = ids.resource('snap');
    const now = clock.now();
    const request = { encrypted: input.Encrypted, kmsKeyId: input.KmsKeyArn };
    const making = { clock, ids, masterKey };
    const row = await drafts.begin(caller, id, () =>
      catalog.write(async (transaction) => {
        const call = { ...caller, action: 'StartSnapshot', token, tokenMaxChars, now };
        const [known = id] = await idempotently(
          transaction,
          { ...call, parameters: input },
          async () => {
            const parent =
              parentId === undefined
                ? undefined
                : completed(await requiredSnapshot(transaction, caller, parentId));
            const key = await uploadKey(transaction, caller, request, parent, making);
            const encryption = key && encryptedUnder(key, caller);
            const about = { id, host: site.hostId, sizeGiB, description, tags, timeoutMinutes };
            await transaction.snapshots.insert(
              startedUpload(caller, { ...about, encryption, parent, now }),
            );
            return [id];
          },
        );
        const made = await transaction.snapshots.get(known);
        if (made && isUpload(made)) return made;
        throw notFound('snapshot', [known]);
      }),
    );
    return shape(row);
  },
};

function shape(row: UploadRow): StartSnapshotResult {
  return {
    SnapshotId: row.id,
    OwnerId: row.account,
    Status: row.state,
    StartTime: new Date(row.startedAt),
    VolumeSize: row.volumeSizeGiB,
    BlockSize: blockSizeBytes,
    Description: row.description || undefined,
    ParentSnapshotId: row.upload.parentSnapshotId,
    Tags: tagList(row.tags),
    KmsKeyArn: encryptionArn(row),
    SseType: row.encryption ? 'sse-kms' : 'none',
  };
}
