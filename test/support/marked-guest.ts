/**
 * A real guest on an encrypted root, whose words are looked for in every file of Imago's home: for
 * the tests of encryption at rest.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CreateImageCommand, type EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { KMSClient } from '@aws-sdk/client-kms';
import type { ImagoProcess } from './imago.ts';
import { type Access, launch, providerImage, type Reached, reach, waitForImage } from './launch.ts';
import { ssh } from './ssh.ts';

/** In two parts: no file of a test has it. */
export const marker = ['imago-marker', '9f3b1c77aa'].join('-');

export function kmsOf({ endpoint, credentials }: ImagoProcess): KMSClient {
  return new KMSClient({ endpoint, region: 'us-east-1', credentials });
}

/** Files of the home, sockets aside, that have these bytes. */
async function filesWith(home: string, text: string): Promise<string[]> {
  const words = ['-r', '-l', '-a', '-F', '--devices=skip', text, home];
  const found = await promisify(execFile)('grep', words).catch((error) => error);
  return String(found.stdout).split('\n').filter(Boolean);
}

export async function assertNowhere({ home }: ImagoProcess, when: string): Promise<void> {
  assert.deepEqual(await filesWith(home, marker), [], when);
}

/** On the disk for good. */
export async function write(machine: Reached, file: string): Promise<void> {
  const marked = `for i in $(seq 2000); do echo ${marker}; done`;
  await ssh(machine, `${marked} | sudo tee ${file} >/dev/null; sync`);
}

/** From the disk: the guest's memory has forgotten it. */
export async function read(machine: Reached, file: string): Promise<void> {
  await ssh(machine, 'echo 3 | sudo tee /proc/sys/vm/drop_caches >/dev/null');
  const lines = (await ssh(machine, `sudo cat ${file}`)).trim().split('\n');
  assert.deepEqual([lines.length, new Set(lines)], [2000, new Set([marker])]);
}

export interface Marked {
  launched: Instance | undefined;
  machine: Reached;
  ImageId: string;
}

/** One of micro that has written /var/marked and was captured since, its words nowhere meanwhile. */
export async function markedGuest(
  imago: ImagoProcess,
  { ec2, login, KmsKeyId }: { ec2: EC2Client; login: Access; KmsKeyId: string },
): Promise<Marked> {
  const micro = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
  const ebs = { Encrypted: true, KmsKeyId };
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: ebs }];
  const [launched] = await launch(ec2, micro, login, 1, { BlockDeviceMappings });
  const machine = await reach(ec2, launched, login);
  await write(machine, '/var/marked');
  // The test can find what is there: its own words.
  assert.ok((await filesWith(imago.home, 'IMAGOMAP')).length > 0);
  await assertNowhere(imago, 'while it runs');

  const { ImageId = '' } = await ec2.send(
    new CreateImageCommand({ InstanceId: machine.id, Name: 'encrypted', NoReboot: true }),
  );
  await waitForImage(ec2, ImageId, 'available');
  await read(machine, '/var/marked');
  await assertNowhere(imago, 'captured and rebased');
  return { launched, machine, ImageId };
}
