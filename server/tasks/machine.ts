/**
 * What an instance's rows say about its machine: what the hypervisor is to start, what the data plane is to serve, which ports
 * are to be open. Computed from the rows each time, so that it cannot be stale; it changes nothing.
 */
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceRow, MachineRecord } from '../catalog/rows/instance.ts';
import type { SecurityGroupRow, SubnetRow, VpcRow } from '../catalog/rows/network.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { GuestAttachment } from '../data-plane/data-plane.ts';
import { instanceType } from '../domain/instance-types.ts';
import { machineUuid } from '../domain/instances.ts';
import { openPorts } from '../domain/security-groups.ts';
import { highPortOffset, type Site } from '../domain/site.ts';
import { sizeBytesOf, volumesOf } from '../domain/volumes.ts';
import type { Home } from '../foundations/home.ts';
import { formatIpv4, parseCidr } from '../foundations/ipv4.ts';
import {
  type Hypervisor,
  type MachineDisk,
  type MachineSpec,
  type MachineStatus,
  MachineUnknownError,
  type PortForward,
} from '../hypervisor/hypervisor.ts';

/** All rows that say something about an instance. */
export interface InstanceView {
  instance: InstanceRow;
  volumes: VolumeRow[];
  groups: SecurityGroupRow[];
  subnet: SubnetRow;
  vpc: VpcRow;
}

export async function readInstance(
  reader: CatalogReader,
  instance: InstanceRow,
): Promise<InstanceView> {
  const [volumes, groups, subnet, vpc] = await Promise.all([
    volumesOf(reader, instance),
    reader.securityGroups.list({ where: { id: instance.securityGroupIds } }),
    reader.subnets.get(instance.subnetId),
    reader.vpcs.get(instance.vpcId),
  ]);
  if (!subnet || !vpc) throw new Error(`the network of ${instance.id} is missing`);
  return { instance, volumes, groups, subnet, vpc };
}

/** What the machine is, from its first start on. */
export function machineRecord(instance: InstanceRow, hypervisor: Hypervisor): MachineRecord {
  const { kind, machineType, cpuModel, accelerator } = hypervisor.describe();
  const { machine } = instance;
  // A processor model of KVM means nothing to TCG, and the other way round.
  if (machine?.hypervisor === kind && machine.accelerator === accelerator) return machine;
  return { hypervisor: kind, machineType, cpuModel, accelerator, uuid: machineUuid(instance.id) };
}

export function machineSpec(
  view: InstanceView,
  { hypervisor, home, site }: { hypervisor: Hypervisor; home: Home; site: Site },
): MachineSpec {
  const { instance } = view;
  const type = instanceType(instance.instanceType);
  if (!type) throw new Error(`instance type ${instance.instanceType} is not offered any more`);
  const { machineType, cpuModel, accelerator, uuid } = machineRecord(instance, hypervisor);
  const { mac, privateIp } = instance;
  return {
    instanceId: instance.id,
    folder: home.machineFolder(instance.id),
    vcpus: type.vcpus,
    memoryMiB: type.memoryMiB,
    machineType,
    cpuModel,
    accelerator,
    uuid,
    productName: type.name,
    firmware: instance.bootMode?.startsWith('uefi') ? 'uefi' : 'bios',
    disks: view.volumes.map((volume) => machineDisk(volume, home)),
    network: { mac, privateIp, ...routes(view.subnet), forwards: forwardsOf(view, site) },
  };
}

function machineDisk(volume: VolumeRow, home: Home): MachineDisk {
  return {
    volumeId: volume.id,
    layers: volume.layers.map(({ number }) => ({
      number,
      path: home.layerFile(volume.id, number),
    })),
    ...(volume.base && {
      base: { exportName: volume.base.root, sizeBytes: volume.base.sizeBytes },
    }),
    sizeBytes: sizeBytesOf(volume),
  };
}

/** EC2's: the first address of the subnet is the router, the second the name server. */
function routes({ cidr }: SubnetRow) {
  const address = parseCidr(cidr)?.address ?? 0;
  return { subnetCidr: cidr, gatewayIp: formatIpv4(address + 1), dnsIp: formatIpv4(address + 2) };
}

export function forwardsOf({ instance, groups }: InstanceView, { lowPorts }: Site): PortForward[] {
  const forwards = openPorts(groups).map(({ protocol, port }) => ({
    protocol,
    hostIp: instance.publicIp,
    hostPort: port < 1024 && !lowPorts ? port + highPortOffset : port,
    guestPort: port,
  }));
  // Where 22 is reached at 10022, a rule for 10022 itself yields.
  const byHostPort = new Map(forwards.map((each) => [`${each.protocol} ${each.hostPort}`, each]));
  for (const each of forwards) {
    if (each.hostPort !== each.guestPort) byHostPort.set(`${each.protocol} ${each.hostPort}`, each);
  }
  return [...byHostPort.values()];
}

export function guestAttachment(view: InstanceView): GuestAttachment {
  const { instance, volumes, subnet } = view;
  const bases = volumes.flatMap(({ base, nextBase }) => [base, nextBase]);
  const exports = new Map(bases.flatMap((base) => (base ? [[base.root, base]] : [])));
  const { mac, privateIp } = instance;
  return {
    instanceId: instance.id,
    exports: [...exports.values()].map(({ root, sizeBytes }) => ({ root, sizeBytes })),
    link: { mac, privateIp, ...routes(subnet) },
    metadata: metadataOf(view),
  };
}

function metadataOf({
  instance,
  volumes,
  groups,
  subnet,
  vpc,
}: InstanceView): GuestAttachment['metadata'] {
  const { keyName, publicKey, userData } = instance;
  return {
    instanceId: instance.id,
    accountId: instance.account,
    region: instance.region,
    availabilityZone: subnet.availabilityZone,
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
    rootDeviceName: instance.rootDeviceName,
    ebsDeviceNames: volumes.slice(1).map(({ attachment }) => attachment?.deviceName ?? ''),
    options: instance.metadataOptions,
  };
}

/** `absent` only when its folder says so too: a machine that could not be found again yet is not gone. */
export async function machineStatus(
  { hypervisor, home }: { hypervisor: Hypervisor; home: Home },
  instanceId: string,
): Promise<MachineStatus> {
  try {
    const status = await hypervisor.status(instanceId);
    if (status !== 'absent') return status;
  } catch (error) {
    if (!(error instanceof MachineUnknownError)) throw error;
  }
  return (await hypervisor.adopt(instanceId, home.machineFolder(instanceId))).status;
}
