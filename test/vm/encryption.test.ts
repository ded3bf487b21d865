/**
 * Encryption at rest of a real guest: what it writes is nowhere on the host's disk, neither while it
 * runs nor captured and rebased. Starts that are killed, disks that come and go and a data plane that
 * is started again are judged beside their code, with guests that are boot sectors, and with a real
 * one in encryption-whole.soak.ts.
 */
import { after, before, test } from 'node:test';
import { CreateKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { access } from '../support/launch.ts';
import { kmsOf, markedGuest } from '../support/marked-guest.ts';

let imago: ImagoProcess;
let kms: KMSClient;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('micro') });
  kms = kmsOf(imago);
});
after(async () => {
  kms?.destroy();
  await imago?.dispose();
});

test('what a guest writes is in no file of the host, while it runs and captured', async () => {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const KmsKeyId = KeyMetadata?.KeyId ?? '';
  await markedGuest(imago, { ec2: imago.ec2(), login: await access(imago), KmsKeyId });
});
