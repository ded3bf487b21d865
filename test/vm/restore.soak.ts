/**
 * A machine that was terminated comes back of its backup: the same address, key, user data and both
 * disks, as the guest sees them; and its files come out of the backup as the guest had them.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateImageCommand, type EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, repository } from '../support/imago.ts';
import {
  type Access,
  access,
  describeInstance,
  launch,
  providerImage,
  reach,
  waitForImage,
  waitForState,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

const secret = 'a secret of this machine';
/** By busybox; links that lead nowhere are told by their targets. */
const digests = (root: string) =>
  `cd ${root} && find etc bin root -type f | LC_ALL=C sort | xargs sha256sum`;
/** By version 1 of the metadata service: busybox sends no PUT. */
const userData = 'wget -qO- http://169.254.169.254/latest/user-data';

let imago: ImagoProcess;
let ec2: EC2Client;
let login: Access;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  ec2 = imago.ec2();
  login = await access(imago);
});
after(() => imago?.dispose());

test('a machine that is gone comes back as it was, and its files come out without it', async () => {
  const micro = await providerImage(ec2, 'imago-micro-*');
  const [launched] = await launch(ec2, micro.ImageId ?? '', login, 1, {
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
    MetadataOptions: { HttpTokens: 'optional' },
    UserData: Buffer.from(secret).toString('base64'),
  });
  const guest = await reach(ec2, launched, login);
  await ssh(guest, 'sudo sh -c "echo mine >/etc/marker; echo kept | dd of=/dev/vdb; sync"');
  const order = { InstanceId: guest.id, Name: 'before the worst day', NoReboot: true };
  const { ImageId: BackupId = '' } = await ec2.send(new CreateImageCommand(order));
  await waitForImage(ec2, BackupId, 'available');
  const had = await ssh(guest, `sudo sh -c '${digests('/')}'`);
  const was = await describeInstance(ec2, guest.id);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [guest.id] }));
  await waitForState(ec2, guest.id, 'terminated');

  const client = new Client(readConnection(login.home));
  const made = await client.imago('RestoreInstance', { InstanceId: guest.id });
  assert.deepEqual(
    made.Differences.map(({ Member }) => Member),
    ['PublicIpAddress'],
  );
  const back = await reach(ec2, { InstanceId: made.InstanceId }, login);
  const look = 'cat /etc/marker; sudo head -c 5 /dev/vdb';
  assert.equal(await ssh(back, look), 'mine\nkept\n');
  assert.equal(await ssh(back, userData), secret);
  const is = await describeInstance(ec2, back.id);
  for (const member of ['PrivateIpAddress', 'InstanceType', 'KeyName', 'SecurityGroups'] as const) {
    assert.deepEqual(is[member], was[member], member);
  }

  const folder = path.join(imago.home, 'restored');
  const unpack = `mkdir "$1" && "$2" backups files "$3" restore / --home "$4" | tar -xp -C "$1" && ${digests('"$1"')}`;
  const words = ['-ec', unpack, 'sh', folder, path.join(repository, 'bin/imago'), BackupId];
  const { stdout } = await promisify(execFile)('sh', [...words, imago.home], {
    maxBuffer: 64 * 1024 ** 2,
  });
  assert.equal(stdout, had);
});
