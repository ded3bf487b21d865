/**
 * Looks into a Debian 12 image, in this process: its list of packages cold (nothing of it in memory
 * or kept), from the file and from memory (goals: 150 ms and 50 ms), beside debugfs, which reads
 * the same file of the same file system without taking it apart, and dpkg-query on a folder that
 * was taken out of it; going through all its files, beside find(1) on that folder; and the diff of
 * two generations, of which 200 packages have other files and other entries (goals: 2 s, and at
 * most 1.5 times the bytes read that differ). The newer one is made by debugfs, which writes files
 * anew where there is room, as dpkg does. The appliance of libguestfs
 * was measured by hand (decision 0040): it is no package that the tests have.
 *
 *   tools/node24 bench/contents.bench.ts [rounds]
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { blockSizeBytes, type Digest } from '../server/blocks/block-store.ts';
import { blockStores } from '../server/blocks/block-stores.ts';
import { CachedBlockReader } from '../server/blocks/cached-block-reader.ts';
import { diffLeaf } from '../server/blocks/diff-block-maps.ts';
import { BlockThreads, writingThreads } from '../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../server/catalog/sqlite/sqlite-catalog.ts';
import { budgets } from '../server/contents/bounded-reader.ts';
import { openDisk } from '../server/contents/disk-contents.ts';
import { dpkgFiles } from '../server/contents/dpkg-packages.ts';
import type { Package } from '../server/contents/installed-package.ts';
import { openRawFileDisk } from '../server/disk/raw-file-disk.ts';
import { openSnapshotDisk } from '../server/disk/snapshot-disk.ts';
import { uploadDisk } from '../server/disk/upload-layers.ts';
import { Home } from '../server/foundations/home.ts';
import { differencesOf } from '../server/inspection/image-differences.ts';
import { packagesOf } from '../server/inspection/image-packages.ts';
import { Inspector, type MappedDisk } from '../server/inspection/inspector.ts';
import { homeWith } from '../test/support/image-home.ts';
import { load, ratio, spread } from './figures.ts';
import { longestHold, showHolds } from './holds.ts';

const rounds = Number(process.argv[2] ?? 5);
const region = 'us-east-1';
const upgraded = 200;
/** Of each package: those of some have thousands. */
const filesOfPackage = 8;
const run = promisify(execFile);
const buffers = { maxBuffer: 64 * 1024 ** 2 };

const home = new Home(await homeWith('debian-12'));
const folder = mkdtempSync(path.join(tmpdir(), 'contents-bench-'));
/** As the server's. */
const work = new BlockThreads({ threads: writingThreads, background: true });
const store = await FsBlockStore.open(home.blocksFolder, { work });
/** Blocks that were read of the store, pages of maps too. */
const reads: Digest[] = [];
const get = store.get.bind(store);
store.get = (digest) => {
  reads.push(digest);
  return get(digest);
};
try {
  const root = await rootOfImage();
  const disk = path.join(folder, 'disk');
  await writeRaw(root, disk);
  const fileSystem = await fileSystemIn(disk);
  const tree = path.join(folder, 'tree');
  await mkdir(tree);
  await run('debugfs', ['-R', `rdump / ${tree}`, fileSystem], buffers);
  console.log(`${rounds} rounds, ${load()}`);
  const packages = await comparePackages(root, fileSystem, tree);
  await walk(root, tree);
  await upgrade(packages, root, fileSystem, tree);
  const raw = await openRawFileDisk(disk);
  const { root: newer } = await uploadDisk({ store, disk: raw });
  await raw.close();
  await compareGenerations(root, newer);
  console.log(load());
} finally {
  await store.close();
  rmSync(folder, { recursive: true });
  rmSync(home.folder, { recursive: true });
}

async function rootOfImage(): Promise<Digest> {
  const catalog = await openSqliteCatalog(home.catalogFile);
  const roots: Digest[] = [];
  await catalog.read(async ({ snapshots }) => {
    for await (const { root } of snapshots.scan()) if (root) roots.push(root);
  });
  await catalog.close();
  const [root] = roots;
  if (!root) throw new Error('there is no image in the home');
  return root;
}

async function writeRaw(root: Digest, file: string): Promise<void> {
  const reader = new CachedBlockReader(store, { capacityBytes: 8 * blockSizeBytes });
  const disk = await openSnapshotDisk(reader, root);
  await using raw = await open(file, 'w');
  await raw.truncate(disk.sizeBytes);
  let at = 0;
  for (const { length, zero } of await disk.extents(0, disk.sizeBytes)) {
    for (let done = 0; !zero && done < length; done += blockSizeBytes) {
      const piece = await disk.pread(at + done, Math.min(blockSizeBytes, length - done));
      await raw.write(piece, 0, piece.length, at + done);
    }
    at += length;
  }
}

/** The root, as e2fsprogs name a part of a file. */
async function fileSystemIn(file: string): Promise<string> {
  const disk = await openRawFileDisk(file);
  const parts = await openDisk(disk, budgets.look);
  await disk.close();
  const largest = parts.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0];
  return `${file}?offset=${largest?.partition.start}`;
}

/** Knows nothing of any image. */
function newInspector(kept = mkdtempSync(path.join(folder, 'home-'))): [Inspector, string] {
  return [new Inspector({ blocks: blockStores(store, []), home: new Home(kept) }), kept];
}

function mapped(root: Digest): MappedDisk[] {
  return [{ root, region }];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function comparePackages(root: Digest, fileSystem: string, tree: string): Promise<Package[]> {
  const times: Record<string, number[]> = {};
  const add = async (what: string, work: () => Promise<unknown>) => {
    times[what] = [...(times[what] ?? []), await timed(work)];
  };
  let found: Package[] = [];
  for (let round = 0; round < rounds; round++) {
    const [inspector, kept] = newInspector();
    const ask = (of: Inspector) => packagesOf(of, mapped(root), { licenses: false });
    await add('cold', async () => {
      found = (await ask(inspector)).packages;
    });
    await inspector.settled();
    const [again] = newInspector(kept);
    await add('from the file', () => ask(again));
    await add('from memory', () => ask(again));
    await add('debugfs', () =>
      run('debugfs', ['-R', 'cat /var/lib/dpkg/status', fileSystem], buffers),
    );
    const folders = ['--admindir', path.join(tree, 'var/lib/dpkg')];
    await add('dpkg-query', () => run('dpkg-query', [...folders, '-W'], buffers));
  }
  console.log(`Packages of one image: ${found.length}`);
  for (const [what, ms] of Object.entries(times)) {
    console.log(`  ${what.padEnd(14)} ${spread(ms, 'ms', 1)}`);
  }
  for (const peer of ['debugfs', 'dpkg-query']) {
    console.log(`  cold to ${peer}: ${ratio(times.cold ?? [], times[peer] ?? [])}`);
  }
  return found;
}

async function walk(root: Digest, tree: string): Promise<void> {
  const [ours, theirs, holds]: [number[], number[], Awaited<ReturnType<typeof longestHold>>[]] = [
    [],
    [],
    [],
  ];
  let files = 0;
  for (let round = 0; round < rounds; round++) {
    const [inspector] = newInspector();
    const all = () =>
      inspector.look(mapped(root), async (system) => {
        files = 0;
        for await (const _ of system.walk('/')) files++;
      });
    ours.push(await timed(async () => holds.push(await longestHold(all))));
    theirs.push(await timed(() => run('find', [tree, '-printf', '%m %s %p\n'], buffers)));
  }
  console.log(`All ${files} files: ${spread(ours)}; find in a folder ${spread(theirs)}`);
  showHolds('  walk', holds);
}

/** Each of the packages has another version, and files that were written anew. */
async function upgrade(
  packages: readonly Package[],
  root: Digest,
  fileSystem: string,
  tree: string,
): Promise<void> {
  const [inspector] = newInspector();
  const commands: string[] = [];
  const status = path.join(tree, 'var/lib/dpkg/status');
  let text = await readFile(status, 'utf8');
  await inspector.look(mapped(root), async (system) => {
    for (const each of packages.slice(0, upgraded)) {
      const stanza = `Package: ${each.name}\n`;
      const at = text.indexOf(`Version: ${each.version}\n`, text.indexOf(stanza));
      text = `${text.slice(0, at)}Version: ${each.version}+u1${text.slice(text.indexOf('\n', at))}`;
      let left = filesOfPackage;
      for (const listed of await dpkgFiles(system, each)) {
        const file = await system.find(listed, { link: true });
        const named = file?.path.toString() ?? '';
        if (file?.inode.kind !== 'file' || file.inode.links > 1 || /\s/.test(named)) continue;
        const local = path.join(tree, named);
        const bytes = await readFile(local);
        randomBytes(16).copy(bytes, bytes.length >> 1);
        await writeFile(local, bytes);
        commands.push(`rm ${named}`, `write ${local} ${named}`);
        if (--left === 0) break;
      }
    }
  });
  writeFileSync(status, text);
  commands.push('rm /var/lib/dpkg/status', `write ${status} /var/lib/dpkg/status`);
  const script = path.join(folder, 'script');
  await writeFile(script, commands.map((line) => `${line}\n`).join(''));
  await run('debugfs', ['-w', '-f', script, fileSystem], buffers);
}

async function compareGenerations(older: Digest, newer: Digest): Promise<void> {
  const reader = new CachedBlockReader(store, { capacityBytes: 64 * blockSizeBytes });
  const [one, other] = [
    await openSnapshotDisk(reader, older),
    await openSnapshotDisk(reader, newer),
  ];
  let differ = 0;
  for (let leaf = 0; leaf < one.map.leaves.length; leaf++) {
    for (const { before, after } of await diffLeaf(one.map, other.map, leaf)) {
      differ += (before ? 1 : 0) + (after ? 1 : 0);
    }
  }
  const times: number[] = [];
  const holds: Awaited<ReturnType<typeof longestHold>>[] = [];
  let told = '';
  for (let round = 0; round < rounds; round++) {
    const [inspector] = newInspector();
    // What was found of the older one is kept, as that of any image that somebody asked for.
    const known = await packagesOf(inspector, mapped(older), { licenses: false });
    reads.length = 0;
    const both = async () => {
      const { packages } = await packagesOf(inspector, mapped(newer), { licenses: false });
      const { Packages, Files } = await inspector.keptOfBoth(
        'differences',
        [mapped(older), mapped(newer)],
        (before, after, blocks) =>
          differencesOf({ ...before, packages: known.packages }, { ...after, packages }, blocks),
      );
      told = `${Packages.length} packages, ${Files.length} files`;
    };
    times.push(await timed(async () => holds.push(await longestHold(both))));
  }
  const read = new Set(reads).size;
  console.log(
    `Two generations, ${told}: ${spread(times)} (${(2000 / Math.min(...times)).toFixed(2)} of the goal at best)`,
  );
  console.log(
    `  ${read} blocks read, ${reads.length} reads; ${differ} differ on both sides: ${(read / differ).toFixed(2)}x`,
  );
  showHolds('  diff', holds);
}
