/**
 * PORT: the file operations on which durability rests. Implementations: node/, the real ones, and
 * crashing/, a model that loses at a power cut what was not synced. Suite: files-suite.ts.
 *
 * Contract, the least that POSIX promises, and all that callers may count on:
 * - What was written to a file is on disk when a later `sync` of that file resolves; its name is
 *   not, until the folder that holds the name is synced by `syncFolder`. Likewise a rename, a link
 *   and an unlink.
 * - A rename is one change: a power cut leaves the old name, the new one or both, never neither.
 *   What had the new name before is there until then.
 * - A `sync` that failed has perhaps dropped what it should have written, and a later one that
 *   succeeds does not bring it back: those bytes have to be written anew, to another file.
 * - Errors are Node's, with its codes.
 */
export interface Files {
  /**
   * `read`: a file that is there; a symbolic link in the last place is refused, and nothing waits
   * on a FIFO. `create`: a new one, EEXIST where the name is taken. `update`: one that is there,
   * for reading and writing.
   */
  open(path: string, access: 'read' | 'create' | 'update', mode?: number): Promise<OpenFile>;
  /** With the folders above it; does nothing where it is there already. */
  mkdir(path: string, mode?: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(existing: string, path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Of an empty folder. */
  rmdir(path: string): Promise<void>;
  /** Names, in no particular order. */
  readdir(path: string): Promise<string[]>;
  /** Of the name itself: a symbolic link is `other`. */
  stat(path: string): Promise<FileStatus>;
  /** The names in the folder are on disk as they are now. */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile extends AsyncDisposable {
  /** Of the system, where it has one: for threads that read it themselves. */
  readonly descriptor?: number;
  /**
   * Fills `target` from `position` on; answers how many bytes, fewer only at the end of the file.
   */
  read(target: Buffer, position: number): Promise<number>;
  /** All of the bytes or an error, after which a part may be there. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Shorter, or longer by zeros that take no room. */
  truncate(sizeBytes: number): Promise<void>;
  sync(): Promise<void>;
  stat(): Promise<FileStatus>;
  chown(uid: number, gid: number): Promise<void>;
  chmod(mode: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileStatus {
  kind: 'file' | 'folder' | 'other';
  sizeBytes: number;
  /** Permission bits alone. */
  mode: number;
  uid: number;
  gid: number;
}

export function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
