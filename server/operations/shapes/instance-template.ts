/**
 * An instance as the launch template that makes others like it. What is its own alone (the
 * interface, its address) is left out, so that a template with this data launches.
 */

import type {
  LaunchTemplateBlockDeviceMapping,
  LaunchTemplateInstanceNetworkInterfaceSpecification,
  LaunchTemplateTagSpecification,
  ResponseLaunchTemplateData,
} from '../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { cpuCreditsOf } from '../../domain/instance-types.ts';
import { encryptionArn } from '../../domain/kms-keys.ts';
import { zoneOf } from '../../domain/site.ts';
import { userTags } from '../../domain/tags.ts';
import { cpuOptionsShape } from './instances.ts';
import { metadataOptionsShape } from './metadata-options.ts';
import { tagList } from './tags.ts';

/** Its volumes in the order of its disks. */
export function instanceTemplateShape(
  instance: InstanceRow,
  volumes: readonly VolumeRow[],
): ResponseLaunchTemplateData {
  const credits = cpuCreditsOf(instance);
  const { State: _, ...metadataOptions } = metadataOptionsShape(instance, 'applied');
  return {
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    KeyName: instance.keyName,
    BlockDeviceMappings: volumes.flatMap(mappingShape),
    NetworkInterfaces: [interfaceShape(instance)],
    Placement: { AvailabilityZone: zoneOf(instance), Tenancy: 'default' },
    Monitoring: { Enabled: instance.monitoring ?? false },
    CpuOptions: cpuOptionsShape(instance),
    CreditSpecification: credits && { CpuCredits: credits },
    MetadataOptions: metadataOptions,
    InstanceInitiatedShutdownBehavior: instance.shutdownBehavior,
    DisableApiTermination: instance.disableApiTermination ?? false,
    DisableApiStop: instance.disableApiStop ?? false,
    UserData: instance.userData,
    TagSpecifications: tagSpecifications({
      instance: instance.tags,
      volume: volumes[0]?.tags ?? {},
      'network-interface': instance.networkInterfaceTags ?? {},
    }),
    EbsOptimized: false,
    CapacityReservationSpecification: {
      CapacityReservationPreference: instance.capacityReservationPreference ?? 'open',
    },
    EnclaveOptions: { Enabled: false },
    HibernationOptions: { Configured: false },
    MaintenanceOptions: { AutoRecovery: instance.autoRecovery ?? 'default' },
    PrivateDnsNameOptions: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
  };
}

function mappingShape(volume: VolumeRow): LaunchTemplateBlockDeviceMapping[] {
  const { attachment } = volume;
  if (!attachment) return [];
  return [
    {
      DeviceName: attachment.deviceName,
      Ebs: {
        DeleteOnTermination: attachment.deleteOnTermination,
        Encrypted: volume.encryption !== undefined,
        KmsKeyId: encryptionArn(volume),
        SnapshotId: volume.snapshotId,
        VolumeSize: volume.sizeGiB,
        VolumeType: volume.volumeType,
        // Those of its type are no request: it would be held to them.
        Iops: volume.iops,
        Throughput: volume.throughputMiBps,
      },
    },
  ];
}

function interfaceShape(
  instance: InstanceRow,
): LaunchTemplateInstanceNetworkInterfaceSpecification {
  return {
    AssociatePublicIpAddress: instance.publicIp !== undefined,
    DeleteOnTermination: true,
    Description: instance.networkInterfaceDescription ?? '',
    DeviceIndex: 0,
    Groups: instance.securityGroupIds,
    InterfaceType: 'interface',
    NetworkCardIndex: 0,
    SubnetId: instance.subnetId,
  };
}

/** Those that have any; a request of tags has at least one. */
function tagSpecifications(tags: Record<string, Tags>): LaunchTemplateTagSpecification[] {
  return Object.entries(tags)
    .map(([ResourceType, each]) => ({ ResourceType, Tags: tagList(userTags(each)) }))
    .filter(({ Tags: list }) => list.length > 0);
}
