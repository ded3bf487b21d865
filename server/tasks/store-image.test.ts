/** Images that are stored as one file, and restored from it: the same, or a reason why not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { writeBlockMap } from '../blocks/block-map.ts';
import { digestOf } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import { accessOfBuffer } from '../disk-formats/random-access.ts';
import type { StoredImageManifest } from '../domain/stored-images.ts';
import { createRestoreImageTask } from '../operations/ec2/exports/CreateRestoreImageTask.ts';
import { createStoreImageTask } from '../operations/ec2/exports/CreateStoreImageTask.ts';
import { describeStoreImageTasks } from '../operations/ec2/exports/DescribeStoreImageTasks.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { readManifest, writeStoredImage } from '../transfers/stored-image.ts';
import { DiskFiles } from './test-disk-files.ts';
import { TestImago } from './test-imago.ts';

const Bucket = 'disks';
const elsewhere = 'eu-west-1';

async function imagoOf(files: DiskFiles) {
  return TestImago.start({ filePlaces: files.places });
}

/** One of the caller's, stored; answers the object's key. */
async function stored(imago: TestImago, content = 7): Promise<{ id: string; key: string }> {
  const { account } = imago.caller;
  const description = 'of a test';
  const change = { account, launchPermissions: [], description, tags: { Name: 'mine' } };
  const { id } = await imago.image({ ...change, bootMode: 'uefi' }, content);
  const { ObjectKey: key = '' } = await imago.call(createStoreImageTask, { ImageId: id, Bucket });
  await imago.untilQuiet();
  return { id, key };
}

async function restored(imago: TestImago, ObjectKey: string, region?: string) {
  const request = { Bucket, ObjectKey, Name: 'restored' };
  const { ImageId = '' } = await imago.call(createRestoreImageTask, request, region);
  await imago.untilQuiet();
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  assert.ok(image);
  const [snapshotId = ''] = snapshotIdsOf(image);
  const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
  return { image, snapshot };
}

describe('an image that is stored', () => {
  test('is one file, and comes back as it was, in a region with another store', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { id, key } = await stored(imago);
    assert.equal(key, `${id}.bin`);
    assert.deepEqual(readdirSync(files.folder), [key]);
    const before = await imago.catalog.read(({ images }) => images.get(id));
    const { image, snapshot } = await restored(imago, key, elsewhere);
    assert.equal(image.state, 'available', image.stateReason?.message);
    const { architecture, bootMode, description, rootDeviceName, tags } = image;
    assert.deepEqual(
      { architecture, bootMode, description, rootDeviceName, tags },
      {
        architecture: before?.architecture,
        bootMode: 'uefi',
        description: 'of a test',
        rootDeviceName: before?.rootDeviceName,
        tags: { Name: 'mine' },
      },
    );
    assert.equal(snapshot?.region, elsewhere);
    assert.equal(await imago.readSnapshot(snapshot?.id ?? '', 1), 7);
  });

  test('is all there though it is deregistered meanwhile', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { account } = imago.caller;
    const { id } = await imago.image({ account, launchPermissions: [] }, 3);
    await imago.stopTasks();
    const { ObjectKey: key = '' } = await imago.call(createStoreImageTask, { ImageId: id, Bucket });
    await imago.call(deregisterImage, { ImageId: id });
    await imago.restart({ filePlaces: files.places });
    await imago.untilQuiet();
    const { image, snapshot } = await restored(imago, key);
    assert.equal(image.state, 'available');
    assert.equal(await imago.readSnapshot(snapshot?.id ?? '', 1), 3);
  });

  test('is told of, the newest first, by image, state and bucket', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const first = await stored(imago);
    imago.advance(1000);
    imago.stepWallClock(1000);
    const second = await stored(imago);
    const told = async (request: object) =>
      (await imago.call(describeStoreImageTasks, request)).StoreImageTaskResults ?? [];
    const all = await told({});
    assert.deepEqual(
      all.map(({ AmiId, StoreTaskState, ProgressPercentage }) => [
        AmiId,
        StoreTaskState,
        ProgressPercentage,
      ]),
      [
        [second.id, 'Completed', 100],
        [first.id, 'Completed', 100],
      ],
    );
    assert.equal((await told({ ImageIds: [first.id] })).length, 1);
    const by = (Name: string, value: string) => told({ Filters: [{ Name, Values: [value] }] });
    assert.equal((await by('task-state', 'Failed')).length, 0);
    assert.equal((await by('bucket', Bucket)).length, 2);
    imago.stepWallClock(32 * 24 * 60 * 60 * 1000);
    assert.equal((await told({})).length, 0);
  });

  test('into a bucket that is none, or of others, is refused', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { id } = await imago.image();
    const order = { ImageId: id, Bucket: 'other' };
    await assert.rejects(imago.call(createStoreImageTask, order), { code: 'InvalidParameter' });
    const { key } = await stored(imago);
    Object.assign(imago.caller, { account: '200000000001', operator: false });
    const restore = { Bucket, ObjectKey: key };
    await assert.rejects(imago.call(createRestoreImageTask, restore), { code: 'AuthFailure' });
  });
});

describe('a file that is not what was stored', () => {
  test('is refused at once where it does not begin so', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { key } = await stored(imago);
    const whole = readFileSync(files.path(key));
    const manifest = (await readManifest(accessOfBuffer(whole))) as StoredImageManifest;
    const withManifest = (value: unknown) => {
      const text = Buffer.from(JSON.stringify(value));
      const head = Buffer.from(whole.subarray(0, 16));
      head.writeUInt32BE(text.length, 12);
      return Buffer.concat([head, text, whole.subarray(16 + whole.readUInt32BE(12))]);
    };
    const disks = (change: object) => manifest.disks.map((disk) => ({ ...disk, ...change }));
    for (const [what, bytes] of Object.entries({
      empty: Buffer.alloc(0),
      other: Buffer.alloc(100, 1),
      longer: Buffer.concat([whole.subarray(0, 12), Buffer.alloc(4, 0xff), whole.subarray(16)]),
      'not JSON': Buffer.concat([whole.subarray(0, 16), Buffer.alloc(whole.length, '{')]),
      null: withManifest(null),
      'no disks': withManifest({ ...manifest, disks: [] }),
      'a root that is a path': withManifest({ ...manifest, disks: disks({ root: '../../x' }) }),
      'a huge volume': withManifest({ ...manifest, disks: disks({ volumeSizeGiB: 1e9 }) }),
      'a disk beyond': withManifest({
        ...manifest,
        mappings: manifest.mappings.map((mapping) => ({ ...mapping, disk: 5 })),
      }),
      'another system': withManifest({
        ...manifest,
        system: { ...manifest.system, architecture: 'arm64' },
      }),
      'a name that is none': withManifest({ ...manifest, name: {} }),
    })) {
      files.write('other.bin', bytes);
      const restore = { Bucket, ObjectKey: 'other.bin', Name: 'other' };
      await assert.rejects(
        imago.call(createRestoreImageTask, restore),
        { code: 'InvalidParameterValue' },
        what,
      );
    }
    const none = { Bucket, ObjectKey: 'none.bin' };
    await assert.rejects(imago.call(createRestoreImageTask, none), {
      code: 'InvalidParameterValue',
    });
  });

  for (const [what, change] of [
    [
      'has a byte changed',
      (bytes: Buffer) => bytes.writeUInt8((bytes.at(-200) ?? 0) ^ 1, bytes.length - 200),
    ],
    ['has another digest', (bytes: Buffer) => bytes.fill(0, bytes.length - 32)],
  ] as const) {
    test(`fails where it ${what}, and says so`, async () => {
      using files = new DiskFiles();
      await using imago = await imagoOf(files);
      const { key } = await stored(imago);
      const bytes = readFileSync(files.path(key));
      change(bytes);
      files.write(key, bytes);
      const { image, snapshot } = await restored(imago, key, elsewhere);
      assert.deepEqual([image.state, snapshot?.state], ['failed', 'error']);
      assert.match(image.stateReason?.message ?? '', /ClientError: .*damaged/);
    });
  }

  test('fails where it ends too early', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const { key } = await stored(imago);
    const bytes = readFileSync(files.path(key));
    files.write(key, bytes.subarray(0, bytes.length - 40));
    const { image } = await restored(imago, key);
    assert.match(image.stateReason?.message ?? '', /it ends within/);
  });

  /** A digest is no key: who knows one must not get the block by it. */
  test('gives nobody a block that is in the store and not in the file', async () => {
    using files = new DiskFiles();
    await using imago = await imagoOf(files);
    const secret = Buffer.alloc(512 * 1024, 'secret of another account');
    await using writer = imago.blocks.begin();
    await writer.put(secret);
    await writer.commit();
    const { key } = await stored(imago);
    const manifest = (await readManifest(
      accessOfBuffer(readFileSync(files.path(key))),
    )) as StoredImageManifest;
    const forged = new MemoryBlockStore();
    await using forger = forged.begin();
    await forger.put(secret);
    const changes = new Map([[0, digestOf(secret)]]);
    const { root } = await writeBlockMap(forger, { sizeBytes: 1024 ** 3, changes });
    await forger.commit();
    const parts: Buffer[] = [];
    const disks = [{ reader: forged, root }];
    const told = { ...manifest, disks: manifest.disks.map((disk) => ({ ...disk, root })) };
    await writeStoredImage(async (bytes) => void parts.push(bytes), told, disks);
    // All of it but the record of the block itself.
    const kept = parts.filter(
      (bytes) => !bytes.subarray(0, 32).equals(Buffer.from(digestOf(secret), 'hex')),
    );
    assert.equal(kept.length, parts.length - 1);
    const hash = createHash('sha256')
      .update(Buffer.concat(kept.slice(0, -1)))
      .digest();
    files.write('forged.bin', Buffer.concat([...kept.slice(0, -1), hash]));
    const { image, snapshot } = await restored(imago, 'forged.bin');
    assert.deepEqual([image.state, snapshot?.root], ['failed', undefined]);
    assert.match(image.stateReason?.message ?? '', /is not in it/);
  });
});
