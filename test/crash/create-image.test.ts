/**
 * kill -9 before, in and after every step of CreateImage, with a real guest: after a restart the
 * image is available (and its copy boots) or failed with a reason; the guest runs on, and no layer,
 * block map or row is left over.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateImageCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { createImage } from '../../server/tasks/create-image.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let instanceId: string;
let machine: Reached;

const faults = createImage.steps.flatMap(({ name }) =>
  ['before', 'after'].map((moment) => ({ step: name, moment })),
);

/** Each start recovers of one fault and waits for the next: a start costs as much as a capture. */
function nextFault(index: number): Record<string, string> {
  const { step, moment } = faults[index] ?? {};
  return { IMAGO_FAULT: step === undefined ? '' : `create-image:${step}:${moment}` };
}

before(async () => {
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, environment: nextFault(0) });
  ec2 = imago.ec2();
  login = await access(imago);
  const source = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, source.ImageId ?? '', login);
  machine = await reach(ec2, launched, login);
  instanceId = machine.id;
});
after(async () => {
  await imago?.dispose();
});

let lastAvailable: { imageId: string; mark: string } | undefined;

for (const [index, { step, moment }] of faults.entries()) {
  test(`killed ${moment} ${step}`, async () => {
    const mark = `${step}-${moment}`;
    await ssh(machine, `sudo sh -c "echo ${mark} >/etc/mark; sync"`);
    const created = await ec2.send(
      new CreateImageCommand({ InstanceId: instanceId, Name: `at-${mark}`, NoReboot: true }),
    );
    await imago.exited();
    await imago.start(nextFault(index + 1));

    const image = await settled(created.ImageId ?? '');
    assert.equal(await ssh(machine, 'cat /etc/mark'), `${mark}\n`, 'the guest runs on');
    await ssh(machine, 'sudo sh -c "echo written >/etc/after; sync"');
    await onlyOneLayer();
    if (image.State === 'available') {
      lastAvailable = { imageId: image.ImageId ?? '', mark };
    } else {
      assert.equal(image.State, 'failed');
      assert.ok(image.StateReason?.Message);
    }
    await snapshotsMatch();
  });
}

test('the last image that became available boots and carries its mark', async () => {
  assert.ok(lastAvailable, 'at least one capture completed');
  const [copy] = await launch(ec2, lastAvailable.imageId, login);
  const copied = await reach(ec2, copy, login);
  assert.equal(await ssh(copied, 'cat /etc/mark'), `${lastAvailable.mark}\n`);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId, copied.id] }));
  await waitForState(ec2, instanceId, 'terminated');
});

async function settled(id: string): Promise<Image> {
  let image: Image | undefined;
  const isSettled = async () => {
    const answer = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
    image = answer.Images?.[0];
    return image !== undefined && image.State !== 'pending';
  };
  await until(`${id} is pending no more`, isSettled, 300_000);
  return image as unknown as Image;
}

/** Files of captured layers go a moment after the image is available. */
async function onlyOneLayer(): Promise<void> {
  const volumes = path.join(imago.home, 'volumes');
  const layers = () =>
    readdirSync(volumes).flatMap((volume) => readdirSync(path.join(volumes, volume)));
  await until('one layer is left', () => layers().length <= 1);
  assert.equal(layers().length, 1, `one layer is left: ${layers()}`);
}

async function snapshotsMatch(): Promise<void> {
  const images = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const named = new Set(
    (images.Images ?? [])
      .filter((image) => image.State === 'available')
      .flatMap((image) => image.BlockDeviceMappings ?? [])
      .map((mapping) => mapping.Ebs?.SnapshotId),
  );
  const snapshots = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  for (const snapshot of snapshots.Snapshots ?? []) {
    if (snapshot.State === 'completed') assert.ok(named.has(snapshot.SnapshotId));
    else assert.equal(snapshot.State, 'error');
  }
}
