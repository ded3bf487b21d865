/**
 * What the processor must do for blocks at least, with nothing around it: SHA-256 and Zstandard of
 * blocks in memory, or reading files, inflating and SHA-256; or what the disk must: blocks written
 * and synced as they are. Each thread does its share.
 */
import { closeSync, fsyncSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { blockSizeBytes, digestOf } from '../../server/blocks/block-store.ts';
import { decodeBlock, encodeBlock, fileMaxBytes } from '../../server/blocks/fs/block-file.ts';
import { alignedRoom, writeNewFile } from '../../server/blocks/fs/unbuffered-file.ts';

interface Order {
  kind: 'ingest' | 'read' | 'hash' | 'write';
  /** Of the blocks. */
  bytes?: SharedArrayBuffer;
  /** Digest and file of each. */
  files?: [string, string][];
  /** Where they are written. */
  folder?: string;
  share: number;
  shares: number;
}

const { kind, bytes, files, folder, share, shares } = workerData as Order;

function ingest(): void {
  if (!bytes) return;
  for (let i = share; (i + 1) * blockSizeBytes <= bytes.byteLength; i += shares) {
    const block = Buffer.from(bytes, i * blockSizeBytes, blockSizeBytes);
    digestOf(block);
    if (kind === 'ingest') encodeBlock(block);
  }
}

function read(): void {
  const room = Buffer.allocUnsafeSlow(fileMaxBytes);
  for (let i = share; i < (files?.length ?? 0); i += shares) {
    const [digest = '', file = ''] = files?.[i] ?? [];
    const handle = openSync(file, 'r');
    const length = readSync(handle, room, 0, room.length, 0);
    closeSync(handle);
    decodeBlock(digest, room.subarray(0, length));
  }
}

function write(): void {
  if (!bytes || folder === undefined) return;
  const room = alignedRoom(blockSizeBytes);
  for (let i = share; (i + 1) * blockSizeBytes <= bytes.byteLength; i += shares) {
    room.set(Buffer.from(bytes, i * blockSizeBytes, blockSizeBytes));
    const file = path.join(folder, String(i));
    writeNewFile(file, room);
    const handle = openSync(file, 'r');
    fsyncSync(handle);
    closeSync(handle);
  }
}

parentPort?.once('message', () => {
  if (kind === 'read') read();
  else if (kind === 'write') write();
  else ingest();
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
