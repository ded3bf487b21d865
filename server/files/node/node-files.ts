/** The file operations of this machine, thin over node:fs. */
import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import path from 'node:path';
import { type FileStatus, type Files, isAbsent, type OpenFile } from '../files.ts';

const flags = {
  read: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  update: constants.O_RDWR | constants.O_NOFOLLOW,
};

export const nodeFiles: Files = {
  open: async (path, access, mode) => new NodeFile(await open(path, flags[access], mode)),
  mkdir: makeFolder,
  rename,
  link,
  unlink,
  rmdir,
  readdir: (path) => readdir(path),
  stat: async (path) => statusOf(await lstat(path)),
  async syncFolder(path) {
    await using handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.sync();
  },
};

/**
 * With those above it, which others may make meanwhile. Node's own way never ends where a folder
 * takes none (/proc, an automounter).
 */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  const parent = path.dirname(folder);
  try {
    await makeWithin(folder, mode);
  } catch (error) {
    if (!isAbsent(error) || parent === folder) throw error;
    await makeFolder(parent, mode);
    await makeWithin(folder, mode);
  }
}

async function makeWithin(folder: string, mode?: number): Promise<void> {
  try {
    await mkdir(folder, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  }
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  get descriptor(): number {
    return this.#handle.fd;
  }

  async read(target: Buffer, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const left = target.length - done;
      const { bytesRead } = await this.#handle.read(target, done, left, position + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  }

  /** A full file system takes a part and reports no error: the rest is tried, and that fails. */
  async write(bytes: Buffer, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const left = bytes.length - done;
      done += (await this.#handle.write(bytes, done, left, position + done)).bytesWritten;
    }
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#handle.truncate(sizeBytes);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  async stat(): Promise<FileStatus> {
    return statusOf(await this.#handle.stat());
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#handle.chown(uid, gid);
  }

  chmod(mode: number): Promise<void> {
    return this.#handle.chmod(mode);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#handle.close();
  }
}

function statusOf(stats: Stats): FileStatus {
  const { size, mode, uid, gid } = stats;
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other';
  return { kind, sizeBytes: size, mode: mode & 0o7777, uid, gid };
}
