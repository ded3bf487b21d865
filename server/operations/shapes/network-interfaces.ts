/**
 * Network interfaces as EC2 shows them. Each is an instance's only one, made and ended with it:
 * there are no rows of their own.
 */
import type {
  GroupIdentifier,
  InstanceNetworkInterface,
  NetworkInterface,
} from '../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import { privateDnsName } from '../../domain/instances.ts';
import { zoneIdOf } from '../../domain/regions.ts';
import { zoneOf } from '../../domain/site.ts';
import { tagList } from './tags.ts';

export function networkInterfaceShape(
  instance: InstanceRow,
  groups: GroupIdentifier[],
): NetworkInterface {
  const { Attachment, ...shown } = interfaceOfInstance(instance, groups);
  return {
    ...shown,
    // The same members, of a list of words that clients share.
    InterfaceType: 'interface',
    Attachment: {
      ...Attachment,
      InstanceId: instance.id,
      InstanceOwnerId: instance.account,
    },
    AvailabilityZone: zoneOf(instance),
    AvailabilityZoneId: zoneIdOf(zoneOf(instance)),
    RequesterManaged: false,
    Operator: { Managed: false },
    TagSet: tagList(instance.networkInterfaceTags ?? {}),
  };
}

/** The same within an instance, which shows fewer members. */
export function interfaceOfInstance(
  instance: InstanceRow,
  groups: GroupIdentifier[],
): InstanceNetworkInterface {
  const association = hasPublicAddress(instance)
    ? { IpOwnerId: 'amazon', PublicDnsName: '', PublicIp: instance.publicIp }
    : undefined;
  const dnsName = privateDnsName(instance);
  return {
    NetworkInterfaceId: instance.networkInterfaceId,
    InterfaceType: 'interface',
    Status: 'in-use',
    Description: instance.networkInterfaceDescription ?? '',
    OwnerId: instance.account,
    MacAddress: instance.mac,
    PrivateDnsName: dnsName,
    PrivateIpAddress: instance.privateIp,
    PrivateIpAddresses: [
      {
        Primary: true,
        PrivateDnsName: dnsName,
        PrivateIpAddress: instance.privateIp,
        Association: association,
      },
    ],
    Association: association,
    Attachment: {
      AttachmentId: attachmentId(instance),
      AttachTime: new Date(instance.createdAt),
      DeleteOnTermination: true,
      DeviceIndex: 0,
      NetworkCardIndex: 0,
      Status: 'attached',
    },
    Groups: groups,
    SourceDestCheck: true,
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
  };
}

export function attachmentId({ networkInterfaceId }: InstanceRow): string {
  return networkInterfaceId.replace('eni-', 'eni-attach-');
}

/** Nothing listens at the address of a stopped instance; EC2 takes it away. */
export function hasPublicAddress({ publicIp, state }: InstanceRow): boolean {
  return publicIp !== undefined && state !== 'stopped' && state !== 'terminated';
}
