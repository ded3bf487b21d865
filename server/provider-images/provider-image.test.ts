/**
 * A real build of `micro`, looked at with the tools that a stranger would use; that it boots is
 * shown in test/vm.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  buildProviderImage,
  imageNameAt,
  nextImageName,
  type ProviderImage,
} from './provider-image.ts';
import { rootStartSector } from './whole-disk.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'imago-build-'));
const workFolder = path.join(folder, 'work');
let built: ProviderImage;
const added = [
  {
    path: '/home/admin/site/index.html',
    content: Buffer.from('hello'),
    mode: 0o640,
    owner: 'admin:admin',
  },
  { path: '/etc/motd', content: Buffer.from('Made.\n'), mode: 0o644, owner: 'root:root' },
];

before(async () => {
  built = await build(workFolder);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function build(work: string): Promise<ProviderImage> {
  return buildProviderImage({
    name: 'micro',
    workFolder: work,
    now: new Date('2026-01-31T23:59:30Z'),
    additions: { packages: [], files: added },
  });
}

/** What debugfs answers about the root file system of the disk. */
function debugfs(request: string): string {
  const disk = `${built.diskPath}?offset=${rootStartSector * 512}`;
  return execFileSync('/sbin/debugfs', ['-R', request, disk], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function modeAndOwner(file: string): string {
  const text = debugfs(`stat ${file}`);
  const [, mode] = text.match(/Mode:\s+0?(\d{4})/) ?? [];
  const [, user, group] = text.match(/User:\s+(\d+)\s+Group:\s+(\d+)/) ?? [];
  return `${mode} ${user}:${group}`;
}

test('it is a sparse disk and nothing else is left of the build but its boot loaders', () => {
  const { size, blocks } = statSync(built.diskPath);
  assert.equal(size, 1024 ** 3);
  assert.equal(built.sizeBytes, size);
  assert.equal(built.enaSupport, undefined, 'its kernel drives virtio alone');
  assert.ok(blocks * 512 < size / 8, `${blocks * 512} bytes are allocated`);
  assert.deepEqual(readdirSync(workFolder).sort(), ['BOOTX64.EFI', 'core.img', 'disk.raw']);
});

test('a partition table that sfdisk finds no fault with', () => {
  const { partitiontable } = JSON.parse(
    execFileSync('/sbin/sfdisk', ['--json', built.diskPath], { encoding: 'utf8' }),
  );
  assert.equal(partitiontable.label, 'gpt');
  assert.deepEqual(
    partitiontable.partitions.map(({ start, type }: { start: number; type: string }) => [
      start,
      type.slice(0, 8),
    ]),
    [
      [139264, '4F68BCE3'],
      [2048, '21686148'],
      [8192, 'C12A7328'],
    ],
  );
  execFileSync('/sbin/sfdisk', ['--verify', built.diskPath], { stdio: 'ignore' });
});

test('a root file system without faults whose files have the right owners', () => {
  execFileSync('/sbin/e2fsck', ['-fn', `${built.diskPath}?offset=${rootStartSector * 512}`], {
    stdio: 'ignore',
  });
  assert.match(debugfs('stats -h'), /Filesystem volume name:\s+root\n/);
  assert.equal(modeAndOwner('/usr/bin/sudo'), '4755 0:0');
  assert.equal(modeAndOwner('/etc/shadow'), '0600 0:0');
  assert.equal(modeAndOwner('/etc/init.d/rcS'), '0755 0:0');
  assert.equal(modeAndOwner('/home/admin'), '0755 1000:1000');
  assert.equal(modeAndOwner('/tmp'), '1777 0:0');
  assert.equal(modeAndOwner('/home/admin/site'), '0755 0:0');
  assert.equal(modeAndOwner('/home/admin/site/index.html'), '0640 1000:1000');
  assert.equal(debugfs('cat /home/admin/site/index.html'), 'hello');
  assert.equal(debugfs('cat /etc/motd'), 'Made.\n');
});

test('no identity is in the image; licences and the list of packages are', () => {
  assert.doesNotMatch(debugfs('ls -p /etc/dropbear'), /host_key/);
  assert.doesNotMatch(debugfs('ls -p /etc'), /\/machine-id\//);
  assert.match(debugfs('cat /usr/share/doc/imago-micro/packages'), /^busybox-static 1:1\./m);
  assert.match(debugfs('cat /usr/share/doc/dropbear-bin/copyright'), /Upstream-Name: dropbear/);
});

test('both boot loaders are there', () => {
  const espOffset = 8192 * 512;
  const listing = execFileSync(
    'mdir',
    ['-b', '-i', `${built.diskPath}@@${espOffset}`, '::/EFI/BOOT'],
    {
      encoding: 'utf8',
    },
  );
  assert.match(listing, /BOOTX64\.EFI/);
  const firstBytes = execFileSync('head', ['-c', '512', built.diskPath]);
  assert.equal(firstBytes.readBigUInt64LE(0x5c), 2048n, 'boot.img loads core.img');
});

test('building again makes the same disk', async () => {
  const again = await build(path.join(folder, 'again'));
  assert.equal(await differingBlocks(built.diskPath, again.diskPath), 0, 'blocks of 512 KiB');
});

test("names follow Debian's: date and time of the build, counted up where taken", () => {
  assert.equal(built.imageName, 'imago-micro-amd64-20260131-2359');
  assert.equal(
    imageNameAt('debian-12-amd64', new Date('2026-01-02T03:04:05Z')),
    'debian-12-amd64-20260102-0304',
  );
  assert.equal(nextImageName('debian-12-amd64-20260102-0309'), 'debian-12-amd64-20260102-0310');
});

async function differingBlocks(one: string, other: string): Promise<number> {
  const blockBytes = 512 * 1024;
  const files = [await open(one), await open(other)] as const;
  try {
    let differing = 0;
    for (let offset = 0; offset < built.sizeBytes; offset += blockBytes) {
      const [a, b] = [Buffer.alloc(blockBytes), Buffer.alloc(blockBytes)];
      await files[0].read(a, 0, blockBytes, offset);
      await files[1].read(b, 0, blockBytes, offset);
      if (!a.equals(b)) differing++;
    }
    return differing;
  } finally {
    for (const file of files) await file.close();
  }
}
