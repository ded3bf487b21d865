/**
 * The layers of a volume, opened to be read while its guest may write the last of them: what is read
 * is what QEMU has written to the file by then, a state as after a power cut, of which one part may
 * be newer than another. Whoever reads it has to expect that it does not fit together.
 */
import type { Disk } from './disk.ts';
import { LayeredDisk } from './layered-disk.ts';
import { openLayer, type Qcow2Layer } from './qcow2-layer.ts';

export class OpenLayers {
  readonly #layers: readonly Qcow2Layer[];

  private constructor(layers: readonly Qcow2Layer[]) {
    this.#layers = layers;
  }

  /** Lowest first. Throws Qcow2Error, also of one that QEMU is about to change. */
  static async open(paths: readonly string[], secret?: string): Promise<OpenLayers> {
    const layers: Qcow2Layer[] = [];
    try {
      for (const path of paths) layers.push(await openLayer(path, undefined, secret));
    } catch (error) {
      await Promise.all(layers.map((layer) => layer.close()));
      throw error;
    }
    return new OpenLayers(layers);
  }

  over(base?: Disk): Disk {
    return new LayeredDisk(this.#layers, base);
  }

  /** Ranges that any of them has something of, in any order. */
  async *allocated(): AsyncGenerator<{ offset: number; length: number }> {
    for (const layer of this.#layers) yield* layer.allocated();
  }

  async close(): Promise<void> {
    await Promise.all(this.#layers.map((layer) => layer.close()));
  }
}
