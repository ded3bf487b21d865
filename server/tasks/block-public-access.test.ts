/** More public snapshots than are changed at once, blocked and let go of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshot } from '../catalog/test-rows.ts';
import { disableSnapshotBlockPublicAccess } from '../operations/ec2/snapshots/DisableSnapshotBlockPublicAccess.ts';
import { enableSnapshotBlockPublicAccess } from '../operations/ec2/snapshots/EnableSnapshotBlockPublicAccess.ts';
import { killAt } from './test-captures.ts';
import { TestImago } from './test-imago.ts';

const count = 350;

async function addPublic({ catalog, caller: { account, region } }: TestImago): Promise<void> {
  await catalog.write(async ({ snapshots }) => {
    for (let number = 0; number < count; number += 1) {
      const createVolumePermissions = ['all'];
      const id = `snap-${String(number).padStart(17, '0')}`;
      await snapshots.insert(snapshot(id, { account, region, createVolumePermissions }));
    }
  });
}

async function publicCount({ catalog, caller: { region } }: TestImago): Promise<number> {
  const where = { viewer: `${region}/all` };
  return catalog.read(({ snapshots }) => snapshots.count({ where }));
}

const block = (imago: TestImago) =>
  imago.call(enableSnapshotBlockPublicAccess, { State: 'block-all-sharing' });

test('the first are changed by the request, the others by a task, also if that is killed', async () => {
  const killed = Promise.withResolvers<void>();
  const kill = killAt('follow', 'after');
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
  await addPublic(imago);
  assert.equal(await publicCount(imago), count);
  await block(imago);
  const left = await publicCount(imago);
  assert.ok(left > 0 && left < count);
  await killed.promise;
  await imago.restart();
  const [task] = await imago.untilQuiet();
  assert.equal(task?.state, 'succeeded');
  assert.equal(await publicCount(imago), 0);
  await imago.call(disableSnapshotBlockPublicAccess, {});
  await imago.untilQuiet();
  assert.equal(await publicCount(imago), count);
});

test('what was asked for last is what they come to', async () => {
  await using imago = await TestImago.start();
  await addPublic(imago);
  await Promise.all([block(imago), imago.call(disableSnapshotBlockPublicAccess, {}), block(imago)]);
  await imago.untilQuiet();
  assert.equal(await publicCount(imago), 0);
});
