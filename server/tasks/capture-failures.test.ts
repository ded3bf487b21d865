/** CreateImage that fails, or is killed at each of its steps: nothing is lost or left. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { BlockCorruptError, BlockStoreFullError } from '../blocks/block-store.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { createImage } from './create-image.ts';
import type { StepHook } from './runner.ts';
import { TaskFailure } from './task.ts';
import {
  assertTidy,
  capture,
  killAt,
  launch,
  settled,
  snapshotsOf,
  volumeRow,
} from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

let imago: TestImago;
let instanceId: string;
let volumeIds: string[];
beforeEach(async () => {
  imago = await TestImago.start();
  [instanceId, volumeIds] = await launch(imago, (await imago.image()).id);
});
afterEach(() => imago[Symbol.asyncDispose]());

describe('CreateImage', () => {
  test('that fails before the pivot leaves everything as it was', async () => {
    const pivot = async () => {
      throw new TaskFailure('Server.InternalError', 'no pivot today');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ pivot })) });
    const image = await settled(imago, await capture(imago, instanceId, { NoReboot: false }));
    assert.equal(image.state, 'failed');
    assert.match(image.stateReason?.message ?? '', /no pivot today.*deregister/);
    assert.equal(await imago.hypervisor.status(instanceId), 'running', 'it boots again');
    assert.equal((await imago.instance(instanceId))?.haltedBy, undefined);
    await assertTidy(imago);
    await imago.restart();
    assert.equal(
      (await settled(imago, await capture(imago, instanceId))).state,
      'available',
      'the next one works',
    );
    assert.equal((await volumeRow(imago, volumeIds[0]))?.layers.length, 1);
    await assertTidy(imago);
  });

  test('that finds the disk full, or a block corrupt, says so and takes nothing away', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 45);
    const failures: [Error, RegExp][] = [
      [new BlockStoreFullError('there'), /disk of the host is full/],
      [new BlockCorruptError('ab'.repeat(32), 'bit rot'), /abab is corrupt: bit rot; imago fsck/],
    ];
    const { begin } = imago.blocks;
    for (const [error, message] of failures) {
      imago.blocks.begin = () =>
        Object.assign(begin.call(imago.blocks), { put: () => Promise.reject(error) });
      const image = await settled(imago, await capture(imago, instanceId));
      assert.equal(image.state, 'failed');
      assert.match(image.stateReason?.message ?? '', message);
      await assertTidy(imago);
    }
    imago.blocks.begin = begin;
    const image = await settled(imago, await capture(imago, instanceId));
    assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 45);
    assert.equal((await volumeRow(imago, root))?.layers.length, 1);
  });

  test('that fails after the pivot leaves a volume that the next capture puts in order', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 51);
    const rebase = async () => {
      throw new Error('no rebase today');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ rebase })) });
    const failed = await settled(imago, await capture(imago, instanceId));
    assert.equal(failed.state, 'failed');
    assert.equal((await volumeRow(imago, root))?.layers.length, 2);
    await imago.restart();
    await imago.write(root, 2 * mib, 4096, 52);
    const image = await settled(imago, await capture(imago, instanceId));
    assert.equal(image.state, 'available');
    const [snapshot = ''] = snapshotsOf(image);
    assert.deepEqual(
      [await imago.readSnapshot(snapshot, mib), await imago.readSnapshot(snapshot, 2 * mib)],
      [51, 52],
    );
    assert.equal((await volumeRow(imago, root))?.layers.length, 1);
    await assertTidy(imago);
  });
});

describe('killed', () => {
  for (const step of createImage.steps.map(({ name }) => name)) {
    for (const moment of ['before', 'after'] as const) {
      for (const reboot of [false, true]) {
        test(`${moment} ${step} ${reboot ? 'with' : 'without'} a reboot, it completes`, async () => {
          const [root = ''] = volumeIds;
          await imago.write(root, mib, 4096, 61);
          let killed = false;
          const kill = killAt(step, moment);
          const onStep: StepHook = (...at) => {
            try {
              kill(...at);
            } catch (error) {
              killed = true;
              throw error;
            }
          };
          await imago.restart({ onStep });
          const id = await capture(imago, instanceId, { NoReboot: !reboot });
          await imago.until('it is killed', async () => killed);
          await imago.restart();
          const image = await settled(imago, id);
          assert.equal(image.state, 'available', image.stateReason?.message);
          assert.equal(await imago.readSnapshot(snapshotsOf(image)[0] ?? '', mib), 61);
          const row = await imago.instance(instanceId);
          assert.deepEqual([row?.state, row?.haltedBy], ['running', undefined]);
          assert.equal(await imago.hypervisor.status(instanceId), 'running');
          assert.equal((await volumeRow(imago, root))?.layers.length, 1);
          await assertTidy(imago);
        });
      }
    }
  }

  test('within the pivot, and the machine is gone as well: what the guest wrote is all there', async () => {
    const [root = ''] = volumeIds;
    await imago.write(root, mib, 4096, 71);
    const death = Promise.withResolvers<never>();
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (...request) => {
        await hypervisor.pivot(...request);
        return death.promise;
      },
    }));
    await imago.restart({ wrap });
    const id = await capture(imago, instanceId);
    await imago.until('it is pivoted', async () =>
      (await imago.hypervisor.layersOf(instanceId, root)).includes(1),
    );
    // The guest goes on writing, to the new layer, before anybody has recorded that it is in use.
    await imago.write(root, 2 * mib, 4096, 72);
    await imago.hypervisor.destroy(instanceId);
    const restarted = imago.restart();
    death.reject(new Error('killed'));
    await restarted;
    const image = await settled(imago, id);
    assert.equal(image.state, 'available', image.stateReason?.message);
    const next = await settled(imago, await capture(imago, instanceId));
    const [first = '', second = ''] = [snapshotsOf(image)[0], snapshotsOf(next)[0]];
    assert.equal(await imago.readSnapshot(first, mib), 71);
    assert.equal(await imago.readSnapshot(first, 2 * mib), 0, 'written after the pivot');
    assert.equal(await imago.readSnapshot(second, 2 * mib), 72);
  });
});
