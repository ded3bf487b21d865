/**
 * Faults in publications: two images of a vendor become versions of his products. Each is there
 * whole or not at all, its product says which, and when the fault is over the next is published.
 */
import assert from 'node:assert/strict';
import { BufferDisk, cleanSystem, makeFileSystem } from '../contents/test-file-systems.ts';
import { marketplaceAccount } from '../domain/accounts.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { publishProduct } from '../operations/imago/PublishProduct.ts';
import { ofBlocks, ofCatalogIn, type Story, timeLimits } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const system = makeFileSystem(cleanSystem);

export const publishStory: Story = {
  calls: {
    'block store get': ofBlocks('get'),
    ...ofCatalogIn(['check', 'publish']),
  },
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const { account } = imago.caller;
    const disk = new BufferDisk(await system, gibBytes);
    const image = async () => (await imago.image({ account, launchPermissions: [] }, disk)).id;
    const sources = [await image(), await image()];
    await imago.restart({ ...fault.options, timeLimits });
    for (const ImageId of secondFirst ? sources.reverse() : sources) {
      await imago.call(publishProduct, { ImageId, Title: 'Web' });
    }
    await imago.untilQuiet();
    await assertRight(imago, sources.length);

    fault.end();
    await imago.restart();
    const last = await imago.call(publishProduct, { ImageId: await image(), Title: 'Web' });
    const tasks = await imago.untilQuiet();
    assert.equal(tasks.find(({ id }) => id === last.TaskId)?.state, 'succeeded');
    await assertRight(imago, sources.length + 1);
    return fault.happened();
  },
};

async function assertRight({ catalog }: TestImago, count: number): Promise<void> {
  const where = { account: marketplaceAccount.id };
  const { images, snapshots, products } = await catalog.read(async (reader) => ({
    images: await reader.images.list({ where }),
    snapshots: await reader.snapshots.list({ where }),
    products: await reader.products.list(),
  }));
  const versions = products.flatMap((each) => each.versions);
  assert.equal(versions.length, count);
  const available = versions.filter(({ state }) => state === 'available');
  assert.ok(versions.every(({ state }) => state !== 'checking'));
  assert.deepEqual(
    images.map(({ id }) => id).sort(),
    available.map(({ imageId }) => imageId).sort(),
  );
  const used = images.flatMap(({ blockDeviceMappings }) =>
    blockDeviceMappings.map(({ ebs }) => ebs.snapshotId),
  );
  assert.deepEqual(snapshots.map(({ id }) => id).sort(), used.sort());
}
