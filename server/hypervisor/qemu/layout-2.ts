/**
 * The hardware of new machines, chosen once and for long: what a machine lacks at its start it
 * lacks until it is stopped.
 *
 *   pcie.0  01    VGA             the screen: firmware and every kernel know it without a driver of
 *                                 its own
 *           02    virtio-net-pci  the first card; on the root bus it is `enp0s2`, as in layout 1,
 *                                 and is never unplugged
 *           03 04 virtio-rng, virtio-serial (agent)
 *           10-13 28 root ports   disk-N: the disk in slot N; the order of their buses is that of
 *                                 the slots
 *                 4 root ports    card-N: for cards that are plugged later
 *
 * Only behind a root port can a device be plugged while the guest runs. Eight ports share a slot as
 * functions. Memory is a shared mapping where the host allows it: for memory snapshots and network
 * back ends in other processes.
 */
import type { Layout, UefiFirmware } from './layout.ts';
import { consoleLogSet } from './process.ts';

/** In QEMU's working folder; what differs from the template. */
export const uefiDifferenceFile = 'uefi-vars.qcow2';
/** In the machine's folder, which is above QEMU's working folder; never changes. */
export const uefiTemplateFile = 'uefi-template.fd';

/** Id of the display adapter; machines of layout 1 have none. */
export const screenDevice = 'screen';

/** Attachments that EC2 allows an instance. */
const diskPorts = 28;
const cardPorts = 4;
const portsPerSlot = 8;
const firstPortSlot = 0x10;

const memoryId = 'ram';

/**
 * What QEMU keeps of translated code. After a reset GRUB and the kernel overwrite memory that old
 * translations belong to, and QEMU looks for them at each such write: with much more than this a
 * reboot may take a multiple of a start. With much less, code that is used again has to be
 * translated again.
 */
const translationsMiB = 64;

/** In QEMU's working folder: the screen and its keyboard by VNC, for as many as look. */
export const screenSocket = 'vnc.sock';

export const layout2: Layout = {
  slotsMax: diskPorts,
  machine: ({ machineType, memoryMiB, sharedMemory, firmware }) => {
    const flash = firmware === 'uefi' ? ',pflash0=uefi-code,pflash1=uefi-vars' : '';
    const machine = `${machineType},usb=off,vmport=off,dump-guest-core=off${flash}`;
    if (!sharedMemory) return { machine, memory: ['-m', `${memoryMiB}`] };
    const memory = `memory-backend-memfd,id=${memoryId},size=${memoryMiB}M,share=on`;
    return {
      machine: `${machine},memory-backend=${memoryId}`,
      memory: ['-m', `${memoryMiB}`, '-object', memory],
    };
  },
  devices: (spec) => [
    ...['-add-fd', `fd=3,set=${consoleLogSet}`],
    ...['-device', `VGA,id=${screenDevice},addr=0x1`],
    // Not hardware: one who asks to be alone ends nobody else's.
    ...['-vnc', `unix:${screenSocket},share=force-shared`],
    ...['-device', `vmgenid,id=generation,guid=${spec.generationId}`],
    ...rootPorts(),
  ],
  firmware: ({ codeFile }: UefiFirmware) =>
    [
      { 'node-name': 'uefi-code', driver: 'file', filename: codeFile, 'read-only': true },
      {
        'node-name': 'uefi-template',
        driver: 'file',
        filename: `../${uefiTemplateFile}`,
        'read-only': true,
      },
      {
        'node-name': 'uefi-vars',
        driver: 'qcow2',
        file: { driver: 'file', filename: uefiDifferenceFile },
        backing: 'uefi-template',
      },
    ].flatMap((node) => ['-blockdev', JSON.stringify(node)]),
  emulation: `tcg,thread=multi,tb-size=${translationsMiB}`,
  console: `socket,id=console,path=console.sock,server=on,wait=off,logfile=/dev/fdset/${consoleLogSet},logappend=on`,
  diskPlace: (slot) => ({ bus: `disk-${slot}`, addr: '0x0' }),
};

/** Without I/O ports, of which 32 bridges would use up what there is; virtio needs none. */
function rootPorts(): string[] {
  const names = [
    ...Array.from({ length: diskPorts }, (_, number) => `disk-${number}`),
    ...Array.from({ length: cardPorts }, (_, number) => `card-${number}`),
  ];
  return names.flatMap((id, index) => {
    const slot = firstPortSlot + Math.floor(index / portsPerSlot);
    const place = index % portsPerSlot;
    const port = {
      driver: 'pcie-root-port',
      id,
      bus: 'pcie.0',
      addr: `0x${slot.toString(16)}.${place}`,
      multifunction: true,
      chassis: index + 1,
      'io-reserve': 0,
    };
    return ['-device', JSON.stringify(port)];
  });
}
