/** For tests: snapshots that are put block by block, and read again. */
import { createHash } from 'node:crypto';
import { blockSizeBytes, digestOf } from '../blocks/block-store.ts';
import { completeSnapshot } from './ebs/CompleteSnapshot.ts';
import { getSnapshotBlock } from './ebs/GetSnapshotBlock.ts';
import { listSnapshotBlocks } from './ebs/ListSnapshotBlocks.ts';
import { putSnapshotBlock } from './ebs/PutSnapshotBlock.ts';
import { startSnapshot } from './ebs/StartSnapshot.ts';
import type { OperationContext } from './operation.ts';

/** A block that says what it is. */
export function testBlock(text: string | number): Buffer {
  return Buffer.alloc(blockSizeBytes, `block ${text} `);
}

/** As a client has it. */
export function checksumOfBlock(block: Buffer): string {
  return Buffer.from(digestOf(block), 'hex').toString('base64');
}

/** Of blocks in order of their index. */
export function linearOf(blocks: readonly Buffer[]): string {
  const digests = blocks.map((block) => Buffer.from(digestOf(block), 'hex'));
  return createHash('sha256').update(Buffer.concat(digests)).digest('base64');
}

export async function start(context: OperationContext, input: object = {}): Promise<string> {
  const { SnapshotId = '' } = await startSnapshot.run({ VolumeSize: 1, ...input }, context);
  return SnapshotId;
}

export function putRequest(SnapshotId: string, BlockIndex: number, block: Buffer) {
  return {
    SnapshotId,
    BlockIndex,
    BlockData: block,
    DataLength: blockSizeBytes,
    Checksum: checksumOfBlock(block),
    ChecksumAlgorithm: 'SHA256' as const,
  };
}

export function put(context: OperationContext, id: string, index: number, block: Buffer) {
  return putSnapshotBlock.run(putRequest(id, index, block), context);
}

export function complete(context: OperationContext, SnapshotId: string, count: number) {
  return completeSnapshot.run({ SnapshotId, ChangedBlocksCount: count }, context);
}

/** Of these blocks by index. */
export async function upload(
  context: OperationContext,
  blocks: Readonly<Record<number, Buffer>>,
  input: object = {},
): Promise<string> {
  const id = await start(context, input);
  const entries = Object.entries(blocks);
  await Promise.all(entries.map(([index, block]) => put(context, id, Number(index), block)));
  await complete(context, id, entries.length);
  return id;
}

/** All that is not zero, by index. */
export async function download(
  context: OperationContext,
  SnapshotId: string,
): Promise<Record<number, Buffer>> {
  const blocks: Record<number, Buffer> = {};
  for (let NextToken: string | undefined, first = true; first || NextToken; first = false) {
    const page = await listSnapshotBlocks.run({ SnapshotId, NextToken }, context);
    for (const { BlockIndex = -1, BlockToken = '' } of page.Blocks ?? []) {
      const request = { SnapshotId, BlockIndex, BlockToken };
      const { BlockData } = await getSnapshotBlock.run(request, context);
      blocks[BlockIndex] = BlockData as Buffer;
    }
    NextToken = page.NextToken;
  }
  return blocks;
}
