/**
 * Real guests with each other: two of one VPC, by address and by name, as their security groups say
 * from one moment to the next, also over the death of the data plane; and one of another account,
 * which neither reaches nor is reached whatever its rules.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  type Reached,
  reach,
} from '../support/launch.ts';
import { ssh, waitForSsh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

/** A change is told at once; a guest under emulation takes its time to notice. */
const changeLimitMs = 30_000;
const sshTimeoutMs = 180_000;

interface Guest extends Reached {
  ip: string;
  name: string;
}

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let micro: string;
let a: Guest;
let b: Guest;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
  micro = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  const launched = await launch(ec2, micro, login, 2);
  const guests = await Promise.all(launched.map((each) => reachGuest(ec2, each, login)));
  [a, b] = guests as [Guest, Guest];
  for (const guest of guests) {
    const server = `nc -ll -p 9000 -e echo ${guest.id} >/dev/null 2>&1 </dev/null &`;
    await ssh(guest, server);
  }
});
after(async () => {
  await imago?.dispose();
});

async function reachGuest(client: EC2Client, { InstanceId: id = '' }, by: Access): Promise<Guest> {
  const machine = await reach(client, { InstanceId: id }, by, sshTimeoutMs);
  const { PrivateIpAddress: ip = '', PrivateDnsName: name = '' } = await describeInstance(
    client,
    id,
  );
  return { ...machine, ip, name };
}

const fromGroup = (traffic: IpPermission): IpPermission => ({
  ...traffic,
  UserIdGroupPairs: [{ GroupId: login.groupId }],
});
const service: IpPermission = { IpProtocol: 'tcp', FromPort: 9000, ToPort: 9000 };
const everything: IpPermission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

async function letIn(permission: IpPermission): Promise<void> {
  const request = { GroupId: login.groupId, IpPermissions: [permission] };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(request));
}

/** What the service of `to` says to `from`; nothing where no connection comes about. */
async function answerOf(from: Guest, to: string): Promise<string> {
  return (await ssh(from, `nc -w 3 ${to} 9000 </dev/null 2>/dev/null || true`)).trim();
}

async function hears(from: Guest, to: Guest, expected: boolean): Promise<void> {
  const what = `${from.ip} ${expected ? 'reaches' : 'does not reach'} ${to.ip}`;
  const answer = expected ? to.id : '';
  await until(what, async () => (await answerOf(from, to.ip)) === answer, changeLimitMs);
}

async function pings(from: Guest, to: string): Promise<boolean> {
  const command = `sudo ping -c 1 -W 3 ${to} >/dev/null 2>&1 && echo yes || echo no`;
  return (await ssh(from, command)).trim() === 'yes';
}

test('nothing passes that no rule lets in; a rule for their own group does, both ways', async () => {
  assert.equal(await answerOf(a, b.ip), '');
  assert.equal(await pings(a, b.ip), false);
  await letIn(fromGroup(service));
  await hears(a, b, true);
  await hears(b, a, true);
  assert.equal(await pings(a, b.ip), false, 'only what the rule says');
  await letIn(fromGroup({ IpProtocol: 'icmp', FromPort: 8, ToPort: -1 }));
  await until('pings pass', () => pings(a, b.ip), changeLimitMs);
  assert.equal(await pings(b, a.ip), true);
});

test('by the names that the metadata tells, which the name server of the subnet knows', async () => {
  assert.match(b.name, /^ip-172-31-\d+-\d+\.ec2\.internal$/);
  assert.equal(await answerOf(a, b.name), b.id);
  assert.equal(await pings(b, a.name), true);
  const [host = ''] = a.name.split('.');
  assert.equal(await answerOf(b, host), a.id, 'in the domain that DHCP told');
  const backwards = await ssh(a, `nslookup ${b.ip}`);
  assert.ok(backwards.includes(b.name), backwards);
});

test('a connection goes on when the data plane is killed, and ends with its rule', async () => {
  // Its input stays open: with the end of that nc would say that it is done.
  await ssh(b, '(sleep 600 | nc -l -p 9001 >/tmp/heard) >/dev/null 2>&1 </dev/null &');
  const stream: IpPermission = { IpProtocol: 'tcp', FromPort: 9001, ToPort: 9001 };
  await letIn(fromGroup(stream));
  const talk = `(while echo tick; do sleep 1; done | nc ${b.ip} 9001) >/dev/null 2>&1 </dev/null &`;
  const heard = async () => Number(await ssh(b, 'wc -c </tmp/heard'));
  await until(
    'it talks',
    async () => {
      if ((await heard()) > 0) return true;
      await ssh(a, talk);
      return false;
    },
    changeLimitMs,
  );
  const count = await heard();
  await imago.killDataPlane(changeLimitMs);
  await waitForSsh(b, sshTimeoutMs);
  await until('it is heard again', async () => (await heard()) > count + 5, changeLimitMs);
  const request = { GroupId: login.groupId, IpPermissions: [fromGroup(stream)] };
  await ec2.send(new RevokeSecurityGroupIngressCommand(request));
  await until(
    'it is silent',
    async () => {
      const last = await heard();
      await ssh(b, 'sleep 4');
      return (await heard()) === last;
    },
    changeLimitMs,
  );
});

test('what no rule lets out stays in, but for answers', async () => {
  const outward = (IpPermissions: IpPermission[]) => ({ GroupId: login.groupId, IpPermissions });
  await ec2.send(new RevokeSecurityGroupEgressCommand(outward([everything])));
  await hears(a, b, false);
  await ssh(a, 'true');
  const told = await ssh(a, 'sudo /usr/lib/imago/imds meta-data/local-ipv4');
  assert.equal(told.trim(), a.ip, 'no rule is about the metadata service');
  await ec2.send(new AuthorizeSecurityGroupEgressCommand(outward([fromGroup(service)])));
  await hears(a, b, true);
  await ec2.send(new AuthorizeSecurityGroupEgressCommand(outward([everything])));
});

test('a guest of another account neither reaches nor is reached', async () => {
  const home = new Home(imago.home);
  const operator = new Client(readConnection(home));
  const { AccessKey } = await operator.imago('CreateAccount', { Name: 'stranger' });
  const credentials = {
    accessKeyId: AccessKey.AccessKeyId,
    secretAccessKey: AccessKey.SecretAccessKey ?? '',
  };
  const theirs = imago.ec2(undefined, credentials);
  const door = await access(imago, 'strangers', credentials);
  const open = { GroupId: door.groupId, IpPermissions: [everything] };
  await theirs.send(new AuthorizeSecurityGroupIngressCommand(open));
  await letIn(everything);
  const [launched = {}] = await launch(theirs, micro, door);
  const stranger = await reachGuest(theirs, launched, door);
  await ssh(stranger, `nc -ll -p 9000 -e echo ${stranger.id} >/dev/null 2>&1 </dev/null &`);
  await hears(a, b, true);
  assert.equal(await answerOf(a, stranger.ip), '');
  assert.equal(await answerOf(stranger, a.ip), '');
  assert.equal(await pings(stranger, b.ip), false);
});
