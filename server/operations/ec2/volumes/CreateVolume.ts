import type { CreateVolumeRequest, Volume } from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import { newVolume } from '../../../domain/new-volumes.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import { requiredVolumes } from '../../../domain/volumes.ts';
import type { Operation } from '../../operation.ts';
import { volumeShape } from '../../shapes/volumes.ts';

export const createVolume: Operation<CreateVolumeRequest, Volume> = {
  accepts: [
    'AvailabilityZone',
    'AvailabilityZoneId',
    'ClientToken',
    'Encrypted',
    'Iops',
    'KmsKeyId',
    'Size',
    'SnapshotId',
    'TagSpecifications',
    'Throughput',
    'VolumeType',
  ],
  fixed: { MultiAttachEnabled: false },
  async run(input, { catalog, caller, clock, host, ids, masterKey, site }) {
    checkDiskRoom(await host.measure(), caller.region);
    const order = {
      sizeGiB: input.Size,
      volumeType: input.VolumeType,
      iops: input.Iops,
      throughputMiBps: input.Throughput,
      // Terraform sends what its user left out, empty.
      snapshotId: input.SnapshotId || undefined,
      availabilityZone: input.AvailabilityZone || undefined,
      availabilityZoneId: input.AvailabilityZoneId || undefined,
      encrypted: input.Encrypted,
      kmsKeyId: input.KmsKeyId || undefined,
      tags: tagsOfSpecifications(input.TagSpecifications, ['volume']).volume,
    };
    const { account, region } = caller;
    const place = { clock, ids, masterKey, site };
    const token = input.ClientToken;
    const call = { account, region, action: 'CreateVolume', token, parameters: input };
    const [row] = await catalog.write(async (transaction) => {
      const made = await idempotently(transaction, { ...call, now: clock.now() }, async () => {
        const volume = await newVolume(transaction, caller, order, place);
        await transaction.volumes.insert(volume);
        return [volume.id];
      });
      return requiredVolumes(transaction, caller, made);
    });
    if (!row) throw new Error('no volume was made');
    const { Attachments: _, FastRestored: __, ...shown } = volumeShape(row);
    return shown;
  },
};
