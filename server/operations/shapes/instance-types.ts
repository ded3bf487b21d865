/**
 * Instance types as EC2 shows them, as far as Imago keeps what it says of them. Nothing of
 * bandwidth or clock speed: those are the host's.
 */
import type { InstanceTypeInfo } from '../../../api/generated/ec2-types.ts';
import { volumesMax } from '../../domain/block-device-mappings.ts';
import type { FilterTable } from '../../domain/filters.ts';
import {
  cpuTopology,
  type InstanceType,
  isBurstable,
  validCpuOptions,
} from '../../domain/instance-types.ts';

export function instanceTypeShape(type: InstanceType): InstanceTypeInfo {
  const { name, vcpus, memoryMiB } = type;
  const { coreCount, threadsPerCore } = cpuTopology(type);
  const valid = validCpuOptions(type);
  return {
    InstanceType: name,
    CurrentGeneration: true,
    FreeTierEligible: false,
    SupportedUsageClasses: ['on-demand'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
    VCpuInfo: {
      DefaultVCpus: vcpus,
      DefaultCores: coreCount,
      DefaultThreadsPerCore: threadsPerCore,
      ValidCores: valid.cores,
      ValidThreadsPerCore: valid.threads,
    },
    MemoryInfo: { SizeInMiB: memoryMiB },
    InstanceStorageSupported: false,
    EbsInfo: {
      AttachmentLimitType: 'dedicated',
      EbsOptimizedSupport: 'unsupported',
      EncryptionSupport: 'unsupported',
      MaximumEbsAttachments: volumesMax,
      NvmeSupport: 'unsupported',
    },
    NetworkInfo: {
      BandwidthWeightings: ['default'],
      DefaultNetworkCardIndex: 0,
      EfaSupported: false,
      EnaSupport: 'unsupported',
      EncryptionInTransitSupported: false,
      FlexibleEnaQueuesSupport: 'unsupported',
      Ipv4AddressesPerInterface: 1,
      Ipv6AddressesPerInterface: 0,
      Ipv6Supported: false,
      MaximumNetworkCards: 1,
      MaximumNetworkInterfaces: 1,
    },
    HibernationSupported: false,
    BurstablePerformanceSupported: isBurstable(name),
    DedicatedHostsSupported: false,
    AutoRecoverySupported: false,
    NitroEnclavesSupport: 'unsupported',
    NitroTpmSupport: 'supported',
    NitroTpmInfo: { SupportedVersions: ['2.0'] },
    RebootMigrationSupport: 'unsupported',
    SupportedBootModes: ['legacy-bios', 'uefi'],
  };
}

type Read = (type: InstanceTypeInfo) => unknown;

const shown: Record<string, Read> = {
  'auto-recovery-supported': (type) => type.AutoRecoverySupported,
  'bare-metal': (type) => type.BareMetal,
  'burstable-performance-supported': (type) => type.BurstablePerformanceSupported,
  'current-generation': (type) => type.CurrentGeneration,
  'dedicated-hosts-supported': (type) => type.DedicatedHostsSupported,
  'ebs-info.attachment-limit-type': (type) => type.EbsInfo?.AttachmentLimitType,
  'ebs-info.ebs-optimized-support': (type) => type.EbsInfo?.EbsOptimizedSupport,
  'ebs-info.encryption-support': (type) => type.EbsInfo?.EncryptionSupport,
  'ebs-info.maximum-ebs-attachments': (type) => type.EbsInfo?.MaximumEbsAttachments,
  'ebs-info.nvme-support': (type) => type.EbsInfo?.NvmeSupport,
  'free-tier-eligible': (type) => type.FreeTierEligible,
  'hibernation-supported': (type) => type.HibernationSupported,
  'instance-storage-supported': (type) => type.InstanceStorageSupported,
  'instance-type': (type) => type.InstanceType,
  'memory-info.size-in-mib': (type) => type.MemoryInfo?.SizeInMiB,
  'network-info.bandwidth-weightings': (type) => type.NetworkInfo?.BandwidthWeightings,
  'network-info.efa-supported': (type) => type.NetworkInfo?.EfaSupported,
  'network-info.ena-support': (type) => type.NetworkInfo?.EnaSupport,
  'network-info.encryption-in-transit-supported': (type) =>
    type.NetworkInfo?.EncryptionInTransitSupported,
  'network-info.flexible-ena-queues-support': (type) => type.NetworkInfo?.FlexibleEnaQueuesSupport,
  'network-info.ipv4-addresses-per-interface': (type) =>
    type.NetworkInfo?.Ipv4AddressesPerInterface,
  'network-info.ipv6-addresses-per-interface': (type) =>
    type.NetworkInfo?.Ipv6AddressesPerInterface,
  'network-info.ipv6-supported': (type) => type.NetworkInfo?.Ipv6Supported,
  'network-info.maximum-network-cards': (type) => type.NetworkInfo?.MaximumNetworkCards,
  'network-info.maximum-network-interfaces': (type) => type.NetworkInfo?.MaximumNetworkInterfaces,
  'nitro-enclaves-support': (type) => type.NitroEnclavesSupport,
  'nitro-tpm-support': (type) => type.NitroTpmSupport,
  'nitro-tpm-info.supported-versions': (type) => type.NitroTpmInfo?.SupportedVersions,
  'processor-info.supported-architecture': (type) => type.ProcessorInfo?.SupportedArchitectures,
  'reboot-migration-support': (type) => type.RebootMigrationSupport,
  'supported-boot-mode': (type) => type.SupportedBootModes,
  'supported-root-device-type': (type) => type.SupportedRootDeviceTypes,
  'supported-usage-class': (type) => type.SupportedUsageClasses,
  'supported-virtualization-type': (type) => type.SupportedVirtualizationTypes,
  'vcpu-info.default-cores': (type) => type.VCpuInfo?.DefaultCores,
  'vcpu-info.default-threads-per-core': (type) => type.VCpuInfo?.DefaultThreadsPerCore,
  'vcpu-info.default-vcpus': (type) => type.VCpuInfo?.DefaultVCpus,
  'vcpu-info.valid-cores': (type) => type.VCpuInfo?.ValidCores,
  'vcpu-info.valid-threads-per-core': (type) => type.VCpuInfo?.ValidThreadsPerCore,
};

const texts = (read: Read) => (type: InstanceTypeInfo) =>
  [read(type)].flat().map((value) => (value === undefined ? undefined : String(value)));

/** All that EC2 documents. */
export const instanceTypeFilters: FilterTable<InstanceTypeInfo> = {
  absent: [
    'ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps',
    'ebs-info.ebs-optimized-info.baseline-iops',
    'ebs-info.ebs-optimized-info.baseline-throughput-in-mbps',
    'ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps',
    'ebs-info.ebs-optimized-info.maximum-iops',
    'ebs-info.ebs-optimized-info.maximum-throughput-in-mbps',
    'hypervisor',
    'instance-storage-info.disk.count',
    'instance-storage-info.disk.size-in-gb',
    'instance-storage-info.disk.type',
    'instance-storage-info.encryption-support',
    'instance-storage-info.nvme-support',
    'instance-storage-info.total-size-in-gb',
    'network-info.efa-info.maximum-efa-interfaces',
    'network-info.network-performance',
    'processor-info.supported-features',
    'processor-info.sustained-clock-speed-in-ghz',
  ],
  values: Object.fromEntries(Object.entries(shown).map(([name, read]) => [name, texts(read)])),
};
