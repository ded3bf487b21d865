/**
 * The home burns down with a machine in it, and its block store as well; by the commands of
 * docs/guides/backup.md the machine is there again from the second store, down to SSH.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { CreateImageCommand } from '@aws-sdk/client-ec2';
import { Home } from '../../server/foundations/home.ts';
import { FollowedGuide } from '../support/followed-guide.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, reach, waitForImage } from '../support/launch.ts';
import { untilInStep } from '../support/second-store.ts';
import { ssh } from '../support/ssh.ts';

const elsewhere = 'So that a host may burn down';
const burnt = 'The host burnt down';
const hypervisor = 'qemu';
let guide: FollowedGuide;
let imago: ImagoProcess;
before(async () => {
  guide = new FollowedGuide('backup.md');
  await guide.type(guide.take(elsewhere, 'sh'));
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor, home, flags: guide.served() });
  await guide.type(guide.take(elsewhere, 'sh'));
});
after(async () => {
  await imago?.dispose();
  guide?.[Symbol.dispose]();
});

test('a machine of a host that is lost is logged in to after a recovery, with its data', async () => {
  const login = await access(imago);
  const key = readFileSync(login.keyFile);
  const ec2 = imago.ec2();
  const { ImageId: micro = '' } = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, micro, login);
  const machine = await reach(ec2, launched, login);
  await ssh(machine, 'echo of the machine > data; sync');
  const capture = { InstanceId: machine.id, Name: 'backup', NoReboot: true };
  const { ImageId = '' } = await ec2.send(new CreateImageCommand(capture));
  await waitForImage(ec2, ImageId, 'available');
  // The catalog is sealed with it when Imago stops, and copied soon after the next start.
  await imago.stop();
  await imago.start();
  await untilInStep(imago.home, guide.place('mnt/second/imago'));
  await guide.type(guide.take(elsewhere, 'sh'));
  await imago.dispose();

  await guide.type(guide.take(burnt, 'sh'));
  const home = guide.place('var/lib/imago');
  imago = await ImagoProcess.start({ hypervisor, home, flags: guide.served() });
  await guide.type(`machine=${machine.id}\n${guide.take(burnt, 'sh')}`, imago);
  const keyFile = guide.place('tests.pem');
  writeFileSync(keyFile, key, { mode: 0o600 });
  const kept = { ...login, keyFile, home: new Home(home) };
  const back = await reach(imago.ec2(), { InstanceId: machine.id }, kept);
  assert.equal((await ssh(back, 'cat data')).trim(), 'of the machine');
});
