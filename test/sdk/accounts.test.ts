/**
 * Accounts by the command line, and what they see of each other by the official clients: nothing,
 * unless it is shared with them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  ModifyImageAttributeCommand,
  RunInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

const organization = 'o-abcdefghij';
const unit = 'ou-1a2b-00000001';

interface Account extends Credentials {
  account: string;
}

let imago: ImagoProcess;
let provided: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  provided = (await providerImage(imago.ec2(), 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const run = promisify(execFile);

async function cli(...words: string[]): Promise<string> {
  const { stdout } = await run(launcher, [...words, '--home', imago.home]);
  return stdout;
}
/** Exit code and what is said of it. */
async function cliFails(...words: string[]): Promise<[code: number, stderr: string]> {
  const error = await cli(...words).catch((cause) => cause);
  return [error.code, error.stderr];
}
const created = async (name: string, ...more: string[]) =>
  JSON.parse(await cli('accounts', 'create', name, ...more, '--json')) as Account;

const clientOf = (credentials: Credentials) =>
  new EC2Client({ endpoint: imago.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
const identity = (credentials: Credentials) =>
  new STSClient({
    endpoint: imago.endpoint,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  }).send(new GetCallerIdentityCommand({}));

/** A simulated machine takes no time. */
const waiting = (client: EC2Client) => ({ client, minDelay: 1, maxDelay: 2, maxWaitTime: 60 });

async function launched(ec2: EC2Client, imageId: string): Promise<string> {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ImageId: imageId, MinCount: 1, MaxCount: 1 }),
  );
  const id = Instances?.[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning(waiting(ec2), { InstanceIds: [id] });
  return id;
}

describe('the command line', () => {
  test('makes an account whose key is told once, kept, and works at once', async () => {
    const ci = await created('ci', '--organization', `${organization}/r-1a2b`);
    assert.deepEqual(Object.keys(ci).sort(), ['accessKeyId', 'account', 'name', 'secretAccessKey']);
    assert.equal((await identity(ci)).Account, ci.account);
    assert.equal(statSync(path.join(imago.home, 'clients/ci')).mode & 0o777, 0o600);
    const variables = JSON.parse(await cli('env', '--account', 'ci', '--json'));
    assert.equal(variables.AWS_SECRET_ACCESS_KEY, ci.secretAccessKey);
    const told = await aws(
      { ...imago, endpoint: imago.endpoint, home: imago.home, credentials: ci },
      ...['sts', 'get-caller-identity', '--query', 'Account'],
    );
    assert.equal(told, ci.account);
    assert.match(await cli('accounts', 'list'), new RegExp(`${ci.account} +ci +Active`));
    assert.equal(imago.log.includes(ci.secretAccessKey), false);
    const [code, said] = await cliFails('env', '--account', 'nobody');
    assert.equal(code, 1);
    assert.match(said, /accounts keys create nobody/);
    assert.match((await cliFails('env', '--account', '../credentials'))[1], /No key of an account/);
    assert.match((await cliFails('accounts', 'create', 'ci'))[1], /EntityAlreadyExists/);
    const [, refused] = await cliFails('accounts', 'list', '--account', 'ci');
    assert.match(refused, /AccessDeniedException/);
  });

  test('replaces the key of an account, and that of the first account itself', async () => {
    const old = await created('rotating');
    await cli('accounts', 'keys', 'create', '--account', 'rotating');
    const variables = JSON.parse(await cli('env', '--account', 'rotating', '--json'));
    assert.notEqual(variables.AWS_ACCESS_KEY_ID, old.accessKeyId);
    await cli('accounts', 'keys', 'delete', old.accessKeyId, '--account', 'rotating');
    await assert.rejects(identity(old), { name: 'InvalidClientTokenId' });
    const listed = JSON.parse(await cli('accounts', 'keys', 'list', 'rotating', '--json'));
    assert.deepEqual(
      listed.AccessKeys.map((key: { AccessKeyId: string }) => key.AccessKeyId),
      [variables.AWS_ACCESS_KEY_ID],
    );
    const [{ CreateDate }] = listed.AccessKeys;
    assert.match(
      await cli('accounts', 'keys', 'list', 'rotating'),
      new RegExp(`${variables.AWS_ACCESS_KEY_ID} +Active +${CreateDate}`),
    );

    const first = imago.credentials;
    assert.match((await cliFails('accounts', 'keys', 'disable', first.accessKeyId))[1], /signed/);
    await cli('accounts', 'keys', 'create');
    assert.notEqual(imago.credentials.accessKeyId, first.accessKeyId);
    await imago.stop();
    await imago.start();
    assert.notEqual(imago.credentials.accessKeyId, first.accessKeyId, 'it is kept by a start');
    await cli('accounts', 'keys', 'delete', first.accessKeyId);
    await assert.rejects(identity(first), { name: 'InvalidClientTokenId' });
    assert.match(await cli('accounts', 'list'), /default/);
  });

  test('changes, renames and deletes an account, with the key that is kept', async () => {
    const made = await created('temporary');
    await cli('accounts', 'update', 'temporary', '--rename', 'shortly', '--operator');
    assert.match(await cli('accounts', 'list', '--account', 'shortly'), /shortly +Active +yes/);
    await cli('accounts', 'update', 'shortly', '--no-operator');
    await clientOf(made).send(new CreateKeyPairCommand({ KeyName: 'mine' }));
    assert.match((await cliFails('accounts', 'delete', 'shortly'))[1], /still has 1 key pairs/);
    await clientOf(made).send(new DeleteKeyPairCommand({ KeyName: 'mine' }));
    await cli('accounts', 'delete', 'shortly');
    await assert.rejects(identity(made), { name: 'InvalidClientTokenId' });
    assert.match((await cliFails('env', '--account', 'shortly'))[1], /No key/);
  });
});

describe('two accounts', () => {
  test('do not see each other’s things, in lists and by their ids', async () => {
    const [owner, stranger] = [await created('owner'), await created('stranger')];
    const [ec2, theirs] = [clientOf(owner), clientOf(stranger)];
    const instance = await launched(ec2, provided);
    const { Volumes } = await ec2.send(new DescribeVolumesCommand({}));
    const volume = Volumes?.[0]?.VolumeId ?? '';
    const { SnapshotId: snapshot = '' } = await ec2.send(
      new CreateSnapshotCommand({ VolumeId: volume }),
    );
    const { ImageId: image = '' } = await ec2.send(
      new CreateImageCommand({ InstanceId: instance, Name: 'private', NoReboot: true }),
    );
    const { KeyPairId: key = '' } = await ec2.send(new CreateKeyPairCommand({ KeyName: 'mine' }));
    const { GroupId: group = '' } = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: 'mine', Description: 'mine' }),
    );
    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
    const { SubnetId: subnet = '', VpcId: vpc = '' } = Subnets?.[0] ?? {};
    const looks: [id: string, one: object, all: object, code: string][] = [
      [
        instance,
        new DescribeInstancesCommand({ InstanceIds: [instance] }),
        new DescribeInstancesCommand({}),
        'InvalidInstanceID.NotFound',
      ],
      [
        volume,
        new DescribeVolumesCommand({ VolumeIds: [volume] }),
        new DescribeVolumesCommand({}),
        'InvalidVolume.NotFound',
      ],
      [
        snapshot,
        new DescribeSnapshotsCommand({ SnapshotIds: [snapshot] }),
        new DescribeSnapshotsCommand({}),
        'InvalidSnapshot.NotFound',
      ],
      [
        image,
        new DescribeImagesCommand({ ImageIds: [image] }),
        new DescribeImagesCommand({}),
        'InvalidAMIID.NotFound',
      ],
      [
        key,
        new DescribeKeyPairsCommand({ KeyNames: ['mine'] }),
        new DescribeKeyPairsCommand({}),
        'InvalidKeyPair.NotFound',
      ],
      [
        group,
        new DescribeSecurityGroupsCommand({ GroupIds: [group] }),
        new DescribeSecurityGroupsCommand({}),
        'InvalidGroup.NotFound',
      ],
      [
        subnet,
        new DescribeSubnetsCommand({ SubnetIds: [subnet] }),
        new DescribeSubnetsCommand({}),
        'InvalidSubnetID.NotFound',
      ],
      [
        vpc,
        new DescribeVpcsCommand({ VpcIds: [vpc] }),
        new DescribeVpcsCommand({}),
        'InvalidVpcID.NotFound',
      ],
    ];
    const ids = looks.map(([id]) => id);
    await ec2.send(new CreateTagsCommand({ Resources: ids, Tags: [{ Key: 'a', Value: 'b' }] }));
    for (const [id, one, all, code] of looks) {
      assert.ok(JSON.stringify(await ec2.send(one as never)).includes(id), `${id} is its owner’s`);
      await assert.rejects(theirs.send(one as never), { name: code });
      assert.equal(JSON.stringify(await theirs.send(all as never)).includes(id), false, id);
    }
    const tags = await theirs.send(new DescribeTagsCommand({}));
    assert.deepEqual(tags.Tags, []);
    const named = { KeyName: 'mine' };
    assert.ok((await theirs.send(new CreateKeyPairCommand(named))).KeyPairId, 'names are its own');
    for (const [command, code] of [
      [new StopInstancesCommand({ InstanceIds: [instance] }), 'InvalidInstanceID.NotFound'],
      [new TerminateInstancesCommand({ InstanceIds: [instance] }), 'InvalidInstanceID.NotFound'],
      [new DeleteSnapshotCommand({ SnapshotId: snapshot }), 'InvalidSnapshot.NotFound'],
      [new DeregisterImageCommand({ ImageId: image }), 'InvalidAMIID.NotFound'],
    ] as const) {
      await assert.rejects(theirs.send(command as never), { name: code });
    }
    await waitUntilSnapshotCompleted(waiting(ec2), { SnapshotIds: [snapshot] });
  });

  test('share an image with an organization and a unit of it, and nobody else', async () => {
    const path = `${organization}/r-1a2b`;
    const owner = await created('publisher');
    const member = await created('member', '--organization', `${path}/${unit}`);
    const beside = await created('beside', '--organization', path);
    const outside = await created('outside');
    const ec2 = clientOf(owner);
    const instance = await launched(ec2, provided);
    const { ImageId: image = '' } = await ec2.send(
      new CreateImageCommand({ InstanceId: instance, Name: 'shared', NoReboot: true }),
    );
    await waitUntilImageAvailable(waiting(ec2), { ImageIds: [image] });
    const describeOne = new DescribeImagesCommand({ ImageIds: [image] });
    const sees = (account: Account) =>
      clientOf(account)
        .send(describeOne)
        .then(
          () => true,
          () => false,
        );
    const seers = async () => Promise.all([member, beside, outside].map(sees));
    const arn = 'arn:aws:organizations::111122223333';
    const share = (operation: 'Add' | 'Remove', to: object) =>
      ec2.send(
        new ModifyImageAttributeCommand({
          ImageId: image,
          LaunchPermission: { [operation]: [to] },
        }),
      );
    assert.deepEqual(await seers(), [false, false, false]);
    const toUnit = { OrganizationalUnitArn: `${arn}:ou/${organization}/${unit}` };
    await share('Add', toUnit);
    assert.deepEqual(await seers(), [true, false, false]);
    await launched(clientOf(member), image);
    await share('Remove', toUnit);
    assert.deepEqual(await seers(), [false, false, false]);
    await share('Add', { OrganizationArn: `${arn}:organization/${organization}` });
    assert.deepEqual(await seers(), [true, true, false]);
    const listed = await clientOf(beside).send(
      new DescribeImagesCommand({ Owners: [owner.account] }),
    );
    assert.deepEqual(
      listed.Images?.map(({ ImageId }) => ImageId),
      [image],
    );
    await cli('accounts', 'update', 'beside', '--organization', 'none');
    assert.deepEqual(await seers(), [true, false, false]);
  });
});

test('a disabled account is blocked and its instances go on; a disabled key is none', async () => {
  const sleeper = await created('sleeper');
  const ec2 = clientOf(sleeper);
  const instance = await launched(ec2, provided);
  await cli('accounts', 'disable', 'sleeper');
  await assert.rejects(ec2.send(new DescribeInstancesCommand({})), { name: 'Blocked' });
  await cli('accounts', 'enable', 'sleeper');
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [instance] }),
  );
  const [shown] = Reservations?.[0]?.Instances ?? [];
  assert.equal(shown?.State?.Name, 'running');
  await cli('accounts', 'keys', 'disable', sleeper.accessKeyId);
  await assert.rejects(ec2.send(new DescribeInstancesCommand({})), { name: 'AuthFailure' });
  await cli('accounts', 'keys', 'enable', sleeper.accessKeyId);
  await ec2.send(new DescribeInstancesCommand({}));
});
