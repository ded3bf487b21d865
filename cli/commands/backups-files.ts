/**
 * `imago backups files`: what is in a backup, and a tar archive of a part of it, read by the server
 * without booting anything.
 */
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { imagoModel } from '../../api/imago.ts';
import { momentOf } from '../at-option.ts';
import { checkBackup, isSource } from '../backup-ids.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { askForBytes, pathMember, placeOf, tellFiles } from './images-files.ts';

export interface FilesOptions {
  out?: string;
  at?: string;
}

export async function backupsFilesCommand(
  context: CommandContext,
  named: string,
  words: readonly string[] = [],
  { out, at }: FilesOptions = {},
): Promise<void> {
  const backupId = await backupIdOf(context, named, at);
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

/** A backup that is named, or the last whole one of a machine or of a volume, which is told. */
async function backupIdOf(
  context: CommandContext,
  named: string,
  at: string | undefined,
): Promise<string> {
  const moment = momentOf({ at });
  if (isSource(named)) {
    const asked = { BackupId: named, ...moment };
    const { BackupId } = (await connect(context).imago('DescribeBackup', asked)).Backup;
    process.stderr.write(`Of ${BackupId}:\n`);
    return BackupId;
  }
  checkBackup(named);
  if (at === undefined) return named;
  throw new CommandError(
    `${named} is one backup already.`,
    'Leave --at out, or name the machine or the volume in its place.',
    2,
  );
}

async function restoreFiles(
  context: CommandContext,
  backupId: string,
  { paths, out }: { paths: readonly string[]; out?: string },
): Promise<void> {
  const [path] = paths;
  if (path === undefined || paths.length > 1) {
    throw new CommandError('One path is restored at a time.', 'Name the folder above them.', 2);
  }
  if (out === undefined && (process.stdout.isTTY || context.output.json)) {
    throw new CommandError(
      `An archive is nothing for a ${context.output.json ? 'document' : 'terminal'}.`,
      'Pipe it into `tar -x`, or say --out FILE.',
      2,
    );
  }
  const of = { backupId, path };
  if (out !== undefined) return restoreInto(context, of, out);
  // Whoever reads no more has what it wants.
  process.stdout.on('error', () => process.exit(0));
  for await (const piece of piecesOf(context, of)) {
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  }
}

interface Asked {
  backupId: string;
  path: string;
}

/** None that is not whole is left. */
async function restoreInto(context: CommandContext, of: Asked, out: string): Promise<void> {
  let sizeBytes = 0;
  {
    await using target = await open(out, 'wx').catch((error) => unwritable(out, error));
    try {
      for await (const piece of piecesOf(context, of)) {
        await target.writeFile(piece).catch((error) => unwritable(out, error));
        sizeBytes += piece.length;
      }
    } catch (error) {
      await rm(out, { force: true });
      throw error;
    }
  }
  if (!context.output.json) return;
  context.output.document({ Path: of.path, File: out, SizeBytes: sizeBytes });
}

function unwritable(file: string, { code }: NodeJS.ErrnoException): never {
  const isThere = code === 'EEXIST';
  const why = isThere ? 'is there already' : `cannot be written (${code})`;
  throw new CommandError(`${file} ${why}.`, isThere ? 'Name a new file.' : undefined);
}

/** An archive that is not whole has no end. */
async function* piecesOf(
  context: CommandContext,
  { backupId, path }: Asked,
): AsyncGenerator<Uint8Array> {
  const place = placeOf(imagoModel.routes.GetBackupArchive, { BackupId: backupId });
  const response = await askForBytes(connect(context), place, path);
  if (response.headers.get('imago-unclean') === 'true') {
    process.stderr.write(
      'A file system was in use when it was taken: what was written last may not be in the archive.\n' +
        'A machine, or a volume attached to one, would have it: `imago backups restore`.\n',
    );
  }
  const mayLack = response.headers.get('imago-may-lack');
  if (mayLack !== null) {
    process.stderr.write(
      `Its system may have had something else mounted, which is not in the archive: ${mayLack}.\n`,
    );
  }
  const pieces = response.body?.[Symbol.asyncIterator]();
  while (pieces) {
    const { done, value } = await pieces.next().catch(() => {
      throw new CommandError('The backup could not be read to the end.', 'See `imago fsck`.');
    });
    if (done) return;
    yield value;
  }
}
