/**
 * What happens to a real machine between its launch and its end: user-data, a second volume, groups
 * changed under it, reboot, stop and start, shutdown from inside, and captures of it stopped and
 * rebooted (under writes to two volumes: volumes.test.ts). Guests are `micro`; what a copy holds is
 * read over SSH.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateImageCommand,
  DescribeVolumesCommand,
  type EC2Client,
  RebootInstancesCommand,
  RevokeSecurityGroupIngressCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const sshTimeoutMs = 300_000;
const portLimitMs = 60_000;
/**
 * micro's own services answer SIGTERM at once; an ACPI request takes it a few seconds under
 * emulation.
 */
const stopTimeoutMs = 240_000;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let micro: string;
/** A shutdown from inside stops this one, to which all else happens before, and ends its copy. */
let stays: Reached;
let goes: Reached;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
  micro = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const secondVolume: Partial<RunInstancesCommandInput> = {
  BlockDeviceMappings: [{ DeviceName: '/dev/sdb', Ebs: { VolumeSize: 1 } }],
};

async function launchMachine(
  image: string,
  more: Partial<RunInstancesCommandInput> = {},
): Promise<Reached> {
  const [launched] = await launch(ec2, image, login, 1, more);
  return reach(ec2, launched, login);
}

async function end(...machines: Reached[]): Promise<void> {
  const ids = machines.map(({ id }) => id);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
  for (const id of ids) await waitForState(ec2, id, 'terminated');
}

const bootId = (machine: Reached) => ssh(machine, 'cat /proc/sys/kernel/random/boot_id');

async function rebooted(machine: Reached, before: string): Promise<void> {
  const started = Date.now();
  for (;;) {
    const seen = await bootId(machine).catch(() => before);
    if (seen !== before) return;
    assert.ok(Date.now() - started < sshTimeoutMs, 'it starts again');
    await sleep(300);
  }
}

async function capture(machine: Reached, name: string, NoReboot?: boolean): Promise<string> {
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: machine.id, Name: name, NoReboot }),
  );
  await waitForImage(ec2, ImageId, 'available');
  return ImageId;
}

test('user-data, reboot, stop, start; captured stopped, with both volumes', async () => {
  const machine = await launchMachine(micro, {
    ...secondVolume,
    UserData: Buffer.from('#!/bin/sh\necho "by user-data" >/var/tmp/told\n').toString('base64'),
  });
  await ssh(machine, 'for i in $(seq 30); do [ -s /var/tmp/told ] && exit; sleep 1; done; exit 1');
  assert.equal(await ssh(machine, 'cat /var/tmp/told'), 'by user-data\n');
  await ssh(machine, 'echo "on the second volume" | sudo dd of=/dev/vdb conv=fsync 2>/dev/null');

  const first = await bootId(machine);
  await ec2.send(new RebootInstancesCommand({ InstanceIds: [machine.id] }));
  await rebooted(machine, first);

  await ec2.send(new StopInstancesCommand({ InstanceIds: [machine.id] }));
  const stopped = await waitForState(ec2, machine.id, 'stopped', stopTimeoutMs);
  assert.equal(stopped.StateReason?.Code, 'Client.UserInitiatedShutdown');
  const image = await capture(machine, 'of a stopped machine');
  assert.equal((await waitForState(ec2, machine.id, 'stopped')).InstanceId, machine.id);

  await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
  const again = await reach(ec2, { InstanceId: machine.id }, login);
  assert.equal(await ssh(again, 'cat /var/tmp/told'), 'by user-data\n');

  const ends: Partial<RunInstancesCommandInput> = {
    InstanceInitiatedShutdownBehavior: 'terminate',
    BlockDeviceMappings: [{ DeviceName: '/dev/sdb', Ebs: { DeleteOnTermination: true } }],
  };
  const copy = await launchMachine(image, ends);
  assert.equal(await ssh(copy, 'cat /var/tmp/told'), 'by user-data\n');
  assert.match(await ssh(copy, 'sudo head -c 20 /dev/vdb'), /^on the second volume/);
  [stays, goes] = [again, copy];
});

test('a security group opens and closes ports under a running machine', async () => {
  await ssh(stays, 'nc -ll -p 8080 -e echo hello >/dev/null 2>&1 </dev/null &');
  const rule = {
    GroupId: login.groupId,
    IpPermissions: [
      { IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ],
  };
  const answer = () => answerOf(stays.address, 8080);
  assert.equal(await answer(), undefined);
  await ec2.send(new AuthorizeSecurityGroupIngressCommand(rule));
  await until('the port is open', async () => (await answer()) === 'hello\n', portLimitMs);
  await ec2.send(new RevokeSecurityGroupIngressCommand(rule));
  await until('the port is closed', async () => (await answer()) === undefined, portLimitMs);
  await ssh(stays, 'true');
});

/** What a server says before it hangs up; undefined where nothing listens. */
function answerOf(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port, timeout: 5_000 });
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(answer));
  });
}

test('CreateImage reboots the machine unless told not to', async () => {
  await ssh(stays, 'echo kept >/home/admin/note');
  const first = await bootId(stays);
  const image = await capture(stays, 'with a reboot');
  await rebooted(stays, first);
  const copy = await launchMachine(image);
  assert.equal(await ssh(copy, 'cat /home/admin/note'), 'kept\n');
  await ec2.send(new StopInstancesCommand({ InstanceIds: [copy.id], Force: true }));
  await waitForState(ec2, copy.id, 'stopped', stopTimeoutMs);
  await end(copy);
});

test('a shutdown from inside stops the instance, or ends it and its volumes, as it was launched', async () => {
  for (const machine of [stays, goes]) await ssh(machine, 'sudo poweroff').catch(() => {});

  const stopped = await waitForState(ec2, stays.id, 'stopped', stopTimeoutMs);
  const terminated = await waitForState(ec2, goes.id, 'terminated', stopTimeoutMs);
  for (const { StateReason } of [stopped, terminated]) {
    assert.equal(StateReason?.Code, 'Client.InstanceInitiatedShutdown');
  }
  assert.equal((await volumesOf(stays)).length, 2);
  assert.deepEqual(await volumesOf(goes), []);
  await end(stays);
});

async function volumesOf({ id }: Reached) {
  const { Volumes = [] } = await ec2.send(
    new DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
  );
  return Volumes;
}
