/**
 * Uploads a whole disk part by part: after each the store has a map of what was read so far, so
 * that who is interrupted goes on there and reads nothing twice. What the disk knows to be zeros is
 * not read. The root that comes out does not depend on where it was interrupted.
 */
import { type BlockStore, blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { blockCountOf } from '../blocks/map-pages.ts';
import type { Disk } from './disk.ts';
import { type UploadOptions, uploadDisk } from './upload-layers.ts';

/** What a crash makes one do again at most: 512 MiB. */
const blocksPerPart = 1024;

export interface UploadedPart {
  /** Of the map of all that was read, which has the disk's size. */
  root: Digest;
  /** Block with which it goes on. */
  nextBlock: number;
}

export interface UploadInPartsOptions extends Pick<UploadOptions, 'seal' | 'sealing'> {
  store: BlockStore;
  disk: Disk;
  /** Where an earlier upload of the same disk was interrupted. */
  from?: UploadedPart;
  /** Waited for before the next part begins. */
  onPart: (part: UploadedPart) => Promise<void>;
  onProgress?: (doneBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
  partBlocks?: number;
}

export interface UploadedDisk {
  root: Digest;
  fullSizeBytes: number;
  /** Bytes newly written to the store by this upload, after an interruption only those since. */
  storedBytes: number;
}

export async function uploadInParts(options: UploadInPartsOptions): Promise<UploadedDisk> {
  const { store, disk, from, onPart, onProgress, signal } = options;
  const { partBlocks = blocksPerPart, seal, sealing } = options;
  const to = { store, disk, seal, sealing, signal };
  const blocks = blockCountOf(disk.sizeBytes);
  let base = from?.root;
  let uploaded: UploadedDisk | undefined;
  let storedBytes = 0;
  for (let first = from?.nextBlock ?? 0; first < blocks; first += partBlocks) {
    const end = Math.min(blocks, first + partBlocks);
    const indexes = await blocksWithData(disk, first, end);
    const tell = (done: number, total: number) => {
      const passed = total > 0 ? (done / total) * (end - first) : 0;
      onProgress?.(bytesOf(first + passed, disk), disk.sizeBytes);
    };
    if (indexes.length > 0) {
      uploaded = await uploadDisk({ ...to, indexes, base, onProgress: tell });
      base = uploaded.root;
      storedBytes += uploaded.storedBytes;
      if (end < blocks) await onPart({ root: uploaded.root, nextBlock: end });
    }
    onProgress?.(bytesOf(end, disk), disk.sizeBytes);
  }
  // Zeros all over, or nothing but zeros since the interruption.
  uploaded ??= await uploadDisk({ ...to, indexes: [], base });
  const { root, fullSizeBytes } = uploaded;
  return { root, fullSizeBytes, storedBytes };
}

async function blocksWithData(disk: Disk, first: number, end: number): Promise<number[]> {
  const start = first * blockSizeBytes;
  const length = Math.min(disk.sizeBytes, end * blockSizeBytes) - start;
  const extents = (await disk.extents?.(start, length)) ?? [{ length, zero: false }];
  const indexes = new Set<number>();
  let at = start;
  for (const { length: bytes, zero } of extents) {
    const last = Math.floor((at + bytes - 1) / blockSizeBytes);
    if (!zero) for (let i = Math.floor(at / blockSizeBytes); i <= last; i++) indexes.add(i);
    at += bytes;
  }
  return [...indexes];
}

function bytesOf(blocks: number, { sizeBytes }: Disk): number {
  return Math.min(sizeBytes, Math.floor(blocks * blockSizeBytes));
}
