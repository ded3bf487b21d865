/**
 * Files of volumes on this host: one a layer, in a folder a volume. A layer that is not fresh is
 * never made anew: without its file the volume is broken, and must not look empty. A fresh one is
 * made where it is missing, and where a power cut left less than an empty layer: had anybody synced
 * it since, the guest for one, it would be whole.
 */
import { lchown } from 'node:fs/promises';
import path from 'node:path';
import { createLayer, isWholeLayer } from '../../disk/qcow2-create.ts';
import { type Files, isAbsent } from '../../files/files.ts';
import { unlinkIfThere } from '../../files/whole-file.ts';
import type { Home } from '../../foundations/home.ts';
import type { GuestDisk } from '../host.ts';

/** QEMU's user goes through it to its own files, and lists nothing. */
const folderMode = 0o711;

export class LayerFiles {
  readonly #home: Home;
  readonly #files: Files;

  constructor(home: Home, files: Files) {
    this.#home = home;
    this.#files = files;
  }

  /** Makes the fresh ones of these layers; not synced, `sync` does that. */
  async make(
    { volumeId, layers, sizeBytes }: Pick<GuestDisk, 'volumeId' | 'layers' | 'sizeBytes'>,
    secret?: string,
  ): Promise<void> {
    await this.#files.mkdir(this.#home.volumeFolder(volumeId), folderMode);
    for (const { number, fresh } of layers) {
      const file = this.#home.layerFile(volumeId, number);
      if (!fresh) continue;
      const found = await this.#look(file);
      if (found === 'whole') continue;
      if (found === 'torn') {
        await this.#files.unlink(file);
        // Else the next power cut might bring it back in place of what the guest has synced by
        // then.
        await this.#files.syncFolder(this.#home.volumeFolder(volumeId));
      }
      await createLayer(file, sizeBytes, { sync: false, files: this.#files, secret });
    }
  }

  /** These layers survive a power cut from now on: bytes, names and folders. */
  async sync(volumeId: string, numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      await using file = await this.#files.open(this.#home.layerFile(volumeId, number), 'update');
      await file.sync();
    }
    const folder = this.#home.volumeFolder(volumeId);
    await this.#files.syncFolder(folder);
    await this.#files.syncFolder(path.dirname(folder));
  }

  /** Numbers of the layers whose files are whole, lowest first. */
  async numbers(volumeId: string): Promise<number[]> {
    const numbers: number[] = [];
    for (const name of await this.#names(volumeId)) {
      const digits = /^(\d+)\.qcow2$/.exec(name)?.[1];
      if (digits === undefined) continue;
      const number = Number(digits);
      const found = await this.#look(this.#home.layerFile(volumeId, number));
      if (found === 'whole') numbers.push(number);
    }
    return numbers.sort((a, b) => a - b);
  }

  /** Where Imago is root, machines' users were given them. */
  async takeBack(volumeId: string): Promise<void> {
    if (process.getuid?.() !== 0) return;
    for (const name of await this.#names(volumeId)) {
      await lchown(path.join(this.#home.volumeFolder(volumeId), name), 0, 0);
    }
  }

  /** Half-made ones go as well. */
  async removeAllBut(volumeId: string, keep: readonly number[]): Promise<void> {
    const kept = new Set(keep.map((number) => this.#home.layerFile(volumeId, number)));
    for (const name of await this.#names(volumeId)) {
      const file = path.join(this.#home.volumeFolder(volumeId), name);
      if (!kept.has(file)) await unlinkIfThere(this.#files, file);
    }
  }

  async removeVolume(volumeId: string): Promise<void> {
    await this.removeAllBut(volumeId, []);
    await this.#files.rmdir(this.#home.volumeFolder(volumeId)).catch((error) => {
      if (!isAbsent(error)) throw error;
    });
  }

  async #look(file: string): Promise<'absent' | 'torn' | 'whole'> {
    try {
      return (await isWholeLayer(file, this.#files)) ? 'whole' : 'torn';
    } catch (error) {
      if (isAbsent(error)) return 'absent';
      throw error;
    }
  }

  async #names(volumeId: string): Promise<string[]> {
    return this.#files.readdir(this.#home.volumeFolder(volumeId)).catch((error) => {
      if (isAbsent(error)) return [];
      throw error;
    });
  }
}
