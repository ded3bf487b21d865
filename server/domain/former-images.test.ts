/** How long an image that is no more is remembered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FormerImageRow } from '../catalog/rows/image.ts';
import { image } from '../catalog/test-rows.ts';
import { createTestContext } from '../operations/test-context.ts';
import { insertImage } from '../operations/test-images.ts';
import { insertRunningInstance, moveInstance } from '../operations/test-instances.ts';
import { providerAccount } from './accounts.ts';
import { forgetFormerImages } from './former-images.ts';

const hourMs = 60 * 60_000;

test('a former image is forgotten when nothing can ask for it any more', async () => {
  await using context = await createTestContext();
  const { catalog } = context;
  const since = (hours: number) => new Date(context.now.getTime() - hours * hourMs).toISOString();
  const insert = async (id: string, change: Partial<FormerImageRow> = {}) =>
    catalog.write(({ formerImages }) =>
      formerImages.insert({ ...image(id), deregisteredAt: since(1), ...change }),
    );
  await insert('ami-unused');
  await insert('ami-justgone', { deregisteredAt: since(0.9) });
  await insert('ami-recycled', { recycledUntil: since(-1) });
  await insert('ami-provided', { account: providerAccount.id });
  await insert('ami-grandparent');
  await insert('ami-parent', { sourceImageId: 'ami-grandparent' });
  const child = await insertImage(context, { sourceImageId: 'ami-parent' });
  const launched = await insertImage(context);
  const instance = await insertRunningInstance(context, launched);
  await moveInstance(context, instance.id, { state: 'terminated' });
  await insert(launched.id);

  const left = async () => {
    await forgetFormerImages(catalog, context.now);
    const rows = await catalog.read(({ formerImages }) => formerImages.list());
    return rows.map(({ id }) => id.replace(launched.id, 'ami-launched')).sort();
  };
  const always = ['ami-provided', 'ami-recycled'];
  const made = ['ami-grandparent', 'ami-parent'];
  assert.deepEqual(await left(), [...always, ...made, 'ami-justgone', 'ami-launched'].sort());
  context.now = new Date(context.now.getTime() + hourMs);
  await catalog.write(async ({ images, instances }) => {
    await images.delete(child.id);
    await instances.delete(instance.id);
  });
  assert.deepEqual(await left(), ['ami-grandparent', ...always], 'the last made of it went first');
  assert.deepEqual(await left(), always);
});

test('there may be any number of them', async () => {
  await using context = await createTestContext();
  const { catalog } = context;
  const deregisteredAt = new Date(context.now.getTime() - hourMs).toISOString();
  await catalog.write(async ({ formerImages }) => {
    for (let number = 0; number < 250; number += 1) {
      const recycledUntil = number % 2 ? deregisteredAt : undefined;
      const id = `ami-${String(number).padStart(17, '0')}`;
      await formerImages.insert({ ...image(id), deregisteredAt, recycledUntil });
    }
  });
  await forgetFormerImages(catalog, context.now);
  assert.equal(await catalog.read(({ formerImages }) => formerImages.count()), 125);
});
