/**
 * Reads a layer: a qcow2 file that nobody writes any more (a stopped machine's, or one under a
 * newer layer). It was written by a guest's QEMU, so it is taken for hostile, and nothing outside of
 * the file is ever opened. Internal snapshots and compressed clusters, which layers do not have, are
 * refused. An encrypted layer is read with its secret; with one, a plain layer is refused.
 */
import type { FilePlace } from '../blocks/block-store.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { LuksError, openLuks, type SectorCipher, sectorBytes } from './luks.ts';
import { parseHeader, Qcow2Error, type Qcow2Header } from './qcow2-format.ts';
import { Qcow2Map, type Segment } from './qcow2-map.ts';

export async function openLayer(
  path: string,
  files: Files = nodeFiles,
  secret?: string,
): Promise<Qcow2Layer> {
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
    const cipher = await cipherOf(handle, header, secret);
    return new Qcow2Layer(path, handle, map, cipher);
  } catch (error) {
    await handle.close();
    const { code, message } = error as NodeJS.ErrnoException;
    // That the disk does not answer says nothing about the layer.
    throw code === undefined ? new Qcow2Error(path, message) : error;
  }
}

async function cipherOf(
  handle: OpenFile,
  { luksOffset }: Qcow2Header,
  secret: string | undefined,
): Promise<SectorCipher | undefined> {
  if (luksOffset === undefined) {
    if (secret !== undefined) throw new LuksError('it is not encrypted, and should be');
    return undefined;
  }
  if (secret === undefined) throw new LuksError('it is encrypted');
  return openLuks((length, offset) => readFully(handle, length, luksOffset + offset), secret);
}

export class Qcow2Layer {
  readonly path: string;
  readonly sizeBytes: number;
  readonly clusterBytes: number;
  readonly #handle: OpenFile;
  readonly #map: Qcow2Map;
  readonly #cipher: SectorCipher | undefined;

  constructor(path: string, handle: OpenFile, map: Qcow2Map, cipher?: SectorCipher) {
    this.path = path;
    this.sizeBytes = map.sizeBytes;
    this.clusterBytes = map.clusterBytes;
    this.#handle = handle;
    this.#map = map;
    this.#cipher = cipher;
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
    if (this.#cipher) {
      (await this.#decrypted(this.#cipher, segment)).copy(target);
      return;
    }
    const done = await this.#handle.read(target.subarray(0, segment.length), segment.fileOffset);
    // QEMU leaves the end of the last cluster unwritten where the guest wrote nothing there.
    target.fill(0, done, segment.length);
  }

  /** Where a segment of kind `data` is, if it is there as it is. */
  placeOf({ fileOffset, length, compressedBytes }: Segment): FilePlace | undefined {
    const { descriptor } = this.#handle;
    if (descriptor === undefined || this.#cipher || compressedBytes !== undefined) return undefined;
    return { descriptor, offset: fileOffset, length, mayEnd: true };
  }

  /** QEMU writes encrypted clusters whole, and numbers their sectors by where they are in the file. */
  async #decrypted(cipher: SectorCipher, { fileOffset, length }: Segment): Promise<Buffer> {
    const first = Math.floor(fileOffset / sectorBytes);
    const start = first * sectorBytes;
    const end = Math.ceil((fileOffset + length) / sectorBytes) * sectorBytes;
    const bytes = await readFully(this.#handle, end - start, start);
    return cipher.decrypt(bytes, first).subarray(fileOffset - start, fileOffset - start + length);
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
