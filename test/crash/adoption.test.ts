/**
 * Guests outlive Imago: kill -9 of every Imago process under an open SSH session and a guest that
 * reads and copies a large file; a new start finds the machine and both go on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  access,
  describeInstance,
  launch,
  providerImage,
  reach,
  waitForState,
} from '../support/launch.ts';
import { ssh, sshArguments } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

/**
 * What the micro image has of larger files, none of them read before: through the data plane, every
 * block of it.
 */
const largeFiles =
  'cat /boot/* /lib/modules/*/kernel/*/*/*.ko* /usr/bin/* /usr/lib/*/*.so* 2>/dev/null';
const dropCaches = 'sync; echo 3 >/proc/sys/vm/drop_caches';

/** Both ways over the disk: read, written, read back. */
const copyLargeFile = `sudo sh -c "${dropCaches}; ${largeFiles} >/var/tmp/large; ${dropCaches}; md5sum </var/tmp/large"`;
const checkSource = `sudo sh -c "${dropCaches}; ${largeFiles} | md5sum"`;

test('an SSH session and a copying guest notice nothing but a pause', async () => {
  const ec2 = imago.ec2();
  const login = await access(imago);
  const source = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, source.ImageId ?? '', login);
  const machine = await reach(ec2, launched, login);
  const { id } = machine;

  const session = spawn('ssh', [
    ...sshArguments(machine),
    'while read line; do echo "$line"; done',
  ]);
  let heard = '';
  session.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  session.stdin.write('before\n');
  let copied = false;
  const copying = ssh(machine, copyLargeFile, { timeoutMs: 180_000 }).finally(() => {
    copied = true;
  });
  await sleep(1_500);
  assert.ok(!copied, 'the copy is under way when everything is killed');

  process.kill(imago.dataPlanePid, 'SIGKILL');
  await imago.kill();
  session.stdin.write('while away\n');
  await sleep(4_000);
  await imago.start();

  const copyOfDisturbed = await copying;
  session.stdin.write('after\n');
  await until('the session is heard', () => heard.includes('after'), 30_000);
  assert.equal(heard, 'before\nwhile away\nafter\n', 'the session lost nothing');
  session.kill();

  assert.equal((await describeInstance(ec2, id)).State?.Name, 'running');
  assert.equal(copyOfDisturbed, await ssh(machine, checkSource, { timeoutMs: 120_000 }));
  const kernelLog = await ssh(machine, 'sudo dmesg');
  assert.doesNotMatch(kernelLog, /I\/O error|EXT4-fs error/);

  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitForState(ec2, id, 'terminated');
});
