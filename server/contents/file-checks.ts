/**
 * Every file of a system, gone through once: who may write what programs are taken from, which run
 * as somebody else, which are not as their packages brought them, and which hold secrets.
 */
import { createHash } from 'node:crypto';
import { UnreadableContents } from './bounded-reader.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Findings } from './findings.ts';
import { type PackageFile, readPackageFiles, type Sum } from './package-files.ts';
import { holdsPassword, isPasswordStore, secretsIn } from './secrets.ts';
import type { SystemTree, TreeFile } from './system-tree.ts';

const setId = 0o6000;
const executable = 0o111;
const writableByAll = 0o002;
const sticky = 0o1000;

const chunkBytes = 1024 ** 2;
/** Secrets are in small files. */
const secretFileMaxBytes = 1024 ** 2;
/** Of all files that are looked through for secrets. */
const secretsMaxBytes = 1024 ** 3;
/** What is larger, in one or in all, is not compared with its package. */
const sumFileMaxBytes = 1024 ** 3;
const sumsMaxBytes = 64 * 1024 ** 3;

/** What is in memory alone while it runs, and what packages brought to be read by people. */
const unsearched = /^\/(?:proc|sys|dev|usr\/share\/(?:doc|man|locale)|var\/lib\/(?:dpkg|apt))\//;
/** Where people put things, so that what is only called a secret is one. */
const people = /^\/(?:etc|root|home|srv|opt|var\/www|usr\/local)\//;
/** Told by other checks. */
const knownKeys = /^\/etc\/(?:ssh\/ssh_host_\w+_key|dropbear\/[^/]+)$|\/\.ssh\/id_\w+$/;

const usualPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export async function checkFiles(tree: SystemTree, found: Findings): Promise<void> {
  const packaged = await packageFiles(tree, found);
  const checker = new FileChecker(tree, found, packaged, await searchedFolders(tree));
  for await (const file of tree.walk('/')) await checker.check(file);
  await checker.end();
}

/** A database that is not read leaves what does not need it. */
async function packageFiles(tree: SystemTree, found: Findings) {
  try {
    return await readPackageFiles(tree);
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    found.add('system-unread', error.message);
    return undefined;
  }
}

/** Of PATH, as it usually is and as /etc/environment says; where links lead. */
async function searchedFolders(tree: SystemTree): Promise<Set<string>> {
  const text = (await tree.readFile('/etc/environment', 64 * 1024))?.toString('latin1') ?? '';
  const [, said = ''] = /^\s*(?:export\s+)?PATH="?([^"\n]{1,4096})/m.exec(text) ?? [];
  const folders = new Set<string>();
  for (const path of [...usualPath, ...said.split(':').slice(0, 100)]) {
    const folder = path.startsWith('/') && (await tree.find(Buffer.from(path, 'latin1')));
    if (folder) folders.add(folder.path.toString('latin1'));
  }
  return folders;
}

class FileChecker {
  readonly #tree: SystemTree;
  readonly #found: Findings;
  readonly #packaged: Map<string, PackageFile> | undefined;
  readonly #searched: Set<string>;
  readonly #seen = new Set<string>();
  #sumsBytes = 0;
  #secretsBytes = 0;

  constructor(
    tree: SystemTree,
    found: Findings,
    packaged: Map<string, PackageFile> | undefined,
    searched: Set<string>,
  ) {
    this.#tree = tree;
    this.#found = found;
    this.#packaged = packaged;
    this.#searched = searched;
  }

  async check(file: TreeFile): Promise<void> {
    const { kind, mode, sizeBytes, isEncrypted } = file.inode;
    const place = file.path.toString('latin1');
    const owner = this.#packaged?.get(place);
    if (owner && owner.sums.length > 0) this.#seen.add(place);
    if (kind !== 'link') this.#checkMode(file, place);
    if (isEncrypted) return this.#found.add('system-unread', `${file.path} is encrypted`);
    if (kind !== 'file') return;
    await this.#checkCapabilities(file, owner !== undefined);
    if (mode & setId && mode & executable && this.#packaged && !owner) {
      this.#found.add('setuid-unowned', file.path.toString());
    }
    if (sizeBytes === 0 && !owner?.sums.length) return;
    if (owner?.sums.length && this.#isWithinSums(sizeBytes)) {
      const isAsPackaged = await this.#has(file, owner.sums);
      if (isAsPackaged) return;
      this.#found.add('package-file-changed', `${file.path} (${owner.package})`);
    }
    await this.#checkSecrets(file, place);
  }

  /** After the last. */
  async end(): Promise<void> {
    for (const [place, { sums, package: name }] of this.#packaged ?? []) {
      if (sums.length === 0 || this.#seen.has(place)) continue;
      this.#found.add('package-file-missing', `${Buffer.from(place, 'latin1')} (${name})`);
    }
    if (this.#secretsBytes > secretsMaxBytes) {
      this.#found.add('system-unread', 'not all files were looked through for secrets');
    }
    if (this.#sumsBytes > sumsMaxBytes) {
      this.#found.add('system-unread', 'not all files were compared with their packages');
    }
  }

  #checkMode({ path, inode: { kind, mode } }: TreeFile, place: string): void {
    if (!(mode & writableByAll)) return;
    const folder = place.slice(0, place.lastIndexOf('/'));
    const isSearched = this.#searched.has(kind === 'folder' ? place : folder);
    if (isSearched) this.#found.add('writable-path', path.toString());
    else if (place.startsWith('/etc/') && (kind === 'file' || !(mode & sticky))) {
      if (kind === 'file' || kind === 'folder') {
        this.#found.add('writable-configuration', path.toString());
      }
    }
  }

  async #checkCapabilities(file: TreeFile, isOwned: boolean): Promise<void> {
    if (!this.#packaged || isOwned) return;
    const told = capabilitiesOf(await file.fileSystem.attributes(file.inode));
    if (told !== undefined) this.#found.add('capability-unowned', `${file.path} (${told})`);
  }

  #isWithinSums(sizeBytes: number): boolean {
    if (sizeBytes > sumFileMaxBytes) return false;
    this.#sumsBytes += sizeBytes;
    return this.#sumsBytes <= sumsMaxBytes;
  }

  async #has({ fileSystem, inode }: TreeFile, sums: readonly Sum[]): Promise<boolean> {
    const named = [...new Set(sums.map(({ algorithm }) => algorithm))];
    const hashes = named.map((algorithm) => ({ algorithm, hash: createHash(algorithm) }));
    for (let at = 0; at < inode.sizeBytes; at += chunkBytes) {
      await this.#tree.step();
      const chunk = await fileSystem.content(inode, at, Math.min(chunkBytes, inode.sizeBytes - at));
      for (const { hash } of hashes) hash.update(chunk);
    }
    const made = hashes.map(({ algorithm, hash }) => `${algorithm} ${hash.digest('hex')}`);
    return sums.some(({ algorithm, digest }) => made.includes(`${algorithm} ${digest}`));
  }

  async #checkSecrets({ path, fileSystem, inode }: TreeFile, place: string): Promise<void> {
    const { sizeBytes } = inode;
    if (sizeBytes > secretFileMaxBytes || unsearched.test(place) || knownKeys.test(place)) return;
    this.#secretsBytes += sizeBytes;
    if (this.#secretsBytes > secretsMaxBytes) return;
    const bytes = await fileSystem.content(inode, 0, sizeBytes);
    const text = bytes.toString('latin1');
    const shown = path.toString();
    if (/\/\.gnupg\/private-keys-v1\.d\/[^/]+\.key$/.test(place)) {
      this.#found.add('private-key', shown);
    }
    if (isPasswordStore(place)) {
      if (holdsPassword(place, text)) this.#found.add('stored-password', shown);
      return;
    }
    const guess = people.test(place) && !text.includes('\0');
    for (const { kind, what, line } of secretsIn(text, { guess })) {
      this.#found.add(kind, `${shown} (${what}, line ${line})`);
    }
  }
}
