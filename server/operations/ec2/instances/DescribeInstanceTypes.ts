import type {
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  InstanceTypeInfo,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { type InstanceType, instanceType, instanceTypes } from '../../../domain/instance-types.ts';
import { cutPage, pageOf } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';

/** EC2 documents at most 100 here. */
const bounds = { min: 5, max: 100 };

const filters: FilterTable<InstanceTypeInfo> = {
  values: {
    'auto-recovery-supported': (type) => String(type.AutoRecoverySupported),
    'bare-metal': (type) => String(type.BareMetal),
    'burstable-performance-supported': (type) => String(type.BurstablePerformanceSupported),
    'current-generation': (type) => String(type.CurrentGeneration),
    'dedicated-hosts-supported': (type) => String(type.DedicatedHostsSupported),
    'hibernation-supported': (type) => String(type.HibernationSupported),
    'instance-storage-supported': (type) => String(type.InstanceStorageSupported),
    'instance-type': (type) => type.InstanceType,
    'memory-info.size-in-mib': (type) => String(type.MemoryInfo?.SizeInMiB),
    'processor-info.supported-architecture': (type) => type.ProcessorInfo?.SupportedArchitectures,
    'supported-boot-mode': (type) => type.SupportedBootModes,
    'supported-root-device-type': (type) => type.SupportedRootDeviceTypes,
    'supported-usage-class': (type) => type.SupportedUsageClasses,
    'supported-virtualization-type': (type) => type.SupportedVirtualizationTypes,
    'vcpu-info.default-cores': (type) => String(type.VCpuInfo?.DefaultCores),
    'vcpu-info.default-threads-per-core': (type) => String(type.VCpuInfo?.DefaultThreadsPerCore),
    'vcpu-info.default-vcpus': (type) => String(type.VCpuInfo?.DefaultVCpus),
  },
};

export const describeInstanceTypes: Operation<
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult
> = {
  accepts: ['InstanceTypes', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { caller }) {
    const { InstanceTypes: names = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeInstanceTypes' }, bounds, names);
    const unknown = names.filter((name) => !instanceType(name));
    if (unknown.length > 0) {
      throw new ServiceError(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    }
    const filter = rowFilter(input.Filters, filters);
    const found = instanceTypes
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((type) => ({ id: type.name, info: typeInfo(type) }))
      .filter(({ info }) => filter.matches(info));
    const { rows, nextToken } = cutPage(found, page);
    return { InstanceTypes: rows.map(({ info }) => info), NextToken: nextToken };
  },
};

/**
 * What EC2 says of a type and Imago keeps. Nothing of bandwidth or clock speed: those are the
 * host's.
 */
function typeInfo({ name, vcpus, memoryMiB }: InstanceType): InstanceTypeInfo {
  return {
    InstanceType: name,
    CurrentGeneration: true,
    SupportedUsageClasses: ['on-demand'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    ProcessorInfo: { SupportedArchitectures: ['x86_64'] },
    VCpuInfo: { DefaultVCpus: vcpus, DefaultCores: vcpus, DefaultThreadsPerCore: 1 },
    MemoryInfo: { SizeInMiB: memoryMiB },
    InstanceStorageSupported: false,
    EbsInfo: {
      EbsOptimizedSupport: 'unsupported',
      EncryptionSupport: 'unsupported',
      NvmeSupport: 'unsupported',
    },
    NetworkInfo: {
      MaximumNetworkInterfaces: 1,
      Ipv4AddressesPerInterface: 1,
      Ipv6AddressesPerInterface: 0,
      Ipv6Supported: false,
      EnaSupport: 'unsupported',
      EfaSupported: false,
    },
    HibernationSupported: false,
    BurstablePerformanceSupported: false,
    DedicatedHostsSupported: false,
    AutoRecoverySupported: false,
    SupportedBootModes: ['legacy-bios', 'uefi'],
  };
}
