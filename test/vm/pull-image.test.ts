/**
 * A vendor's image, pulled by the command line from a server with the vendor's layout, boots. The
 * vendor is the test's: its image is micro's disk as a compressed qcow2, its key one of Debian's
 * gpg. Imago is killed while it fetches, and goes on.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { requiredVendorImage } from '../../server/domain/vendor-images.ts';
import { buildProviderImage } from '../../server/provider-images/provider-image.ts';
import { TestKey, TestVendor, temporaryFolder } from '../../server/vendor-images/test-vendor.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { access, launch, providerImage, reach } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);
const entry = requiredVendorImage('alpine-3.24');
const folder = temporaryFolder('vendor');
const keyring = path.join(folder, 'alpine.asc');

let imago: ImagoProcess;
let vendor: TestVendor;
let image: Buffer;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu' });
  vendor = await TestVendor.start();
  const workFolder = path.join(folder, 'micro');
  const { diskPath } = await buildProviderImage({ name: 'micro', workFolder, now: new Date() });
  const file = path.join(folder, 'disk.qcow2');
  await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', diskPath, file]);
  image = readFileSync(file);
  using key = new TestKey();
  writeFileSync(keyring, key.armoured());
  const sha512 = createHash('sha512').update(image).digest('hex');
  vendor.files.set(entry.file, image);
  vendor.files.set(entry.checksums, Buffer.from(`${sha512}  ${entry.file}\n`));
  vendor.files.set(entry.signature?.file ?? '', key.detached(image));
});
after(async () => {
  await vendor?.[Symbol.asyncDispose]();
  await imago?.dispose();
});

const imagesOf = (words: string[]) =>
  run(launcher, ['images', ...words, '--home', imago.home], { timeout: 300_000 });

test('what cannot be verified is refused with what to do', async () => {
  const from = ['--from', vendor.folder];
  const refused = (words: string[], stderr: RegExp) =>
    assert.rejects(imagesOf(['pull', ...words]), { code: 1, stderr });
  await refused([entry.name, ...from], /cannot be verified.*--keyring FILE/s);
  await refused(['debian-12', ...from], /signs neither.*imago images build debian-12/s);
  assert.deepEqual(vendor.asked, []);
  const { stdout } = await imagesOf(['pull', '--list']);
  assert.match(stdout, /alpine-3.24 .*--keyring FILE/);
});

test('an image that was pulled boots, though Imago was killed while it was fetched', async () => {
  const part = path.join(imago.home, 'pulls', entry.name, 'image.part');
  const half = Math.floor(image.length / 2);
  vendor.cuts = [half];
  const words = ['pull', entry.name, '--from', vendor.folder, '--keyring', keyring];
  const first = assert.rejects(imagesOf(words));
  await until('half of it', async () => existsSync(part) && statSync(part).size === half);
  await imago.kill();
  await first;
  vendor.asked.length = 0;
  await imago.start();
  const { stdout } = await imagesOf([...words, '--json']);
  const asked = vendor.asked.filter(({ name }) => name === entry.file);
  assert.deepEqual(
    asked.map(({ range }) => range),
    [`bytes=${half}-`],
  );
  assert.deepEqual(readdirSync(path.join(imago.home, 'pulls')), []);
  const [made] = JSON.parse(stdout);
  const ec2 = imago.ec2();
  const pulled = await providerImage(ec2, `${entry.name}-amd64-*`);
  assert.deepEqual([pulled.ImageId, pulled.BootMode], [made.ImageId, 'uefi-preferred']);
  const login = await access(imago);
  const [instance] = await launch(ec2, made.ImageId, login, 1);
  assert.equal(await ssh(await reach(ec2, instance, login), 'echo up'), 'up\n');
});
