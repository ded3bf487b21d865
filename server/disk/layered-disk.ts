/**
 * A volume as one disk: its layers over its base, the topmost that says something about a byte
 * counts. The layers' holes at the bottom show the base, or zeros where there is none or it is
 * smaller.
 */
import type { FilePlace } from '../blocks/block-store.ts';
import { checkRange, type Disk } from './disk.ts';
import type { Qcow2Layer } from './qcow2-layer.ts';

export class LayeredDisk implements Disk {
  readonly sizeBytes: number;
  readonly #layers: readonly Qcow2Layer[];
  readonly #base: Disk | undefined;

  /**
   * Layers lowest first. The disk is as large as its top layer; closing it closes all of them, and
   * the base.
   */
  constructor(layers: readonly Qcow2Layer[], base?: Disk) {
    const top = layers.at(-1);
    if (!top) throw new RangeError('a layered disk needs a layer');
    this.sizeBytes = top.sizeBytes;
    this.#layers = layers;
    this.#base = base;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    const bytes = Buffer.allocUnsafe(length);
    await this.preadInto(offset, bytes);
    return bytes;
  }

  async preadInto(offset: number, target: Buffer): Promise<void> {
    checkRange(this, offset, target.length);
    await this.#fill(this.#layers.length - 1, offset, target);
  }

  async placeOf(offset: number, length: number): Promise<FilePlace | undefined> {
    checkRange(this, offset, length);
    for (const layer of this.#layers.toReversed()) {
      if (offset + length > layer.sizeBytes) return undefined;
      const [segment, ...others] = await layer.segments(offset, length);
      if (!segment || others.length > 0 || segment.kind === 'zero') return undefined;
      if (segment.kind === 'data') return layer.placeOf(segment);
    }
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#layers, this.#base].map((part) => part?.close()));
  }

  /** Fills `target` with what layer `level` and those under it have at `offset`. */
  async #fill(level: number, offset: number, target: Buffer): Promise<void> {
    const layer = this.#layers[level] ?? this.#base;
    // A disk may be larger than what lies under it: zeros from there on.
    const covered = Math.max(0, Math.min(target.length, (layer?.sizeBytes ?? 0) - offset));
    target.fill(0, covered);
    if (!layer || covered === 0) return;
    if (level < 0) {
      (await (layer as Disk).pread(offset, covered)).copy(target);
      return;
    }
    for (const segment of await (layer as Qcow2Layer).segments(offset, covered)) {
      const start = segment.offset - offset;
      const part = target.subarray(start, start + segment.length);
      if (segment.kind === 'zero') part.fill(0);
      else if (segment.kind === 'data') await (layer as Qcow2Layer).readData(segment, part);
      else await this.#fill(level - 1, segment.offset, part);
    }
  }
}
