/**
 * What an image was made of, to the byte: each package with its version and the SHA-256 of its
 * file, as the archive has signed them, and of when the archive's lists were. Two builds with the
 * same lock and the same recipe are the same disk.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const head = 'Package: ';
const pieceBytes = 256 * 1024;

export interface PackageLock {
  format: 'imago-lock/1';
  /** The provider image that it begins with. */
  parent: string;
  /** Of the lists of packages, in order of name. */
  archives: { name: string; date: string }[];
  /** In order of name. */
  packages: LockedPackage[];
}

export interface LockedPackage {
  name: string;
  version: string;
  architecture: string;
  sha256: string;
}

export type InstalledPackage = Omit<LockedPackage, 'sha256'>;

/** `lists` is a folder as apt keeps them, of what was installed from. */
export async function lockOf(
  parent: string,
  installed: readonly InstalledPackage[],
  lists: string,
): Promise<PackageLock> {
  const names = (await readdir(lists)).sort();
  const wanted = new Map(installed.map((each) => [keyOf(each), each]));
  const wantedNames = new Set(installed.map(({ name }) => name));
  const packages: LockedPackage[] = [];
  const archives: PackageLock['archives'] = [];
  for (const name of names) {
    const file = path.join(lists, name);
    if (name.endsWith('_InRelease')) {
      const release = await readFile(file, 'latin1');
      archives.push({
        name: /^Codename: (.*)$/m.exec(release)?.[1] ?? name,
        date: new Date(/^Date: (.*)$/m.exec(release)?.[1] ?? Number.NaN).toISOString(),
      });
    }
    if (!name.endsWith('_Packages')) continue;
    for await (const stanza of listedPackages(file)) {
      if (!wantedNames.has(stanza.slice(head.length, stanza.indexOf('\n')))) continue;
      const listed = packageOf(stanza);
      const sha256 = /^SHA256: ([0-9a-f]{64})$/m.exec(stanza)?.[1];
      if (sha256 && wanted.delete(keyOf(listed))) packages.push({ ...listed, sha256 });
    }
  }
  const [missing] = wanted.values();
  if (missing) {
    throw new Error(
      `the archive changed meanwhile: ${missing.name} ${missing.version} is not in it`,
    );
  }
  packages.sort((a, b) => (a.name < b.name ? -1 : 1));
  archives.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { format: 'imago-lock/1', parent, archives, packages };
}

/** Of a file `status` of dpkg's. */
export function installedPackages(status: string): InstalledPackage[] {
  return stanzasOf(status)
    .filter((stanza) => /^Status: install ok installed$/m.test(stanza))
    .map(packageOf);
}

/** What is another than locked, a sentence each; dates of archives are no difference. */
export function lockDifferences(locked: PackageLock, made: PackageLock): string[] {
  const differences: string[] = [];
  if (locked.parent !== made.parent) {
    differences.push(`It is locked to ${locked.parent}, not ${made.parent}.`);
  }
  const before = new Map(locked.packages.map((each) => [each.name, each]));
  for (const { name, version, sha256 } of made.packages) {
    const known = before.get(name);
    before.delete(name);
    if (!known) differences.push(`${name} is ${version}, and not in the lock.`);
    else if (known.version !== version) {
      differences.push(`${name} is ${version}, locked is ${known.version}.`);
    } else if (known.sha256 !== sha256) {
      differences.push(`${name} ${version} has other bytes than locked.`);
    }
  }
  for (const name of before.keys()) differences.push(`${name} is locked, and not installed.`);
  return differences;
}

/** A list has fifty megabytes: it is read piece by piece, with a turn for others between them. */
async function* listedPackages(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of createReadStream(file, {
    encoding: 'latin1',
    highWaterMark: pieceBytes,
  })) {
    const stanzas = (rest + piece).split('\n\n');
    rest = stanzas.pop() ?? '';
    yield* stanzas;
  }
  yield rest;
}

function stanzasOf(text: string): string[] {
  return text.split(/\n\n+/).filter((stanza) => stanza.startsWith(head));
}

function packageOf(stanza: string): InstalledPackage {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
  return { name: field('Package'), version: field('Version'), architecture: field('Architecture') };
}

function keyOf({ name, version, architecture }: InstalledPackage): string {
  return `${name} ${version} ${architecture}`;
}
