/**
 * Faults in exports: an image becomes a disk file, and is stored. What has a final name is whole,
 * nothing else is left, and when the fault is over the next export is there.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Files } from '../files/files.ts';
import { createRestoreImageTask } from '../operations/ec2/exports/CreateRestoreImageTask.ts';
import { createStoreImageTask } from '../operations/ec2/exports/CreateStoreImageTask.ts';
import { exportImage } from '../operations/ec2/exports/ExportImage.ts';
import { DiskFiles } from './test-disk-files.ts';
import { ofBlocks, ofCatalogIn, ofFiles, type Story, timeLimits } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const ofTheFolder = (
  ['open', 'rename', 'syncFolder', 'mkdir'] as const satisfies (keyof Files)[]
).map((method) => [`files ${method}`, ofFiles(method, 'write')] as const);

const calls = {
  'block store get': ofBlocks('get'),
  ...Object.fromEntries(ofTheFolder),
  ...ofCatalogIn(['write', 'publish']),
};

const Bucket = 'disks';

export const exportStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    using files = new DiskFiles();
    const { places: filePlaces } = files;
    await using imago = await TestImago.start({ filePlaces });
    const { account } = imago.caller;
    const { id: ImageId } = await imago.image({ account, launchPermissions: [] }, 7);
    await imago.stopTasks();
    const orders = [
      () =>
        imago.call(exportImage, {
          ImageId,
          DiskImageFormat: 'VMDK',
          S3ExportLocation: { S3Bucket: Bucket },
        }),
      () => imago.call(createStoreImageTask, { ImageId, Bucket }),
    ];
    for (const order of secondFirst ? orders.toReversed() : orders) await order();
    await imago.restart({ ...fault.options, timeLimits, filePlaces });
    await imago.untilQuiet();
    await assertRight(imago, files);

    fault.end();
    await imago.restart({ filePlaces });
    for (const order of orders) await order();
    await imago.untilQuiet();
    await assertRight(imago, files, 1);
    const restore = { Bucket, ObjectKey: `${ImageId}.bin`, Name: 'restored' };
    const made = await imago.call(createRestoreImageTask, restore);
    await imago.untilQuiet();
    const image = await imago.catalog.read(({ images }) => images.get(made.ImageId ?? ''));
    assert.equal(image?.state, 'available', image?.stateReason?.message);
    return fault.happened();
  },
};

/** At least so many of each are completed. */
async function assertRight(imago: TestImago, files: DiskFiles, completedMin = 0): Promise<void> {
  const rows = await imago.catalog.read(async (reader) => ({
    exports: await reader.exportImageTasks.list(),
    stores: await reader.storeImageTasks.list(),
  }));
  const { exports, stores } = rows;
  assert.ok(exports.every(({ state }) => state === 'completed' || state === 'deleted'));
  assert.ok(stores.every(({ state }) => state === 'Completed' || state === 'Failed'));
  const names = readdirSync(files.folder);
  assert.deepEqual(
    names.filter((name) => name.endsWith('.part')),
    [],
  );
  const done = exports.filter(({ state }) => state === 'completed');
  assert.ok(done.length >= completedMin);
  assert.deepEqual(
    names.filter((name) => name.endsWith('.vmdk')).sort(),
    done.map(({ id }) => `${id}.vmdk`).sort(),
  );
  for (const { id } of done) {
    assert.equal(readFileSync(files.path(`${id}.vmdk`)).toString('latin1', 0, 4), 'KDMV');
  }
  const kept = stores.filter(({ state }) => state === 'Completed');
  assert.ok(kept.length >= completedMin);
  for (const { key } of kept) assert.ok(names.includes(key));
}
