/**
 * Writes an OVA: the descriptor, each disk as a stream-optimised VMDK, and the manifest with their
 * SHA-256, as hypervisors import it. What stands before something whose length shows only later is
 * left room, and written when it is known.
 */
import { createHash, type Hash } from 'node:crypto';
import type { Disk } from '../disk/disk.ts';
import { DiskFormatError } from './disk-format-error.ts';
import type { OvfSystem } from './ovf.ts';
import { writeVmdk } from './write-vmdk.ts';
import { type DiskSink, type WriteOptions, writeBehind } from './written-disk.ts';
import { escapeXml } from './xml.ts';

export interface OvaContents {
  /** Of the machine, and of the members: letters, digits, dots and dashes. */
  name: string;
  /** The root first. */
  disks: readonly Disk[];
  system?: Pick<OvfSystem, 'cpus' | 'memoryMiB' | 'firmware'>;
}

const blockBytes = 512;
/** Archives end in two empty blocks, and in whole records. */
const recordBytes = 20 * blockBytes;
/** Of octal digits. */
const plainSizeMaxBytes = 8 ** 11 - 1;

export function writeOva(
  contents: OvaContents,
  sink: DiskSink,
  options: WriteOptions = {},
): Promise<void> {
  return writeBehind(sink, (behind) => writeArchive(contents, behind, options));
}

async function writeArchive(
  { name, disks, system = {} }: OvaContents,
  sink: DiskSink,
  options: WriteOptions,
): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9.-]{0,60}$/.test(name) || disks.length === 0) {
    throw new DiskFormatError('ova', `'${name}' with ${disks.length} disks is none`, 'written');
  }
  const roomBytes = Buffer.byteLength(
    descriptorOf(
      name,
      system,
      disks.map((disk) => ({ disk, fileBytes: Number.MAX_SAFE_INTEGER })),
    ),
  );
  let end = blockBytes + padded(roomBytes);
  const written: WrittenDisk[] = [];
  const totalBytes = disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  for (const [index, disk] of disks.entries()) {
    const member = new Member(sink, end + blockBytes);
    const onProgress = (done: number) => options.onProgress?.(doneBytes + done, totalBytes);
    await writeVmdk(disk, member, { ...options, onProgress });
    doneBytes += disk.sizeBytes;
    const fileBytes = member.sizeBytes;
    await sink.write(tarHeader(diskName(name, index), fileBytes), end);
    end += blockBytes + padded(fileBytes);
    written.push({ disk, fileBytes, digest: member.digest() });
  }
  const descriptor = descriptorOf(name, system, written).padEnd(roomBytes, '\n');
  const lines = [
    `SHA256(${name}.ovf)= ${createHash('sha256').update(descriptor).digest('hex')}`,
    ...written.map(({ digest }, index) => `SHA256(${diskName(name, index)})= ${digest}`),
  ];
  const manifest = Buffer.from(`${lines.join('\n')}\n`);
  await sink.write(Buffer.concat([tarHeader(`${name}.mf`, manifest.length), manifest]), end);
  end += blockBytes + padded(manifest.length);
  await sink.truncate(Math.ceil((end + 2 * blockBytes) / recordBytes) * recordBytes);
  const text = Buffer.from(descriptor);
  await sink.write(Buffer.concat([tarHeader(`${name}.ovf`, text.length), text]), 0);
}

interface WrittenDisk {
  disk: Disk;
  fileBytes: number;
  digest: string;
}

const padded = (bytes: number) => Math.ceil(bytes / blockBytes) * blockBytes;
const diskName = (name: string, index: number) => `${name}-disk${index + 1}.vmdk`;

/** A part of the archive as the sink of a writer that goes from the first byte to the last. */
class Member implements DiskSink {
  sizeBytes = 0;
  readonly #sink: DiskSink;
  readonly #start: number;
  readonly #hash: Hash = createHash('sha256');

  constructor(sink: DiskSink, start: number) {
    this.#sink = sink;
    this.#start = start;
  }

  async write(bytes: Buffer, position: number): Promise<void> {
    if (position !== this.sizeBytes) throw new RangeError(`${position} is not the end`);
    this.#hash.update(bytes);
    this.sizeBytes += bytes.length;
    await this.#sink.write(bytes, this.#start + position);
  }

  async truncate(sizeBytes: number): Promise<void> {
    if (sizeBytes !== this.sizeBytes) throw new RangeError(`${sizeBytes} is not the end`);
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

function tarHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  header.write(name, 0, 100, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  if (sizeBytes <= plainSizeMaxBytes) {
    octal(sizeBytes, 124, 11);
  } else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(sizeBytes), 128);
  }
  octal(Math.floor(Date.now() / 1000), 136, 11);
  header.write(' '.repeat(8), 148, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  header.writeUInt8(0, 154);
  return header;
}

const vmdkFormat = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
const schemas = 'http://schemas.dmtf.org/ovf/envelope/1';
const settings = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';

function descriptorOf(
  name: string,
  { cpus = 1, memoryMiB = 1024, firmware = 'bios' }: OvfSystem,
  disks: readonly { disk: Disk; fileBytes: number }[],
): string {
  const each = (line: (index: number, disk: Disk, fileBytes: number) => string) =>
    disks.map(({ disk, fileBytes }, index) => line(index, disk, fileBytes)).join('\n');
  const files = each(
    (index, _, fileBytes) =>
      `    <File ovf:id="file${index + 1}" ovf:href="${diskName(name, index)}" ovf:size="${fileBytes}"/>`,
  );
  const list = each(
    (index, { sizeBytes }) =>
      `    <Disk ovf:diskId="disk${index + 1}" ovf:fileRef="file${index + 1}" ovf:capacity="${padded(sizeBytes)}" ovf:capacityAllocationUnits="byte" ovf:format="${vmdkFormat}"/>`,
  );
  const drives = each((index) =>
    itemOf(index + 10, 17, `disk ${index + 1}`, {
      AddressOnParent: index,
      HostResource: `ovf:/disk/disk${index + 1}`,
      Parent: 3,
    }),
  );
  const items = [
    itemOf(1, 3, `${cpus} virtual CPUs`, { VirtualQuantity: cpus }),
    itemOf(2, 4, `${memoryMiB} MB of memory`, {
      AllocationUnits: 'byte * 2^20',
      VirtualQuantity: memoryMiB,
    }),
    itemOf(3, 6, 'SCSI controller', { Address: 0, ResourceSubType: 'lsilogic' }),
    drives,
  ].join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="${schemas}" xmlns:ovf="${schemas}" xmlns:rasd="${settings}/CIM_ResourceAllocationSettingData" xmlns:vssd="${settings}/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
${files}
  </References>
  <DiskSection>
    <Info>The disks</Info>
${list}
  </DiskSection>
  <VirtualSystem ovf:id="${escapeXml(name)}">
    <Info>A machine</Info>
    <Name>${escapeXml(name)}</Name>
    <OperatingSystemSection ovf:id="100">
      <Info>Linux, 64 bits</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>Its hardware</Info>
      <System>
        <vssd:ElementName>Hardware</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType>
      </System>
${items}
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="${firmware}"/>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`;
}

/** Its elements are in the order of their names, as the schema has them. */
function itemOf(
  id: number,
  type: number,
  title: string,
  more: Record<string, string | number>,
): string {
  const elements = { ...more, ElementName: title, InstanceID: id, ResourceType: type };
  const lines = Object.entries(elements)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `        <rasd:${key}>${value}</rasd:${key}>`);
  return `      <Item>\n${lines.join('\n')}\n      </Item>`;
}
