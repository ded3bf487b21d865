/**
 * fio of Debian 12's packages as a disk that any Linux guest can mount: the program, the libraries
 * that it needs and their loader, so that it runs in a guest that has none of them.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { findTools } from '../server/provider-images/build-tools.ts';
import { DebianArchive } from '../server/provider-images/debian-archive.ts';

const packages = [
  ...['fio', 'libaio1', 'libgfapi0', 'libgfrpc0', 'libgfxdr0', 'libglusterfs0', 'libibverbs1'],
  ...['libnbd0', 'libnuma1', 'libpmem1', 'libpmemblk1', 'librados2', 'librbd1', 'librdmacm1'],
  ...['libboost-thread1.74.0', 'libboost-iostreams1.74.0', 'libfmt9', 'libnl-3-200'],
  ...['libnl-route-3-200', 'libdaxctl1', 'libndctl6', 'libkmod2', 'liburcu8', 'libtirpc3', 'libc6'],
];

const diskKiB = 192 * 1024;

/** What starts it in the guest, where the disk is mounted at this folder. */
export function fioIn(folder: string): string {
  return `${folder}/ld-linux-x86-64.so.2 --library-path ${folder} ${folder}/fio`;
}

/** Writes the disk to `file`, with an ext4 file system and no partitions. */
export async function makeFioDisk(workFolder: string, file: string): Promise<void> {
  const tools = await findTools();
  const archive = await DebianArchive.open({ tools, codename: 'bookworm', workFolder });
  await archive.update();
  const [downloads, unpacked, content] = ['debs', 'unpacked', 'content'].map((name) =>
    path.join(workFolder, name),
  ) as [string, string, string];
  await archive.download(packages, downloads);
  for (const name of readdirSync(downloads)) {
    execFileSync(tools['dpkg-deb'], ['-x', path.join(downloads, name), unpacked]);
  }
  mkdirSync(content);
  const libraries = ['usr/lib', 'lib'].map((each) => `${unpacked}/${each}/x86_64-linux-gnu`);
  const folders = [...libraries, `${libraries[0]}/ceph`];
  const program = path.join(unpacked, 'usr/bin/fio');
  const needed = execFileSync('ldd', [program], {
    env: { LD_LIBRARY_PATH: folders.join(':') },
    encoding: 'utf8',
  });
  if (needed.includes('not found')) throw new Error(`fio lacks libraries:\n${needed}`);
  for (const [, library = ''] of needed.matchAll(/=> (\/\S+)/g)) {
    copyFileSync(library, path.join(content, path.basename(library)));
  }
  const loader = 'ld-linux-x86-64.so.2';
  copyFileSync(path.join(libraries[1] ?? '', loader), path.join(content, loader));
  copyFileSync(program, path.join(content, 'fio'));
  for (const name of ['fio', loader]) chmodSync(path.join(content, name), 0o755);
  execFileSync(tools.mke2fs, ['-q', '-t', 'ext4', '-d', content, file, `${diskKiB}k`]);
}
