import type {
  ModifyVolumeRequest,
  ModifyVolumeResult,
} from '../../../../api/generated/ec2-types.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { modifyVolume as modify } from '../../../domain/volume-modifications.ts';
import type { Operation } from '../../operation.ts';
import { modificationShape } from '../../shapes/volumes.ts';

export const modifyVolume: Operation<ModifyVolumeRequest, ModifyVolumeResult> = {
  accepts: ['Iops', 'Size', 'Throughput', 'VolumeId', 'VolumeType'],
  fixed: { MultiAttachEnabled: false },
  async run(input, { catalog, caller, clock, host }) {
    checkDiskRoom(await host.measure(), caller.region);
    const asked = {
      sizeGiB: input.Size,
      volumeType: input.VolumeType,
      iops: input.Iops,
      throughputMiBps: input.Throughput,
    };
    const row = await catalog.write((transaction) =>
      modify(transaction, caller, input.VolumeId, asked, clock.now()),
    );
    return { VolumeModification: modificationShape(row) };
  },
};
