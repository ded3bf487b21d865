/**
 * Logical volumes are read where LVM's own tool finds their description; what is not linear, not
 * there or damaged is named.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe as suite, test } from 'node:test';
import { budgets } from './bounded-reader.ts';
import { checkDisk } from './checks.ts';
import { openDisk, openDisks } from './disk-contents.ts';
import { FileTree } from './file-tree.ts';
import { readLvmText } from './lvm-text.ts';
import { systemTree } from './mount-points.ts';
import { BufferDisk, cleanSystem, makeDisk, makeFileSystem } from './test-file-systems.ts';
import { describe, makeGroup, type VolumeGroup } from './test-lvm.ts';

const large = randomBytes(2_000_000);
let root: Buffer;
let home: Buffer;
let group: VolumeGroup;
before(async () => {
  const fstab =
    '/dev/mapper/0--vg-root / ext4 defaults 0 1\n/dev/0-vg/home /home ext2 defaults 0 2\n';
  root = await makeFileSystem({ ...cleanSystem, 'etc/fstab': fstab, large, 'home/.x': '' });
  home = await makeFileSystem({ 'me/note': 'mine' }, { sizeMiB: 2, options: ['-t', 'ext2'] });
  group = {
    name: '0-vg',
    extents: [200, 100],
    volumes: {
      // In three pieces, of which the last is before the first.
      root: {
        bytes: root,
        segments: [
          { disk: 0, from: 100, extents: 60 },
          { disk: 1, from: 3, extents: 40 },
          { disk: 0, from: 7, extents: 28 },
        ],
      },
      home: { bytes: home, segments: [{ disk: 1, from: 50, extents: 32 }] },
    },
  };
});

const open = (disks: readonly Buffer[]) =>
  openDisks(
    disks.map((each) => new BufferDisk(each)),
    budgets.walk,
  );

test("pvck finds the text where it is written, and the reader what pvck's says", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'imago-lvm-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'disk');
  for (const textAt of [512, 600_064, 1024 ** 2 - 4096 - 512]) {
    const [disk] = makeGroup(group, { textAt });
    writeFileSync(file, disk as Buffer);
    const env = { ...process.env, LVM_SUPPRESS_FD_WARNINGS: '1' };
    const said = execFileSync('pvck', ['--dump', 'metadata', file], { env, encoding: 'utf8' });
    const [, text = ''] = said.split(/^ *---$/m);
    assert.deepEqual(readLvmText(text), readLvmText(describe(group)));
    const headers = execFileSync('pvck', ['--dump', 'headers', file], { env, encoding: 'utf8' });
    assert.doesNotMatch(headers, /CHECK|[Ff]ail|incorrect/);
    const found = await open([disk as Buffer]);
    assert.ok(found.some(({ volume }) => volume?.name === 'home'));
  }
});

test('volumes of pieces on two disks, one of them in a partition', async () => {
  const [first, second] = makeGroup(group) as [Buffer, Buffer];
  const parts = await open([first, await makeDisk('gpt', [{ bytes: second }])]);
  assert.deepEqual(
    parts.map(({ disk, partition, volume, kind }) => [disk, partition.number, volume?.name, kind]),
    [
      [0, undefined, undefined, 'lvm'],
      [1, 1, undefined, 'lvm'],
      [0, undefined, 'root', 'ext4'],
      [1, 1, 'home', 'ext2'],
    ],
  );
  assert.deepEqual(
    parts.slice(2).map(({ volume, sizeBytes }) => [volume?.group, sizeBytes]),
    [
      ['0-vg', root.length],
      ['0-vg', home.length],
    ],
  );
  const fileSystem = parts[2]?.fileSystem;
  assert.ok(fileSystem);
  assert.deepEqual(await new FileTree(fileSystem).readFile('/large', large.length), large);
  // As fstab names them.
  const tree = await systemTree(parts);
  assert.equal((await tree?.readFile('/home/me/note', 10))?.toString(), 'mine');
});

test('the newest description counts', async () => {
  const disks = makeGroup(group);
  const { root: _, ...rest } = group.volumes;
  const newer = { ...group, volumes: rest };
  const changed = makeGroup(newer, { text: describe(newer, 2) });
  const parts = await open([disks[0] as Buffer, changed[1] as Buffer]);
  assert.deepEqual(
    parts.flatMap(({ volume }) => volume?.name ?? []),
    ['home'],
  );
});

suite('what is not read is named', () => {
  const other = (text: string) => ({ segments: [{ disk: 0, from: 0, extents: 4, text }] });
  const cases: Record<string, [string, RegExp]> = {
    stripes: [
      'type = "striped"\nstripe_count = 2\nstripe_size = 128\nstripes = [\n"pv0", 0,\n"pv1", 0\n]',
      /is striped, which is not read/,
    ],
    mirror: ['type = "raid1"\ndevice_count = 2\nraids = ["a", "b"]', /type raid1/],
    thin: ['type = "thin"\nthin_pool = "pool"\ntransaction_id = 0\ndevice_id = 1', /type thin/],
    cache: ['type = "cache"\ncache_pool = "pool"\norigin = "root"', /type cache/],
    snapshot: ['type = "snapshot"\norigin = "root"\ncow_store = "cow"', /type snapshot/],
  };
  for (const [name, [text, message]] of Object.entries(cases)) {
    test(name, async () => {
      const volumes = { odd: other(text), home: group.volumes.home as VolumeGroup['volumes'][''] };
      const parts = await open(makeGroup({ ...group, volumes }));
      const [odd, beside] = parts.slice(2);
      assert.match(odd?.refused ?? '', message);
      assert.equal(beside?.kind, 'ext2');
    });
  }

  test('a disk that is missing', async () => {
    const [first] = makeGroup(group) as [Buffer];
    const parts = await openDisk(new BufferDisk(first), budgets.look);
    assert.deepEqual(
      parts.slice(1).map(({ volume, refused }) => [volume?.name, refused]),
      ['root', 'home'].map((name) => [
        name,
        'the physical volume pv1 of the logical volume is missing',
      ]),
    );
    const found = await checkDisk(new BufferDisk(first), { isRoot: false });
    assert.deepEqual(found, [
      {
        check: 'file-system-unknown',
        paths: ['logical volume 0-vg/home', 'logical volume 0-vg/root'],
      },
    ]);
  });

  test('damage: a label, a description and what it says', async () => {
    const [disk] = makeGroup(group) as [Buffer];
    const changedAt = (at: number) => {
      const bytes = Buffer.from(disk);
      bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at);
      return bytes;
    };
    const said = (text: string) => makeGroup(group, { text })[0] as Buffer;
    const text = describe(group);
    const cases: [Buffer, RegExp][] = [
      [changedAt(512 + 40), /checksum of its label/],
      [changedAt(4096 + 40), /checksum of an area/],
      [changedAt(4096 + 600), /checksum of its description/],
      [said('vg {'), /its description/],
      [said(`vg ${'{ a '.repeat(100)}`), /its description/],
      [said('vg { id = "'), /its description/],
      [said(text.replaceAll('seqno = 1', 'seqno = -1')), /number of its description/],
      [said(text.replaceAll('start_extent = 60', 'start_extent = 61')), /with a gap/],
      [said(text.replaceAll('extent_count = 60', 'extent_count = 1e300')), /its description/],
    ];
    for (const [bytes, message] of cases) {
      const [part] = await open([bytes]);
      assert.match(part?.refused ?? '', message);
      assert.equal(part?.isDamaged, true);
    }
  });

  test('a volume that goes on behind the end of a disk that was cut', async () => {
    const [first, second] = makeGroup(group) as [Buffer, Buffer];
    const parts = await open([first.subarray(0, first.length - 12 * 1024 ** 2), second]);
    const beside = parts.find(({ volume }) => volume?.name === 'home');
    assert.equal(beside?.kind, 'ext2');
    const cut = parts.find(({ volume }) => volume?.name === 'root');
    assert.match(cut?.refused ?? '', /behind the end of the disk/);
  });
});
