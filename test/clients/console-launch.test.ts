/** The command that the console shows beside its launch form launches what the form launches. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeInstanceAttributeCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { awsCliOf } from '../../console/src/views/launch/code-of.ts';
import { nothingWanted, requestOf, type Wanted } from '../../console/src/views/launch/wanted.ts';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
let client: EC2Client;
let wanted: Wanted;

const wantedKey = "it's mine";

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  client = imago.ec2();
  const ec2 = (...words: string[]) => aws(imago, 'ec2', ...words);
  const image = ['describe-images', '--owners', 'amazon', '--query', 'Images[0]'];
  const { ImageId, RootDeviceName } = (await ec2(...image)) as Record<string, string>;
  await ec2('create-key-pair', '--key-name', wantedKey);
  const group = ['--group-name', 'web', '--description', 'web', '--query', 'GroupId'];
  const groupId = (await ec2('create-security-group', ...group)) as string;
  wanted = {
    ...nothingWanted,
    imageId: ImageId as string,
    instanceType: 't3.small',
    count: 2,
    name: `the "web" $(id) 'quoted'`,
    keyName: wantedKey,
    groupIds: [groupId],
    userData: '#cloud-config\npackages:\n  - nginx # “good”\n',
    root: { sizeGiB: '2', type: 'gp2', ends: 'no', key: '' },
    rootDevice: RootDeviceName as string,
    volumes: [{ device: '/dev/sdf', sizeGiB: '1', type: '', ends: 'yes', key: '' }],
  };
});
after(async () => {
  await imago?.dispose();
});

/** As a person pastes it, in a shell that knows the endpoint. */
async function byCommand(asked: Wanted): Promise<Instance[]> {
  const command = awsCliOf(requestOf(asked));
  const endpoint = `aws() { command aws --endpoint-url ${imago.endpoint} --output json "$@"; }`;
  const output = await debianClient(imago, 'sh', ['-c', `${endpoint}\n${command}`]);
  return JSON.parse(output).Instances;
}

async function byForm(asked: Wanted): Promise<Instance[]> {
  const request = requestOf(asked) as RunInstancesCommandInput;
  const { Instances = [] } = await client.send(new RunInstancesCommand(request));
  return Instances;
}

async function seen({ InstanceId, ...instance }: Instance) {
  const { ImageId, InstanceType, KeyName, SecurityGroups, Tags } = instance;
  const attribute = { InstanceId, Attribute: 'userData' } as const;
  const { UserData } = await client.send(new DescribeInstanceAttributeCommand(attribute));
  const Filters = [{ Name: 'attachment.instance-id', Values: [InstanceId as string] }];
  const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters }));
  const volumes = Volumes.map(({ Size, VolumeType, SnapshotId, Attachments = [] }) => {
    const { Device, DeleteOnTermination } = Attachments[0] ?? {};
    return { Size, VolumeType, SnapshotId, Device, DeleteOnTermination };
  });
  volumes.sort((a, b) => `${a.Device}`.localeCompare(`${b.Device}`));
  return { ImageId, InstanceType, KeyName, SecurityGroups, Tags, UserData, volumes };
}

async function assertSame(asked: Wanted) {
  const [command, form] = [await byCommand(asked), await byForm(asked)];
  assert.equal(command.length, asked.count);
  const looks = await Promise.all([...command, ...form].map(seen));
  for (const look of looks) assert.deepEqual(look, looks[0]);
  return looks[0];
}

test('the command of aws-cli launches what the form launches', async () => {
  const look = await assertSame(wanted);
  assert.equal(look?.Tags?.[0]?.Value, wanted.name);
  assert.equal(look?.KeyName, wanted.keyName);
  assert.equal(Buffer.from(`${look?.UserData?.Value}`, 'base64').toString(), wanted.userData);
  assert.deepEqual(
    look?.volumes.map(({ Size, VolumeType, DeleteOnTermination }) => [
      Size,
      VolumeType,
      DeleteOnTermination,
    ]),
    [
      [1, 'gp3', true],
      [2, 'gp2', false],
    ],
  );
});

test('and so from a launch template, with what is filled in beside it', async () => {
  const data = { ImageId: wanted.imageId, InstanceType: 't3.micro' };
  const named = ['--launch-template-name', 'web', '--launch-template-data', JSON.stringify(data)];
  const made = await aws(imago, 'ec2', 'create-launch-template', ...named);
  const { LaunchTemplateId } =
    (made as Record<string, Record<string, string>>).LaunchTemplate ?? {};
  const template = { templateId: `${LaunchTemplateId}`, instanceType: '' };
  const look = await assertSame({ ...nothingWanted, ...template, name: 'from a template' });
  assert.equal(look?.InstanceType, 't3.micro');
  const larger = { ...template, templateVersion: '1', instanceType: 't3.medium' };
  assert.equal((await assertSame({ ...nothingWanted, ...larger }))?.InstanceType, 't3.medium');
});
