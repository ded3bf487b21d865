/** The programs of docs/guides/ebs-direct.md do what it says: a disk goes up and comes down. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { debianClient } from '../support/debian-client.ts';
import { ImagoProcess, repository } from '../support/imago.ts';

let imago: ImagoProcess;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
});
after(() => imago?.dispose());

function program(language: string): string {
  const guide = readFileSync(path.join(repository, 'docs/guides/ebs-direct.md'), 'utf8');
  const found = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(guide)?.[1];
  return found ?? assert.fail(`the guide has no program in ${language}`);
}

test('what Python uploads JavaScript downloads', async () => {
  const [source, target] = [path.join(imago.home, 'disk'), path.join(imago.home, 'copy')];
  const disk = Buffer.alloc(5 * 2 ** 20 + 1000);
  randomBytes(700_000).copy(disk, 1_000_000);
  disk.write('the end', disk.length - 7);
  writeFileSync(source, disk);
  // That boto3 is older than AWS_ENDPOINT_URL.
  const endpoint = `, endpoint_url="${imago.endpoint}")`;
  const python = program('python').replace(
    /boto3\.client\(("\w+")\)/g,
    `boto3.client($1${endpoint}`,
  );
  const snapshotId = (await debianClient(imago, 'python3', ['-c', python, source])).trim();
  const words = ['--input-type=module', '-e', program('js'), snapshotId, target];
  const { accessKeyId, secretAccessKey } = imago.credentials;
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: imago.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  await promisify(execFile)(process.execPath, words, { cwd: repository, env });
  const copy = readFileSync(target);
  assert.equal(copy.length, 2 ** 30);
  assert.ok(copy.subarray(0, disk.length).equals(disk));
});
