/** Accounts of a system with their passwords, and what is left in their homes. */

import type { FileTree } from './file-tree.ts';
import type { Findings } from './findings.ts';

const fileMaxBytes = 1024 ** 2;
/** Systems have some dozens. */
const homesMax = 300;
/** What crypt(3) made before 2000: of DES, extended DES, and MD5. */
const weakHash = /^(?:[./0-9A-Za-z]{13}|_[./0-9A-Za-z]{19}|\$1\$.*)$/;
const historyPattern = /^\.(\w+_)?history$/;

/** Answers where homes are: as the accounts say, and what is under /home whosever it is. */
export async function checkAccounts(files: FileTree, found: Findings): Promise<string[]> {
  const homes = new Set(['/root']);
  for (const [file, isShadow] of [
    ['/etc/passwd', false],
    ['/etc/shadow', true],
  ] as const) {
    const text = (await files.readFile(file, fileMaxBytes))?.toString('latin1') ?? '';
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const [name = '', password = '', , , , home] = line.split(':');
      if (password === '') found.add('empty-password', `${file} (${name})`);
      // `x` says that it is in the other file; anything behind `!` or `*` opens nothing.
      else if (!/^[!*]/.test(password) && (isShadow || password !== 'x')) {
        found.add('password-set', `${file} (${name})`);
        if (weakHash.test(password)) found.add('password-weak', `${file} (${name})`);
      }
      if (!isShadow && home?.startsWith('/') && home !== '/') homes.add(home);
    }
  }
  for (const { name } of (await files.list('/home')) ?? []) homes.add(`/home/${name.toString()}`);
  return [...homes];
}

export async function checkHomes(
  files: FileTree,
  found: Findings,
  homes: readonly string[],
): Promise<void> {
  for (const home of homes.slice(0, homesMax)) {
    const folder = home.replace(/\/$/, '');
    const names = await namesIn(files, home);
    for (const name of names.filter((each) => historyPattern.test(each))) {
      await addFilled(files, found, 'shell-history', `${folder}/${name}`);
    }
    if (names.includes('.aws')) {
      await addFilled(files, found, 'credentials', `${folder}/.aws/credentials`);
    }
    if (!names.includes('.ssh')) continue;
    for (const name of await namesIn(files, `${folder}/.ssh`)) {
      const path = `${folder}/.ssh/${name}`;
      if (/^id_\w+$/.test(name)) await addFilled(files, found, 'credentials', path);
      if (/^authorized_keys2?$/.test(name) && (await hasKeys(files, path))) {
        found.add('authorized-keys', path);
      }
    }
  }
}

export async function namesIn(files: FileTree, path: string): Promise<string[]> {
  return ((await files.list(path)) ?? []).map(({ name }) => name.toString());
}

export async function addFilled(
  files: FileTree,
  found: Findings,
  check: Parameters<Findings['add']>[0],
  path: string,
): Promise<void> {
  const inode = await files.find(path);
  if (inode?.kind === 'file' && inode.sizeBytes > 0) found.add(check, path);
}

/** Comments let nobody in. */
async function hasKeys(files: FileTree, path: string): Promise<boolean> {
  const text = (await files.readFile(path, fileMaxBytes))?.toString('latin1') ?? '';
  return text.split('\n').some((line) => /^\s*[^#\s]/.test(line));
}
