/**
 * Encryption at rest of a real guest: what it writes is nowhere on the host's disk, neither while it
 * runs nor captured and rebased. Starts that are killed, disks that come and go and a data plane that
 * is started again are judged beside their code, with guests that are boot sectors.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { CreateImageCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import {
  type Access,
  access,
  launch,
  providerImage,
  type Reached,
  reach,
  waitForImage,
} from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

/** In two parts: no file of this test has it. */
const marker = ['imago-marker', '9f3b1c77aa'].join('-');

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
  const { endpoint, credentials } = imago;
  kms = new KMSClient({ endpoint, region: 'us-east-1', credentials });
}

/** Files of the home, sockets aside, that have these bytes. */
async function filesWith(text: string): Promise<string[]> {
  const words = ['-r', '-l', '-a', '-F', '--devices=skip', text, imago.home];
  const found = await promisify(execFile)('grep', words).catch((error) => error);
  return String(found.stdout).split('\n').filter(Boolean);
}

async function assertNowhere(when: string): Promise<void> {
  assert.deepEqual(await filesWith(marker), [], when);
}

/** On the disk for good, and out of the guest's memory when it is read. */
const write = (machine: Reached, file: string) =>
  ssh(machine, `for i in $(seq 2000); do echo ${marker}; done | sudo tee ${file} >/dev/null; sync`);
const read = async (machine: Reached, file: string) => {
  await ssh(machine, 'echo 3 | sudo tee /proc/sys/vm/drop_caches >/dev/null');
  const lines = (await ssh(machine, `sudo cat ${file}`)).trim().split('\n');
  assert.deepEqual([lines.length, new Set(lines)], [2000, new Set([marker])]);
};

test('what a guest writes is in no file of the host, while it runs and captured', async () => {
  const micro = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  const ebs = { Encrypted: true, KmsKeyId };
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: ebs }];
  const [launched] = await launch(ec2, micro, login, 1, { BlockDeviceMappings });
  const machine = await reach(ec2, launched, login);
  await write(machine, '/var/marked');
  // The test can find what is there: its own words.
  assert.ok((await filesWith('IMAGOMAP')).length > 0);
  await assertNowhere('while it runs');

  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: machine.id, Name: 'encrypted', NoReboot: true }),
  );
  await waitForImage(ec2, ImageId, 'available');
  await read(machine, '/var/marked');
  await assertNowhere('captured and rebased');
});
