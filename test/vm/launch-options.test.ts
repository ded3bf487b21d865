/**
 * What a launch asks for, seen from inside a real guest: processors, tags and user data in its
 * metadata, and options of the metadata service that are changed under it.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  CreateTagsCommand,
  type EC2Client,
  ModifyInstanceMetadataOptionsCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, type Reached, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let machine: Reached;
/** Whoever has other work besides lets a guest wait. */
const bootMs = 240_000;
const userData = randomBytes(16 * 1024);

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const micro = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  const login = await access(imago);
  const [launched] = await launch(ec2, micro, login, 1, {
    InstanceType: 't3.small',
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    MetadataOptions: { InstanceMetadataTags: 'enabled', HttpTokens: 'optional' },
    UserData: userData.toString('base64'),
  });
  machine = await reach(ec2, launched, login, bootMs);
});
after(async () => {
  await imago?.dispose();
});

/** By version 1 of the service; empty where that is refused. */
const metadata = (path: string) =>
  ssh(machine, `wget -qO- http://169.254.169.254/latest/${path} 2>/dev/null || true`);

test('its processors are two threads of one core', async () => {
  const lines = (await ssh(machine, 'cat /proc/cpuinfo')).split('\n');
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(name)).map((line) => line.split(':')[1]?.trim());
  assert.deepEqual(values('siblings'), ['2', '2']);
  assert.deepEqual(values('cpu cores'), ['1', '1']);
});

test('an emulated processor runs nothing ahead of time, and Linux mends nothing in it', async (t) => {
  if (!/^model\s*: 28$/m.test(await ssh(machine, 'cat /proc/cpuinfo'))) {
    return t.skip('it has the processor of its host');
  }
  const flaws = await ssh(
    machine,
    'cd /sys/devices/system/cpu/vulnerabilities && cat meltdown mds',
  );
  assert.deepEqual(flaws.trim().split('\n'), ['Not affected', 'Not affected']);
});

test('user data is the bytes that were sent', async () => {
  const told = await ssh(machine, 'wget -qO- http://169.254.169.254/latest/user-data | sha256sum');
  assert.equal(told.split(' ')[0], createHash('sha256').update(userData).digest('hex'));
});

test('a tag that it gets while it runs is told at once', async () => {
  const Tags = [{ Key: 'role', Value: 'web server' }];
  await ec2.send(new CreateTagsCommand({ Resources: [machine.id], Tags }));
  await until('the tag is told', async () => {
    const told = await metadata('meta-data/tags/instance/role');
    return told.trim() === 'web server';
  });
});

test('from when tokens are demanded everything is told with one, nothing without', async () => {
  assert.equal((await metadata('meta-data/instance-id')).trim(), machine.id);
  const change = { InstanceId: machine.id, HttpTokens: 'required' } as const;
  await ec2.send(new ModifyInstanceMetadataOptionsCommand(change));
  await until('it is refused', async () => (await metadata('meta-data/instance-id')) === '');
  const imds = '/usr/lib/imago/imds';
  const withToken = `sudo sh -c '${imds} token && ${imds} meta-data/instance-id'`;
  assert.equal((await ssh(machine, withToken)).trim(), machine.id);
});
