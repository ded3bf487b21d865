/**
 * `debian-12` (systemd, cloud-init) from its build to a copy of a copy, told in as few boots as can
 * be, as each takes minutes without KVM: Packer, from Debian's packages, makes a golden image by
 * the template of its guide; it boots for the account that it is shared with, is changed and
 * captured while it runs; of that an image is registered that asks for UEFI, brings variables along
 * and has a TPM, and what boots of it has the bytes of its source and its own identity.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import {
  CreateKeyPairCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  RegisterImageCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { aws } from '../support/aws-cli.ts';
import type { Reachable } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { type Credentials, ImagoProcess, launcher } from '../support/imago.ts';
import { type Access, access, launch, type Reached, reach } from '../support/launch.ts';
import { pack } from '../support/packer.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';
import {
  assertPointer,
  assertTpm,
  assertVariables,
  firmwareOfImage,
  tellPassword,
} from './guest-firmware.ts';
import { ownPackage, templateOfGuide } from './packer/golden.ts';
import {
  assertDiffer,
  captured,
  changed,
  type Identity,
  identity,
  inspectCopy,
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
let ofPartner: string;
let source: Identity;
let sum: string;
let copy: Reached;

before(async () => {
  const home = await homeWith('debian-12');
  const regions = ['us-east-1', 'eu-west-1'];
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home, regions });
  const words = ['accounts', 'create', 'partner', '--json', '--home', imago.home];
  partner = JSON.parse((await promisify(execFile)(launcher, words)).stdout);
  ec2 = imago.ec2('us-east-1', partner);
  // One of RSA: a password is encrypted for it.
  const key = await ec2.send(new CreateKeyPairCommand({ KeyName: 'rsa', KeyType: 'rsa' }));
  const keyFile = path.join(imago.home, 'rsa.pem');
  writeFileSync(keyFile, `${key.KeyMaterial}\n`, { mode: 0o600 });
  login = { ...(await access(imago, 'partner', partner)), keyName: 'rsa', keyFile };
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
  sum = await changed(machine, installSystemdService);
  const image = await captured(ec2, machine);
  assert.equal(await sumOf(machine), sum, 'the source runs on');
  source = await identity(machine);
  ofPartner = image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
});

test('a copy of it boots by the firmware that its image asks for: the same bytes, another identity', async () => {
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Name: 'with firmware',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: ofPartner } }],
      ...firmwareOfImage,
    }),
  );
  const [instance] = await launch(ec2, ImageId, login, 1, type);
  assert.deepEqual([instance?.CurrentInstanceBootMode, instance?.TpmSupport], ['uefi', 'v2.0']);
  copy = await reach(ec2, instance, login, sshTimeoutMs);
  assertDiffer([source, await inspectCopy(copy, sum)]);
});

test('the guest has the variable of its image; one that it changes is told changed', async () => {
  await assertVariables(ec2, copy);
});

test('its TPM answers, and was told of the firmware before the guest began', async () => {
  await assertTpm(copy);
});

test('its pointer is told where that of whoever looks is', async () => {
  await assertPointer(asPartner(), copy);
});

test('a password that the guest encrypts for its key pair is read with it', async () => {
  const words = ['--instance-id', copy.id, '--priv-launch-key', login.keyFile];
  const password = async () => {
    const told = await aws(asPartner(), 'ec2', 'get-password-data', ...words);
    return (told as { PasswordData: string }).PasswordData;
  };
  assert.equal(await password(), '');
  await tellPassword(copy, 'correct horse');
  await until('the password is told', async () => (await password()) !== '');
  assert.equal(await password(), 'correct horse');
});

function asPartner(): Reachable {
  return { endpoint: imago.endpoint, home: imago.home, credentials: partner };
}
