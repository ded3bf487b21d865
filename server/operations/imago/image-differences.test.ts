/** In what two images differ, as it is answered; and that what is the same is not read. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { rootDisk } from '../../catalog/test-rows.ts';
import { compareVersions } from '../../contents/debian-version.ts';
import {
  BufferDisk,
  changed,
  type Files,
  makeFileSystem,
} from '../../contents/test-file-systems.ts';
import { debianFiles } from '../../contents/test-systems.ts';
import { uploadDisk } from '../../disk/upload-layers.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { diffImages } from './DiffImages.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function imageOf(disk: Buffer): Promise<string> {
  const { root } = await uploadDisk({ store: context.store, disk: new BufferDisk(disk) });
  const { id } = await insertSnapshot(context, { root });
  return (await insertImage(context, { blockDeviceMappings: rootDisk(1, id) })).id;
}

async function diff(before: Buffer, after: Buffer) {
  const [ImageId, OtherImageId] = [await imageOf(before), await imageOf(after)];
  return diffImages.run({ ImageId, OtherImageId }, context);
}

const status = (versions: Record<string, string>) =>
  Object.entries(versions)
    .map(
      ([name, version]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
    )
    .join('\n');

const base: Files = {
  ...debianFiles,
  'var/lib/dpkg/status': status({ bash: '5.2-1', curl: '7.88', gone: '1', same: '1' }),
  'var/lib/dpkg/info/bash.list': '/.\n/bin\n/bin/bash\n/etc/bash.bashrc\n',
  'var/lib/dpkg/info/same.list': '/usr/bin/same\n',
  bin: 'link:usr/bin',
  'usr/bin/bash': randomBytes(4000),
  'usr/bin/same': 'of the package',
  'etc/bash.bashrc': 'one\ntwo\nthree\n',
  'etc/unchanged': 'x',
  'srv/link': 'link:a',
  'srv/gone/file': 'x',
};
const { 'srv/gone/file': _, ...kept } = base;
const grown: Files = {
  ...kept,
  'var/lib/dpkg/status': status({ bash: '5.2-2', curl: '7.88~rc1', same: '1', vim: '9' }),
  'usr/bin/bash': randomBytes(4000),
  'usr/bin/same': 'of the attacker',
  'etc/bash.bashrc': 'one\n2\nthree\n',
  'etc/new.conf': 'new\n',
  'etc/binary': Buffer.from([0, 1, 2]),
  'srv/link': 'link:b',
  'srv/gone': 'a file now',
};

describe('two systems', () => {
  test('differ in packages, files and texts', async () => {
    const {
      Same,
      Packages,
      Files: files,
    } = await diff(
      await makeFileSystem(base),
      await changed(
        await makeFileSystem(grown),
        'set_inode_field /etc/unchanged mode 0100600',
        'set_inode_field /etc/unchanged uid 7',
      ),
    );
    assert.equal(Same, false);
    assert.deepEqual(
      Packages.map(({ Name, Change, Before, After }) => [Name, Change, Before, After]),
      [
        ['bash', 'upgraded', '5.2-1', '5.2-2'],
        ['curl', 'downgraded', '7.88', '7.88~rc1'],
        ['gone', 'removed', '1', undefined],
        ['vim', 'added', undefined, '9'],
      ],
    );
    assert.deepEqual(
      files.map((file) => [
        file.Path,
        file.Change,
        file.Differences?.join(),
        file.Package,
        file.TextDiff,
      ]),
      [
        [
          '/etc/bash.bashrc',
          'changed',
          'content',
          'bash',
          '@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n',
        ],
        ['/etc/binary', 'added', undefined, undefined, undefined],
        ['/etc/new.conf', 'added', undefined, undefined, '@@ -0,0 +1,1 @@\n+new\n'],
        ['/etc/unchanged', 'changed', 'mode,owner', undefined, undefined],
        ['/srv/gone', 'changed', 'kind', undefined, undefined],
        ['/srv/gone/file', 'removed', undefined, undefined, undefined],
        ['/srv/link', 'changed', 'target', undefined, undefined],
        ['/usr/bin/bash', 'changed', 'content', 'bash', undefined],
        ['/usr/bin/same', 'changed', 'content', 'same', undefined],
        ['/var/lib/dpkg/status', 'changed', 'content', undefined, undefined],
      ],
    );
    const facts = files.find(({ Path }) => Path === '/etc/unchanged');
    assert.deepEqual(
      [facts?.Before?.Mode, facts?.After?.Mode, facts?.After?.Uid],
      ['0644', '0600', 7],
    );
  });

  test('that are the same, but for their times, say so', async () => {
    const answer = await diff(await makeFileSystem(base), await makeFileSystem(base));
    assert.deepEqual(answer, { Same: true, Packages: [], Files: [] });
  });

  test('come in pages', async () => {
    const [ImageId, OtherImageId] = [
      await imageOf(await makeFileSystem(base)),
      await imageOf(await makeFileSystem(grown)),
    ];
    const asked = { ImageId, OtherImageId, MaxResults: 4 };
    const first = await diffImages.run(asked, context);
    const { NextToken } = first;
    const second = await diffImages.run({ ...asked, NextToken }, context);
    assert.deepEqual([first.Files.length, first.Packages.length], [4, 4]);
    assert.deepEqual([second.Packages.length, second.Same], [0, false]);
    const { Files: all } = await diffImages.run({ ImageId, OtherImageId }, context);
    assert.deepEqual([...first.Files, ...second.Files], all.slice(0, 8));
  });
});

test('what lies in blocks that are the same is not read, and what is written in its place is found', async () => {
  const large = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [`srv/${name}`, randomBytes(12 * blockSizeBytes)]),
  );
  const before = await makeFileSystem({ ...base, ...large }, { sizeMiB: 48 });
  // As a disk is written behind the back of the file system: nothing in an inode tells of it.
  const after = Buffer.from(before);
  const at = before.indexOf((large['srv/c'] as Buffer).subarray(0, 4096));
  assert.ok(at > 0);
  after[at + 10] = (after[at + 10] as number) ^ 1;
  const [ImageId, OtherImageId] = [await imageOf(before), await imageOf(after)];
  let reads = 0;
  const get = context.store.get.bind(context.store);
  context.store.get = (...asked) => {
    reads++;
    return get(...asked);
  };
  const { Files: files } = await diffImages.run({ ImageId, OtherImageId }, context);
  assert.deepEqual(
    files.map(({ Path, Differences }) => [Path, Differences]),
    [['/srv/c', ['content']]],
  );
  // Maps, metadata, and of the one file what there is up to the difference: not the other three.
  assert.ok(reads < 30, `${reads} blocks were read`);
});

test('versions of Debian are ordered as dpkg orders them', () => {
  for (const [one, sign, other] of [
    ['1', -1, '2'],
    ['1.10', 1, '1.9'],
    ['1:0.1', 1, '2.0'],
    ['1.0~rc1', -1, '1.0'],
    ['1.0-1', -1, '1.0-1+b1'],
    ['1.0', -1, '1.0a'],
    ['1.0a', -1, '1.0+'],
    ['007', 0, '7'],
    ['1.2.13.dfsg-1', 1, '1.2.13-1'],
  ] as const) {
    assert.equal(compareVersions(one, other), sign, `${one} ${other}`);
    assert.equal(compareVersions(other, one) + sign, 0, `${other} ${one}`);
  }
});
