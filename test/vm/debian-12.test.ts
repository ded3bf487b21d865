/**
 * `debian-12` (systemd, cloud-init) from its build to an image that is made of it, in one boot, as
 * each takes minutes without KVM: Packer, from Debian's packages, makes a golden image by the
 * template of its guide, and the account that it is shared with launches it. That it comes up there,
 * is changed, and captured while it runs is golden.soak.ts's; what boots of a capture is told with
 * `micro` (lifecycle.test.ts, packer-surrogate.test.ts), and with Debian by debian-12.soak.ts and,
 * by UEFI, by debian-12-firmware.soak.ts.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeVolumesCommand,
  type EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { type Access, access, launch, waitForState } from '../support/launch.ts';
import { addPartner, deprecate, goldenRegions, makeGolden, type Partner } from './packer/golden.ts';
import { rootOf } from './whole-cycle.ts';

const type = { InstanceType: 't3.small' } as const;
const rootGiB = 24;

let imago: ImagoProcess;
let partner: Partner;
/** The partner's. */
let ec2: EC2Client;
let login: Access;
let golden: string;

before(async () => {
  const home = await homeWith('debian-12');
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions: goldenRegions });
  partner = await addPartner(imago);
  ec2 = imago.ec2('us-east-1', partner);
  login = await access(imago, 'partner', partner);
});
after(async () => {
  await imago?.dispose();
});

test('Packer makes an image, copies and shares it, and leaves nothing else', async () => {
  golden = await makeGolden(imago, partner);
});

test('deprecated, it is launched by whom it is shared with, larger than it was', async () => {
  await deprecate(imago.ec2(), golden);
  const more = { ...type, BlockDeviceMappings: rootOf(rootGiB) };
  const [instance] = await launch(ec2, golden, login, 1, more);
  const id = instance?.InstanceId ?? '';
  const { BlockDeviceMappings = [] } = await waitForState(ec2, id, 'running');
  const volume = BlockDeviceMappings[0]?.Ebs?.VolumeId ?? '';
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume] }));
  assert.deepEqual(
    Volumes?.map(({ Size }) => Size),
    [rootGiB],
  );
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await waitForState(ec2, id, 'terminated');
});
