/** Archives of what is in file systems, unpacked by GNU tar and compared with what was put in. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  link,
  lutimes,
  mkdir,
  mkdtemp,
  open,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { budgets, UnreadableContents } from '../contents/bounded-reader.ts';
import { openDisks } from '../contents/disk-contents.ts';
import type { FileSystem, Inode } from '../contents/file-system.ts';
import { SystemTree } from '../contents/system-tree.ts';
import {
  BufferDisk,
  makeFileSystem,
  writeSparse as writeSparsePieces,
} from '../contents/test-file-systems.ts';
import { sparseMap, tarEnd, tarHeaders } from './tar-headers.ts';
import { tarOf } from './tar-of-tree.ts';

const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;
const mib = 1024 ** 2;
/** Of more than one header has room for, and of no text encoding. */
const bent = Buffer.from('bent-\xff\x1b[2J\n-*', 'latin1');
const bentDeep = Buffer.concat([bent, Buffer.alloc(140, 0xe9), Buffer.from('\u00e9=%')]);
/** cap_net_raw=ep, and an access list that names the user 1000. */
const capability = '0x0100000200200000000000000000000000000000';
const accessList =
  '0x0200000001000700ffffffff02000500e803000004000500ffffffff10000500ffffffff20000500ffffffff';
const deep = `${'folder-'.repeat(12)}/${'file-'.repeat(40)}`;

let folder: string;
let source: string;
let disk: Buffer;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-tar-'));
  source = path.join(folder, 'source');
  const prepare = async (root: string) => {
    await fill(path.join(root, 'tree'));
    // What GNU tar makes of the same folder is what everything is compared with.
    await run('cp', ['-a', path.join(root, 'tree'), source]);
  };
  disk = await makeFileSystem({ 'tree/plain': 'plain' }, { sizeMiB: 24, prepare });
});
after(() => rm(folder, { recursive: true }));

async function fill(root: string): Promise<void> {
  const at = (name: string | Buffer) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
  await mkdir(path.dirname(path.join(root, deep)), { recursive: true });
  await writeFile(at(deep), 'long names');
  await writeFile(at(bent), 'hostile names');
  await writeFile(at('set-id'), '#!/bin/sh\n');
  await chmod(at('set-id'), 0o4755);
  await mkdir(at('sticky'));
  await chmod(at('sticky'), 0o1777);
  await writeFile(at('empty'), '');
  await link(at('plain'), at('another name'));
  await link(at('plain'), at('sticky/third name'));
  await writeFile(at(bentDeep), 'hostile and long names');
  await link(at(bent), at('sticky/another name of it'));
  await symlink(bent, at('bent link'));
  await symlink(bentDeep, at('far and bent'));
  await writeSparse(at(Buffer.concat([bent, Buffer.from('sparse')])), [mib], 2 * mib);
  await symlink('../../../../etc/passwd', at('up'));
  await symlink('x'.repeat(200), at('far'));
  await run('mkfifo', [path.join(root, 'pipe')]);
  await writeSparse(at('sparse'), [0, 5 * mib + 4096], 9 * mib);
  await writeSparse(at('all holes'), [], 3 * mib);
  await writeSparse(at('hole first'), [2 * mib], 2 * mib + 4096);
  await writeFile(at('two blocks'), Buffer.alloc(1024, 'b'));
  await run('setfattr', ['-n', 'user.a=%b', '-v', '0x00ff0a3d', path.join(root, 'plain')]);
  // Two of the same text, were they taken as UTF-8. Arguments of Node are text: printf makes the bytes.
  for (const last of ['\\376', '\\377']) {
    const set = `setfattr -n "$(printf 'user.bent=${last}')" -v value "$1"`;
    await run('sh', ['-c', set, 'sh', path.join(root, 'plain')]);
  }
  await run('setfattr', ['-n', 'user.large', '-v', 'v'.repeat(900), path.join(root, 'sticky')]);
  if (isRoot) {
    await chown(at('plain'), 1234, 56_789);
    await chown(at('empty'), 3_000_000, 4_000_000);
    await run('mknod', [path.join(root, 'null'), 'c', '1', '300']);
    await run('mknod', [path.join(root, 'disk'), 'b', '259', '70000']);
    await run('setfattr', ['-n', 'trusted.of', '-v', 'root', path.join(root, 'empty')]);
    const attribute = (name: string, value: string, of: string) =>
      run('setfattr', ['-n', name, '-v', value, path.join(root, of)]);
    await writeFile(at('ping'), 'may open raw sockets');
    await chown(at('ping'), 1234, 0);
    await attribute('security.capability', capability, 'ping');
    await attribute('system.posix_acl_access', accessList, 'ping');
    await attribute('system.posix_acl_default', accessList, 'sticky');
  }
  await utimes(at('plain'), 1, 1_000_000_000);
  await utimes(at('empty'), 1, -86_400);
  await lutimes(at('up'), 1, 1_100_000_000);
}

async function writeSparse(file: Buffer, at: number[], sizeBytes: number): Promise<void> {
  await using target = await open(file, 'w');
  await target.truncate(sizeBytes);
  for (const offset of at) await target.write(Buffer.alloc(4096, 'data'), 0, 4096, offset);
}

async function treeOf(bytes: Buffer): Promise<SystemTree> {
  const [part] = await openDisks([new BufferDisk(bytes)], budgets.walk);
  return new SystemTree(part?.fileSystem as FileSystem);
}

async function* archive(tree: SystemTree, top: string | Buffer): AsyncGenerator<Buffer> {
  const file = await tree.find(top, { link: true });
  assert.ok(file);
  yield* tarOf(tree, file);
}

/** Unpacked by GNU tar into a new folder. */
async function unpacked(bytes: AsyncIterable<Buffer>): Promise<string> {
  const into = await mkdtemp(path.join(folder, 'into-'));
  const options = ['--numeric-owner', '--xattrs', '--xattrs-include=*', '-xpf', '-', '-C', into];
  const tar = spawn('tar', options, { stdio: ['pipe', 'inherit', 'pipe'] });
  const said = tar.stderr.toArray();
  const ended = new Promise((resolve) => tar.on('exit', resolve));
  await pipeline(Readable.from(bytes), tar.stdin);
  assert.equal(await ended, 0, Buffer.concat(await said).toString());
  assert.equal(Buffer.concat(await said).toString(), '');
  return into;
}

/** All that programs tell of a tree, in whole seconds, as mke2fs keeps them. */
async function told(root: string): Promise<string> {
  const words = [
    '-c',
    `cd "$1" &&
     find . -mindepth 1 -printf '%P\\t%y\\t%m\\t%U:%G\\t%s\\t%n\\t%l\\t%Ts\\n' |
       sed 's/\\td\\t\\([^\\t]*\\t[^\\t]*\\)\\t[0-9]*\\t/\\td\\t\\1\\t/' | LC_ALL=C sort &&
     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum &&
     find . \\( -type b -o -type c \\) -print0 | LC_ALL=C sort -z | xargs -0r stat -c '%n %t %T' &&
     find . ! -type l -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -m - -d -e hex`,
    'sh',
    root,
  ];
  // As UTF-8 two names of other bytes would be alike.
  const { stdout } = await run('sh', words, { encoding: 'latin1' });
  return stdout;
}

describe('GNU tar unpacks what was in the file system', () => {
  test('with modes, owners, times, links, devices, attributes and hostile names', async () => {
    const into = await unpacked(archive(await treeOf(disk), '/tree'));
    assert.equal(await told(path.join(into, 'tree')), await told(source));
  });

  test('with its holes', async () => {
    const pieces = await Array.fromAsync(archive(await treeOf(disk), '/tree/sparse'));
    const sent = pieces.reduce((sum, { length }) => sum + length, 0);
    assert.ok(sent < 64 * 1024, `${sent} bytes for two blocks of data`);
    const into = await unpacked(Readable.from(pieces));
    const { stdout } = await run('du', ['-k', path.join(into, 'tree/sparse')]);
    assert.ok(Number.parseInt(stdout, 10) < 64, stdout);
  });

  test('a single file, and the root', async () => {
    const one = await unpacked(archive(await treeOf(disk), '/tree/plain'));
    const { stdout } = await run('find', [one, '-type', 'f', '-printf', '%P %s']);
    assert.equal(stdout, 'tree/plain 5');
    const all = await unpacked(archive(await treeOf(disk), '/'));
    assert.equal(await told(path.join(all, 'tree')), await told(source));
  });
});

test('what is larger than a header has room for is as large to GNU tar', async () => {
  const gib = 1024 ** 3;
  const common = { ...{ mode: 0o640, uid: 3_000_000, gid: 5 }, type: 'file' as const };
  const modified = { seconds: 2 ** 34, nanoseconds: 5 };
  const pieces = [
    { offset: 4096, length: 9 * gib + 5 },
    { offset: 1024 * gib, length: 0 },
  ];
  const map = sparseMap(pieces);
  const entries = [
    { name: 'plain', sizeBytes: 9 * gib + 5, head: Buffer.alloc(0) },
    { name: 'holes', sizeBytes: map.length + 9 * gib + 5, sparseBytes: 1024 * gib, head: map },
    { name: 'behind', sizeBytes: 0, head: Buffer.alloc(0) },
  ];
  // Of no bytes but the headers: what is between them is a hole of the file.
  const archive = path.join(folder, 'large.tar');
  let at = 0;
  const written = new Map<number, Buffer>();
  for (const { name, head, ...sizes } of entries) {
    const headers = tarHeaders({ ...common, modified, name: Buffer.from(name), ...sizes });
    written.set(at, Buffer.concat([headers, head]));
    at += headers.length + Math.ceil(sizes.sizeBytes / 512) * 512;
  }
  await writeSparsePieces(archive, at + tarEnd.length, written);
  const expected = [`plain ${9 * gib + 5}`, `holes ${1024 * gib}`, 'behind 0'];
  const { stdout } = await run('tar', ['--numeric-owner', '-tvf', archive]);
  const rows = stdout.trimEnd().split('\n');
  assert.deepEqual(
    rows.map((row) => row.replace(/^\S+ +(\S+) +(\d+) .* (\S+)$/, '$3 $2')),
    expected,
  );
  assert.match(rows[0] ?? '', /^-rw-r----- 3000000\/5 .* 2514-05-30/);
});

test('names are never above or outside, and a name that is there twice ends it', async () => {
  const listed = spawn('tar', ['-tf', '-', '--quoting-style=literal']);
  const names = listed.stdout.toArray();
  await pipeline(archive(await treeOf(disk), '/'), listed.stdin);
  for (const name of Buffer.concat(await names)
    .toString('latin1')
    .split('\n')) {
    assert.ok(!name.startsWith('/') && !name.split('/').includes('..'), name);
  }
  const twice = Readable.from(archive(twoOf(), '/'));
  await assert.rejects(twice.toArray(), UnreadableContents);
});

test('what is encrypted ends it, and is not left out', async () => {
  const some = Readable.from(archive(twoOf({ names: ['a', 'b'], isEncrypted: true }), '/'));
  await assert.rejects(some.toArray(), /encrypted/);
});

/** A link, and a folder that as no system makes it has the same name. */
function twoOf({ names = ['a', 'a'], isEncrypted = false } = {}): SystemTree {
  const inodes = [
    { kind: 'folder', mode: 0o755 },
    { kind: 'link', mode: 0o777 },
    { kind: 'folder', mode: 0o755 },
  ].map((each, index) => ({
    ...(each as Pick<Inode, 'kind' | 'mode'>),
    number: index + 1,
    ...{ uid: 0, gid: 0, sizeBytes: 0, links: 1, modifiedAt: new Date(0) },
    isEncrypted: isEncrypted && index === 2,
  }));
  return new SystemTree({
    kind: 'ext4',
    isUnclean: false,
    rootNumber: 1,
    inode: async (number) => inodes[number - 1] as Inode,
    entries: async ({ number }) =>
      number === 1 ? names.map((name, at) => ({ name: Buffer.from(name), number: at + 2 })) : [],
    content: async () => Buffer.alloc(0),
    target: async () => Buffer.from('/etc'),
    attributes: async () => new Map(),
  });
}
