/**
 * Packer's amazon-ebssurrogate on a real guest: what it makes of the disk beside its own becomes the
 * root of an image, which boots.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotAttributeCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, reach } from '../support/launch.ts';
import { pack } from '../support/packer.ts';
import { ssh } from '../support/ssh.ts';

/** Whoever has other work besides lets a guest wait. */
const sshTimeoutMs = 240_000;

let imago: ImagoProcess;
before(async () => {
  const regions = ['us-east-1', 'eu-west-1'];
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions });
});
after(async () => {
  await imago?.dispose();
});

test('a second disk is captured, registered as a root, copied, shared and tagged, and boots', async () => {
  const template = path.join(import.meta.dirname, 'packer/surrogate.pkr.hcl');
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  const partner = JSON.parse((await promisify(execFile)(launcher, words)).stdout).account;
  await pack(imago, template, { partner });
  for (const region of ['us-east-1', 'eu-west-1']) {
    const ec2 = imago.ec2(region);
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({ Owners: ['self'] }),
    );
    assert.deepEqual([image?.Name, image?.State], ['surrogate-1', 'available'], region);
    // Those of the service's own are told of copies.
    const tags = image?.Tags?.filter(({ Key = '' }) => !Key.startsWith('aws:'));
    assert.deepEqual(tags, [{ Key: 'team', Value: 'web' }], region);
    const [root, ...others] = image?.BlockDeviceMappings ?? [];
    assert.deepEqual([root?.DeviceName, root?.Ebs?.VolumeSize, others], ['/dev/xvda', 2, []]);
    const { LaunchPermissions } = await ec2.send(
      new DescribeImageAttributeCommand({
        ImageId: image?.ImageId,
        Attribute: 'launchPermission',
      }),
    );
    assert.deepEqual(LaunchPermissions, [{ UserId: partner }], region);
    const { CreateVolumePermissions } = await ec2.send(
      new DescribeSnapshotAttributeCommand({
        SnapshotId: root?.Ebs?.SnapshotId,
        Attribute: 'createVolumePermission',
      }),
    );
    assert.deepEqual(CreateVolumePermissions, [{ UserId: partner }], region);
    const SnapshotIds = [root?.Ebs?.SnapshotId ?? ''];
    const { Snapshots: [snapshot] = [] } = await ec2.send(
      new DescribeSnapshotsCommand({ SnapshotIds }),
    );
    assert.deepEqual([snapshot?.State, snapshot?.VolumeSize], ['completed', 2], region);
  }
  const { Reservations = [] } = await imago.ec2().send(new DescribeInstancesCommand({}));
  const states = Reservations.flatMap(({ Instances = [] }) => Instances.map((each) => each.State));
  assert.deepEqual(
    states.map((state) => state?.Name),
    ['terminated'],
  );
  await copyBoots('eu-west-1');
});

async function copyBoots(region: string): Promise<void> {
  const ec2 = imago.ec2(region);
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const login = await access(imago, 'tests', undefined, region);
  const [instance] = await launch(ec2, image?.ImageId ?? '', login);
  const machine = await reach(ec2, instance, login, sshTimeoutMs);
  assert.equal(await ssh(machine, 'cat /etc/motd'), 'surrogate\n');
}
