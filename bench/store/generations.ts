/**
 * Ten generations of an image of Debian, each with an upgrade of packages by apt in it: what they
 * take in the store, in restic's repository, and as compressed qcow2 files. Needs root, for it
 * mounts the image.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import { parseRepositories, sourcesFor } from '../../server/provider-images/debian-archive.ts';
import { findPeers } from './peers.ts';
import type { Row } from './row.ts';

const run = promisify(execFile);
const codename = 'bookworm';
const imageBytes = 3 * 1024 ** 3;
/** Packages of the first generation, all of which have a later version somewhere. */
const packages = [
  ...['systemd-sysv', 'udev', 'openssh-server', 'curl', 'iproute2', 'git', 'vim-tiny', 'tmux'],
  ...['python3', 'ca-certificates', 'rsync', 'cloud-init', 'netbase', 'sudo', 'less', 'gnupg'],
];
/** Each is upgraded from one generation to the next, with what it depends on. */
const upgrades = ['systemd udev', 'openssh-server', 'curl', 'iproute2', 'git', 'rsync', 'tmux'];

export async function generationsRows(folder: string): Promise<Row[]> {
  if (process.getuid?.() !== 0) {
    console.log('generations: only root can mount an image');
    return [];
  }
  const peers = await findPeers(['restic', 'qemu-img']);
  const image = path.join(folder, 'image.raw');
  const mounted = path.join(folder, 'mounted');
  await mkdir(mounted);
  await firstGeneration(image, mounted);
  const store = await FsBlockStore.open(path.join(folder, 'blocks'), { work: new BlockThreads() });
  const env = { ...process.env, RESTIC_PASSWORD: 'bench', HOME: folder };
  const restic = ['-q', '-r', path.join(folder, 'restic')];
  if (peers.has('restic')) await run('restic', [...restic, 'init'], { env });
  let base: string | undefined;
  let ours = 0;
  let qcow2 = 0;
  for (let generation = 0; generation < 10; generation++) {
    if (generation > 0) await upgrade(image, mounted, generation);
    const disk = await openRawFileDisk(image);
    const uploaded = await uploadDisk({ store, disk, like: base });
    await disk.close();
    base = uploaded.root;
    ours += uploaded.storedBytes;
    if (peers.has('restic')) await run('restic', [...restic, 'backup', image], { env });
    const compressed = path.join(folder, 'image.qcow2');
    await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', image, compressed]);
    qcow2 += (await stat(compressed)).size;
    await rm(compressed);
    const mb = (bytes: number) => (bytes / 1e6).toFixed(1);
    console.log(
      `generation ${generation + 1}: ${mb(uploaded.storedBytes)} MB of ${uploaded.changedBlocks} blocks; together ${mb(ours)}, qcow2 ${mb(qcow2)}`,
    );
  }
  await store.close();
  const row = (what: string, theirs: number, goal: number): Row => ({
    what: `ten generations, stored, against ${what}`,
    ours: `${(ours / 1e6).toFixed(0)} MB`,
    peer: `${(theirs / 1e6).toFixed(0)} MB`,
    ratio: theirs / ours,
    goal,
  });
  const rows = [row('the sum of qemu-img convert -c', qcow2, 1 / 0.15)];
  if (peers.has('restic')) {
    rows.push(row("restic's repository", await bytesIn(path.join(folder, 'restic')), 1));
  }
  return rows;
}

/** Lines of a sources.list, by the mirrors that the machine's own apt has. */
async function sources(): Promise<{ released: string; later: string[] }> {
  const format = '$(ORIGIN)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)';
  const argv = ['indextargets', '--format', format, 'Created-By: Packages'];
  const { stdout } = await run('apt-get', argv, { maxBuffer: 2 ** 26 });
  const [released = '', ...later] = sourcesFor(codename, parseRepositories(stdout));
  const backports = released.replace(` ${codename} `, ` ${codename}-backports `);
  return { released, later: [...later, backports] };
}

async function firstGeneration(image: string, mounted: string): Promise<void> {
  await run('truncate', ['-s', String(imageBytes), image]);
  await run('mkfs.ext4', ['-q', '-F', image]);
  await withMounted(image, mounted, async () => {
    const { released } = await sources();
    const include = `--include=${packages.join(',')}`;
    const from = [codename, mounted, released];
    await run('mmdebstrap', ['--variant=apt', '--skip=check/empty', include, ...from]);
  });
}

/** The last ones are of all that has a later version in the security archive, or of lists alone. */
async function upgrade(image: string, mounted: string, generation: number): Promise<void> {
  const names = upgrades[generation - 1]?.split(' ');
  await withMounted(image, mounted, async () => {
    const { later } = await sources();
    const list = `/etc/apt/sources.list.d/later.list`;
    const apt = 'DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Options::=--force-confold';
    const order = names ? `install -t ${codename}-backports ${names.join(' ')}` : 'dist-upgrade';
    const script = [
      'mount -t proc proc /proc',
      `printf '${later.map((line) => `${line}\\n`).join('')}' >${list}`,
      'apt-get -q update',
      `${apt} ${order}`,
      'apt-get clean',
      'date >>/var/log/upgrades',
      'umount /proc',
    ].join(' && ');
    await run('cp', ['/etc/resolv.conf', path.join(mounted, 'etc/resolv.conf')]);
    await run('chroot', [mounted, 'sh', '-c', script], { maxBuffer: 2 ** 26 });
  });
}

async function withMounted(image: string, mounted: string, work: () => Promise<void>) {
  await run('mount', ['-o', 'loop,discard', image, mounted]);
  try {
    await work();
  } finally {
    await run('umount', ['-R', mounted]);
  }
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const status = await stat(path.join(folder, name));
    if (status.isFile()) bytes += status.size;
  }
  return bytes;
}
