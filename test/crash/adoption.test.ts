/**
 * Guests outlive Imago: kill -9 of every Imago process under an open SSH session and a guest that reads and copies a large
 * file; a new start finds the machine and both go on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { TestImago } from '../support/imago.ts';
import {
  access,
  describeInstance,
  launch,
  providerImage,
  target,
  waitForState,
} from '../support/launch.ts';
import { ssh, sshArguments, waitForSsh } from '../support/ssh.ts';

let imago: TestImago;

before(async () => {
  imago = await TestImago.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

/** Reads the whole root (through the data plane where it was never read) and writes a copy, then its own end mark. */
const copyEverything = [
  'sudo sh -c "echo 3 >/proc/sys/vm/drop_caches"',
  'for round in 1 2 3; do',
  '  sudo sh -c "cat /boot/* /lib/modules/*/kernel/*/*/*.ko* /usr/bin/* /usr/lib/*/*.so* 2>/dev/null"',
  '  sleep 1',
  'done | sha256sum',
].join('\n');

test('an SSH session and a copying guest notice nothing but a pause', async () => {
  const ec2 = imago.ec2();
  const login = await access(imago);
  const source = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, source.ImageId ?? '', login);
  const id = launched?.InstanceId ?? '';
  const machine = target(await waitForState(ec2, id, 'running'), login);
  await waitForSsh(machine, 90_000);

  const session = spawn('ssh', [
    ...sshArguments(machine),
    'while read line; do echo "$line"; done',
  ]);
  let heard = '';
  session.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  session.stdin.write('before\n');
  const copying = ssh(machine, copyEverything, { timeoutMs: 180_000 });
  await sleep(1_000);

  process.kill(imago.dataPlanePid, 'SIGKILL');
  await imago.kill();
  session.stdin.write('while away\n');
  await sleep(4_000);
  await imago.start();

  const disturbed = await copying;
  session.stdin.write('after\n');
  await until(() => heard.includes('after'), 30_000);
  assert.equal(heard, 'before\nwhile away\nafter\n', 'the session lost nothing');
  session.kill();

  assert.equal((await describeInstance(ec2, id)).State?.Name, 'running');
  assert.equal(await ssh(machine, copyEverything, { timeoutMs: 180_000 }), disturbed);
  const kernelLog = await ssh(machine, 'dmesg');
  assert.doesNotMatch(kernelLog, /I\/O error|EXT4-fs error/);

  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitForState(ec2, id, 'terminated');
});

async function until(condition: () => boolean, timeoutMs: number): Promise<void> {
  const started = Date.now();
  while (!condition()) {
    if (Date.now() - started > timeoutMs) throw new Error('it did not happen in time');
    await sleep(100);
  }
}
