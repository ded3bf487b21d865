/** Block device mappings as EC2 sends them. */
import type { BlockDeviceMapping as Shape } from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { MappingRequest } from '../../domain/block-device-mappings.ts';

/** What is honoured of a mapping in a request. */
export const acceptedMappings = [
  'BlockDeviceMappings.DeviceName',
  'BlockDeviceMappings.NoDevice',
  'BlockDeviceMappings.Ebs.DeleteOnTermination',
  'BlockDeviceMappings.Ebs.Iops',
  'BlockDeviceMappings.Ebs.SnapshotId',
  'BlockDeviceMappings.Ebs.Throughput',
  'BlockDeviceMappings.Ebs.VolumeSize',
  'BlockDeviceMappings.Ebs.VolumeType',
] as const;

export function mappingRequests(mappings: readonly Shape[] = []): MappingRequest[] {
  return mappings.map(({ DeviceName: deviceName, NoDevice, Ebs: ebs }) => {
    if (deviceName === undefined) {
      throw new ServiceError('MissingParameter', 'A block device mapping needs a DeviceName.');
    }
    return {
      deviceName,
      // An empty string, by EC2's convention.
      noDevice: NoDevice !== undefined,
      snapshotId: ebs?.SnapshotId,
      volumeSizeGiB: ebs?.VolumeSize,
      deleteOnTermination: ebs?.DeleteOnTermination,
      volumeType: ebs?.VolumeType,
      iops: ebs?.Iops,
      throughputMibps: ebs?.Throughput,
    };
  });
}
