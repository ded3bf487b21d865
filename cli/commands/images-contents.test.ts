/** Commands that look into an image, against a server that has one. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { BufferDisk } from '../../server/contents/test-file-systems.ts';
import { debianDisk } from '../../server/contents/test-systems.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import { providerAccount } from '../../server/domain/accounts.ts';
import type { Home } from '../../server/foundations/home.ts';
import type { RunningServer } from '../../server/main.ts';
import { shownPath } from '../image-paths.ts';
import { imagesDiffCommand } from './images-diff.ts';
import {
  imagesCatCommand,
  imagesFindCommand,
  imagesLsCommand,
  imagesStatCommand,
} from './images-files.ts';
import { imagesInspectCommand } from './images-inspect.ts';
import { imagesPackagesCommand } from './images-packages.ts';
import { imagesSbomCommand } from './images-sbom.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

const ami = 'ami-0123456789abcdef0';
const otherAmi = 'ami-0123456789abcdef1';
const hostile = '\x1b]0;owned\x07\x1b[2J';
let home: Home;
let server: RunningServer;

before(async () => {
  home = await newHome();
  const store = await FsBlockStore.open(home.blocksFolder);
  const files = { [`srv/${hostile}`]: hostile };
  const disks = [
    await debianDisk(files),
    await debianDisk({ ...files, 'etc/group': `root:x:0:\n${hostile}\n`, 'srv/new': '' }),
  ];
  const roots: string[] = [];
  for (const bytes of disks) {
    roots.push((await uploadDisk({ store, disk: new BufferDisk(bytes) })).root);
  }
  await store.close();
  const catalog = await openSqliteCatalog(home.catalogFile);
  const owned = { account: providerAccount.id, region: 'us-east-1' };
  await catalog.write(async ({ images, snapshots }) => {
    for (const [index, root] of roots.entries()) {
      const row = snapshot(`snap-0123456789abcdef${index}`, { ...owned, root });
      await snapshots.insert(row);
      const blockDeviceMappings = rootDisk(1, row.id);
      const shown = { ...owned, name: `image ${index}`, launchPermissions: ['all'] };
      const id = index === 0 ? ami : otherAmi;
      await images.insert(image(id, { ...shown, blockDeviceMappings }));
    }
  });
  await catalog.close();
  server = await serveSimulated(home);
});
after(async () => {
  await server?.close();
  rmSync(home.folder, { recursive: true });
});

type Command = (context: ReturnType<typeof commandContext>['context']) => Promise<void>;

async function printed(command: Command, json = false): Promise<string> {
  const { context, printed: text } = commandContext(home, json);
  await command(context);
  return text();
}

test('ls, with modes, owners and links', async () => {
  const text = await printed((context) => imagesLsCommand(context, ami));
  assert.match(text, /^drwxr-xr-x +\d+ +root +root +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d {2}boot$/m);
  assert.match(text, /^lrwxrwxrwx .* vmlinuz -> boot\/vmlinuz-6\.1\.0$/m);
  const files = JSON.parse(
    await printed((context) => imagesLsCommand(context, ami, '/boot'), true),
  );
  assert.deepEqual(
    files.map(({ Path }: { Path: string }) => Path),
    ['/boot/grub', '/boot/lost+found', '/boot/up', '/boot/vmlinuz-6.1.0'],
  );
});

test('find, whose names no terminal obeys', async () => {
  const find = (options: object) =>
    printed((context) => imagesFindCommand(context, ami, '/srv', options));
  assert.equal(await find({ type: 'f' }), '/srv/\\x1b]0;owned\\x07\\x1b[2J\n');
  assert.equal(await find({ name: 'nothing' }), '');
  await assert.rejects(find({ depth: 0 }), /from 1 on/);
  assert.equal(shownPath('?', Buffer.from('a\xffb', 'latin1').toString('base64')), 'a\\xffb');
  assert.equal(shownPath('a\u202eb'), 'a\\u202eb');
});

test('stat, with a checksum where it is asked for', async () => {
  const stat = (options: object) =>
    printed((context) => imagesStatCommand(context, ami, '/vmlinuz', options));
  assert.match(await stat({}), /Kind +link\nTarget +boot\/vmlinuz-6\.1\.0\n/);
  const followed = await stat({ follow: true, sha256: true });
  assert.match(followed, /Mode +0644 \(-rw-r--r--\)\nOwner +root \(0\)\n/);
  assert.match(followed, /SHA-256 +[0-9a-f]{64}\n/);
});

test('cat, byte by byte', async () => {
  const cat = (file: string) =>
    printed((context) => imagesCatCommand(context, ami, file), true).then(JSON.parse);
  const { Bytes, SizeBytes } = await cat(`/srv/${hostile}`);
  assert.equal(Buffer.from(Bytes, 'base64').toString(), hostile);
  assert.equal(SizeBytes, hostile.length);
  await assert.rejects(cat('/none'), /There is no \/none .*InvalidPath\.NotFound/);
  const imago = path.resolve(import.meta.dirname, '../../bin/imago');
  const words = ['images', 'cat', ami, '/home/me/notes', '--home', home.folder];
  assert.equal((await promisify(execFile)(imago, words)).stdout, 'mine\n');
});

test('packages, with their licences where they are asked for', async () => {
  const packages = (options: object) =>
    printed((context) => imagesPackagesCommand(context, ami, options));
  assert.match(await packages({}), /^bash +5\.2\.15-2\+b7 +amd64 +bash$/m);
  assert.match(await packages({ licenses: true }), /^zlib1g .* zlib +GPL-2$/m);
});

test('inspect, all in all', async () => {
  const text = await printed((context) => imagesInspectCommand(context, ami));
  assert.match(text, /^System +Debian GNU\/Linux 12 \(bookworm\)$/m);
  assert.match(text, /^Kernels +6\.1\.0$/m);
  assert.match(text, /^1 +1 +8\.0 MiB +ext4 +\/boot$/m);
  assert.match(text, /^me +1000 +set +\/bin\/sh +\/home\/me +me adm$/m);
  assert.match(text, /^\d+\.\d KiB +\d+ +\/$/m);
});

test('sbom, as the document alone', async () => {
  const sbom = (format: string) =>
    printed((context) => imagesSbomCommand(context, ami, { format })).then(JSON.parse);
  assert.equal((await sbom('cyclonedx')).bomFormat, 'CycloneDX');
  assert.equal((await sbom('spdx')).spdxVersion, 'SPDX-2.3');
  await assert.rejects(sbom('word'), /one of cyclonedx, spdx/);
});

test('diff, with texts that no terminal obeys, and its exit code', async () => {
  const before = process.exitCode;
  try {
    const diff = (other: string, json = false) =>
      printed((context) => imagesDiffCommand(context, ami, other), json);
    process.exitCode = undefined;
    assert.equal(await diff(ami), 'There is no difference.\n');
    assert.equal(process.exitCode, undefined);
    assert.equal(
      await diff(otherAmi),
      [
        'Files',
        'changed  /etc/group: content',
        '    @@ -1,3 +1,2 @@',
        '     root:x:0:',
        '    -adm:x:4:me',
        '    -me:x:1000:',
        '    +',
        'added    /srv/new',
        '',
      ].join('\n'),
    );
    assert.equal(process.exitCode, 1);
    assert.equal(JSON.parse(await diff(otherAmi, true)).Files.length, 2);
  } finally {
    process.exitCode = before;
  }
});
