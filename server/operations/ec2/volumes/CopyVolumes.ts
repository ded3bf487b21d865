import type { CopyVolumesRequest, CopyVolumesResult } from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { orderVolumeCopy } from '../../../domain/order-volume-copy.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import { requiredVolume, requiredVolumes } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { volumeShape } from '../../shapes/volumes.ts';

export const copyVolumes: Operation<CopyVolumesRequest, CopyVolumesResult> = {
  accepts: [
    'ClientToken',
    'Encrypted',
    'Iops',
    'KmsKeyId',
    'Size',
    'SourceVolumeId',
    'TagSpecifications',
    'Throughput',
    'VolumeType',
  ],
  fixed: { MultiAttachEnabled: false },
  async run(input, { catalog, caller, clock, host, ids, masterKey }) {
    checkDiskRoom(await host.measure(), caller.region);
    const order = {
      sizeGiB: input.Size,
      volumeType: input.VolumeType,
      iops: input.Iops,
      throughputMiBps: input.Throughput,
      encrypted: input.Encrypted,
      kmsKeyId: input.KmsKeyId || undefined,
      tags: tagsOfSpecifications(input.TagSpecifications, ['volume']).volume,
    };
    const { account, region } = caller;
    const making = { clock, ids, masterKey };
    const token = input.ClientToken;
    const call = { account, region, action: 'CopyVolumes', token, parameters: input };
    const rows = await catalog.write(async (transaction) => {
      const made = await idempotently(transaction, { ...call, now: clock.now() }, async () => {
        const source = await requiredVolume(transaction, caller, input.SourceVolumeId);
        const copy = await orderVolumeCopy(transaction, caller, source, order, making);
        return [copy.id];
      });
      return requiredVolumes(transaction, caller, made);
    });
    return { Volumes: rows.map(volumeShape) };
  },
};
