/**
 * Where the files of a process beside the control plane are, and those by which it is told what it
 * has to know when it starts: only Imago writes them, and only whom the process runs as may read
 * them too. Whoever is killed, one is there whole or not at all. Nothing is synced: a power cut
 * ends guests too, and what starts after it is told anew.
 */
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { UnprivilegedIdentity } from '../foundations/unprivileged.ts';

export interface ProcessFiles {
  /** The process's own, which only it and root may enter; beside it is what Imago alone writes. */
  folder: string;
  socketPath: string;
  recordFile: string;
  logFile: string;
}

export function processFiles(runFolder: string, name: string): ProcessFiles {
  const folder = path.join(runFolder, name);
  return {
    folder,
    socketPath: path.join(folder, `${name}.sock`),
    recordFile: path.join(runFolder, `${name}.pid`),
    logFile: path.join(runFolder, `${name}.log`),
  };
}

export async function writeFileToRead(
  file: string,
  content: unknown,
  reader?: UnprivilegedIdentity,
): Promise<void> {
  const temporary = `${file}.new`;
  await rm(temporary, { force: true });
  {
    await using handle = await open(temporary, 'wx', 0o600);
    await handle.writeFile(JSON.stringify(content));
    if (reader) {
      await handle.chown(0, reader.gid);
      await handle.chmod(0o640);
    }
  }
  await rename(temporary, file);
}

/** One that changes: written one time after the other, each with what is true then. */
export class FileToRead {
  readonly #file: string;
  readonly #content: () => unknown;
  readonly #reader: UnprivilegedIdentity | undefined;
  #written: Promise<void> = Promise.resolve();
  /** Has not begun yet. */
  #next: Promise<void> | undefined;

  constructor(file: string, content: () => unknown, reader?: UnprivilegedIdentity) {
    this.#file = file;
    this.#content = content;
    this.#reader = reader;
  }

  /** Many that come while one is written share the next. */
  write(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#written.then(() => {
      this.#next = undefined;
      return writeFileToRead(this.#file, this.#content(), this.#reader);
    });
    this.#next = next;
    this.#written = next.catch(() => {});
    return next;
  }
}
