/**
 * MachineSpec -> QEMU's arguments. Pure. QEMU's working directory is a folder of the machine's own
 * (../machine-folder.ts), so that the sockets in it have short names.
 * Guests see the same hardware at each start: the machine type and CPU model are named with their
 * version, and each device has its place (layout-1.ts and those after it). It opens no ports:
 * forwards are set over QMP when the machine runs (forwards.ts).
 */
import { socketsFolder } from '../../foundations/home.ts';
import type { MachineDisk, MachineNetwork, MachineSpec } from '../hypervisor.ts';
import { openedDisk } from './disk-device.ts';
import { placeholderOptions } from './encrypted-disks.ts';
import { escapeCommas, type Layout, type UefiFirmware } from './layout.ts';
import { layouts } from './layouts.ts';

/** Names in QEMU's working folder. */
export const qmpSocket = 'qmp.sock';
export const agentSocket = 'qga.sock';
export const nicSocket = 'nic.sock';
export const uplinkSocket = 'up.sock';
export const consoleSocket = 'console.sock';
export const tpmSocket = 'tpm.sock';

/** Id of the user network, which HMP's hostfwd commands need. */
export const userNetwork = 'nat0';

/** Places on the root bus that are the same in all layouts; slot 2 makes the card `enp0s2`. */
const slots = { network: 0x02, random: 0x03, serial: 0x04 };

export function commandLine(spec: MachineSpec, uefi?: UefiFirmware): string[] {
  const layout = layouts[spec.layout];
  checkDisks(spec, layout);
  if ((spec.firmware === 'uefi') !== (uefi !== undefined)) {
    throw new TypeError('UEFI firmware is needed exactly for a machine that boots with it');
  }
  return [
    ...['-name', `guest=${spec.instanceId}`],
    ...['-no-user-config', '-nodefaults', '-display', 'none', '-vga', 'none'],
    // A vulnerability in a device is as far as a guest gets: no new programs, no new privileges.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...processorAndMemory(spec, layout, uefi),
    ...['-smbios', smbios(spec)],
    ...['-rtc', 'base=utc'],
    // EC2 has no suspended guests; QEMU would wait for a wake-up that nobody sends.
    ...['-global', 'ICH9-LPC.disable_s3=1', '-global', 'ICH9-LPC.disable_s4=1'],
    // A guest that powers off keeps its process, so that its end is seen even if nobody listens
    // now.
    ...['-action', 'reboot=reset,shutdown=pause'],
    ...['-boot', 'strict=on'],
    // The guest begins when it is told to (starting-line.ts), with its ports open.
    '-S',
    ...['-qmp', `unix:${qmpSocket},server=on,wait=off`],
    ...(uefi ? layout.firmware(uefi) : []),
    ...(uefi?.isSecure ? writtenByFirmwareAlone : []),
    ...layout.devices(spec),
    ...consoleAndAgent(layout),
    ...(spec.tpm ? tpm : []),
    ...['-device', `virtio-rng-pci,addr=${hex(slots.random)}`],
    ...network(spec.network),
    ...spec.disks.flatMap((disk) => diskArguments(spec, disk)),
  ];
}

function checkDisks({ disks }: MachineSpec, { slotsMax }: Layout): void {
  if (disks.length < 1 || disks.length > slotsMax) {
    throw new RangeError(`a machine has 1 to ${slotsMax} disks, not ${disks.length}`);
  }
  const taken = new Set<number>();
  for (const { volumeId, slot } of disks) {
    if (!Number.isInteger(slot) || slot < 0 || slot >= slotsMax || taken.has(slot)) {
      throw new RangeError(`${volumeId} cannot be in slot ${slot}`);
    }
    taken.add(slot);
  }
}

/** The keys of secure boot: a system that could write them would need no signature. */
const writtenByFirmwareAlone = ['-global', 'driver=cfi.pflash01,property=secure,value=on'];

function processorAndMemory(spec: MachineSpec, layout: Layout, uefi?: UefiFirmware): string[] {
  const { vcpus, threadsPerCore: threads = 1 } = spec;
  const { machine, memory } = layout.machine(spec);
  return [
    // Where the firmware does what nobody else may.
    ...['-machine', uefi?.isSecure ? `${machine},smm=on` : machine],
    ...['-accel', spec.accelerator === 'tcg' ? layout.emulation : spec.accelerator],
    ...['-cpu', spec.cpuModel],
    ...['-smp', `${vcpus},maxcpus=${vcpus},sockets=1,cores=${vcpus / threads},threads=${threads}`],
    ...memory,
  ];
}

/**
 * cloud-init takes the machine for an EC2 instance when serial and uuid are equal and begin with
 * `ec2`.
 */
function smbios(spec: MachineSpec): string {
  const fields = {
    manufacturer: 'Amazon EC2',
    product: spec.productName,
    serial: spec.uuid,
    uuid: spec.uuid,
  };
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${escapeCommas(value)}`);
  return ['type=1', ...pairs].join(',');
}

/** Memory-mapped, at the place that PCs have for it: no slot. */
const tpm = [
  ...['-chardev', `socket,id=tpm,path=${tpmSocket}`],
  ...['-tpmdev', 'emulator,id=tpm0,chardev=tpm', '-device', 'tpm-crb,tpmdev=tpm0'],
];

function consoleAndAgent(layout: Layout): string[] {
  return [
    ...['-chardev', layout.console, '-serial', 'chardev:console'],
    ...['-device', `virtio-serial-pci,id=serial0,addr=${hex(slots.serial)}`],
    ...['-chardev', `socket,id=agent,path=${agentSocket},server=on,wait=off`],
    ...['-device', 'virtserialport,bus=serial0.0,chardev=agent,name=org.qemu.guest_agent.0'],
  ];
}

/**
 * The guest's card and the way out are two ends that the data plane joins: it carries each frame
 * between nic.sock and up.sock, and is the metadata service in between. QEMU's user network behind
 * it does DHCP, DNS and NAT.
 */
function network(net: MachineNetwork): string[] {
  const unixServer = (socket: string) => ({
    type: 'stream',
    server: true,
    addr: { type: 'unix', path: socket },
  });
  const netdevs = [
    { id: 'nic0', ...unixServer(nicSocket) },
    {
      type: 'user',
      id: userNetwork,
      ipv6: false,
      net: net.subnetCidr,
      host: net.gatewayIp,
      dns: net.dnsIp,
      dhcpstart: net.privateIp,
      ...(net.domain && { domainname: net.domain }),
    },
    { id: 'up0', ...unixServer(uplinkSocket) },
    { type: 'hubport', id: 'hub0p0', hubid: 0, netdev: userNetwork },
    { type: 'hubport', id: 'hub0p1', hubid: 0, netdev: 'up0' },
  ];
  return [
    ...netdevs.flatMap((netdev) => ['-netdev', JSON.stringify(netdev)]),
    // No option ROM: nothing boots from the network, and the BIOS need not look.
    ...['-device', `virtio-net-pci,netdev=nic0,mac=${net.mac},romfile=,addr=${hex(slots.network)}`],
  ];
}

function diskArguments(spec: MachineSpec, disk: MachineDisk): string[] {
  const opened = openedDisk(disk, socketsFolder(spec.folder, spec.layout), spec.layout);
  // What opens it is told later, over QMP.
  const placeholder = disk.secret === undefined ? undefined : placeholderOptions(disk);
  const nodes = placeholder ? [placeholder] : opened.nodes;
  const device = { ...opened.device, ...(placeholder && { drive: placeholder['node-name'] }) };
  return [
    ...nodes.flatMap((node) => ['-blockdev', JSON.stringify(node)]),
    ...['-device', JSON.stringify(device)],
  ];
}

function hex(slot: number): string {
  return `0x${slot.toString(16)}`;
}
