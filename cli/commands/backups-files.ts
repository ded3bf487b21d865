/**
 * `imago backups files`: what is in a backup, and a tar archive of a part of it, read by the server
 * without booting anything.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { imagoModel } from '../../api/imago.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { askForBytes, pathMember, placeOf, tellFiles } from './images-files.ts';

export interface FilesOptions {
  out?: string;
}

export async function backupsFilesCommand(
  context: CommandContext,
  backupId: string,
  words: readonly string[] = [],
  { out }: FilesOptions = {},
): Promise<void> {
  const [verb, ...paths] = words;
  if (verb === 'restore') return restoreFiles(context, backupId, { paths, out });
  if (words.length > 1) {
    throw new CommandError('One folder is listed.', 'Say `restore PATH` for an archive of it.', 2);
  }
  const { Files: files } = await connect(context).imago('ListBackupFiles', {
    BackupId: backupId,
    ...pathMember(verb ?? '/'),
  });
  tellFiles(context.output, files);
}

/** An archive that is not whole has no end, and none that could not be read is left in a file. */
async function restoreFiles(
  context: CommandContext,
  backupId: string,
  { paths, out }: { paths: readonly string[]; out?: string },
): Promise<void> {
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw new CommandError('One path is restored at a time.', 'Name the folder above them.', 2);
  }
  if (out === undefined && process.stdout.isTTY) {
    throw new CommandError(
      'An archive is nothing for a terminal.',
      'Pipe it into `tar -x`, or say --out FILE.',
      2,
    );
  }
  const place = placeOf(imagoModel.routes.GetBackupArchive, { BackupId: backupId });
  const response = await askForBytes(connect(context), place, path);
  const target = out === undefined ? process.stdout : createWriteStream(out, { flags: 'wx' });
  // Whoever reads no more has what it wants.
  if (out === undefined) target.on('error', () => process.exit(0));
  else await once(target, 'open');
  try {
    for await (const piece of response.body ?? []) {
      if (!target.write(piece)) await once(target, 'drain');
    }
  } catch {
    if (out !== undefined) await rm(out, { force: true });
    throw new CommandError('The backup could not be read to the end.', 'See `imago fsck`.');
  }
  if (out === undefined) return;
  target.end();
  await once(target, 'finish');
}
