/** Copies as tasks: what is moved, what becomes of them when Imago dies or nobody wants them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BlockMissingError, type BlockStore } from '../blocks/block-store.ts';
import { digestsIn } from '../blocks/test-blocks.ts';
import { type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import { blockRoots } from '../domain/block-roots.ts';
import { copyImage } from '../operations/ec2/images/CopyImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { copySnapshot } from '../operations/ec2/snapshots/CopySnapshot.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { describeSnapshots } from '../operations/ec2/snapshots/DescribeSnapshots.ts';
import { killAt, settled } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const here = 'us-east-1';
const elsewhere = 'eu-west-1';

async function copied(imago: TestImago, { id }: ImageRow, region: string): Promise<string> {
  const source = { SourceImageId: id, SourceRegion: here };
  const { ImageId = '' } = await imago.call(copyImage, { Name: `of ${id}`, ...source }, region);
  return ImageId;
}

/** As the task of the only copy says. */
async function storedBytes({ catalog }: TestImago): Promise<number> {
  const where = { kind: 'copy-snapshots' };
  const [task] = await catalog.read(({ tasks }) => tasks.list({ where }));
  assert.ok(task);
  const [copy] = task.outputs.copy as { storedBytes: number }[];
  return copy?.storedBytes ?? 0;
}

test('a copy within a region, or between regions with one store, moves nothing', async () => {
  await using imago = await TestImago.start();
  const image = await imago.image({}, 7);
  const before = (await digestsIn(imago.blocks)).sort();
  const copy = await settled(imago, await copied(imago, image, here));
  const [snapshotId = ''] = snapshotIdsOf(copy);
  assert.equal(copy.state, 'available');
  assert.deepEqual(copy.tags, {});
  assert.equal(await storedBytes(imago), 0);
  assert.equal(await imago.readSnapshot(snapshotId, 1), 7);
  assert.deepEqual((await digestsIn(imago.blocks)).sort(), before);
});

test('a copy into a region with a store of its own is a second copy of the bytes', async () => {
  await using imago = await TestImago.start();
  const image = await imago.image({}, 7);
  assert.deepEqual(await digestsIn(imago.blocksElsewhere), []);
  await settled(imago, await copied(imago, image, elsewhere));
  const there = (await digestsIn(imago.blocksElsewhere)).sort();
  assert.deepEqual(there, (await digestsIn(imago.blocks)).sort());
  assert.ok((await storedBytes(imago)) > 0);
});

for (const [step, moment] of [
  ['copy', 'before'],
  ['copy', 'after'],
  ['publish', 'before'],
  ['publish', 'after'],
] as const) {
  test(`killed ${moment} ${step}, a copy is completed by the next start`, async () => {
    const killed = Promise.withResolvers<void>();
    const kill = killAt(step, moment);
    await using imago = await TestImago.start({
      onStep: (...at) => {
        try {
          return kill(...at);
        } catch (error) {
          killed.resolve();
          throw error;
        }
      },
    });
    const ImageId = await copied(imago, await imago.image({}, 7), elsewhere);
    await killed.promise;
    await imago.restart();
    const copy = await settled(imago, ImageId);
    assert.equal(copy.state, 'available');
    assert.equal(await imago.readSnapshot(snapshotIdsOf(copy)[0] ?? '', 1), 7);
  });
}

/** Reads of blocks of the source that wait until they are let go on. */
function waitingReads() {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const wrapBlocks = withFaults<BlockStore>((store) => ({
    async get(digest) {
      begun.resolve();
      await goOn.promise;
      return store.get(digest);
    },
  }));
  return { begun: begun.promise, goOn: () => goOn.resolve(), wrapBlocks };
}

describe('while a copy is under way', () => {
  test('it is pending, and its original may be deregistered and deleted', async () => {
    const { begun, goOn, wrapBlocks } = waitingReads();
    await using imago = await TestImago.start({ wrapBlocks });
    const { account } = imago.caller;
    const image = await imago.image({ account, launchPermissions: [] }, 7);
    const ImageId = await copied(imago, image, elsewhere);
    await begun;
    const [seen] =
      (await imago.call(describeSnapshots, { OwnerIds: ['self'] }, elsewhere)).Snapshots ?? [];
    assert.deepEqual(
      [seen?.State, seen?.Progress, seen?.TransferType],
      ['pending', '0%', 'standard'],
    );
    await imago.call(deregisterImage, { ImageId: image.id });
    const { roots } = await imago.catalog.read((reader) => blockRoots(reader));
    await imago.catalog.write(({ snapshots }) => snapshots.delete(snapshotIdsOf(image)[0] ?? ''));
    assert.deepEqual((await imago.catalog.read((reader) => blockRoots(reader))).roots, roots);
    goOn();
    const copy = await settled(imago, ImageId);
    assert.equal(copy.state, 'available', copy.stateReason?.message);
    assert.equal(await imago.readSnapshot(snapshotIdsOf(copy)[0] ?? '', 1), 7);
  });

  test('a copy that nobody wants any more ends', async () => {
    const { begun, goOn, wrapBlocks } = waitingReads();
    await using imago = await TestImago.start({ wrapBlocks });
    const [SourceSnapshotId = ''] = snapshotIdsOf(await imago.image());
    const source = { SourceSnapshotId, SourceRegion: here };
    const { SnapshotId = '' } = await imago.call(copySnapshot, source, elsewhere);
    await begun;
    await imago.call(deleteSnapshot, { SnapshotId }, elsewhere);
    const [task] = await imago.untilQuiet();
    assert.deepEqual([task?.state, task?.error?.code], ['failed', 'Client.UserInitiated']);
    goOn();
  });
});

test('a copy whose source cannot be read fails, and says so', async () => {
  await using imago = await TestImago.start({
    wrapBlocks: withFaults<BlockStore>(() => ({
      get: (digest) => Promise.reject(new BlockMissingError(digest)),
    })),
  });
  const copy = await settled(imago, await copied(imago, await imago.image(), elsewhere));
  assert.equal(copy.state, 'failed');
  assert.match(copy.stateReason?.message ?? '', /is missing from the store; imago fsck/);
  const [snapshotId = ''] = snapshotIdsOf(copy);
  const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  assert.equal(snapshot?.state, 'error');
});

test('a copy into a region whose blocks are not here fails, and says so', async () => {
  await using imago = await TestImago.start();
  const image = await imago.image();
  await imago.stopTasks();
  const ImageId = await copied(imago, image, elsewhere);
  await imago.restart({ elsewhereIsAbsent: true });
  const copy = await settled(imago, ImageId);
  assert.equal(copy.state, 'failed');
  assert.match(copy.stateReason?.message ?? '', /blocks of the region eu-west-1 are not here/);
});
