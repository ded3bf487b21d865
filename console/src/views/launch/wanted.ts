/** What a person wants launched, and the same in the words of the API, of aws-cli and Terraform. */
import type { Input } from '../../api/wire.ts';

export interface Wanted {
  imageId: string;
  instanceType: string;
  count: number;
  name: string;
  keyName: string;
  groupIds: readonly string[];
  userData: string;
  /** Of the root volume; empty: as the image has it. */
  rootGiB: string;
  /** Name of the root device, as the image has it. */
  rootDevice: string;
}

export const nothingWanted: Wanted = {
  imageId: '',
  instanceType: 't3.micro',
  count: 1,
  name: '',
  keyName: '',
  groupIds: [],
  userData: '',
  rootGiB: '',
  rootDevice: '/dev/sda1',
};

const base64 = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

export function requestOf(wanted: Wanted): Input<'ec2', 'RunInstances'> {
  const { imageId, instanceType, count, name, keyName, groupIds, userData, rootGiB } = wanted;
  return {
    ImageId: imageId,
    InstanceType: instanceType,
    MinCount: count,
    MaxCount: count,
    ...(keyName && { KeyName: keyName }),
    ...(groupIds.length > 0 && { SecurityGroupIds: [...groupIds] }),
    ...(userData && { UserData: base64(userData) }),
    ...(rootGiB && {
      BlockDeviceMappings: [
        { DeviceName: wanted.rootDevice, Ebs: { VolumeSize: Number(rootGiB) } },
      ],
    }),
    ...(name && {
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }],
    }),
  };
}

/** One word for a POSIX shell. */
const word = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

export function awsCliOf(wanted: Wanted): string {
  const { imageId, instanceType, count, name, keyName, groupIds, userData, rootGiB } = wanted;
  const options: string[][] = [
    ['--image-id', imageId],
    ['--instance-type', instanceType],
    ['--count', `${count}`],
    keyName ? ['--key-name', keyName] : [],
    groupIds.length > 0 ? ['--security-group-ids', ...groupIds] : [],
    rootGiB
      ? ['--block-device-mappings', `DeviceName=${wanted.rootDevice},Ebs={VolumeSize=${rootGiB}}`]
      : [],
    name
      ? [
          '--tag-specifications',
          JSON.stringify([{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: name }] }]),
        ]
      : [],
    userData ? ['--user-data', userData] : [],
  ];
  const lines = options.filter((line) => line.length > 0).map((line) => line.map(word).join(' '));
  return ['aws ec2 run-instances', ...lines].join(' \\\n  ');
}

/** A string of HCL; `${` and `%{` would be templates. */
const hcl = (text: string) => JSON.stringify(text).replaceAll(/[$%](?=\{)/g, '$&$&');

export function terraformOf(wanted: Wanted): string {
  const { imageId, instanceType, count, name, keyName, groupIds, userData, rootGiB } = wanted;
  const lines: (string | false)[] = [
    'resource "aws_instance" "this" {',
    count > 1 && `  count         = ${count}`,
    `  ami           = ${hcl(imageId)}`,
    `  instance_type = ${hcl(instanceType)}`,
    keyName !== '' && `  key_name      = ${hcl(keyName)}`,
    groupIds.length > 0 && `  vpc_security_group_ids = [${groupIds.map(hcl).join(', ')}]`,
    rootGiB !== '' && `  root_block_device {\n    volume_size = ${rootGiB}\n  }`,
    userData !== '' && `  user_data = ${hcl(userData)}`,
    name !== '' && `  tags = {\n    Name = ${hcl(name)}\n  }`,
    '}',
  ];
  return lines.filter((line) => line !== false).join('\n');
}
