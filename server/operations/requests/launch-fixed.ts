/**
 * Members of a launch of which Imago has one value only, with that value: EC2's default of what
 * Imago does not have otherwise.
 * A value that EC2 has and that would need another behaviour is refused by these tables, by name.
 */
import type { FixedValues } from '../operation.ts';

/** Of mappings everywhere: RunInstances, CreateImage, RegisterImage. */
export const fixedMappings = {
  'BlockDeviceMappings.Ebs.EbsCardIndex': 0,
} as const satisfies FixedValues;

export const fixedLaunchMembers = {
  ...fixedMappings,
  'CpuOptions.AmdSevSnp': 'disabled',
  'CpuOptions.NestedVirtualization': 'disabled',
  EbsOptimized: false,
  EnablePrimaryIpv6: false,
  'EnclaveOptions.Enabled': false,
  'HibernationOptions.Configured': false,
  'InstanceMarketOptions.MarketType': 'on-demand',
  Ipv6AddressCount: 0,
  'MetadataOptions.HttpProtocolIpv6': 'disabled',
  // One interface is what an instance has; a request may name it here instead of at the top.
  'NetworkInterfaces.AssociateCarrierIpAddress': false,
  'NetworkInterfaces.DeleteOnTermination': true,
  'NetworkInterfaces.DeviceIndex': 0,
  'NetworkInterfaces.EnaSrdSpecification.EnaSrdEnabled': false,
  'NetworkInterfaces.EnaSrdSpecification.EnaSrdUdpSpecification.EnaSrdUdpEnabled': false,
  'NetworkInterfaces.InterfaceType': 'interface',
  'NetworkInterfaces.Ipv4PrefixCount': 0,
  'NetworkInterfaces.Ipv6AddressCount': 0,
  'NetworkInterfaces.Ipv6PrefixCount': 0,
  'NetworkInterfaces.NetworkCardIndex': 0,
  'NetworkInterfaces.PrimaryIpv6': false,
  'NetworkInterfaces.SecondaryPrivateIpAddressCount': 0,
  'NetworkPerformanceOptions.BandwidthWeighting': 'default',
  'Placement.Affinity': 'default',
  'Placement.Tenancy': 'default',
  'PrivateDnsNameOptions.EnableResourceNameDnsAAAARecord': false,
  'PrivateDnsNameOptions.EnableResourceNameDnsARecord': false,
  'PrivateDnsNameOptions.HostnameType': 'ip-name',
} as const satisfies FixedValues;
