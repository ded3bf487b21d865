/**
 * What a `debian-12` has captured boots by the firmware that an image of it asks for: UEFI with
 * variables that the image brings along, and a TPM. The copy has the bytes of its source and its
 * own identity; a password that it encrypts is read with its key pair.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  CreateKeyPairCommand,
  type EC2Client,
  RegisterImageCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { aws } from '../support/aws-cli.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  providerImage,
  type Reached,
  reach,
} from '../support/launch.ts';
import { until } from '../support/until.ts';
import {
  assertPointer,
  assertTpm,
  assertVariables,
  firmwareOfImage,
  tellPassword,
} from './guest-firmware.ts';
import {
  assertDiffer,
  captured,
  changed,
  identity,
  inspectCopy,
  installSystemdService,
} from './whole-cycle.ts';

/** Whoever has other work besides lets a guest wait. */
const sshTimeoutMs = 900_000;
const type = { InstanceType: 't3.small' } as const;

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
let copy: Reached;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-12') });
  ec2 = imago.ec2();
  // One of RSA: a password is encrypted for it.
  const key = await ec2.send(new CreateKeyPairCommand({ KeyName: 'rsa', KeyType: 'rsa' }));
  const keyFile = path.join(imago.home, 'rsa.pem');
  writeFileSync(keyFile, `${key.KeyMaterial}\n`, { mode: 0o600 });
  login = { ...(await access(imago)), keyName: 'rsa', keyFile };
});
after(async () => {
  await imago?.dispose();
});

test('a copy boots by the firmware that its image asks for: the same bytes, another identity', async () => {
  const provided = await providerImage(ec2, 'debian-12-amd64-*');
  const [source] = await launch(ec2, provided.ImageId ?? '', login, 1, type);
  const machine = await reach(ec2, source, login, sshTimeoutMs);
  const sum = await changed(machine, installSystemdService);
  const image = await captured(ec2, machine);
  const ofSource = await identity(machine);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [machine.id] }));
  const SnapshotId = image.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Name: 'with firmware',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
      ...firmwareOfImage,
    }),
  );
  const [instance] = await launch(ec2, ImageId, login, 1, type);
  assert.deepEqual([instance?.CurrentInstanceBootMode, instance?.TpmSupport], ['uefi', 'v2.0']);
  copy = await reach(ec2, instance, login, sshTimeoutMs);
  assertDiffer([ofSource, await inspectCopy(copy, sum)]);
});

test('the guest has the variable of its image; one that it changes is told changed', async () => {
  await assertVariables(ec2, copy);
});

test('its TPM answers, and was told of the firmware before the guest began', async () => {
  await assertTpm(copy);
});

test('its pointer is told where that of whoever looks is', async () => {
  await assertPointer(imago, copy);
});

test('a password that the guest encrypts for its key pair is read with it', async () => {
  const words = ['--instance-id', copy.id, '--priv-launch-key', login.keyFile];
  const password = async () => {
    const told = await aws(imago, 'ec2', 'get-password-data', ...words);
    return (told as { PasswordData: string }).PasswordData;
  };
  assert.equal(await password(), '');
  await tellPassword(copy, 'correct horse');
  await until('the password is told', async () => (await password()) !== '');
  assert.equal(await password(), 'correct horse');
});
