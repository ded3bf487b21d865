/**
 * A guest is captured again and again while it writes to two volumes in turn: each image has both
 * at one point in time. `npm test` does it once (volumes.test.ts).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateImageCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access, launch, providerImage, reach, waitForImage } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const captures = Number(process.env.IMAGO_SOAK_POINTS ?? 5);

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

/**
 * Writes n to the second volume, then to the first, each durably before the next: at no point in
 * time do they differ by more.
 */
const countOnBoth = [
  'n=100000; while :; do n=$((n + 1))',
  '  echo $n | dd of=/dev/vdb conv=notrunc,fsync 2>/dev/null',
  '  echo $n | dd of=/var/tmp/n conv=notrunc,fsync 2>/dev/null',
  'done',
].join('\n');

test('all volumes of a machine are captured at one point in time', async () => {
  const ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId: micro = '' } = await providerImage(ec2, 'imago-micro-*');
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdb', Ebs: { VolumeSize: 1 } }];
  const [launched] = await launch(ec2, micro, login, 1, { BlockDeviceMappings });
  const machine = await reach(ec2, launched, login);
  await ssh(machine, `sudo sh -c '${countOnBoth}' >/dev/null 2>&1 </dev/null &`);
  let last = 0;
  for (let count = 0; count < captures; count++) {
    // It goes on for a while.
    await sleep(2_000);
    const capture = { InstanceId: machine.id, Name: `capture ${count}`, NoReboot: true };
    const { ImageId = '' } = await ec2.send(new CreateImageCommand(capture));
    await waitForImage(ec2, ImageId, 'available');
    const [again] = await launch(ec2, ImageId, login);
    const copy = await reach(ec2, again, login);
    const first = Number(await ssh(copy, 'cat /var/tmp/n'));
    const second = Number(await ssh(copy, 'sudo head -c 6 /dev/vdb'));
    assert.ok(second === first || second === first + 1, `${second} and ${first}`);
    assert.ok(first > last, `the machine went on: ${first} after ${last}`);
    last = first;
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [copy.id] }));
  }
});
