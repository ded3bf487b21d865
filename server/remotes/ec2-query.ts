/**
 * The little of a remote's EC2 that copies need: images and snapshots by their ids, images made and
 * taken away. Spoken as EC2's query API; its XML is read for the few members that are asked for, and
 * bounded by the client.
 */

import { idOf } from './ebs-direct.ts';
import { FarAwayError, type FarClient } from './far-client.ts';

const version = '2016-11-15';

/** The tags of others are somebody's word: none of them is checked. */
interface FarTagged {
  tags: Readonly<Record<string, string>>;
}

export interface FarImage extends FarTagged {
  name: string;
  description?: string;
  architecture: string;
  platform?: string;
  virtualizationType: string;
  rootDeviceName: string;
  bootMode?: string;
  tpmSupport?: string;
  imdsSupport?: string;
  enaSupport: boolean;
  sriovNetSupport?: string;
  /** That its instance was launched of, or that it is a copy of. */
  sourceImageId?: string;
  mappings: FarMapping[];
}

export interface FarMapping {
  deviceName: string;
  snapshotId?: string;
  volumeSizeGiB: number;
  deleteOnTermination: boolean;
  volumeType: string;
  iops?: number;
  throughputMiBps?: number;
}

export interface FarSnapshot extends FarTagged {
  state: string;
  volumeSizeGiB: number;
  encrypted: boolean;
  /** A source that is of no one volume has `vol-ffffffff`. */
  volumeId: string;
  description: string;
}

export interface FarRegistration
  extends Omit<FarImage, 'virtualizationType' | 'platform' | 'sourceImageId'> {
  uefiData?: string;
}

type Parameters = Record<string, string>;

export class Ec2Query {
  readonly #client: FarClient;

  constructor(client: FarClient) {
    this.#client = client;
  }

  async snapshot(id: string): Promise<FarSnapshot> {
    const xml = await this.#ask('DescribeSnapshots', { 'SnapshotId.1': id });
    const [item] = itemsOf(blockOf(xml, 'snapshotSet'));
    if (item === undefined) throw new FarAwayError(`it says nothing of ${id}`);
    return {
      state: textOf(item, 'status') ?? '',
      volumeSizeGiB: Number(textOf(item, 'volumeSize')),
      encrypted: textOf(item, 'encrypted') === 'true',
      volumeId: textOf(item, 'volumeId') ?? '',
      description: textOf(item, 'description') ?? '',
      tags: tagsOf(item),
    };
  }

  /** The snapshot that a volume began as. */
  async originOfVolume(id: string): Promise<string | undefined> {
    const xml = await this.#ask('DescribeVolumes', { 'VolumeId.1': id });
    const [item = ''] = itemsOf(blockOf(xml, 'volumeSet'));
    const origin = textOf(item, 'snapshotId');
    return origin ? idOf(origin, 'snap') : undefined;
  }

  async image(id: string): Promise<FarImage> {
    const xml = await this.#ask('DescribeImages', { 'ImageId.1': id });
    const [item] = itemsOf(blockOf(xml, 'imagesSet'));
    if (item === undefined) throw new FarAwayError(`it says nothing of ${id}`);
    return imageOf(item);
  }

  /** Of the caller's own. */
  imageIdByName(name: string): Promise<string | undefined> {
    return this.#ownImageId('name', name.replace(/[\\*?]/g, '\\$&'));
  }

  /** Of the caller's own. */
  imageIdBySnapshot(id: string): Promise<string | undefined> {
    return this.#ownImageId('block-device-mapping.snapshot-id', id);
  }

  /** Of the caller's own, whole: it itself, or one that has its id as that tag. */
  async idOrTagged(id: string, tag: string): Promise<string | undefined> {
    const kind = id.startsWith('ami-') ? 'image' : 'snapshot';
    const find = (filter: string) =>
      kind === 'image' ? this.#ownImageId(filter, id) : this.#ownSnapshotId(filter, id);
    return (await find(`${kind}-id`)) ?? (await find(`tag:${tag}`));
  }

  async #ownSnapshotId(filter: string, value: string): Promise<string | undefined> {
    const xml = await this.#ask('DescribeSnapshots', {
      'Owner.1': 'self',
      'Filter.1.Name': filter,
      'Filter.1.Value.1': value,
      'Filter.2.Name': 'status',
      'Filter.2.Value.1': 'completed',
    });
    const [item] = itemsOf(blockOf(xml, 'snapshotSet'));
    return item === undefined ? undefined : idOf(textOf(item, 'snapshotId'), 'snap');
  }

  async #ownImageId(filter: string, value: string): Promise<string | undefined> {
    const xml = await this.#ask('DescribeImages', {
      'Owner.1': 'self',
      'Filter.1.Name': filter,
      'Filter.1.Value.1': value,
    });
    const [item] = itemsOf(blockOf(xml, 'imagesSet'));
    return item === undefined ? undefined : idOf(textOf(item, 'imageId'), 'ami');
  }

  async register(image: FarRegistration): Promise<string> {
    const parameters: Parameters = {
      Name: image.name,
      Architecture: image.architecture,
      VirtualizationType: 'hvm',
      RootDeviceName: image.rootDeviceName,
      ...(image.description && { Description: image.description }),
      ...(image.bootMode && { BootMode: image.bootMode }),
      ...(image.tpmSupport && { TpmSupport: image.tpmSupport }),
      ...(image.imdsSupport && { ImdsSupport: image.imdsSupport }),
      ...(image.enaSupport && { EnaSupport: 'true' }),
      ...(image.sriovNetSupport && { SriovNetSupport: image.sriovNetSupport }),
      ...(image.uefiData && { UefiData: image.uefiData }),
    };
    for (const [i, mapping] of image.mappings.entries()) {
      const at = `BlockDeviceMapping.${i + 1}`;
      parameters[`${at}.DeviceName`] = mapping.deviceName;
      if (mapping.snapshotId) parameters[`${at}.Ebs.SnapshotId`] = mapping.snapshotId;
      parameters[`${at}.Ebs.VolumeSize`] = String(mapping.volumeSizeGiB);
      parameters[`${at}.Ebs.VolumeType`] = mapping.volumeType;
      const { iops, throughputMiBps: throughput } = mapping;
      // AWS asks for it of io1 and io2.
      if (iops !== undefined) parameters[`${at}.Ebs.Iops`] = String(iops);
      if (throughput !== undefined) parameters[`${at}.Ebs.Throughput`] = String(throughput);
      parameters[`${at}.Ebs.DeleteOnTermination`] = String(mapping.deleteOnTermination);
    }
    for (const [i, [key, value]] of Object.entries(image.tags).entries()) {
      parameters['TagSpecification.1.ResourceType'] = 'image';
      parameters[`TagSpecification.1.Tag.${i + 1}.Key`] = key;
      parameters[`TagSpecification.1.Tag.${i + 1}.Value`] = value;
    }
    return idOf(textOf(await this.#ask('RegisterImage', parameters), 'imageId'), 'ami');
  }

  async createTags(id: string, tags: Readonly<Record<string, string>>): Promise<void> {
    const parameters: Parameters = { 'ResourceId.1': id };
    for (const [i, [key, value]] of Object.entries(tags).entries()) {
      parameters[`Tag.${i + 1}.Key`] = key;
      parameters[`Tag.${i + 1}.Value`] = value;
    }
    await this.#ask('CreateTags', parameters);
  }

  async deregister(imageId: string): Promise<void> {
    await this.#ask('DeregisterImage', { ImageId: imageId });
  }

  async deleteSnapshot(snapshotId: string): Promise<void> {
    await this.#ask('DeleteSnapshot', { SnapshotId: snapshotId });
  }

  async #ask(action: string, parameters: Parameters): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters });
    const { body: answer } = await this.#client.ask({
      service: 'ec2',
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: Buffer.from(body.toString()),
    });
    return answer.toString();
  }
}

function imageOf(item: string): FarImage {
  const mappings = itemsOf(blockOf(item, 'blockDeviceMapping')).flatMap((mapping) => {
    const ebs = blockOf(mapping, 'ebs');
    if (ebs === '') return [];
    const snapshotId = textOf(ebs, 'snapshotId');
    return [
      {
        deviceName: textOf(mapping, 'deviceName') ?? '',
        ...(snapshotId && { snapshotId: idOf(snapshotId, 'snap') }),
        volumeSizeGiB: Number(textOf(ebs, 'volumeSize')),
        deleteOnTermination: textOf(ebs, 'deleteOnTermination') === 'true',
        volumeType: textOf(ebs, 'volumeType') ?? 'gp3',
        ...figure('iops', textOf(ebs, 'iops')),
        ...figure('throughputMiBps', textOf(ebs, 'throughput')),
      },
    ];
  });
  const own = item.replace(blockOf(item, 'blockDeviceMapping'), '');
  return {
    name: textOf(own, 'name') ?? '',
    ...optional(own, 'description', 'platform', 'bootMode', 'tpmSupport', 'imdsSupport'),
    ...optional(own, 'sriovNetSupport', 'sourceImageId'),
    architecture: textOf(own, 'architecture') ?? '',
    virtualizationType: textOf(own, 'virtualizationType') ?? '',
    rootDeviceName: textOf(own, 'rootDeviceName') ?? '',
    enaSupport: textOf(own, 'enaSupport') === 'true',
    mappings,
    tags: tagsOf(own),
  };
}

/** One without a value has an empty one. */
function tagsOf(item: string): Record<string, string> {
  const tags = itemsOf(blockOf(item, 'tagSet'));
  return Object.fromEntries(
    tags.map((tag) => [textOf(tag, 'key') ?? '', textOf(tag, 'value') ?? '']),
  );
}

function figure(name: 'iops' | 'throughputMiBps', text: string | undefined) {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? { [name]: Number(text) } : {};
}

function optional<Name extends string>(xml: string, ...names: Name[]): { [N in Name]?: string } {
  const found = names.map((name) => [name, textOf(xml, name)]);
  return Object.fromEntries(found.filter(([, text]) => text)) as { [N in Name]?: string };
}

/** What is in the first element of that name; its own kind is in none of those that are asked for. */
function blockOf(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.indexOf(`</${name}>`, start);
  return start < 0 || end < 0 ? '' : xml.slice(start + name.length + 2, end);
}

/** Its items, those in them aside. */
function itemsOf(xml: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: mark, index } of xml.matchAll(/<item>|<\/item>/g)) {
    if (mark === '<item>' && depth++ === 0) from = index + mark.length;
    else if (mark === '</item>' && --depth === 0) items.push(xml.slice(from, index));
  }
  return items;
}

function textOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text?.replace(/&(lt|gt|amp|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});/g, unescaped);
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
};

function unescaped(_: string, name: string): string {
  if (!name.startsWith('#')) return entities[name] ?? '';
  const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
