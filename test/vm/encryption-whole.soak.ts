/**
 * Encryption at rest of a real guest, the whole way: what it writes is nowhere on the host's disk,
 * while it runs, captured, rebased, killed and started again, launched anew from its image; an
 * encrypted volume comes and goes while it runs.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DescribeInstancesCommand,
  type EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  type Reached,
  reach,
  waitForState,
} from '../support/launch.ts';
import { assertNowhere, kmsOf, markedGuest, marker, read, write } from '../support/marked-guest.ts';
import { ssh } from '../support/ssh.ts';
import { rebooted } from '../support/twin-root.ts';
import { until } from '../support/until.ts';
import {
  attachVolume,
  describeVolume,
  detachVolume,
  deviceOf,
  newVolume,
} from '../support/volumes.ts';

const stopTimeoutMs = 60_000;
let imago: ImagoProcess;
let ec2: EC2Client;
let kms: KMSClient;
let login: Access;
let KmsKeyId: string;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  connect();
  login = await access(imago);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  KmsKeyId = KeyMetadata?.KeyId ?? '';
});
after(async () => {
  kms?.destroy();
  await imago?.dispose();
});

function connect(): void {
  ec2 = imago.ec2();
  kms = kmsOf(imago);
}

test('what a guest writes is in no file of the host, through all that becomes of it', async () => {
  const marked = await markedGuest(imago, { ec2, login, KmsKeyId });
  const { launched, ImageId } = marked;
  let { machine } = marked;

  // The process that serves it is another, and has no keys but those that it is handed.
  await imago.killDataPlane(stopTimeoutMs);
  machine = await reach(ec2, launched, login);
  await read(machine, '/var/marked');
  await ssh(machine, 'sudo find /usr -xdev -type f -exec cat {} + >/dev/null');

  await imago.kill();
  await imago.start();
  connect();
  machine = await reach(ec2, launched, login);
  await read(machine, '/var/marked');
  await write(machine, '/var/marked-again');

  await rebooted(ec2, machine);
  machine = await reach(ec2, launched, login);
  await read(machine, '/var/marked-again');

  await ec2.send(new StopInstancesCommand({ InstanceIds: [machine.id] }));
  await waitForState(ec2, machine.id, 'stopped', stopTimeoutMs);
  await assertNowhere(imago, 'stopped');
  await kms.send(new DisableKeyCommand({ KeyId: KmsKeyId }));
  await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
  await until('it is stopped again, with a reason', async () => {
    const shown = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [machine.id] }));
    const { State, StateReason } = shown.Reservations?.[0]?.Instances?.[0] ?? {};
    const isRefused = StateReason?.Code === 'Client.InvalidKMSKey.InvalidState';
    return isRefused && State?.Name === 'stopped';
  });
  await kms.send(new EnableKeyCommand({ KeyId: KmsKeyId }));
  await ec2.send(new StartInstancesCommand({ InstanceIds: [machine.id] }));
  machine = await reach(ec2, { InstanceId: machine.id }, login);
  await read(machine, '/var/marked-again');

  // Of the image, without another word: encrypted, and all there.
  const [copy] = await launch(ec2, ImageId, login, 1);
  const second = await reach(ec2, copy, login);
  await read(second, '/var/marked');
  await write(second, '/var/of-the-copy');
  await plugEncrypted(machine);
  await assertNowhere(imago, 'at the end');
});

/** Under the account's default key. */
async function plugEncrypted(machine: Reached): Promise<void> {
  const id = await newVolume(ec2, { Size: 1, Encrypted: true });
  const { KmsKeyId: key } = await describeVolume(ec2, id);
  assert.match(key ?? '', /^arn:aws:kms:us-east-1:\d{12}:key\//);
  const written = `${marker}-plugged`;
  for (const round of ['first', 'second']) {
    await attachVolume(ec2, id, machine.id, '/dev/sdf');
    const device = await deviceOf(machine, id);
    if (round === 'first') {
      await ssh(machine, `echo ${written} | sudo dd of=${device} conv=fsync 2>/dev/null`);
    }
    const begins = await ssh(machine, `sudo head -c ${written.length} ${device}`);
    assert.equal(begins.trim(), written);
    await detachVolume(ec2, id);
  }
}
