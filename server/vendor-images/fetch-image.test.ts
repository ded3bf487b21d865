/** Images of a test's own vendor: what is verified is taken, and nothing else is. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import type { VendorImage } from '../domain/vendor-images/vendor-image.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { type FetchRequest, fetchImage } from './fetch-image.ts';
import { VendorImageRefused } from './refused.ts';
import {
  publishClearsigned,
  publishDetached,
  publishSignedImage,
  TestKey,
  TestVendor,
  temporaryFolder,
} from './test-vendor.ts';

const image = Buffer.alloc(300_000, 'an image ');
let key: TestKey;
let vendor: TestVendor;
let folder: string;
before(() => {
  key = new TestKey();
});
after(() => key[Symbol.dispose]());
beforeEach(async () => {
  vendor = await TestVendor.start();
  folder = path.join(temporaryFolder('pull'), 'home', 'pulls', 'test-1');
});
afterEach(() => vendor[Symbol.asyncDispose]());

function fetchFrom(entry: VendorImage, more: Partial<FetchRequest> = {}) {
  return fetchImage({
    image: entry,
    keyring: key.publicKey(),
    folder,
    files: nodeFiles,
    signal: new AbortController().signal,
    onProgress() {},
    pauseMs: 1,
    ...more,
  });
}

const refused = (entry: VendorImage, message: RegExp, more: Partial<FetchRequest> = {}) =>
  assert.rejects(fetchFrom(entry, more), (error: Error) => {
    assert.ok(error instanceof VendorImageRefused, `${error.stack}`);
    assert.match(error.message, message);
    return true;
  });

for (const [name, publish] of Object.entries({
  'checksums that are signed apart': publishDetached,
  'clearsigned checksums': publishClearsigned,
  'a signed image': publishSignedImage,
})) {
  test(`${name}: the bytes, and who signed`, async () => {
    const fetched = await fetchFrom(publish(vendor, key, image));
    assert.ok(readFileSync(fetched.path).equals(image));
    assert.equal(fetched.signedBy, key.fingerprint);
  });

  test(`${name}: another key's signature is refused`, async () => {
    using other = new TestKey();
    const entry = publish(vendor, other, image);
    const ours = { ...entry, signature: { ...entry.signature, fingerprints: [key.fingerprint] } };
    await refused(ours as VendorImage, /another key/);
    assert.equal(existsSync(folder), false);
  });

  test(`${name}: a keyring in armour is read`, async () => {
    const entry = publish(vendor, key, image);
    assert.equal((await fetchFrom(entry, { keyring: key.armoured() })).signedBy, key.fingerprint);
  });
}

test('a good signature by a key of the keyring that the entry does not name is refused', async () => {
  using other = new TestKey();
  const entry = publishDetached(vendor, other, image);
  const signature = { of: 'checksums', file: 'SHA256SUMS.gpg', fingerprints: [key.fingerprint] };
  const keyring = Buffer.concat([key.publicKey(), other.publicKey()]);
  await refused({ ...entry, signature } as VendorImage, /signed by another key/, { keyring });
});

test('a list that was changed after it was signed is refused before the image is fetched', async () => {
  const entry = publishDetached(vendor, key, image);
  vendor.files.set('SHA256SUMS', Buffer.from(`${'1'.repeat(64)} *disk.img\n`));
  await refused(entry, /not of these bytes/);
  assert.ok(!vendor.asked.some(({ name }) => name === 'disk.img'));
});

test('a clearsigned list counts for what is inside of the signature alone', async () => {
  const entry = publishClearsigned(vendor, key, image);
  const evil = Buffer.from(`SHA256 (disk.qcow2) = ${'1'.repeat(64)}\n`);
  const list = vendor.files.get('CHECKSUM') as Buffer;
  vendor.files.set('CHECKSUM', Buffer.concat([evil, list, evil]));
  assert.equal((await fetchFrom(entry)).signedBy, key.fingerprint);
  vendor.files.set('CHECKSUM', Buffer.concat([list, list]));
  await refused(entry, /no good signature/);
  vendor.files.set('CHECKSUM', evil);
  await refused(entry, /no good signature/);
});

test('a message of the vendor’s is no signature of something else', async () => {
  const entry = publishDetached(vendor, key, image);
  vendor.files.set('SHA256SUMS', Buffer.from(`${'1'.repeat(64)} *disk.img\n`));
  vendor.files.set('SHA256SUMS.gpg', key.clearsign('whatever the vendor has said'));
  await refused(entry, /no good signature/);
});

test('a signature by a weak hash is refused', async () => {
  const entry = publishDetached(vendor, key, image);
  const list = vendor.files.get('SHA256SUMS') as Buffer;
  vendor.files.set('SHA256SUMS.gpg', key.detached(list, ['--digest-algo', 'SHA1']));
  await refused(entry, /weak hash/);
});

test('a key that has expired is refused', async () => {
  using old = new TestKey('1y', '20200101T000000');
  const entry = publishDetached(vendor, old, image);
  await refused(entry, /expired/, { keyring: old.publicKey() });
});

test('an image of another checksum is refused, and not kept', async () => {
  const entry = publishDetached(vendor, key, image);
  vendor.files.set('disk.img', Buffer.alloc(300_000, 'another image'));
  await refused(entry, /checksum/);
  assert.equal(existsSync(folder), false);
});

test('a signed image that was changed with its checksum is refused, and not kept', async () => {
  const entry = publishSignedImage(vendor, key, image);
  const signature = vendor.files.get('disk.qcow2.asc') as Buffer;
  publishSignedImage(vendor, key, Buffer.alloc(300_000, 'another image'));
  vendor.files.set('disk.qcow2.asc', signature);
  await refused(entry, /not of these bytes/);
  assert.equal(existsSync(folder), false);
});

test('what is not signed, or whose key is nowhere, is refused with what to do', async () => {
  const entry = publishDetached(vendor, key, image);
  const { signature: _, ...unsigned } = entry;
  const instead = { ...unsigned, instead: 'Build it: imago images build x' };
  await refused(instead, /signs neither.*imago images build x/);
  await refused(entry, /--keyring FILE/, { keyring: undefined });
  const keyring = { file: '/nowhere/key.gpg', package: 'vendor-keyring' };
  const packaged = { ...entry, signature: { ...entry.signature, keyring } } as VendorImage;
  await refused(packaged, /apt-get install vendor-keyring/, { keyring: undefined });
  assert.deepEqual(vendor.asked, []);
});

test('a keyring that is none is refused', async () => {
  const entry = publishDetached(vendor, key, image);
  await refused(entry, /cannot be verified/, { keyring: Buffer.from('no keys') });
  const empty = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n';
  await refused(entry, /no public key/, { keyring: Buffer.from(empty) });
});

test('a mirror has the same files elsewhere', async () => {
  const entry = { ...publishDetached(vendor, key, image), folder: 'https://nowhere.invalid/' };
  assert.ok((await fetchFrom(entry, { from: vendor.folder })).signedBy);
});
