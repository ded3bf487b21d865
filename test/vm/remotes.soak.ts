/**
 * An image of a machine is sent to another Imago by the command line, while the sender is killed
 * with kill -9; there it boots, and has what the machine had.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateImageCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, providerImage, reach, waitForImage } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let here: ImagoProcess;
let far: ImagoProcess;
before(async () => {
  here = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  far = await ImagoProcess.start({ hypervisor: 'qemu' });
});
after(async () => {
  await here?.dispose();
  await far?.dispose();
});

async function imago(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(launcher, [...args, '--home', here.home]);
  return stdout.trim();
}

interface Listed {
  Transfers: { State: string; Message?: string; MadeId?: string; DoneBytes: number }[];
}

test('a machine that was sent to another Imago boots there, though the sender was killed', async () => {
  const login = await access(here);
  const { ImageId: micro = '' } = await providerImage(here.ec2(), 'imago-micro-*');
  const [launched] = await launch(here.ec2(), micro, login);
  const machine = await reach(here.ec2(), launched, login);
  await ssh(machine, 'echo of the machine > data; sync');
  const capture = { InstanceId: machine.id, Name: 'backup', NoReboot: true };
  const { ImageId = '' } = await here.ec2().send(new CreateImageCommand(capture));
  await waitForImage(here.ec2(), ImageId, 'available');

  const key = path.join(far.home, 'credentials');
  const added = ['--endpoint', far.endpoint, '--credentials', key, '--rate', '4MiB'];
  await imago('remotes', 'add', 'second', ...added);
  // Whoever asks is cut off with it; the transfer is not.
  const asked = imago('backups', 'push', ImageId, '--to', 'second').catch(() => {});
  const listed = async () => JSON.parse(await imago('remotes', 'list', '--json')) as Listed;
  const isUnderWay = async () => ((await listed()).Transfers[0]?.DoneBytes ?? 0) > 0;
  await until('blocks are sent', isUnderWay);
  for (let kill = 0; kill < 3; kill++) {
    await here.kill();
    await here.start();
    await delay(1500);
  }
  await asked;
  let sent: Listed['Transfers'][number] | undefined;
  await until('the image is sent', async () => {
    sent = (await listed()).Transfers[0];
    return sent?.State !== 'running';
  });
  assert.equal(sent?.State, 'completed', sent?.Message);

  const there = await access(far);
  const [copy] = await launch(far.ec2(), sent?.MadeId ?? '', there);
  const booted = await reach(far.ec2(), copy, there);
  assert.equal((await ssh(booted, 'cat data')).trim(), 'of the machine');
});
