/**
 * Where disk files come from and go to, and what else is read of this machine, as `imago serve` is
 * told.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandError } from './command-error.ts';

interface FilePlaceOptions {
  importFolder?: string[];
  exportFolder?: string[];
  importUrlPrefix?: string[];
}

export function filePlacesOf(options: FilePlaceOptions) {
  return {
    importFolders: foldersOf('--import-folder', options.importFolder),
    exportFolders: foldersOf('--export-folder', options.exportFolder),
    importUrls: (options.importUrlPrefix ?? []).map(checkedPrefix),
  };
}

/** Where archived snapshots are, if not in the home. */
export function archiveFolderOf({ archiveFolder }: { archiveFolder?: string }): string | undefined {
  if (archiveFolder === undefined) return undefined;
  return checkedFolder('--archive-folder', path.resolve(archiveFolder));
}

/** What is in it may be another each day. */
export function vulnerabilityFeedOf(options: { vulnerabilityFeed?: string }): string | undefined {
  const { vulnerabilityFeed: feed } = options;
  if (feed === undefined) return undefined;
  if (existsSync(feed)) return path.resolve(feed);
  throw new CommandError(`--vulnerability-feed: there is no ${feed}.`, 'Fetch it first.', 2);
}

/** `NAME=FOLDER`, by name: requests name it as they name a bucket. */
function foldersOf(flag: string, texts: readonly string[] = []): Record<string, string> {
  const folders: Record<string, string> = {};
  for (const text of texts) {
    const [, name, folder] = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])=(.+)$/s.exec(text) ?? [];
    if (name === undefined || folder === undefined) {
      throw new CommandError(
        `${flag} ${text} names no folder.`,
        'Give NAME=FOLDER; NAME is as buckets are called: 3 to 63 small letters, digits, hyphens.',
        2,
      );
    }
    folders[name] = checkedFolder(flag, path.resolve(folder));
  }
  return folders;
}

function checkedFolder(flag: string, folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder;
  throw new CommandError(`${flag}: there is no folder ${folder}.`, 'Make it first.', 2);
}

/** The name of the host has to be whole: an address that is left open would reach any. */
function checkedPrefix(text: string): string {
  const url = URL.parse(text);
  const plain = url && !url.username && !url.password && !url.search && !url.hash;
  if (plain && /^https?:\/\/[^/]+\//.test(text)) return url.href;
  throw new CommandError(
    `--import-url-prefix ${text} is no beginning of an address.`,
    'Give SCHEME://HOST/, or a folder of it, such as https://cloud.debian.org/images/.',
    2,
  );
}
