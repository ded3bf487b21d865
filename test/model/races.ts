/**
 * What several clients of an account ask for in the same moment, of which Imago may do one: a
 * launch under one token, a name, the end of something.
 */
import assert from 'node:assert/strict';
import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CopyImageCommand,
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DeregisterImageCommand,
  DescribeInstancesCommand,
  DetachVolumeCommand,
  type EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilVolumeAvailable,
} from '@aws-sdk/client-ec2';
import { registration } from './images.ts';
import { command } from './kind.ts';
import { type Actor, answered, refused, soon, untilAvailable } from './world.ts';

const atOnce = 4;

/** All at once, each by another client. */
function together<T>(
  { account: { actors }, number }: Actor,
  send: (ec2: EC2Client, turn: number) => Promise<T>,
): Promise<(T | string)[]> {
  const clients = Array.from({ length: atOnce }, (_, turn) => {
    return actors[(number + turn) % actors.length] ?? assert.fail();
  });
  return Promise.all(clients.map(({ ec2 }, turn) => answered(send(ec2, turn))));
}

/** One gets it, the others are refused. */
async function one<T>(
  actor: Actor,
  code: string,
  send: (ec2: EC2Client) => Promise<T>,
): Promise<T> {
  return winner(await together(actor, send), code);
}

function winner<T>(answers: readonly (T | string)[], code: string): T {
  const codes = answers.filter((each) => typeof each === 'string');
  assert.deepEqual(codes, Array(atOnce - 1).fill(code));
  return answers.find((each) => typeof each !== 'string') as T;
}

/** Everybody is told the same. */
function same(what: string, ids: readonly unknown[]): void {
  assert.equal(new Set(ids).size, 1, `${what}: ${ids}`);
}

function success<T>(answer: T | string): T {
  assert.ok(typeof answer !== 'string', `refused: ${answer}`);
  return answer;
}

const launch = command('launch under one token', async (actor, { provided }) => {
  const { ec2 } = actor;
  const order = { ImageId: provided, MinCount: 1, MaxCount: 1, ClientToken: actor.name() };
  const run = (client: EC2Client, InstanceType: 't3.nano' | 't3.micro') =>
    client.send(new RunInstancesCommand({ ...order, InstanceType }));
  const answers = await together(actor, (client) => run(client, 't3.nano'));
  const ids = answers.map((answer) => success(answer).Instances?.[0]?.InstanceId ?? '');
  same('instances under one token', ids);
  await refused('other parameters', run(ec2, 't3.micro'), 'IdempotentParameterMismatch');
  const Filters = [{ Name: 'client-token', Values: [order.ClientToken] }];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const found = Reservations.flatMap(({ Instances = [] }) => Instances);
  assert.deepEqual(
    found.map(({ InstanceId }) => InstanceId),
    ids.slice(0, 1),
  );
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids.slice(0, 1) }));
  await refused('a launch of old', run(ec2, 't3.nano'), 'IdempotentInstanceTerminated');
});

/** Whichever comes first decides what the token is for. */
const mixedLaunch = command('launch two types under one token', async (actor, { provided }) => {
  const order = { ImageId: provided, MinCount: 1, MaxCount: 1, ClientToken: actor.name() };
  const types = ['t3.nano', 't3.micro'] as const;
  const answers = await together(actor, (ec2, turn) =>
    ec2.send(new RunInstancesCommand({ ...order, InstanceType: types[turn % 2] })),
  );
  const parts = [0, 1].map((part) => answers.filter((_, turn) => turn % 2 === part));
  const won = parts.findIndex((part) => typeof part[0] !== 'string');
  const made = (parts[won] ?? []).map((answer) => success(answer).Instances?.[0]);
  same(
    'instances under one token',
    made.map((instance) => instance?.InstanceId),
  );
  assert.equal(made[0]?.InstanceType, types[won]);
  assert.deepEqual(parts[1 - won], Array(atOnce / 2).fill('IdempotentParameterMismatch'));
  const InstanceIds = [made[0]?.InstanceId ?? ''];
  await actor.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
});

const copy = command('copy under one token', async (actor, { provided }) => {
  const order = {
    Name: actor.name(),
    SourceImageId: provided,
    SourceRegion: 'us-east-1',
    ClientToken: actor.name(),
  };
  const answers = await together(actor, (ec2) => ec2.send(new CopyImageCommand(order)));
  const ids = answers.map((answer) => success(answer).ImageId ?? '');
  same('copies under one token', ids);
  const other = new CopyImageCommand({ ...order, Description: 'another' });
  await refused('other parameters', actor.ec2.send(other), 'IdempotentParameterMismatch');
  await untilAvailable(actor.ec2, ids[0] ?? '');
});

const template = command('create a launch template under one token', async (actor) => {
  const order = {
    LaunchTemplateName: actor.name(),
    LaunchTemplateData: { InstanceType: 't3.nano' as const },
    ClientToken: actor.name(),
  };
  const answers = await together(actor, (ec2) => ec2.send(new CreateLaunchTemplateCommand(order)));
  same(
    'launch templates under one token',
    answers.map((answer) => success(answer).LaunchTemplate?.LaunchTemplateId),
  );
});

const image = command('register one name, deregister one image', async (actor) => {
  const order = registration(actor.name(), 'of one name', actor.account.snapshotId);
  const { ImageId } = await one(actor, 'InvalidAMIName.Duplicate', (ec2) => ec2.send(order));
  await one(actor, 'InvalidAMIID.NotFound', (ec2) =>
    ec2.send(new DeregisterImageCommand({ ImageId })),
  );
});

const keyPair = command('create one key pair', async (actor) => {
  const order = { KeyName: actor.name(), KeyType: 'ed25519' as const };
  await one(actor, 'InvalidKeyPair.Duplicate', (ec2) => ec2.send(new CreateKeyPairCommand(order)));
});

const group = command('create one security group with one rule', async (actor) => {
  const order = { GroupName: actor.name(), Description: 'of one name' };
  const { GroupId } = await one(actor, 'InvalidGroup.Duplicate', (ec2) =>
    ec2.send(new CreateSecurityGroupCommand(order)),
  );
  const rule = { GroupId, IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '10.0.0.0/8' };
  await one(actor, 'InvalidPermission.Duplicate', (ec2) =>
    ec2.send(new AuthorizeSecurityGroupIngressCommand(rule)),
  );
});

/** Of the account's instance, which its other clients attach to as well. */
const nameOf = ({ account: { actors }, ...actor }: Actor, turn: number) => {
  const place = actors.findIndex(({ number }) => number === actor.number) * atOnce + turn;
  return `/dev/xvd${'bc'.charAt(place / 26)}${'abcdefghijklmnopqrstuvwxyz'.charAt(place % 26)}`;
};

const volume = command('attach one volume at several places, several at one', async (actor) => {
  const { ec2, account } = actor;
  const InstanceId = account.instanceId;
  const order = new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 });
  const made = await Promise.all(Array.from({ length: atOnce }, () => ec2.send(order)));
  const VolumeIds = made.map(({ VolumeId = '' }) => VolumeId);
  const [VolumeId = ''] = VolumeIds;
  const places = await together(actor, (client, turn) =>
    client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: nameOf(actor, turn) })),
  );
  winner(places, 'VolumeInUse');
  await detached(ec2, VolumeId);
  const volumes = await together(actor, (client, turn) => {
    const attach = { VolumeId: VolumeIds[turn], InstanceId, Device: nameOf(actor, 0) };
    return client.send(new AttachVolumeCommand(attach));
  });
  await detached(ec2, winner(volumes, 'InvalidParameterValue').VolumeId ?? '');
  for (const id of VolumeIds) await ec2.send(new DeleteVolumeCommand({ VolumeId: id }));
});

async function detached(ec2: EC2Client, VolumeId: string): Promise<void> {
  await ec2.send(new DetachVolumeCommand({ VolumeId }));
  await waitUntilVolumeAvailable(soon(ec2), { VolumeIds: [VolumeId] });
}

export const races = [launch, mixedLaunch, copy, template, image, keyPair, group, volume];
