/**
 * What dpkg says is installed: /var/lib/dpkg/status, and status.d of images without dpkg itself.
 * Beside it its lists of the files of a package, and their checksums.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { databaseMaxBytes, type Package } from './installed-package.ts';
import type { SystemTree } from './system-tree.ts';

const folder = '/var/lib/dpkg';
const listMaxBytes = 16 * 1024 ** 2;
/** Of `status.d`, a file a package. */
const filesMax = 5000;
/** Others have their turn in between. */
const turnChars = 256 * 1024;

/** In these states its files are there. */
const presentStates = new Set([
  'installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
]);

/** Where its list of packages is. */
export const dpkgStatus = `${folder}/status`;

export async function readDpkgStatus(tree: SystemTree): Promise<Package[]> {
  const status = await tree.readFile(dpkgStatus, databaseMaxBytes);
  return status ? await parseStatus(status.toString()) : [];
}

/** With those of `status`, where they are known already. */
export async function readDpkgPackages(
  tree: SystemTree,
  status?: readonly Package[],
): Promise<Package[]> {
  const packages = [...(status ?? (await readDpkgStatus(tree)))];
  const names = (await tree.names(`${folder}/status.d`)) ?? [];
  for (const name of names.filter((each) => !each.endsWith('.md5sums')).slice(0, filesMax)) {
    const text = await tree.readFile(`${folder}/status.d/${name}`, 256 * 1024);
    const found = text && packageOf(text.toString(), { needsStatus: false });
    if (found) packages.push(found);
  }
  return packages;
}

export async function parseStatus(text: string): Promise<Package[]> {
  const packages: Package[] = [];
  let turnedAt = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n\n', at);
    const end = next < 0 ? text.length : next;
    const found = packageOf(text.slice(at, end), { needsStatus: true });
    if (found) packages.push(found);
    at = end + 2;
    if (at - turnedAt < turnChars) continue;
    await turn();
    turnedAt = at;
  }
  return packages;
}

function packageOf(stanza: string, { needsStatus }: { needsStatus: boolean }): Package | undefined {
  const fields = fieldsOf(stanza);
  const state = fields.get('status')?.split(' ').at(-1) ?? '';
  if (needsStatus && !presentStates.has(state)) return undefined;
  const [name, version] = [fields.get('package'), fields.get('version')];
  if (!name || !version) return undefined;
  const [, source, sourceVersion] =
    /^(\S+)(?:\s+\((.*)\))?$/.exec(fields.get('source') ?? '') ?? [];
  const size = Number(fields.get('installed-size'));
  const said = {
    source,
    sourceVersion,
    maintainer: fields.get('maintainer'),
    homepage: fields.get('homepage'),
    summary: fields.get('description'),
  };
  return {
    manager: 'dpkg',
    name,
    version,
    architecture: fields.get('architecture') ?? '',
    ...(Object.fromEntries(Object.entries(said).filter(([, value]) => value)) as typeof said),
    ...(size > 0 && { installedSizeBytes: size * 1024 }),
  };
}

/** The first line of each; names of fields are in small letters. */
export function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of stanza.split('\n')) {
    const colon = line.indexOf(':');
    if (colon < 1 || line[0] === ' ' || line[0] === '\t' || line[0] === '#') continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/** What is called `name` in dpkg's folder of lists, with its architecture where that is needed. */
async function infoFile(
  tree: SystemTree,
  { name, architecture }: Package,
  suffix: string,
): Promise<Buffer | undefined> {
  if (name.includes('/') || architecture.includes('/')) return undefined;
  for (const called of [`${name}:${architecture}`, name]) {
    const text = await tree.readFile(`${folder}/info/${called}.${suffix}`, listMaxBytes);
    if (text) return text;
  }
  return undefined;
}

/** All paths of a package, folders too. */
export async function dpkgFiles(tree: SystemTree, of: Package): Promise<string[]> {
  const text = (await infoFile(tree, of, 'list'))?.toString('latin1') ?? '';
  return text.split('\n').filter((line) => line.startsWith('/'));
}

/** By path (bytes as latin1, from `/`): the MD5 of the files that the package brought. */
export async function dpkgChecksums(tree: SystemTree, of: Package): Promise<Map<string, string>> {
  const text = (await infoFile(tree, of, 'md5sums'))?.toString('latin1') ?? '';
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, sum, path] = /^([0-9a-f]{32}) {2}(.+)$/.exec(line) ?? [];
    if (sum && path) sums.set(`/${path}`, sum);
  }
  return sums;
}

/** Paths of a package whose files are for the administrator to change. */
export async function dpkgConffiles(tree: SystemTree, of: Package): Promise<Set<string>> {
  const text = (await infoFile(tree, of, 'conffiles'))?.toString('latin1') ?? '';
  // Some are marked, such as those that are to go.
  return new Set(text.split('\n').map((line) => line.replace(/^[a-z-]+ (?=\/)/, '')));
}

export interface Diversion {
  to: string;
  /** The package whose own file stays where it is; of none it is `:`. */
  by: string;
}

/** By the path that packages say: where the files of others are instead. */
export async function dpkgDiversions(tree: SystemTree): Promise<Map<string, Diversion>> {
  const text =
    (await tree.readFile(`${folder}/diversions`, listMaxBytes))?.toString('latin1') ?? '';
  const lines = text.split('\n');
  const diversions = new Map<string, Diversion>();
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from, to, by] = lines.slice(at, at + 3) as [string, string, string];
    if (from.startsWith('/') && to.startsWith('/')) diversions.set(from, { to, by });
  }
  return diversions;
}
