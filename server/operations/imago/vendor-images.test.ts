/** The catalogue of vendors' images, and orders to pull one. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { PullImageInput } from '../../domain/vendor-images.ts';
import { vendorImages } from '../../domain/vendor-images.ts';
import { createTestContext } from '../test-context.ts';
import { listVendorImages } from './ListVendorImages.ts';
import { pullImage } from './PullImage.ts';

test('PullImage orders a task of the provider, once for the same', async () => {
  await using context = await createTestContext();
  const order = { Name: 'ubuntu-24.04', Regions: ['eu-west-1'] };
  const { TaskId: id } = await pullImage.run(order, context);
  const row = await context.catalog.read((reader) => reader.tasks.get(id));
  assert.deepEqual(
    [row?.kind, row?.account, row?.subject],
    ['pull-image', '136693071363', 'ubuntu-24.04'],
  );
  const input = row?.input as PullImageInput;
  assert.deepEqual([input.image.name, input.regions], ['ubuntu-24.04', ['eu-west-1']]);
  assert.equal((await pullImage.run(order, context)).TaskId, id);
  const all = await pullImage.run({ Name: 'ubuntu-24.04' }, context);
  assert.notEqual(all.TaskId, id);
  const elsewhere = { ...order, From: 'https://mirror.example/ubuntu' };
  const { TaskId: mirrored } = await pullImage.run(elsewhere, context);
  const Keyring = Buffer.from('key');
  const { TaskId: keyed } = await pullImage.run({ ...order, Keyring }, context);
  const [fromMirror, withKey] = await context.catalog.read(async ({ tasks }) => [
    (await tasks.get(mirrored))?.input as PullImageInput,
    (await tasks.get(keyed))?.input as PullImageInput,
  ]);
  assert.equal(fromMirror?.from, 'https://mirror.example/ubuntu/');
  assert.equal(withKey?.keyring, Keyring.toString('base64'));
});

test('orders of what there is not, from nowhere or with too large a keyring are refused', async () => {
  await using context = await createTestContext();
  const refused = (more: object, message: RegExp) =>
    assert.rejects(pullImage.run({ Name: 'fedora-43', ...more }, context), {
      code: 'InvalidParameterValue',
      message,
    });
  await refused({ Name: 'windows-95' }, /almalinux-9.*ubuntu-24.04/);
  await refused({ Regions: ['mars-1'] }, /mars-1/);
  for (const From of [
    'ftp://mirror.example/',
    'file:///etc',
    '/srv',
    'https://me:pw@mirror/',
    'https://m/?a=b',
  ]) {
    await refused({ From }, /address of a folder/);
  }
  await refused({ Keyring: new Uint8Array() }, /0 bytes/);
  await refused({ Keyring: new Uint8Array(300_000) }, /300000 bytes/);
});

test('ListVendorImages says of each what it takes to verify it', async () => {
  await using context = await createTestContext();
  const { Images } = await listVendorImages.run({}, context);
  const names = Images.map(({ Name }) => Name);
  for (const vendor of ['ubuntu', 'debian', 'almalinux', 'rocky', 'fedora', 'alpine']) {
    assert.ok(
      names.some((name) => name.startsWith(`${vendor}-`)),
      vendor,
    );
  }
  for (const each of Images) {
    const { Verification, Advice = '', Fingerprints, Keyring = '', Package } = each;
    const expected = {
      ready: () => existsSync(Keyring) && Advice === '',
      missing: () =>
        !existsSync(Keyring) &&
        Advice.includes(`apt-get install ${Package}`) &&
        Fingerprints.length,
      keyring: () => /--keyring FILE/.test(Advice),
      unsigned: () => /signs neither.*imago images build debian-/.test(Advice),
    };
    assert.ok(expected[Verification](), JSON.stringify(each));
  }
  assert.equal(Images.find(({ Name }) => Name === 'debian-12')?.Verification, 'unsigned');
  assert.equal(Images.find(({ Name }) => Name === 'alpine-3.24')?.Verification, 'keyring');
});

test('every entry is one that can be asked for: addresses, names, whole fingerprints', () => {
  assert.equal(new Set(vendorImages.map(({ name }) => name)).size, vendorImages.length);
  for (const { name, folder, file, checksums, signature, instead } of vendorImages) {
    assert.match(name, /^[a-z]+-[0-9.]+$/);
    assert.match(folder, /^https:\/\/.*\/$/);
    for (const each of [file, checksums, signature?.file ?? file]) assert.match(each, /^[\w.-]+$/);
    assert.ok(signature || instead, name);
    for (const fingerprint of signature?.fingerprints ?? []) {
      assert.match(fingerprint, /^[0-9A-F]{40}$/);
    }
    assert.ok(signature === undefined || signature.of === 'checksums' || signature.file);
    // Without a keyring of a package, the operator's says whose key it is; with one, the entry does.
    assert.equal(signature?.keyring !== undefined, (signature?.fingerprints.length ?? 0) > 0);
  }
});
