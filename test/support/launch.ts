/**
 * What a user does around an instance with the SDK: a key, a group that opens SSH, launch, wait,
 * look for an image.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeReplaceRootVolumeTasksCommand,
  type EC2Client,
  type Image,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import type { Credentials, ImagoProcess } from './imago.ts';
import { type SshTarget, waitForSsh } from './ssh.ts';
import { pauseSince } from './until.ts';

/** Only ends a test that fails anyway: a guest under emulation, on a host with other work. */
const sshTimeoutMs = 300_000;
const lookMs = 200;

/**
 * A second processor is work under emulation, and most guests of tests do one thing after the other.
 * With the share of the host that types with two have by default.
 */
const oneProcessor: Partial<RunInstancesCommandInput> = {
  InstanceType: 't2.nano',
  CreditSpecification: { CpuCredits: 'unlimited' },
};

export interface Access {
  home: Home;
  keyName: string;
  keyFile: string;
  groupId: string;
  /** Of whom the instances are; absent: the first account. */
  credentials?: Credentials;
  /** Absent: the default one. */
  region?: string;
}

/** A key pair and a security group with port 22 open. */
export async function access(
  imago: ImagoProcess,
  name = 'tests',
  credentials?: Credentials,
  region?: string,
): Promise<Access> {
  const ec2 = imago.ec2(region, credentials);
  const key = await ec2.send(new CreateKeyPairCommand({ KeyName: name, KeyType: 'ed25519' }));
  const keyFile = path.join(imago.home, `${name}.pem`);
  writeFileSync(keyFile, `${key.KeyMaterial}\n`, { mode: 0o600 });
  const group = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: name, Description: 'opens SSH' }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: group.GroupId,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      ],
    }),
  );
  const groupId = group.GroupId ?? '';
  return { home: new Home(imago.home), keyName: name, keyFile, groupId, credentials, region };
}

export async function providerImage(ec2: EC2Client, pattern: string): Promise<Image> {
  const found = await ec2.send(
    new DescribeImagesCommand({
      Owners: ['amazon'],
      Filters: [{ Name: 'name', Values: [pattern] }],
    }),
  );
  const image = found.Images?.[0];
  if (!image) throw new Error(`no image ${pattern}`);
  return image;
}

export async function launch(
  ec2: EC2Client,
  imageId: string,
  access: Access,
  count = 1,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<Instance[]> {
  const reservation = await ec2.send(
    new RunInstancesCommand({
      ImageId: imageId,
      ...(more.InstanceType === undefined ? oneProcessor : {}),
      MinCount: count,
      MaxCount: count,
      KeyName: access.keyName,
      SecurityGroupIds: [access.groupId],
      ...more,
    }),
  );
  return reservation.Instances ?? [];
}

export async function describeInstance(ec2: EC2Client, id: string): Promise<Instance> {
  const answer = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  const instance = answer.Reservations?.[0]?.Instances?.[0];
  if (!instance) throw new Error(`no instance ${id}`);
  return instance;
}

export async function waitForState(
  ec2: EC2Client,
  id: string,
  state: string,
  timeoutMs = 240_000,
): Promise<Instance> {
  const started = Date.now();
  for (;;) {
    const instance = await describeInstance(ec2, id);
    if (instance.State?.Name === state) return instance;
    if (Date.now() - started > timeoutMs) {
      throw new Error(
        `${id} is ${instance.State?.Name} (${instance.StateReason?.Message}), not ${state}`,
      );
    }
    await pauseSince(started, lookMs);
  }
}

/** A whole image of a machine that goes on running. */
export async function captured(
  ec2: EC2Client,
  InstanceId: string,
  Name: string,
  Description?: string,
): Promise<Image & { ImageId: string }> {
  const order = { InstanceId, Name, Description, NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(order));
  return { ...(await waitForImage(ec2, ImageId, 'available')), ImageId };
}

export async function waitForImage(
  ec2: EC2Client,
  id: string,
  state: string,
  timeoutMs = 300_000,
): Promise<Image> {
  const started = Date.now();
  for (;;) {
    const answer = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
    const image = answer.Images?.[0];
    if (image?.State === state) return image;
    if (Date.now() - started > timeoutMs || (image?.State === 'failed' && state !== 'failed')) {
      throw new Error(`${id} is ${image?.State} (${image?.StateReason?.Message}), not ${state}`);
    }
    await pauseSince(started, lookMs);
  }
}

/**
 * Where on this host port 22 of a running instance is: an sshd of the host's own may have that one.
 */
export async function sshPort(
  home: Home,
  id: string,
  { credentials, region }: Pick<Access, 'credentials' | 'region'> = {},
): Promise<number> {
  const there = region === undefined ? {} : { region };
  const client = new Client({ ...readConnection(home), ...credentials, ...there });
  const { Instances } = await client.imago('DescribePorts', { InstanceIds: [id] });
  const port = Instances[0]?.Ports.find(({ GuestPort }) => GuestPort === 22);
  if (!port) throw new Error(`port 22 of ${id} is not open`);
  return port.HostPort;
}

export async function target(instance: Instance, access: Access): Promise<SshTarget> {
  return {
    address: instance.PublicIpAddress ?? '',
    port: await sshPort(access.home, instance.InstanceId ?? '', access),
    keyFile: access.keyFile,
    consoleFile: path.join(access.home.machineFolder(instance.InstanceId ?? ''), 'console.log'),
  };
}

export interface Reached extends SshTarget {
  id: string;
}

/** Waits until it runs and answers SSH. */
export async function reach(
  ec2: EC2Client,
  { InstanceId: id = '' }: Instance = {},
  access: Access,
  timeoutMs = sshTimeoutMs,
): Promise<Reached> {
  const machine = { id, ...(await target(await waitForState(ec2, id, 'running'), access)) };
  await waitForSsh(machine, timeoutMs);
  return machine;
}

/** Of a replacement of its root that was ordered; it runs then, with another one. */
export async function untilReplaced(ec2: EC2Client, taskId = ''): Promise<void> {
  const started = Date.now();
  const asked = { ReplaceRootVolumeTaskIds: [taskId] };
  for (;;) {
    const answer = await ec2.send(new DescribeReplaceRootVolumeTasksCommand(asked));
    const state = answer.ReplaceRootVolumeTasks?.[0]?.TaskState ?? '';
    if (state === 'succeeded') return;
    assert.match(state, /^(pending|in-progress)$/);
    await pauseSince(started, lookMs);
  }
}
