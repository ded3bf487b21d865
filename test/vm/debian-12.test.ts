/**
 * `debian-12` (systemd, cloud-init) from its build to a capture, told in two boots, as each
 * takes minutes without KVM: Packer, from Debian's packages, makes a golden image by
 * the template of its guide; it boots for the account that it is shared with, is changed and
 * captured while it runs. What boots of such a capture is told with `micro` (lifecycle.test.ts), and
 * with Debian by debian-12.soak.ts and, by UEFI, by debian-12-firmware.soak.ts.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher } from '../support/imago.ts';
import { type Access, access, launch, reach } from '../support/launch.ts';
import { pack } from '../support/packer.ts';
import { ssh } from '../support/ssh.ts';
import { ownPackage, templateOfGuide } from './packer/golden.ts';
import {
  captured,
  changed,
  installSystemdService,
  rootFills,
  rootOf,
  sumOf,
} from './whole-cycle.ts';

/** Whoever has other work besides lets a guest wait. */
const sshTimeoutMs = 900_000;
const type = { InstanceType: 't3.small' } as const;
const rootGiB = 24;

let imago: ImagoProcess;
let partner: Credentials & { account: string };
/** The partner's. */
let ec2: EC2Client;
let login: Access;
let golden: string;

before(async () => {
  const home = await homeWith('debian-12');
  const regions = ['us-east-1', 'eu-west-1'];
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions });
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  partner = JSON.parse((await promisify(execFile)(launcher, words)).stdout);
  ec2 = imago.ec2('us-east-1', partner);
  login = await access(imago, 'partner', partner);
});
after(async () => {
  await imago?.dispose();
});

test('Packer makes an image, copies and shares it, and leaves nothing else', async () => {
  await pack(imago, templateOfGuide(imago.home), {
    partner: partner.account,
    package: await ownPackage(imago.home),
  });
  const found = [];
  for (const region of ['us-east-1', 'eu-west-1']) {
    const ec2 = imago.ec2(region);
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({ Owners: ['self'] }),
    );
    // Those of the service's own are told of copies.
    const tags = image?.Tags?.filter(({ Key = '' }) => !Key.startsWith('aws:'));
    assert.deepEqual(tags, [{ Key: 'team', Value: 'web' }], region);
    assert.deepEqual([image?.Name, image?.State], ['golden-1', 'available'], region);
    const attribute = { ImageId: image?.ImageId, Attribute: 'launchPermission' as const };
    const { LaunchPermissions } = await ec2.send(new DescribeImageAttributeCommand(attribute));
    assert.deepEqual(LaunchPermissions, [{ UserId: partner.account }], region);
    found.push(image?.ImageId ?? '');
  }
  [golden = ''] = found;
  const own = imago.ec2();
  const { KeyPairs } = await own.send(new DescribeKeyPairsCommand({}));
  assert.deepEqual(KeyPairs, [], 'the temporary key is gone');
  const { Reservations = [] } = await own.send(new DescribeInstancesCommand({}));
  assert.deepEqual(
    Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name)),
    ['terminated'],
  );
});

test('deprecated, it boots for whom it is shared with, grows, is changed, and captured while it runs', async () => {
  const own = imago.ec2();
  const DeprecateAt = new Date(Date.now() + 24 * 60 * 60_000);
  await own.send(new EnableImageDeprecationCommand({ ImageId: golden, DeprecateAt }));
  const byId = new DescribeImagesCommand({ ImageIds: [golden] });
  const { Images: [deprecated] = [] } = await own.send(byId);
  assert.ok(Date.parse(deprecated?.DeprecationTime ?? '') > Date.now());

  const more = { ...type, BlockDeviceMappings: rootOf(rootGiB) };
  const [instance] = await launch(ec2, golden, login, 1, more);
  const machine = await reach(ec2, instance, login, sshTimeoutMs);
  assert.equal(await ssh(machine, 'golden; cat /etc/motd'), 'golden\ngolden\n');
  await rootFills(machine, rootGiB);
  const sum = await changed(machine, installSystemdService);
  await captured(ec2, machine);
  assert.equal(await sumOf(machine), sum, 'the source runs on');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
});
