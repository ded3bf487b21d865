/** Block device mappings as EC2 sends them. */
import type { BlockDeviceMapping as Shape } from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { MappingRequest } from '../../domain/block-device-mappings.ts';

/** What is honoured of a mapping in a request. */
export const acceptedMappings = [
  'BlockDeviceMappings.DeviceName',
  'BlockDeviceMappings.NoDevice',
  'BlockDeviceMappings.VirtualName',
  'BlockDeviceMappings.Ebs.DeleteOnTermination',
  'BlockDeviceMappings.Ebs.Encrypted',
  'BlockDeviceMappings.Ebs.Iops',
  'BlockDeviceMappings.Ebs.SnapshotId',
  'BlockDeviceMappings.Ebs.Throughput',
  'BlockDeviceMappings.Ebs.VolumeSize',
  'BlockDeviceMappings.Ebs.VolumeType',
] as const;

/** The same of a launch, which says under which key: an image names none, in EC2 neither. */
export const acceptedLaunchMappings = [
  ...acceptedMappings,
  'BlockDeviceMappings.Ebs.KmsKeyId',
] as const;

export function mappingRequests(mappings: readonly Shape[] = []): MappingRequest[] {
  return mappings.map(
    ({ DeviceName: deviceName, NoDevice, VirtualName: virtualName, Ebs: ebs }) => {
      if (deviceName === undefined) {
        throw new ServiceError('MissingParameter', 'A block device mapping needs a DeviceName.');
      }
      // Whatever it says and whatever else is there: clients send it empty, beside all of Ebs.
      if (NoDevice !== undefined) return { deviceName, noDevice: true };
      if (virtualName) throw noInstanceStore(virtualName);
      return {
        deviceName,
        noDevice: false,
        snapshotId: ebs?.SnapshotId,
        volumeSizeGiB: ebs?.VolumeSize,
        deleteOnTermination: ebs?.DeleteOnTermination,
        volumeType: ebs?.VolumeType,
        iops: ebs?.Iops,
        throughputMiBps: ebs?.Throughput,
        encrypted: ebs?.Encrypted,
        kmsKeyId: ebs?.KmsKeyId || undefined,
      };
    },
  );
}

function noInstanceStore(virtualName: string): ServiceError {
  return new ServiceError(
    'UnsupportedOperation',
    `No instance type of Imago has instance store volumes; VirtualName ${virtualName} would have no effect.`,
  );
}
