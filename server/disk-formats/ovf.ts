/**
 * What an OVF descriptor says (DMTF DSP0243): the disks in its order, the files that they are in,
 * and the machine. Pure. Names of files lead nowhere but into the archive that the descriptor is in.
 */
import { type Refuse, shown } from './disk-format-error.ts';
import type { DiskFileFormat } from './limits.ts';
import { childOf, childrenOf, parseXml, type XmlElement } from './xml.ts';

export interface OvfDisk {
  diskId: string;
  /** Undefined where it cannot be told, or is more than a disk can have. */
  capacityBytes?: number;
  /** Absent: an empty disk. */
  file?: { href: string; format: DiskFileFormat; gzipped: boolean };
}

export interface OvfSystem {
  name?: string;
  /** Such as `debian11_64Guest`, or a CIM number where there is no word. */
  osType?: string;
  osDescription?: string;
  firmware?: 'bios' | 'efi';
  cpus?: number;
  memoryMiB?: number;
}

export interface Ovf {
  disks: OvfDisk[];
  system: OvfSystem;
}

const disksMax = 64;
const resourceTypes = { processor: '3', memory: '4' };

export function parseOvf(text: string, refuse: Refuse): Ovf {
  const envelope = parseXml(text, refuse);
  if (envelope.name !== 'Envelope') throw refuse('its descriptor is no OVF');
  if (childOf(envelope, 'VirtualSystemCollection')) {
    throw refuse('it is a collection of machines: export each by itself');
  }
  const files = new Map(
    childrenOf(childOf(envelope, 'References'), 'File').map((file) => [
      file.attributes.get('id') ?? '',
      file,
    ]),
  );
  const disks = childrenOf(childOf(envelope, 'DiskSection'), 'Disk');
  if (disks.length === 0) throw refuse('its descriptor has no disk');
  if (disks.length > disksMax) throw refuse(`its descriptor has ${disks.length} disks`);
  return {
    disks: disks.map((disk) => diskOf(disk, files, refuse)),
    system: systemOf(childOf(envelope, 'VirtualSystem')),
  };
}

function diskOf(disk: XmlElement, files: Map<string, XmlElement>, refuse: Refuse): OvfDisk {
  const attribute = (name: string) => disk.attributes.get(name);
  const diskId = attribute('diskId') ?? '';
  if (attribute('parentRef') !== undefined) {
    throw refuse(`its disk ${shown(diskId)} is a delta, which needs its parent`);
  }
  const unit = unitBytes(attribute('capacityAllocationUnits') ?? 'byte');
  const capacityBytes = Number(attribute('capacity')) * (unit ?? Number.NaN);
  const result: OvfDisk = {
    diskId,
    ...(Number.isSafeInteger(capacityBytes) && capacityBytes > 0 && { capacityBytes }),
  };
  const fileRef = attribute('fileRef');
  if (fileRef === undefined) return result;
  const file = files.get(fileRef);
  const href = file?.attributes.get('href');
  if (!file || href === undefined) throw refuse(`its disk ${shown(diskId)} has no file`);
  if (file.attributes.has('chunkSize')) throw refuse(`its file ${shown(href)} is in several parts`);
  const compression = file.attributes.get('compression') ?? 'identity';
  if (!['', 'identity', 'gzip'].includes(compression)) {
    throw refuse(`its file ${shown(href)} is compressed by ${shown(compression)}`);
  }
  const gzipped = compression === 'gzip' || href.toLowerCase().endsWith('.gz');
  const format = formatOf(attribute('format') ?? '', href);
  if (!format)
    throw refuse(`its disk ${shown(diskId)} is of the format ${shown(attribute('format') ?? '')}`);
  return { ...result, file: { href, format, gzipped } };
}

const vhdFormat = 'linkid=137171';

/** By the format's address, and where that is none that we know, by the name. */
function formatOf(address: string, href: string): DiskFileFormat | undefined {
  const lower = address.toLowerCase();
  if (lower.includes('vmdk')) return 'vmdk';
  if (lower.includes(vhdFormat)) return 'vhd';
  const name = href.toLowerCase().replace(/\.gz$/, '');
  const extension = name.slice(name.lastIndexOf('.') + 1);
  const byName: Record<string, DiskFileFormat> = {
    vmdk: 'vmdk',
    vhd: 'vhd',
    vhdx: 'vhdx',
    qcow2: 'qcow2',
    raw: 'raw',
    img: 'raw',
  };
  return Object.hasOwn(byName, extension) ? byName[extension] : undefined;
}

function systemOf(system: XmlElement | undefined): OvfSystem {
  const name = childOf(system, 'Name')?.text ?? system?.attributes.get('id');
  const os = childOf(system, 'OperatingSystemSection');
  const osType = os?.attributes.get('osType') ?? os?.attributes.get('id');
  const osDescription = childOf(os, 'Description')?.text;
  const hardware = childOf(system, 'VirtualHardwareSection');
  const items = childrenOf(hardware, 'Item');
  const quantity = (type: string) => {
    const item = items.find((each) => childOf(each, 'ResourceType')?.text === type);
    const value = Number(childOf(item, 'VirtualQuantity')?.text);
    return item && Number.isSafeInteger(value) && value > 0 ? { item, value } : undefined;
  };
  const cpus = quantity(resourceTypes.processor)?.value;
  const memory = quantity(resourceTypes.memory);
  const memoryUnit = unitBytes(childOf(memory?.item, 'AllocationUnits')?.text ?? 'byte * 2^20');
  const memoryMiB = memory && memoryUnit && Math.floor((memory.value * memoryUnit) / 2 ** 20);
  const firmware = firmwareOf(hardware);
  return {
    ...(name && { name }),
    ...(osType && { osType }),
    ...(osDescription && { osDescription }),
    ...(firmware && { firmware }),
    ...(cpus && { cpus }),
    ...(memoryMiB && { memoryMiB }),
  };
}

/** VMware's word for it; the standard has none. */
function firmwareOf(hardware: XmlElement | undefined): 'bios' | 'efi' | undefined {
  const setting = childrenOf(hardware, 'Config').find(
    ({ attributes }) => attributes.get('key') === 'firmware',
  );
  const value = setting?.attributes.get('value');
  return value === 'bios' || value === 'efi' ? value : undefined;
}

/** `byte * 2^30` or, in older ones, `GigaBytes`. */
function unitBytes(text: string): number | undefined {
  const power = /^byte(?:\s*\*\s*2\^(\d{1,2}))?$/i.exec(text.trim());
  if (power) return 2 ** Number(power[1] ?? 0);
  const words = ['bytes', 'kilobytes', 'megabytes', 'gigabytes', 'terabytes'];
  const index = words.indexOf(text.trim().toLowerCase());
  return index < 0 ? undefined : 1024 ** index;
}
