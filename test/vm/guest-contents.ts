/**
 * What a guest says of its own files and packages, and whether what Imago reads in an image of its
 * disk is the same. The guest is asked before and after the capture: what it changed in between is
 * left out. Its root is looked at through a second mount, so that nothing is mounted over it.
 */
import assert from 'node:assert/strict';
import type { ImageFile, ListImageFilesResult } from '../../api/imago-contents.ts';
import type { Wire } from '../../api/wire.ts';
import { Client } from '../../cli/client.ts';
import { readConnection } from '../../cli/credentials.ts';
import { Home } from '../../server/foundations/home.ts';
import type { Reachable } from '../support/debian-client.ts';
import type { Reached } from '../support/launch.ts';
import { ssh } from '../support/ssh.ts';

/** Only ends a test that fails anyway. */
const timeoutMs = 900_000;
/** A guest that is busy with its first boot under emulation hardly answers. */
const connectTimeoutS = 45;
/** What a running system writes; what changes elsewhere while it is captured is a mistake. */
const running = /^\/(etc|home|mnt|root|run|tmp|var)(\/|$)/;
/** How many are asked for their checksum at once. */
const sumsAtOnce = 4;

/** Of a file, in words that can be compared, by its path. */
type Files = Map<string, string>;

export interface GuestContents {
  files: Files;
  /** By path, where they were asked for. */
  sums: Files;
  /** `name version architecture`; absent where the guest has no dpkg. */
  packages?: string[];
}

/** The checksums are of all files in `folders`. */
export async function guestContents(
  machine: Reached,
  folders: readonly string[],
): Promise<GuestContents> {
  const isGnu =
    (await ssh(patient(machine), 'find --version 2>/dev/null | grep -c GNU || true')) !== '0\n';
  const files = isGnu
    ? gnuFiles(await asked(machine, gnuFind))
    : busyboxFiles(await asked(machine, busyboxFind));
  const within = folders.map((folder) => `.${folder}`).join(' ');
  const sums: Files = new Map();
  const summed = await asked(machine, `find ${within} -type f -exec sha256sum {} +`);
  for (const line of summed.split('\n')) {
    const [, sum, path] = /^([0-9a-f]{64}) {2}\.(.*)$/.exec(line) ?? [];
    if (sum && path) sums.set(path, sum);
  }
  const fields = ['db:Status-Status', 'Package', 'Version', 'Architecture'];
  const format = fields.map((field) => `\\$\{${field}}`).join(' ');
  const query = `dpkg-query -W -f '${format}\\n'`;
  const listed = isGnu ? (await asked(machine, query)).trim().split('\n') : [];
  const present = listed.filter((line) => line.startsWith('installed '));
  const packages = present.map((line) => line.slice('installed '.length)).sort();
  return { files, sums, ...(isGnu && { packages }) };
}

const gnuFind = "find . -xdev -printf '%y %m %U %G %s %T@ %n %i\\0%p\\0%l\\0'";
const busyboxFind = "find . -xdev -exec stat -c '%f %u %g %s %Y %h %i %N' {} +";

/** In the root of the disk. */
function asked(machine: Reached, command: string): Promise<string> {
  const script = `mount --bind / /mnt && cd /mnt && { ${command}; code=\\$?; cd /; umount /mnt; exit \\$code; }`;
  return ssh(patient(machine), `sudo sh -c "${script}"`, { timeoutMs });
}

const gnuKinds: Record<string, ImageFile['Kind']> = {
  f: 'file',
  d: 'folder',
  l: 'link',
  c: 'character-device',
  b: 'block-device',
  p: 'fifo',
  s: 'socket',
};

function gnuFiles(text: string): Files {
  const files: Files = new Map();
  const parts = text.split('\0');
  for (let at = 0; at + 2 < parts.length; at += 3) {
    const [facts = '', path = '', target = ''] = parts.slice(at, at + 3);
    const [kind = '', mode = '', uid, gid, size, time = '', links, inode] = facts.split(' ');
    const [seconds] = time.split('.');
    files.set(
      path === '.' ? '/' : path.slice(1),
      [gnuKinds[kind], mode.padStart(4, '0'), uid, gid, size, seconds, links, inode, target].join(
        ' ',
      ),
    );
  }
  return files;
}

/** By the upper four bits of a mode. */
const modeKinds = new Map<number, ImageFile['Kind']>([
  [1, 'fifo'],
  [2, 'character-device'],
  [4, 'folder'],
  [6, 'block-device'],
  [8, 'file'],
  [10, 'link'],
  [12, 'socket'],
]);

function busyboxFiles(text: string): Files {
  const files: Files = new Map();
  for (const line of text.trimEnd().split('\n')) {
    const [, raw = '', facts, named = ''] = /^([0-9a-f]+) ((?:\d+ ){5}\d+) (.*)$/.exec(line) ?? [];
    const bits = Number.parseInt(raw, 16);
    const kind = modeKinds.get(bits >>> 12);
    const [, path, target] = (kind === 'link' && /^'(.*)' -> '(.*)'$/.exec(named)) || [
      named,
      named,
      '',
    ];
    const mode = (bits & 0o7777).toString(8).padStart(4, '0');
    files.set(path === '.' ? '/' : (path ?? '').slice(1), [kind, mode, facts, target].join(' '));
  }
  return files;
}

function factsOf(file: Wire<ImageFile>): string {
  const { Kind, Mode, Uid, Gid, SizeBytes, ModifyDate, Links, Inode, Target = '' } = file;
  const seconds = Math.floor(new Date(ModifyDate).getTime() / 1000);
  return [Kind, Mode, Uid, Gid, SizeBytes, seconds, Links, Inode, Target].join(' ');
}

/** Of an image that was made of the guest between the two. */
export async function assertAgrees(
  imago: Reachable,
  imageId: string,
  before: GuestContents,
  after: GuestContents,
): Promise<void> {
  const client = clientOf(imago);
  const { Partitions } = await client.imago('DescribeImageContents', { ImageId: imageId });
  const mounts = Partitions.flatMap(({ MountPath }) => MountPath ?? []).filter(
    (path) => path !== '/',
  );
  const isMounted = (path: string) =>
    mounts.some((mount) => path === mount || path.startsWith(`${mount}/`));
  const told: Files = new Map();
  for await (const file of filesOf(client, imageId)) {
    if (!isMounted(file.Path)) told.set(file.Path, factsOf(file));
  }
  const differ: string[] = [];
  for (const path of new Set([...before.files.keys(), ...after.files.keys(), ...told.keys()])) {
    // A listing tells what is in its folder, and not that itself.
    if (path === '/' || isMounted(path)) continue;
    const [was, is, found] = [before.files, after.files, told].map((each) => each.get(path));
    if (was !== is) assert.match(path, running, `${path} changed: ${was} to ${is}`);
    else if (found !== is) differ.push(`${path}: ${is} in the guest, ${found} in the image`);
  }
  assert.deepEqual(differ, []);
  assert.ok(told.size > 100, `${told.size} files`);

  const settled = [...before.sums].filter(([path, sum]) => after.sums.get(path) === sum);
  assert.ok(settled.length > 0);
  const wrong: string[] = [];
  const queue = settled.filter(([path]) => !isMounted(path)).values();
  const ask = async () => {
    for (const [Path, sum] of queue) {
      const { File } = await client.imago('DescribeImageFile', {
        ImageId: imageId,
        Path,
        Sha256: true,
      });
      if (File.Sha256 !== sum) wrong.push(`${Path}: ${File.Sha256} and not ${sum}`);
    }
  };
  await Promise.all(Array.from({ length: sumsAtOnce }, ask));
  assert.deepEqual(wrong, []);
  assert.deepEqual(await packagesOf(client, imageId), after.packages ?? []);
}

async function* filesOf(client: Client, ImageId: string): AsyncGenerator<Wire<ImageFile>> {
  for (let NextToken: string | undefined, more = true; more; more = NextToken !== undefined) {
    const page: Wire<ListImageFilesResult> = await client.imago('ListImageFiles', {
      ImageId,
      Path: '/',
      Depth: 4096,
      MaxResults: 1000,
      ...(NextToken && { NextToken }),
    });
    yield* page.Files;
    NextToken = page.NextToken;
  }
}

async function packagesOf(client: Client, ImageId: string): Promise<string[]> {
  const { Packages } = await client.imago('DescribeImagePackages', { ImageId });
  return Packages.map((each) => `${each.Name} ${each.Version} ${each.Architecture}`).sort();
}

/** What the guest did to files of its image. */
export interface Drift {
  changed: string;
  removed: string;
  /** Whose file the removed one is; absent where the guest has no dpkg. */
  owner?: string;
}

/** Has the guest change a text and remove a file of a package. */
export async function drift(machine: Reached): Promise<Drift> {
  const script = [
    'file=$(find /usr/share/doc -name copyright -type f | sort | head -n 1)',
    'sudo rm "$file"',
    'echo drifted | sudo tee -a /etc/shells >/dev/null',
    'echo "$file"',
    'if command -v dpkg-query >/dev/null; then dpkg-query -S "$file"; fi',
  ].join('\n');
  const [removed = '', owned] = (await ssh(patient(machine), script, { timeoutMs }))
    .trim()
    .split('\n');
  const owner = owned?.split(':')[0];
  return {
    changed: '/etc/shells',
    removed,
    ...(owner !== undefined && { owner }),
  };
}

/** After a capture: with the freeze, the guest wrote all of it to its disk. */
export async function assertDrifted(
  imago: Reachable,
  { id }: Reached,
  { changed, removed, owner }: Drift,
): Promise<void> {
  const told = await clientOf(imago).imago('DescribeInstanceDrift', { InstanceId: id });
  assert.ok(!told.Same);
  const [was, gone] = [changed, removed].map((path) =>
    told.Files.find(({ Path }) => Path === path),
  );
  assert.deepEqual([was?.Change, was?.Differences], ['changed', ['content']]);
  assert.match(was?.TextDiff ?? '', /^\+drifted$/m);
  assert.deepEqual([gone?.Change, gone?.Package], ['removed', owner]);
}

function clientOf({ home, credentials }: Reachable): Client {
  return new Client({ ...readConnection(new Home(home)), ...credentials });
}

function patient(machine: Reached): Reached {
  return { ...machine, connectTimeoutS };
}
