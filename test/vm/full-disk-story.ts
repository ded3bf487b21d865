/**
 * Run by full-disk.test.ts on a small disk, with a home that has the image `micro`. A guest with
 * 30 MB of data is captured; then 60 MB more do not fit any more: the capture fails, says so, and
 * gives back what it took. Then the guest writes until the disk is full to the last byte.
 * Everything is deleted through the API meanwhile, a second guest goes on when there is room.
 */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeSnapshotsCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { mibBytes } from '../../server/foundations/sizes.ts';
import { Filler } from '../support/filler.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  access,
  launch,
  providerImage,
  reach,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const [template = ''] = process.argv.slice(2);
const folder = process.cwd();
const patientMs = 240_000;

const filler = new Filler(folder);
const home = path.join(folder, 'home');
cpSync(template, home, { recursive: true });
const imago = await ImagoProcess.start({ hypervisor: 'qemu', home });
try {
  const ec2 = imago.ec2();
  const login = await access(imago);
  const { ImageId: micro = '' } = await providerImage(ec2, 'imago-micro-*');
  const [launched, other] = await launch(ec2, micro, login, 2);
  const machine = await reach(ec2, launched, login, patientMs);
  const idle = await reach(ec2, other, login, patientMs);
  const write = (name: string, mebibytes: number) =>
    ssh(machine, `dd if=/dev/urandom of=/var/tmp/${name} bs=1M count=${mebibytes} && sync`, {
      timeoutMs: patientMs,
    });
  const capture = async (Name: string) => {
    const order = { InstanceId: machine.id, Name, NoReboot: true };
    return (await ec2.send(new CreateImageCommand(order))).ImageId ?? '';
  };

  await write('data', 30);
  const first = await capture('fits');
  await waitForImage(ec2, first, 'available', patientMs);

  await write('more', 60);
  filler.fillTo(30 * mibBytes);
  const before = filler.freeBytes;
  const second = await capture('does not fit');
  const failed = await waitForImage(ec2, second, 'failed', patientMs);
  assert.match(failed.StateReason?.Message ?? '', /The disk of the host is full/);
  const { Snapshots = [] } = await ec2.send(
    new DescribeSnapshotsCommand({
      OwnerIds: ['self'],
      Filters: [{ Name: 'status', Values: ['error'] }],
    }),
  );
  assert.equal(Snapshots.length, 1);
  const isGivenBack = () => filler.freeBytes > before - 8 * mibBytes;
  for (let attempt = 0; attempt < 300 && !isGivenBack(); attempt++) await delay(100);
  assert.ok(isGivenBack(), 'what was half uploaded is given back');

  // The guest takes the rest; it stops in the middle of its write, and the answer never comes.
  const writing = write('all', 200).catch(() => 'the guest is gone');
  for (let attempt = 0; attempt < 1200 && filler.freeBytes > 0; attempt++) await delay(100);
  filler.fillTo(0);
  assert.equal(filler.freeBytes, 0);
  await ec2.send(
    new CreateTagsCommand({ Resources: [machine.id], Tags: [{ Key: 'state', Value: 'full' }] }),
  );
  await imago.stop();
  await imago.start();
  const again = imago.ec2();
  await again.send(new DeregisterImageCommand({ ImageId: second }));
  await again.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
  await waitForState(again, machine.id, 'terminated', patientMs);
  await writing;
  await again.send(new DeregisterImageCommand({ ImageId: first }));
  const own = await again.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  for (const { SnapshotId } of own.Snapshots ?? []) {
    await again.send(new DeleteSnapshotCommand({ SnapshotId }));
  }
  assert.ok(filler.freeBytes > 40 * mibBytes, 'there is room');
  assert.match(await ssh(idle, 'echo here', { timeoutMs: patientMs }), /here/);
  await again.send(new TerminateInstancesCommand({ InstanceIds: [idle.id] }));
  await waitForState(again, idle.id, 'terminated', patientMs);
} catch (error) {
  console.error(imago.log.slice(-8000));
  throw error;
} finally {
  await imago.dispose();
}
