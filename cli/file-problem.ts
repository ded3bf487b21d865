/**
 * What the system refused of a file, as a sentence with what to do: disks that are full, away or only
 * to be read are no defects. Undefined for whatever else was thrown.
 */
import { CommandError } from './command-error.ts';

const problems: Record<string, [what: string, advice: string]> = {
  EACCES: ['may not be opened by you', 'Run this as the user whose it is.'],
  EBUSY: ['is in use', 'End what uses it.'],
  EEXIST: ['is there already, and is no folder', 'Name another.'],
  EDQUOT: ['finds no room: your quota is used up', 'Make room, and run this again.'],
  EIO: ['cannot be read or written: its disk fails', 'See `dmesg`, and take another disk.'],
  EISDIR: ['is a folder', 'Name a file.'],
  EMFILE: ['cannot be opened: there are too many files open', 'Raise `ulimit -n`.'],
  ENODEV: ['is on a disk that is away', 'Mount it again.'],
  ENOENT: ['is not there', 'Is its disk mounted?'],
  ENOSPC: ['finds no room: the disk is full', 'Make room, and run this again.'],
  ENOTCONN: ['is on a disk that is away', 'Mount it again.'],
  ENOTDIR: ['is not in a folder', 'Name a folder.'],
  EPERM: ['may not be changed by you', 'Run this as the user whose it is.'],
  EROFS: ['is on a disk that is only to be read', 'Mount it for writing, or copy what is on it.'],
  ESTALE: ['is on a disk that is away', 'Mount it again.'],
};

export function fileProblem(error: unknown): CommandError | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  if (path === undefined && !(code in problems)) return undefined;
  const [what, advice] = problems[code] ?? ['cannot be used', 'See `imago doctor`.'];
  return new CommandError(`${path ?? 'A file'} ${what} (${code}).`, advice);
}
