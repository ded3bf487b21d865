/** Files and packages of images as they are answered, and whom of. */
import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { readdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { blockSizeBytes, digestOf } from '../../blocks/block-store.ts';
import { rootDisk } from '../../catalog/test-rows.ts';
import { BufferDisk, changed, makeFileSystem } from '../../contents/test-file-systems.ts';
import { debianDisk, debianFiles } from '../../contents/test-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { Inspector } from '../../inspection/inspector.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { describeImageFile } from './DescribeImageFile.ts';
import { describeImagePackages } from './DescribeImagePackages.ts';
import { getImageFile } from './GetImageFile.ts';
import { listImageFiles } from './ListImageFiles.ts';

const large = Buffer.alloc(700_000, 'large ');
const bent = Buffer.from('bent-\xff', 'latin1');
let disk: Buffer;
before(async () => {
  disk = await debianDisk({ 'srv/large': large, 'srv/esc\x1b[2J': 'hostile' });
});

let context: TestContext;
let ImageId: string;
beforeEach(async () => {
  context = await createTestContext();
  ImageId = await imageOf(context, disk);
});
afterEach(() => context[Symbol.asyncDispose]());

async function imageOf({ store }: TestContext, bytes: Buffer, by: OperationContext = context) {
  const { root } = await uploadDisk({ store, disk: new BufferDisk(bytes) });
  const { id: snapshotId } = await insertSnapshot(by, { root });
  return (await insertImage(by, { blockDeviceMappings: rootDisk(1, snapshotId) })).id;
}

describe('files', () => {
  test('of a folder, with whose they are', async () => {
    const { Files } = await listImageFiles.run({ ImageId, Path: '/boot' }, context);
    assert.deepEqual(
      Files.map(({ Path, Kind, Target }) => [Path, Kind, Target]),
      [
        ['/boot/grub', 'folder', undefined],
        ['/boot/lost+found', 'folder', undefined],
        ['/boot/up', 'link', '../etc/passwd'],
        ['/boot/vmlinuz-6.1.0', 'file', undefined],
      ],
    );
    const asked = { ImageId, Path: '/vmlinuz', Sha256: true, FollowLinks: true };
    const { File } = await describeImageFile.run(asked, context);
    assert.equal(File.Path, '/boot/vmlinuz-6.1.0');
    assert.equal(File.Sha256, hash('sha256', 'a kernel'));
    assert.deepEqual([File.Owner, File.Group, File.SizeBytes, File.Links], ['root', 'root', 8, 1]);
    const link = await describeImageFile.run({ ImageId, Path: '/vmlinuz' }, context);
    assert.deepEqual([link.File.Kind, link.File.Target], ['link', 'boot/vmlinuz-6.1.0']);
    const one = await listImageFiles.run({ ImageId, Path: '/etc/passwd' }, context);
    assert.deepEqual(
      one.Files.map(({ Path }) => Path),
      ['/etc/passwd'],
    );
  });

  test('below a folder, page by page, by name and kind', async () => {
    const asked = { ImageId, Depth: 100 };
    const paths: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await listImageFiles.run({ ...asked, MaxResults: 3, NextToken }, context);
      assert.ok(page.Files.length <= 3);
      paths.push(...page.Files.map(({ Path }) => Path));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    const { Files } = await listImageFiles.run({ ...asked, MaxResults: 1000 }, context);
    assert.deepEqual(
      paths,
      Files.map(({ Path }) => Path),
    );
    assert.ok(paths.includes('/boot/grub/grub.cfg') && paths.length > 30);
    const named = async (more: object) =>
      (await listImageFiles.run({ ...asked, ...more }, context)).Files.map(({ Path }) => Path);
    assert.deepEqual(await named({ Name: 'vm*' }), ['/boot/vmlinuz-6.1.0', '/vmlinuz']);
    assert.deepEqual(await named({ Name: 'vm*', Kind: 'link' }), ['/vmlinuz']);
    assert.deepEqual(await named({ Path: '/home', Kind: 'file' }), ['/home/me/notes']);
  });

  test('their bytes', async () => {
    const answer = await getImageFile.run({ ImageId, Path: '/srv/large' }, context);
    const pieces = await Array.fromAsync(answer.Content);
    assert.equal(answer.SizeBytes, large.length);
    assert.ok(pieces.length > 1);
    assert.ok(Buffer.concat(pieces).equals(large));
  });
});

test('names that are not UTF-8 are told and asked for by their bytes', async () => {
  const plain = await makeFileSystem({ 'srv/bent-Z': 'odd' }, { options: ['-t', 'ext2'] });
  const image = await changed(plain, 'ea_set /srv/bent-Z user.of-Z value');
  bent.copy(image, image.indexOf('bent-Z'));
  image.write('of-\xff', image.indexOf('of-Z'), 'latin1');
  const odd = await imageOf(context, image);
  const { Files } = await listImageFiles.run({ ImageId: odd, Path: '/srv' }, context);
  const [file] = Files;
  const PathBytes = Buffer.concat([Buffer.from('/srv/'), bent]).toString('base64');
  assert.deepEqual([file?.Path, file?.PathBytes], ['/srv/bent-\ufffd', PathBytes]);
  const { Content } = await getImageFile.run({ ImageId: odd, PathBytes }, context);
  assert.equal(Buffer.concat(await Array.fromAsync(Content)).toString(), 'odd');
  const { File } = await describeImageFile.run({ ImageId: odd, PathBytes }, context);
  assert.equal(File.SizeBytes, 3);
  const [attribute] = File.Attributes ?? [];
  const NameBytes = Buffer.from('user.of-\xff', 'latin1').toString('base64');
  assert.deepEqual([attribute?.Name, attribute?.NameBytes], ['user.of-\ufffd', NameBytes]);
});

test('packages, page by page, with what they are called elsewhere, and their licences', async () => {
  const { Packages, System } = await describeImagePackages.run({ ImageId }, context);
  assert.equal(System, 'Debian GNU/Linux 12 (bookworm)');
  assert.deepEqual(
    Packages.map(({ Name, Version, License }) => [Name, Version, License]),
    [
      ['bash', '5.2.15-2+b7', undefined],
      ['zlib1g', '1:1.2.13.dfsg-1', undefined],
    ],
  );
  assert.deepEqual(
    Packages.map(({ PackageUrl }) => PackageUrl),
    [
      'pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12&upstream=bash%405.2.15-2',
      'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib',
    ],
  );
  const licensed = await describeImagePackages.run({ ImageId, Licenses: true }, context);
  assert.deepEqual(
    licensed.Packages.map(({ License }) => License),
    ['GPL-3+ AND GFDL-1.3', 'GPL-2'],
  );
  const first = await describeImagePackages.run({ ImageId, MaxResults: 1 }, context);
  const { NextToken } = first;
  const next = await describeImagePackages.run({ ImageId, MaxResults: 1, NextToken }, context);
  assert.deepEqual([...first.Packages, ...next.Packages], Packages);
  assert.equal(next.NextToken, undefined);
});

describe('what is refused', () => {
  test('by its code', async () => {
    const ask = (input: object) => listImageFiles.run({ ImageId, ...input }, context);
    for (const [input, code] of [
      [{ Path: '/none' }, 'InvalidPath.NotFound'],
      [{ Path: '' }, 'InvalidParameterValue'],
      [{ Path: 'a\0' }, 'InvalidParameterValue'],
      [{ PathBytes: '-' }, 'InvalidParameterValue'],
      [{ Path: '/', PathBytes: 'Lw==' }, 'InvalidParameterCombination'],
      [{ Depth: 0 }, 'InvalidParameterValue'],
      [{ Kind: 'door' }, 'InvalidParameterValue'],
      [{ MaxResults: 0 }, 'InvalidParameterValue'],
      [{ ImageId: 'ami-0fedcba9876543210' }, 'InvalidAMIID.NotFound'],
    ] as const) {
      await assert.rejects(ask(input), { code }, JSON.stringify(input));
    }
    const folder = { ImageId, Path: '/etc' };
    await assert.rejects(getImageFile.run(folder, context), { code: 'InvalidParameterValue' });
    const hashed = describeImageFile.run({ ...folder, Sha256: true }, context);
    await assert.rejects(hashed, { code: 'InvalidParameterValue' });
  });

  test('a disk that cannot be read says so, and is no defect', async () => {
    const none = await imageOf(context, Buffer.alloc(1024 ** 2, 'x'));
    for (const asked of [
      () => listImageFiles.run({ ImageId: none }, context),
      () => getImageFile.run({ ImageId: none, Path: '/x' }, context),
      () => describeImagePackages.run({ ImageId: none }, context),
    ]) {
      await assert.rejects(asked, { code: 'UnreadableImage' });
    }
  });

  test('strangers are told what those are told who ask for nothing; who may launch may look', async () => {
    const stranger = await context.asNewAccount();
    const ask = () => describeImagePackages.run({ ImageId }, stranger);
    await assert.rejects(ask, { code: 'InvalidAMIID.NotFound' });
    await context.catalog.write(async ({ images }) => {
      const image = await images.get(ImageId);
      assert.ok(image);
      await images.update({ ...image, launchPermissions: [stranger.caller.account] });
    });
    assert.equal((await ask()).Packages.length, 2);
  });
});

test('what was found is kept: in memory, and in files for a server that starts again', async () => {
  const other = { ...context, inspector: new Inspector(context) };
  let reads = 0;
  const get = context.store.get.bind(context.store);
  context.store.get = (...asked) => {
    reads++;
    return get(...asked);
  };
  const first = await describeImagePackages.run({ ImageId }, context);
  const cold = reads;
  assert.ok(cold > 0);
  assert.deepEqual(await describeImagePackages.run({ ImageId }, context), first);
  await context.inspector.settled();
  assert.deepEqual(await describeImagePackages.run({ ImageId }, other), first);
  assert.equal(reads, cold, 'nothing was read again');
  // A torn file is as good as none.
  const { contentsFolder } = context.home;
  for (const name of await readdir(contentsFolder)) {
    await truncate(path.join(contentsFolder, name), 20);
  }
  const third = { ...context, inspector: new Inspector(context) };
  assert.deepEqual(await describeImagePackages.run({ ImageId }, third), first);
  assert.ok(reads > cold);
  await third.inspector.settled();
});

test('of the next image of a lineage, a list of packages in blocks that both have is not read', async () => {
  const stanza = (name: number) =>
    `Package: p${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n`;
  const status = Array.from({ length: 30_000 }, (_, name) => stanza(name)).join('\n');
  // Around its middle are blocks in which there is nothing else.
  const data = randomBytes(4 * blockSizeBytes);
  const disk = await makeFileSystem(
    { ...debianFiles, 'var/lib/dpkg/status': status, 'srv/data': data },
    { sizeMiB: 16, options: ['-t', 'ext4', '-b', '4096'] },
  );
  const next = Buffer.from(disk);
  const middle = disk.indexOf(data.subarray(2 * blockSizeBytes, 2 * blockSizeBytes + 4096));
  next.fill('x', middle, middle + 4096);
  const inside = Math.ceil(disk.indexOf(stanza(100)) / blockSizeBytes);
  const ofStatus = digestOf(disk.subarray(inside * blockSizeBytes, (inside + 1) * blockSizeBytes));
  const packagesOf = async (bytes: Buffer, inspector: Inspector) => {
    const id = await imageOf(context, bytes);
    const asked = new Set<string>();
    const get = context.store.get.bind(context.store);
    context.store.get = (digest) => {
      asked.add(digest);
      return get(digest);
    };
    const request = { ImageId: id, MaxResults: 1000 };
    const { Packages } = await describeImagePackages.run(request, { ...context, inspector });
    context.store.get = get;
    await inspector.settled();
    return { Packages, reads: asked.has(ofStatus) };
  };
  const first = await packagesOf(disk, context.inspector);
  assert.ok(first.reads);
  const second = await packagesOf(next, new Inspector(context));
  assert.ok(!second.reads);
  assert.deepEqual(second.Packages, first.Packages);
  // One name in it is another.
  next.write('q', next.indexOf(stanza(100)) + 'Package: '.length);
  const third = await packagesOf(next, new Inspector(context));
  assert.notDeepEqual(third.Packages, first.Packages);
});
