/**
 * The root volume of a real guest is replaced: by its launch state, and by an image that was
 * captured of it. Its data volume, its addresses and its identity stay.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateImageCommand,
  CreateReplaceRootVolumeTaskCommand,
  type CreateReplaceRootVolumeTaskCommandInput,
  DescribeVolumesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  type Reached,
  reach,
  untilReplaced,
  waitForImage,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
});
after(async () => {
  await imago?.dispose();
});

async function replace(
  id: string,
  more: Partial<CreateReplaceRootVolumeTaskCommandInput> = {},
): Promise<Reached> {
  const { ReplaceRootVolumeTask: task } = await ec2.send(
    new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, ...more }),
  );
  await untilReplaced(ec2, task?.ReplaceRootVolumeTaskId);
  const instance = await describeInstance(ec2, id);
  assert.equal(instance.State?.Name, 'running');
  return reach(ec2, instance, login);
}

test('a root goes back to its launch state, and on to an image, while all else stays', async () => {
  const micro = await providerImage(ec2, 'imago-micro-*');
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }];
  const more = { BlockDeviceMappings };
  const [launched] = await launch(ec2, micro.ImageId ?? '', login, 1, more);
  const guest = await reach(ec2, launched, login);
  const { id } = guest;
  const before = await describeInstance(ec2, id);
  await ssh(guest, 'sudo sh -c "echo mine >/etc/marker; echo kept | dd of=/dev/vdb; sync"');
  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: id, Name: 'with the marker', NoReboot: true }),
  );
  await waitForImage(ec2, ImageId, 'available');

  const fresh = await replace(id, { DeleteReplacedRootVolume: true });
  const look = 'cat /etc/marker 2>/dev/null; sudo head -c 5 /dev/vdb';
  assert.equal(await ssh(fresh, look), 'kept\n');
  const first = await describeInstance(ec2, id);
  for (const member of ['PrivateIpAddress', 'PublicIpAddress', 'ImageId', 'LaunchTime'] as const) {
    assert.deepEqual(first[member], before[member], member);
  }
  const [root, data] = before.BlockDeviceMappings ?? [];
  const [newRoot, sameData] = first.BlockDeviceMappings ?? [];
  assert.notEqual(newRoot?.Ebs?.VolumeId, root?.Ebs?.VolumeId);
  assert.equal(newRoot?.DeviceName, root?.DeviceName);
  assert.deepEqual(sameData, data);
  const VolumeIds = [root?.Ebs?.VolumeId ?? ''];
  await assert.rejects(ec2.send(new DescribeVolumesCommand({ VolumeIds })), {
    name: 'InvalidVolume.NotFound',
  });

  const again = await replace(id, { ImageId });
  assert.equal(await ssh(again, look), 'mine\nkept\n');
  assert.equal((await describeInstance(ec2, id)).ImageId, ImageId);
});
