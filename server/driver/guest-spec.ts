/**
 * What an instance's rows say about its guest: the one document that its host is told. Computed
 * from the rows each time, so that it cannot be stale; it changes nothing.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceRow, MachineRecord } from '../catalog/rows/instance.ts';
import type {
  SecurityGroupRow,
  SecurityGroupRuleRow,
  SubnetRow,
  VpcRow,
} from '../catalog/rows/network.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { cpuCreditsOf, cpuTopologyOf, instanceType } from '../domain/instance-types.ts';
import { generationId, machineUuid } from '../domain/instances.ts';
import { openPorts } from '../domain/open-ports.ts';
import { zoneIdOf } from '../domain/regions.ts';
import { rulesOfGroups } from '../domain/security-group-rules.ts';
import { isLeaving } from '../domain/volume-attachments.ts';
import { volumeLimits } from '../domain/volume-types.ts';
import { readableBases, sizeBytesOf, volumesOf } from '../domain/volumes.ts';
import { formatIpv4, parseCidr } from '../foundations/ipv4.ts';
import type { GuestDisk, GuestSpec, HostDescription } from '../host/host.ts';
import { guestAlone, guestVpc } from './guest-vpc.ts';

/** All rows that say something about an instance. */
export interface InstanceView {
  instance: InstanceRow;
  volumes: VolumeRow[];
  groups: SecurityGroupRow[];
  rules: SecurityGroupRuleRow[];
  subnet: SubnetRow;
  vpc: VpcRow;
}

export async function readInstance(
  reader: CatalogReader,
  instance: InstanceRow,
): Promise<InstanceView> {
  const [volumes, groups, rules, subnet, vpc] = await Promise.all([
    volumesOf(reader, instance),
    reader.securityGroups.list({ where: { id: instance.securityGroupIds } }),
    rulesOfGroups(reader, instance.securityGroupIds),
    reader.subnets.get(instance.subnetId),
    reader.vpcs.get(instance.vpcId),
  ]);
  if (!subnet || !vpc) throw new Error(`the network of ${instance.id} is missing`);
  return { instance, volumes, groups, rules, subnet, vpc };
}

/** What the machine is, from its first start on. */
function machineRecord(instance: InstanceRow, host: HostDescription): MachineRecord {
  const { kind, machineType, cpuModel, accelerator, layout, version, sharedMemory } = host;
  const { machine } = instance;
  // A processor model of KVM means nothing to TCG, and the other way round.
  if (machine?.hypervisor === kind && machine.accelerator === accelerator) return machine;
  return {
    hypervisor: kind,
    machineType,
    cpuModel,
    accelerator,
    uuid: machineUuid(instance.id),
    layout,
    version,
    sharedMemory,
    generationId: generationId(instance.id),
  };
}

export function guestSpec(view: InstanceView, host: HostDescription): GuestSpec {
  const { instance, subnet } = view;
  const type = instanceType(instance.instanceType);
  if (!type) throw new Error(`instance type ${instance.instanceType} is not offered any more`);
  const { mac, privateIp } = instance;
  const { coreCount, threadsPerCore } = cpuTopologyOf(instance, type);
  return {
    instanceId: instance.id,
    ownerUid: instance.ownerUid,
    machine: machineRecord(instance, host),
    vcpus: coreCount * threadsPerCore,
    threadsPerCore,
    cpuShare: cpuCreditsOf(instance) === 'standard' ? 'yielding' : 'full',
    memoryMiB: type.memoryMiB,
    productName: type.name,
    firmware: instance.bootMode?.startsWith('uefi') ? 'uefi' : 'bios',
    uefiData: instance.uefiData,
    tpm: instance.tpmSupport === 'v2.0',
    disks: view.volumes.map(guestDisk),
    link: { mac, privateIp, ...routes(subnet), ...(instance.drillId && { isolated: true }) },
    vpc: instance.drillId === undefined ? guestVpc(view) : guestAlone(view),
    ports: portsOf(view),
    metadata: metadataOf(view),
  };
}

function guestDisk(volume: VolumeRow): GuestDisk {
  const { id: volumeId, attachment, encryption, base, layers } = volume;
  const limits = volumeLimits(volume);
  return {
    volumeId,
    slot: attachment?.index ?? 0,
    sizeBytes: sizeBytesOf(volume),
    encryption,
    base,
    readable: readableBases(volume),
    layers,
    ...(limits && { limits }),
    ...(isLeaving(volume) && { leaves: attachment?.force ? 'pulled' : 'asked' }),
  };
}

/** EC2's: the first address of the subnet is the router, the second the name server. */
function routes({ cidr }: SubnetRow) {
  const address = parseCidr(cidr)?.address ?? 0;
  return { subnetCidr: cidr, gatewayIp: formatIpv4(address + 1), dnsIp: formatIpv4(address + 2) };
}

/** Each at its own number, as on EC2; the host says where it really is. */
function portsOf({ instance, rules }: InstanceView): GuestSpec['ports'] {
  const { publicIp: hostIp } = instance;
  if (hostIp === undefined || instance.drillId !== undefined) return [];
  return openPorts(rules).map(({ protocol, port }) => ({
    protocol,
    hostIp,
    hostPort: port,
    guestPort: port,
  }));
}

function metadataOf({
  instance,
  volumes,
  groups,
  subnet,
  vpc,
}: InstanceView): GuestSpec['metadata'] {
  const { keyName, publicKey, productCodes, userData } = instance;
  return {
    instanceId: instance.id,
    accountId: instance.account,
    region: instance.region,
    availabilityZone: subnet.availabilityZone,
    availabilityZoneId: zoneIdOf(subnet.availabilityZone),
    imageId: instance.imageId,
    instanceType: instance.instanceType,
    launchIndex: instance.launchIndex,
    reservationId: instance.reservationId,
    architecture: instance.architecture,
    launchedAt: instance.launchedAt,
    mac: instance.mac,
    privateIp: instance.privateIp,
    publicIp: instance.publicIp,
    subnetId: subnet.id,
    subnetCidr: subnet.cidr,
    vpcId: vpc.id,
    vpcCidr: vpc.cidr,
    networkInterfaceId: instance.networkInterfaceId,
    securityGroups: groups.map(({ id, name }) => ({ id, name })),
    ...(keyName !== undefined && publicKey !== undefined && { key: { name: keyName, publicKey } }),
    ...(userData !== undefined && { userData }),
    ...(productCodes && { productCodes }),
    rootDeviceName: instance.rootDeviceName,
    ebsDeviceNames: volumes
      .map(({ attachment }) => attachment?.deviceName ?? '')
      .filter((deviceName) => deviceName !== instance.rootDeviceName),
    options: instance.metadataOptions,
    ...(instance.metadataOptions.instanceMetadataTags === 'enabled' && { tags: instance.tags }),
  };
}
