/** What a person wants launched, and the same in the words of the API. */
import type { Input } from '../../api/wire.ts';
import { encryptionOf } from '../../parts/encryption-of.ts';

export interface VolumeWanted {
  /** Empty: as the image, or the service, has it. */
  sizeGiB: string;
  type: string;
  /** Deleted with the instance. */
  ends: '' | 'yes' | 'no';
  /** Of the choice of a key; empty: as the image, or the account, has it. */
  key: string;
}

export interface Wanted {
  imageId: string;
  /** The launch begins with what it says; what is filled in beside it has precedence. */
  templateId: string;
  templateVersion: string;
  instanceType: string;
  count: number;
  name: string;
  keyName: string;
  groupIds: readonly string[];
  userData: string;
  root: VolumeWanted;
  /** Name of the root device, as the image has it. */
  rootDevice: string;
  /** Beside those of the image, empty ones. */
  volumes: readonly (VolumeWanted & { device: string })[];
}

export const asItIs: VolumeWanted = { sizeGiB: '', type: '', ends: '', key: '' };

export const nothingWanted: Wanted = {
  imageId: '',
  templateId: '',
  templateVersion: '',
  instanceType: 't3.micro',
  count: 1,
  name: '',
  keyName: '',
  groupIds: [],
  userData: '',
  root: asItIs,
  rootDevice: '/dev/sda1',
  volumes: [],
};

export type LaunchRequest = Input<'ec2', 'RunInstances'>;
export type Mapping = NonNullable<LaunchRequest['BlockDeviceMappings']>[number];

export const base64 = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

export function requestOf(wanted: Wanted): LaunchRequest {
  const { imageId, templateId, templateVersion, instanceType, count } = wanted;
  const { name, keyName, groupIds, userData } = wanted;
  const mappings = mappingsOf(wanted);
  return {
    ...(templateId && {
      LaunchTemplate: { LaunchTemplateId: templateId, Version: templateVersion || '$Default' },
    }),
    ...(imageId && { ImageId: imageId }),
    ...(instanceType && { InstanceType: instanceType }),
    MinCount: count,
    MaxCount: count,
    ...(keyName && { KeyName: keyName }),
    ...(groupIds.length > 0 && { SecurityGroupIds: [...groupIds] }),
    ...(userData && { UserData: base64(userData) }),
    ...(mappings.length > 0 && { BlockDeviceMappings: mappings }),
    ...(name && {
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }],
    }),
  };
}

function mappingsOf({ root, rootDevice, volumes }: Wanted): Mapping[] {
  const all = [{ ...root, device: rootDevice }, ...volumes];
  return all
    .map(({ device, sizeGiB, type, ends, key }) => ({
      DeviceName: device,
      Ebs: {
        ...(sizeGiB && { VolumeSize: Number(sizeGiB) }),
        ...(type && { VolumeType: type }),
        ...(ends && { DeleteOnTermination: ends === 'yes' }),
        ...encryptionOf(key),
      },
    }))
    .filter(({ Ebs }) => Object.keys(Ebs).length > 0);
}

/** What the command of aws-cli and Terraform are told as text. */
export function textOf(base64Text: string): string {
  const bytes = Uint8Array.from(atob(base64Text), (letter) => letter.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
