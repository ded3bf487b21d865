/**
 * A volume's life as the official client sees it: made of a snapshot, attached, grown, copied,
 * detached, deleted, with the client's waiters and paginators. On simulated machines.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AttachVolumeCommand,
  CopyVolumesCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  type CreateVolumeCommandInput,
  DeleteVolumeCommand,
  DescribeVolumeAttributeCommand,
  DescribeVolumeStatusCommand,
  DescribeVolumesCommand,
  DescribeVolumesModificationsCommand,
  DetachVolumeCommand,
  type EC2Client,
  EnableVolumeIOCommand,
  ModifyVolumeAttributeCommand,
  ModifyVolumeCommand,
  paginateDescribeVolumesModifications,
  RunInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
  waitUntilVolumeAvailable,
  waitUntilVolumeDeleted,
  waitUntilVolumeInUse,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let InstanceId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  const { ImageId } = await providerImage(ec2, 'imago-micro-*');
  const launch = { ImageId, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano' as const };
  const { Instances } = await ec2.send(new RunInstancesCommand(launch));
  InstanceId = Instances?.[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
});
after(async () => {
  await imago?.dispose();
});

const waiting = () => ({ client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 120 });

async function create(request: Partial<CreateVolumeCommandInput> = {}): Promise<string> {
  const order = { AvailabilityZone: 'us-east-1a', Size: 1, ...request };
  const { VolumeId = '' } = await ec2.send(new CreateVolumeCommand(order));
  await waitUntilVolumeAvailable(waiting(), { VolumeIds: [VolumeId] });
  return VolumeId;
}

async function described(id: string) {
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [id] }));
  return Volumes?.[0] ?? assert.fail(`${id} is not found`);
}

async function attachmentIs(id: string, state: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if ((await described(id)).Attachments?.[0]?.State === state) return;
    await delay(100);
  }
  assert.fail(`${id} is not ${state}`);
}

test('made, attached to a running instance, grown there, captured, detached, deleted', async () => {
  const VolumeId = await create();
  const VolumeIds = [VolumeId];
  const attach = new AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdh' });
  assert.equal((await ec2.send(attach)).State, 'attaching');
  await waitUntilVolumeInUse(waiting(), { VolumeIds });
  await attachmentIs(VolumeId, 'attached');
  await assert.rejects(ec2.send(attach), { name: 'VolumeInUse' });

  await ec2.send(new ModifyVolumeCommand({ VolumeId, Size: 2 }));
  for (let tries = 0; ; tries++) {
    const asked = new DescribeVolumesModificationsCommand({ VolumeIds });
    const [{ ModificationState, Progress } = {}] =
      (await ec2.send(asked)).VolumesModifications ?? [];
    if (ModificationState === 'completed' && Progress === 100) break;
    assert.ok(tries < 600, ModificationState);
    await delay(100);
  }
  assert.equal((await described(VolumeId)).Size, 2);

  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId }));
  await waitUntilSnapshotCompleted(waiting(), { SnapshotIds: [SnapshotId] });
  const restored = await create({ SnapshotId, Size: undefined, VolumeType: 'gp3' });
  assert.equal((await described(restored)).Size, 2);

  const detach = new DetachVolumeCommand({ VolumeId, InstanceId });
  assert.equal((await ec2.send(detach)).State, 'detaching');
  await waitUntilVolumeAvailable(waiting(), { VolumeIds });
  assert.deepEqual((await described(VolumeId)).Attachments, []);
  for (const id of [VolumeId, restored]) {
    await ec2.send(new DeleteVolumeCommand({ VolumeId: id }));
    await waitUntilVolumeDeleted(waiting(), { VolumeIds: [id] });
  }
});

test('copied at one point in time', async () => {
  const source = await create();
  const order = new CopyVolumesCommand({ SourceVolumeId: source, VolumeType: 'gp3', Size: 3 });
  const { Volumes: [copy] = [] } = await ec2.send(order);
  const VolumeIds = [copy?.VolumeId ?? ''];
  await waitUntilVolumeAvailable(waiting(), { VolumeIds });
  const shown = await described(VolumeIds[0] ?? '');
  assert.deepEqual([shown.SourceVolumeId, shown.Size, shown.VolumeType], [source, 3, 'gp3']);
});

test('status, attributes and modifications on the wire', async () => {
  const VolumeId = await create();
  const modify = { VolumeId, AutoEnableIO: { Value: true } };
  await ec2.send(new ModifyVolumeAttributeCommand(modify));
  const asked = { VolumeId, Attribute: 'autoEnableIO' as const };
  const { AutoEnableIO } = await ec2.send(new DescribeVolumeAttributeCommand(asked));
  assert.deepEqual(AutoEnableIO, { Value: true });
  await ec2.send(new EnableVolumeIOCommand({ VolumeId }));
  const { VolumeStatuses } = await ec2.send(
    new DescribeVolumeStatusCommand({ VolumeIds: [VolumeId] }),
  );
  assert.equal(VolumeStatuses?.[0]?.VolumeStatus?.Status, 'ok');
  const ids = [VolumeId, await create(), await create()];
  for (const id of ids) await ec2.send(new ModifyVolumeCommand({ VolumeId: id, Size: 5 }));
  const Filters = [{ Name: 'target-size', Values: ['5'] }];
  const found: string[] = [];
  const pages = paginateDescribeVolumesModifications({ client: ec2, pageSize: 2 }, { Filters });
  for await (const { VolumesModifications = [] } of pages) {
    found.push(...VolumesModifications.map((each) => each.VolumeId ?? ''));
  }
  assert.deepEqual(found, ids.toSorted());
});
