/**
 * What a recipe adds to a provider image while it is built: packages of the same archive, and
 * files. Nothing of it is run; what packages do when they are installed is all. Files come into the
 * image as their owners and modes say, and never through a link, which could lead out of it.
 */
import { chmod, lstat, lutimes, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Tools } from './build-tools.ts';
import type { RootTree } from './provider-image.ts';
import { runCommand } from './run-command.ts';
import { buildTimeSeconds } from './whole-disk.ts';

export interface Additions {
  packages: readonly string[];
  files: readonly AddedFile[];
}

export interface AddedFile {
  /** From the root of the image on, without `..`. */
  path: string;
  content: Buffer;
  /** Its permissions. */
  mode: number;
  /** `user:group`, by names that the image knows or by numbers. */
  owner: string;
}

/** What the image does not let be added: its recipe has to change. */
export class AdditionImpossible extends Error {
  override name = 'AdditionImpossible';
}

interface AddingContext {
  tools: Tools;
  workFolder: string;
  signal?: AbortSignal;
}

export async function addFiles(
  { rootFolder, fakerootState }: RootTree,
  files: readonly AddedFile[],
  { tools, workFolder, signal }: AddingContext,
): Promise<void> {
  if (files.length === 0) return;
  const state = fakerootState ?? path.join(workFolder, 'fakeroot-state');
  const inFakeroot = (command: string, args: readonly string[]) =>
    runCommand(tools.fakeroot, ['-i', state, '-s', state, '--', command, ...args], { signal });
  const staging = path.join(workFolder, 'added');
  await mkdir(staging);
  const owners = await ownersOf(rootFolder);
  const byOwner = new Map<string, string[]>();
  for (const file of files) {
    const parts = file.path.split('/').filter((part) => part !== '');
    await stageFolders(rootFolder, staging, parts);
    const staged = path.join(staging, ...parts);
    await writeFile(staged, file.content);
    await chmod(staged, file.mode);
    await lutimes(staged, buildTimeSeconds, buildTimeSeconds);
    const owner = owners(file);
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), path.join(rootFolder, ...parts)]);
  }
  await settleFolders(staging, files);
  const copying = ['-a', '--no-preserve=ownership', '--remove-destination'];
  await inFakeroot(tools.cp, [...copying, `${staging}/.`, rootFolder]);
  for (const [owner, paths] of byOwner) {
    await inFakeroot(tools.chown, ['--no-dereference', owner, '--', ...paths]);
  }
}

/** Those of the image as they are; others are root's, for all to read. */
async function stageFolders(root: string, staging: string, parts: readonly string[]) {
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = parts.slice(0, depth);
    const there = await lstat(path.join(root, ...folder)).catch(() => undefined);
    if (there && !there.isDirectory()) {
      throw new AdditionImpossible(
        `/${folder.join('/')} is no folder in this image: name where /${parts.join('/')} really is`,
      );
    }
    const staged = path.join(staging, ...folder);
    await mkdir(staged).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await chmod(staged, there ? there.mode & 0o7777 : 0o755);
  }
  const target = await lstat(path.join(root, ...parts)).catch(() => undefined);
  if (target?.isDirectory()) {
    throw new AdditionImpossible(`/${parts.join('/')} is a folder in this image`);
  }
}

/** A file that came into a folder has changed its time. */
async function settleFolders(staging: string, files: readonly AddedFile[]): Promise<void> {
  const folders = new Set([staging]);
  for (const file of files) {
    const parts = file.path.split('/').filter((part) => part !== '');
    for (let depth = 1; depth < parts.length; depth++) {
      folders.add(path.join(staging, ...parts.slice(0, depth)));
    }
  }
  await chmod(staging, 0o755);
  for (const folder of folders) await lutimes(folder, buildTimeSeconds, buildTimeSeconds);
}

/** `uid:gid` of a file's owner, by the accounts of the image. */
async function ownersOf(root: string): Promise<(file: AddedFile) => string> {
  const [users, groups] = [await idsOf(root, 'passwd'), await idsOf(root, 'group')];
  return (file) => {
    const [user = '', group = ''] = file.owner.split(':');
    const [uid, gid] = [idOf(users, user), idOf(groups, group)];
    if (uid !== undefined && gid !== undefined) return `${uid}:${gid}`;
    throw new AdditionImpossible(
      `${file.path} is to belong to '${file.owner}', and this image has no such ${uid === undefined ? 'user' : 'group'}`,
    );
  };
}

function idOf(known: ReadonlyMap<string, string>, name: string): string | undefined {
  return /^\d{1,9}$/.test(name) ? name : known.get(name);
}

async function idsOf(root: string, file: string): Promise<Map<string, string>> {
  const text = await readFile(path.join(root, 'etc', file), 'utf8').catch(() => '');
  return new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .flatMap(([name, , id]): [string, string][] => (name && id ? [[name, id]] : [])),
  );
}
