/** Encryption as clients ask for it: aws-cli and boto3, with simulated machines. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
});

type Shown = Record<string, string>;

test('aws-cli makes keys and aliases, encrypts with them, and has volumes under them', async () => {
  const key = (await aws(imago, 'kms', 'create-key', '--query', 'KeyMetadata')) as Shown;
  const { KeyId = '', Arn = '' } = key;
  await aws(imago, 'kms', 'create-alias', '--alias-name', 'alias/disks', '--target-key-id', KeyId);
  const plaintext = Buffer.from('secret of the client').toString('base64');
  const encrypt = ['encrypt', '--key-id', 'alias/disks', '--plaintext', plaintext];
  const sealed = (await aws(imago, 'kms', ...encrypt, '--query', 'CiphertextBlob')) as string;
  const opened = ['decrypt', '--ciphertext-blob', sealed, '--query', 'Plaintext'];
  assert.equal(await aws(imago, 'kms', ...opened), plaintext);
  const zone = ['--availability-zone', 'us-east-1a', '--size', '1'];
  const under = ['--encrypted', '--kms-key-id', 'alias/disks'];
  const volume = (await aws(imago, 'ec2', 'create-volume', ...zone, ...under)) as Shown;
  assert.deepEqual([volume.Encrypted, volume.KmsKeyId], [true, Arn]);
  await aws(imago, 'ec2', 'enable-ebs-encryption-by-default');
  const shown = await aws(imago, 'ec2', 'get-ebs-encryption-by-default');
  assert.equal((shown as { EbsEncryptionByDefault: boolean }).EbsEncryptionByDefault, true);
  const other = (await aws(imago, 'ec2', 'create-volume', ...zone)) as Shown;
  assert.equal(other.Encrypted, true);
  await aws(imago, 'ec2', 'disable-ebs-encryption-by-default');
});

test('boto3 copies a snapshot under a key, launches of it, and reads what is refused', async () => {
  const script = path.join(import.meta.dirname, 'boto3-encryption.py');
  const words = [script, imago.endpoint];
  const environment = { AWS_ENDPOINT_URL: imago.endpoint };
  const printed = JSON.parse(await debianClient(imago, 'python3', words, { environment }));
  assert.deepEqual(printed, {
    copy: [true, 'completed', true],
    image: true,
    volume: [true, true],
    disabled: 'InvalidKMSKey.InvalidState',
    shared: 'OperationNotPermitted',
    encrypt: 'DisabledException',
  });
});
