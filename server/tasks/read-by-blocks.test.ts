/** A snapshot of an instance, read block by block, is the disk that its guest had, byte for byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { listChangedBlocks } from '../operations/ebs/ListChangedBlocks.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { download } from '../operations/test-uploads.ts';
import { launchWritten } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

test('a snapshot of an instance has the guest’s bytes in its blocks, and says which changed', async () => {
  await using imago = await TestImago.start();
  const disk = new Map<number, Buffer>();
  const write = (offset: number, length: number, byte: number) => {
    for (let at = offset; at < offset + length; at++) {
      const index = Math.floor(at / blockSizeBytes);
      const block = disk.get(index) ?? Buffer.alloc(blockSizeBytes);
      block[at % blockSizeBytes] = byte;
      disk.set(index, block);
    }
  };
  const last = 1024 ** 3 - 4096;
  const [, volumeId] = await launchWritten(imago, last, 9);
  write(0, 65_536, 1);
  write(last, 4096, 9);
  const snapshot = async () => {
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await imago.untilQuiet();
    return SnapshotId;
  };
  const first = await snapshot();
  assert.deepEqual(new Map(entriesOf(await download(imago.context(), first))), disk);
  // Over the border of two blocks.
  await imago.write(volumeId, 5 * blockSizeBytes - 1024, 4096, 7);
  write(5 * blockSizeBytes - 1024, 4096, 7);
  const second = await snapshot();
  assert.deepEqual(new Map(entriesOf(await download(imago.context(), second))), byIndex(disk));
  const ids = { FirstSnapshotId: first, SecondSnapshotId: second };
  const { ChangedBlocks = [] } = await imago.call(listChangedBlocks, ids);
  assert.deepEqual(
    ChangedBlocks.map(({ BlockIndex }) => BlockIndex),
    [4, 5],
  );
});

function entriesOf(blocks: Record<number, Buffer>): [number, Buffer][] {
  return Object.entries(blocks).map(([index, block]) => [Number(index), block]);
}

function byIndex(blocks: ReadonlyMap<number, Buffer>): Map<number, Buffer> {
  return new Map([...blocks].sort(([a], [b]) => a - b));
}
