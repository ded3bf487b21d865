/** Instances as EC2 shows them. */
import type {
  GroupIdentifier,
  Instance,
  InstanceBlockDeviceMapping,
  InstanceState,
  InstanceStateChange,
  Reservation,
  StateReason,
} from '../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { InstanceRow, InstanceState as State } from '../../catalog/rows/instance.ts';
import type { SecurityGroupRow } from '../../catalog/rows/network.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { cpuTopologyOf, instanceType } from '../../domain/instance-types.ts';
import { currentBootMode, instanceStateCodes, privateDnsName } from '../../domain/instances.ts';
import { platformDetails, usageOperation } from '../../domain/platforms.ts';
import { zoneIdOf } from '../../domain/regions.ts';
import { type Site, zoneOf } from '../../domain/site.ts';
import { byDisk } from '../../domain/volumes.ts';
import { productCodeShape } from './images.ts';
import { metadataOptionsShape } from './metadata-options.ts';
import { hasPublicAddress, interfaceOfInstance } from './network-interfaces.ts';
import { tagList } from './tags.ts';
import { attachmentState } from './volumes.ts';

/** The rows that some instances name, read at once. */
export interface InstanceParts {
  /** By instance, in the order of its disks. */
  volumes: ReadonlyMap<string | undefined, VolumeRow[]>;
  groups: ReadonlyMap<string, SecurityGroupRow>;
  site: Site;
}

export async function readInstanceParts(
  reader: CatalogReader,
  instances: readonly InstanceRow[],
  site: Site,
): Promise<InstanceParts> {
  const groupIds = new Set(instances.flatMap((each) => each.securityGroupIds));
  const where = { instance: instances.map(({ id }) => id) };
  const volumes = (await reader.volumes.list({ where })).sort(byDisk);
  const groups = await reader.securityGroups.list({ where: { id: [...groupIds] } });
  return {
    volumes: Map.groupBy(volumes, ({ attachment }) => attachment?.instanceId),
    groups: new Map(groups.map((row) => [row.id, row])),
    site,
  };
}

/** Instances of one launch together, in the order of the first of each. */
export function reservationShapes(
  instances: readonly InstanceRow[],
  parts: InstanceParts,
): Reservation[] {
  const launches = Map.groupBy(instances, ({ reservationId }) => reservationId);
  return [...launches].map(([ReservationId, rows]) => ({
    ReservationId,
    OwnerId: rows[0]?.account,
    Groups: [],
    Instances: rows.map((row) => instanceShape(row, parts)),
  }));
}

function instanceShape(instance: InstanceRow, parts: InstanceParts): Instance {
  const zone = zoneOf(instance);
  const present = instance.state !== 'terminated';
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    State: stateShape(instance.state),
    StateReason: stateReasonShape(instance, parts.site),
    StateTransitionReason: instance.stateTransitionReason ?? '',
    InstanceType: instance.instanceType,
    KeyName: instance.keyName,
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: new Date(instance.launchedAt),
    Placement: {
      AvailabilityZone: zone,
      AvailabilityZoneId: zoneIdOf(zone),
      GroupName: '',
      Tenancy: 'default',
    },
    Monitoring: monitoringShape(instance),
    Architecture: instance.architecture,
    BootMode: instance.bootMode,
    TpmSupport: instance.tpmSupport,
    CurrentInstanceBootMode: currentBootMode(instance),
    CpuOptions: cpuOptionsShape(instance),
    ClientToken: instance.clientToken ?? '',
    CapacityReservationSpecification: {
      CapacityReservationPreference: instance.capacityReservationPreference ?? 'open',
    },
    EbsOptimized: false,
    EnaSupport: instance.enaSupport ?? false,
    SriovNetSupport: instance.sriovNetSupport,
    EnclaveOptions: { Enabled: false },
    HibernationOptions: { Configured: false },
    MaintenanceOptions: { AutoRecovery: instance.autoRecovery ?? 'default' },
    NetworkPerformanceOptions: { BandwidthWeighting: 'default' },
    PrivateDnsNameOptions: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    // EC2 says xen of all its machines, Nitro's KVM included; clients compare with it.
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    Platform: instance.platform,
    PlatformDetails: platformDetails(instance),
    UsageOperation: usageOperation(instance),
    UsageOperationUpdateTime: new Date(instance.createdAt),
    Operator: { Managed: false },
    ProductCodes: (instance.productCodes ?? []).map(productCodeShape),
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: blockDeviceShapes(instance, parts),
    MetadataOptions: metadataOptionsShape(
      instance,
      instance.state === 'pending' ? 'pending' : 'applied',
    ),
    Tags: tagList(instance.tags),
    PrivateDnsName: present ? privateDnsName(instance) : '',
    PublicDnsName: '',
    ...(present ? networkShape(instance, parts) : { SecurityGroups: [], NetworkInterfaces: [] }),
  };
}

export function cpuOptionsShape(instance: InstanceRow): Instance['CpuOptions'] {
  const type = instanceType(instance.instanceType);
  if (!type) return undefined;
  const { coreCount, threadsPerCore } = cpuTopologyOf(instance, type);
  return { CoreCount: coreCount, ThreadsPerCore: threadsPerCore };
}

function networkShape(instance: InstanceRow, parts: InstanceParts): Partial<Instance> {
  const groups = groupShapes(instance, parts);
  return {
    PrivateIpAddress: instance.privateIp,
    PublicIpAddress: hasPublicAddress(instance) ? instance.publicIp : undefined,
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
    SecurityGroups: groups,
    SourceDestCheck: true,
    NetworkInterfaces: [interfaceOfInstance(instance, groups)],
  };
}

export function monitoringShape({ monitoring }: InstanceRow) {
  return { State: monitoring ? 'enabled' : 'disabled' };
}

function groupShapes(
  { securityGroupIds }: InstanceRow,
  { groups }: InstanceParts,
): GroupIdentifier[] {
  return securityGroupIds.map((id) => ({ GroupId: id, GroupName: groups.get(id)?.name }));
}

function blockDeviceShapes(
  instance: InstanceRow,
  { volumes }: InstanceParts,
): InstanceBlockDeviceMapping[] {
  return (volumes.get(instance.id) ?? []).flatMap((volume) => {
    if (!volume.attachment) return [];
    const { deviceName, attachedAt, deleteOnTermination } = volume.attachment;
    return {
      DeviceName: deviceName,
      Ebs: {
        VolumeId: volume.id,
        Status: attachmentState(volume),
        AttachTime: new Date(attachedAt),
        DeleteOnTermination: deleteOnTermination,
      },
    };
  });
}

/** A simulated machine is `running` in name only: said where every client shows it. */
const simulatedReason: StateReason = {
  Code: 'Imago.Simulated',
  Message: 'Imago.Simulated: this instance changes its state but runs no operating system',
};

function stateReasonShape(
  { state, stateReason }: InstanceRow,
  site: Site,
): StateReason | undefined {
  if (stateReason) return { Code: stateReason.code, Message: stateReason.message };
  if (state === 'running' && site.simulated) return simulatedReason;
  if (state === 'pending') return { Code: 'pending', Message: 'pending' };
  return undefined;
}

export function stateShape(state: State): InstanceState {
  return { Code: instanceStateCodes[state], Name: state };
}

export function stateChangeShape(
  { id }: InstanceRow,
  previous: State,
  current: State,
): InstanceStateChange {
  return {
    InstanceId: id,
    PreviousState: stateShape(previous),
    CurrentState: stateShape(current),
  };
}
