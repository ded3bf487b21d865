/**
 * Files that are written into a folder that the operator allowed: under another name until they are
 * whole and on disk, so that what has its final name is all there. No link is followed below the
 * folder.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { isPlainKey } from '../domain/file-places.ts';
import { type Files, isAbsent, type OpenFile } from '../files/files.ts';
import { makeLastingFolder } from '../files/lasting-folder.ts';
import { unlinkIfThere } from '../files/whole-file.ts';
import { SourceRefused } from './source-file.ts';

/** For the operator, and whoever else is meant to by the folder's group. */
const fileMode = 0o640;
const folderMode = 0o750;

export class FolderTarget {
  readonly #files: Files;
  readonly #folder: string;
  readonly #name: string;
  readonly #writer: string;

  private constructor(files: Files, folder: string, name: string, writer: string) {
    this.#files = files;
    this.#folder = folder;
    this.#name = name;
    this.#writer = writer;
  }

  /**
   * Of the file with this key; the folders that it names are made. Of those who may write one of the
   * same name at once each says who it is: then one does not take what another has half written.
   */
  static async of(files: Files, folder: string, key: string, writer = ''): Promise<FolderTarget> {
    if (!isPlainKey(key)) throw new SourceRefused(`'${key}' is no key of a file in a folder.`);
    const whole = path.join(await realpath(folder), key);
    const parent = path.dirname(whole);
    await makeLastingFolder(files, parent, folderMode);
    if ((await realpath(parent)) !== parent) {
      throw new SourceRefused(`'${key}' leads out of its folder.`);
    }
    return new FolderTarget(files, parent, path.basename(whole), writer);
  }

  /** Of an earlier try nothing is left. */
  async write(write: (file: OpenFile) => Promise<void>): Promise<void> {
    await this.remove();
    try {
      await using file = await this.#files.open(this.#part, 'create', fileMode);
      await write(file);
      await file.sync();
    } catch (error) {
      await this.remove().catch(() => {});
      throw error;
    }
  }

  /** What was written gets its name; once it has, nothing is done. */
  async publish(): Promise<void> {
    try {
      await this.#files.rename(this.#part, this.#whole);
    } catch (error) {
      if (!isAbsent(error)) throw error;
      // An earlier try has renamed it, or it is not there at all.
      await this.#files.stat(this.#whole);
    }
    await this.#files.syncFolder(this.#folder);
  }

  /** What was written and has no name yet. */
  async remove(): Promise<void> {
    await unlinkIfThere(this.#files, this.#part);
  }

  /** With its final name. */
  async withdraw(): Promise<void> {
    await this.remove();
    await unlinkIfThere(this.#files, this.#whole);
  }

  get #whole(): string {
    return path.join(this.#folder, this.#name);
  }

  get #part(): string {
    const writer = this.#writer && `.${this.#writer}`;
    return path.join(this.#folder, `.${this.#name}${writer}.part`);
  }
}
