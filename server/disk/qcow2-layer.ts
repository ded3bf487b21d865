/**
 * Reads a layer: a qcow2 file that nobody writes any more (a stopped machine's, or one under a
 * newer layer). It was written by a guest's QEMU, so it is taken for hostile, and nothing outside of
 * the file is ever opened. Internal snapshots and compressed clusters, which layers do not have, are
 * refused.
 */
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { parseHeader, Qcow2Error } from './qcow2-format.ts';
import { Qcow2Map, type Segment } from './qcow2-map.ts';

export async function openLayer(path: string, files: Files = nodeFiles): Promise<Qcow2Layer> {
  const handle = await files.open(path, 'read');
  try {
    const { sizeBytes: fileBytes } = await handle.stat();
    const beginning = await readFully(handle, Math.min(fileBytes, 2 ** 16), 0);
    const header = parseHeader(beginning, fileBytes);
    const l1 = await readFully(handle, header.l1Entries * 8, header.l1Offset);
    const map = new Qcow2Map({
      header,
      l1,
      fileBytes,
      read: (length, offset) => readFully(handle, length, offset),
      refuse: (detail) => new Qcow2Error(path, detail),
    });
    return new Qcow2Layer(path, handle, map);
  } catch (error) {
    await handle.close();
    const { code, message } = error as NodeJS.ErrnoException;
    // That the disk does not answer says nothing about the layer.
    throw code === undefined ? new Qcow2Error(path, message) : error;
  }
}

export class Qcow2Layer {
  readonly path: string;
  readonly sizeBytes: number;
  readonly clusterBytes: number;
  readonly #handle: OpenFile;
  readonly #map: Qcow2Map;

  constructor(path: string, handle: OpenFile, map: Qcow2Map) {
    this.path = path;
    this.sizeBytes = map.sizeBytes;
    this.clusterBytes = map.clusterBytes;
    this.#handle = handle;
    this.#map = map;
  }

  /** All that is not a hole, in order. Costs what is allocated, not what the volume could hold. */
  allocated(): AsyncIterable<Segment> {
    return this.#map.allocated();
  }

  /**
   * What the layer says of a range: segments in order that cover it exactly, neighbours of a kind
   * as one.
   */
  segments(offset: number, length: number): Promise<Segment[]> {
    return this.#map.segments(offset, length);
  }

  /** Fills `target` with the bytes of a segment of kind `data`. */
  async readData(segment: Segment, target: Buffer): Promise<void> {
    const done = await this.#handle.read(target.subarray(0, segment.length), segment.fileOffset);
    // QEMU leaves the end of the last cluster unwritten where the guest wrote nothing there.
    target.fill(0, done, segment.length);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

async function readFully(handle: OpenFile, length: number, offset: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  if ((await handle.read(bytes, offset)) < length)
    throw new Error(`${length} bytes at ${offset} are not in the file`);
  return bytes;
}
