/** A launch as a command of aws-cli and as a block of Terraform: all that the request says. */
import { isMisread, word } from '../../parts/aws-cli.ts';
import { type LaunchRequest, type Mapping, textOf } from './wanted.ts';

export function awsCliOf(request: LaunchRequest): string {
  const { ImageId, InstanceType, MaxCount, KeyName, SecurityGroupIds, LaunchTemplate } = request;
  const { BlockDeviceMappings, TagSpecifications, UserData } = request;
  const texts = {
    ...{ ImageId, InstanceType, KeyName },
    // As it is: aws-cli encodes it.
    UserData: UserData && textOf(UserData),
  };
  const misread = Object.entries(texts).filter(([, text]) => text && isMisread(text));
  const asJson = Object.fromEntries(misread);
  const optionOf = (name: keyof typeof texts) => (name in asJson ? undefined : texts[name]);
  const options: [string, ...(string | undefined)[]][] = [
    ['--cli-input-json', misread.length > 0 ? JSON.stringify(asJson) : undefined],
    ['--launch-template', LaunchTemplate && JSON.stringify(LaunchTemplate)],
    ['--image-id', optionOf('ImageId')],
    ['--instance-type', optionOf('InstanceType')],
    ['--count', `${MaxCount}`],
    ['--key-name', optionOf('KeyName')],
    ['--security-group-ids', ...(SecurityGroupIds ?? [undefined])],
    ['--block-device-mappings', BlockDeviceMappings && JSON.stringify(BlockDeviceMappings)],
    ['--tag-specifications', TagSpecifications && JSON.stringify(TagSpecifications)],
    ['--user-data', optionOf('UserData')],
  ];
  const lines = options
    .filter(([, value]) => value !== undefined)
    .map((words) => words.map((each = '') => word(each)).join(' '));
  return ['aws ec2 run-instances', ...lines].join(' \\\n  ');
}

/** A string of HCL; `${` and `%{` would be templates. */
const hcl = (text: string) => JSON.stringify(text).replaceAll(/[$%](?=\{)/g, '$&$&');

export function terraformOf(request: LaunchRequest, rootDevice: string): string {
  const { ImageId, InstanceType, MaxCount = 1, KeyName, SecurityGroupIds, UserData } = request;
  const { LaunchTemplate, BlockDeviceMappings = [], TagSpecifications } = request;
  const isRoot = ({ DeviceName }: Mapping) => DeviceName === rootDevice;
  const name = TagSpecifications?.[0]?.Tags?.[0]?.Value;
  return [
    'resource "aws_instance" "this" {',
    ...line('  ', {
      count: MaxCount > 1 ? MaxCount : undefined,
      ami: ImageId,
      instance_type: InstanceType,
      key_name: KeyName,
      vpc_security_group_ids: SecurityGroupIds,
      user_data: UserData && textOf(UserData),
    }),
    ...(LaunchTemplate
      ? block('launch_template', {
          id: LaunchTemplate.LaunchTemplateId,
          version: LaunchTemplate.Version,
        })
      : []),
    ...BlockDeviceMappings.filter(isRoot).flatMap(({ Ebs }) =>
      block('root_block_device', volume(Ebs)),
    ),
    ...BlockDeviceMappings.filter((each) => !isRoot(each)).flatMap(({ DeviceName, Ebs }) =>
      block('ebs_block_device', { device_name: DeviceName, ...volume(Ebs) }),
    ),
    ...(name === undefined ? [] : ['  tags = {', ...line('    ', { Name: name }), '  }']),
    '}',
  ].join('\n');
}

type Value = string | number | boolean | readonly string[] | undefined;

const volume = (ebs: Mapping['Ebs']) => ({
  volume_size: ebs?.VolumeSize,
  volume_type: ebs?.VolumeType,
  delete_on_termination: ebs?.DeleteOnTermination,
  encrypted: ebs?.Encrypted,
  kms_key_id: ebs?.KmsKeyId,
});

const block = (name: string, values: Record<string, Value>) => [
  `  ${name} {`,
  ...line('    ', values),
  '  }',
];

function line(indent: string, values: Record<string, Value>): string[] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${indent}${name} = ${literal(value)}`);
}

function literal(value: Value): string {
  if (typeof value === 'string') return hcl(value);
  return typeof value === 'object' ? `[${value.map(hcl).join(', ')}]` : `${value}`;
}
