/**
 * Bad input gets EC2's own error and changes nothing. Driven by the SDK; what the SDK cannot say is
 * in server/http's and server/protocol's own tests.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import {
  CreateImageCommand,
  type CreateImageCommandInput,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, providerImage, waitForState } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let imageId: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  imageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const refusedLaunches: [string, Partial<RunInstancesCommandInput>, string][] = [
  ['unknown image', { ImageId: 'ami-00000000000000000' }, 'InvalidAMIID.NotFound'],
  ['malformed image id', { ImageId: 'image' }, 'InvalidAMIID.Malformed'],
  ['unknown key', { KeyName: 'nobody' }, 'InvalidKeyPair.NotFound'],
  ['unknown group', { SecurityGroupIds: ['sg-00000000000000000'] }, 'InvalidGroup.NotFound'],
  ['unknown type', { InstanceType: 'z9.huge' as 't3.nano' }, 'InvalidParameterValue'],
  ['MinCount over MaxCount', { MinCount: 3, MaxCount: 2 }, 'InvalidParameterCombination'],
  ['no machine at all', { MinCount: 0, MaxCount: 0 }, 'InvalidParameterValue'],
  [
    'user data over 16 KiB',
    { UserData: Buffer.alloc(16 * 1024 + 1, 'x').toString('base64') },
    'InvalidParameterValue',
  ],
  ['user data that is not base64', { UserData: '%%%' }, 'InvalidUserData.Malformed'],
  [
    'a root smaller than its snapshot',
    { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 0 } }] },
    'InvalidParameterValue',
  ],
  ['a parameter that Imago does not honour', { EbsOptimized: true }, 'UnsupportedOperation'],
];

for (const [what, input, code] of refusedLaunches) {
  test(`RunInstances refuses ${what}`, async () => {
    await refused(
      ec2.send(
        new RunInstancesCommand({
          ImageId: imageId,
          InstanceType: 't3.nano',
          MinCount: 1,
          MaxCount: 1,
          ...input,
        }),
      ),
      code,
    );
    const all = await ec2.send(new DescribeInstancesCommand({}));
    assert.deepEqual(all.Reservations, []);
  });
}

test('CreateImage refuses forbidden and taken names, unknown and malformed instances', async () => {
  const login = await access(imago);
  const [instance] = await launch(ec2, imageId, login);
  const id = instance?.InstanceId ?? '';
  await waitForState(ec2, id, 'running');
  const create = (input: Partial<CreateImageCommandInput>) =>
    ec2.send(new CreateImageCommand({ InstanceId: id, Name: 'golden', NoReboot: true, ...input }));
  const made = await create({});
  await refused(create({}), 'InvalidAMIName.Duplicate');
  await refused(create({ Name: 'ab' }), 'InvalidAMIName.Malformed');
  await refused(create({ Name: 'what?' }), 'InvalidAMIName.Malformed');
  await refused(create({ Name: 'n'.repeat(129) }), 'InvalidAMIName.Malformed');
  await refused(
    create({ Name: 'other', InstanceId: 'i-00000000000000000' }),
    'InvalidInstanceID.NotFound',
  );
  await refused(create({ Name: 'other', InstanceId: 'i-?' }), 'InvalidInstanceID.Malformed');
  await refused(create({ Name: 'other', DryRun: true }), 'DryRunOperation');
  const mine = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  assert.deepEqual(
    mine.Images?.map((image) => image.ImageId),
    [made.ImageId],
  );
  await ec2.send(new DeregisterImageCommand({ ImageId: made.ImageId }));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
});

test('a filter, a page token and an owner that do not exist are named', async () => {
  const filter = { Name: 'no-such-filter', Values: ['x'] };
  await refused(
    ec2.send(new DescribeImagesCommand({ Filters: [filter] })),
    'InvalidParameterValue',
  );
  await refused(
    ec2.send(new DescribeSnapshotsCommand({ MaxResults: 5, NextToken: 'forged' })),
    'InvalidNextToken',
  );
});

test('a home that another Imago runs with, and a port in use, are clear errors', async () => {
  const port = new URL(imago.endpoint).port;
  const sameHome = spawnSync(launcher, ['serve', '--home', imago.home], { encoding: 'utf8' });
  assert.notEqual(sameHome.status, 0);
  assert.match(sameHome.stderr, /another Imago \(pid \d+\) runs with the home/);
  const home = `${imago.home}/other`;
  const samePort = spawnSync(
    launcher,
    ['serve', '--home', home, '--listen', `127.0.0.1:${port}`, '--hypervisor', 'simulated'],
    { encoding: 'utf8' },
  );
  assert.notEqual(samePort.status, 0);
  assert.match(samePort.stderr, /in use/);
});

async function refused(call: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(call, (error: Error & { Code?: string }) => {
    assert.equal(error.name, code, error.message);
    assert.ok(error.message.length > 10, 'the error says a sentence');
    return true;
  });
}
