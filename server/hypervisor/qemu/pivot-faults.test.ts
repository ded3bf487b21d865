/**
 * Pivots whose parts fail: whatever was done, `layersOf` says so, the guest ends up thawed, and no
 * connection stays open.
 */
import assert from 'node:assert/strict';
import { access, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLayer } from '../../disk/qcow2-create.ts';
import { silentLog } from '../../foundations/log.ts';
import type { PivotResult } from '../hypervisor.ts';
import { eventually } from '../test-machines.ts';
import { layersOf, pivotLayers, thawLeftFrozen } from './layers.ts';
import { FakeQemu } from './test-fake-qemu.ts';

const limits = { freezeMs: 200, transactionMs: 200, thawMs: 200 };

function pivot({ machine, volumeId, ...fake }: FakeQemu, number = 2): Promise<PivotResult> {
  const layer = { number, path: `${fake.folder}/${number}.qcow2` };
  const options = { createLayer, freeze: true, log: silentLog, limits };
  return pivotLayers(machine, [{ volumeId, layer, sizeBytes: 1024 * 1024 }], options);
}

const layers = (fake: FakeQemu) => layersOf(fake.machine, fake.volumeId);
const thaw = (fake: FakeQemu) => thawLeftFrozen(fake.machine, silentLog, limits);
const noneOpen = (fake: FakeQemu) => eventually(() => fake.agentConnections.size === 0);

test('a pivot that nothing hinders freezes, cuts and thaws; asked again it says that the cut is an earlier one', async () => {
  await using fake = await FakeQemu.start();
  const result = await pivot(fake);
  assert.equal(result.frozen, true);
  assert.equal(result.cut, 'now');
  assert.equal(fake.frozen, false);
  assert.deepEqual(await layers(fake), [1, 2]);
  assert.deepEqual(await pivot(fake), { ...result, cut: 'earlier' });
  const before = fake.agentCommands.length;
  await thaw(fake);
  assert.equal(fake.agentCommands.length, before, 'a thaw of what is not frozen asks nobody');
});

test('a guest that thawed itself before the cut was not frozen for it', async () => {
  await using fake = await FakeQemu.start();
  fake.onTransaction = () => {
    fake.frozen = false;
  };
  assert.deepEqual([(await pivot(fake)).frozen, await layers(fake)], [false, [1, 2]]);
});

test('where the first thaw was not answered nobody knows whether the guest was frozen at the cut', async () => {
  await using fake = await FakeQemu.start();
  fake.onThaw = () => {
    fake.onThaw = () => {};
    fake.frozen = false;
    return 'silent';
  };
  assert.deepEqual([(await pivot(fake)).frozen, await layers(fake)], [false, [1, 2]]);
});

test('an agent that freezes and does not thaw: the layer is told of, and whoever looks thaws', async () => {
  await using fake = await FakeQemu.start();
  fake.onThaw = () => 'silent';
  await assert.rejects(pivot(fake));
  await noneOpen(fake);
  assert.deepEqual(await layers(fake), [1, 2]);
  await assert.rejects(pivot(fake, 3), 'no other cut of a guest that is frozen');
  assert.deepEqual(await layers(fake), [1, 2]);
  await assert.rejects(thaw(fake));
  assert.equal(fake.frozen, true);
  fake.onThaw = () => {};
  await thaw(fake);
  assert.equal(fake.frozen, false);
  await noneOpen(fake);
  assert.equal((await pivot(fake, 3)).cut, 'now');
});

test('a transaction that takes too long is given up, the guest thawed, and its late end told of', async () => {
  await using fake = await FakeQemu.start();
  const held = Promise.withResolvers<void>();
  fake.onTransaction = () => held.promise;
  await assert.rejects(pivot(fake), /did not answer transaction/);
  assert.equal(fake.frozen, false);
  const found = layers(fake);
  held.resolve();
  assert.deepEqual(await found, [1, 2]);
  await noneOpen(fake);
});

test('a record that cannot be written before the freeze: nothing is frozen, cut or left open', async () => {
  await using fake = await FakeQemu.start();
  await fake.breakRecords();
  for (let times = 0; times < 3; times++) await assert.rejects(pivot(fake));
  await noneOpen(fake);
  assert.ok(!fake.agentCommands.includes('guest-fsfreeze-freeze'));
  assert.deepEqual(await layers(fake), [1]);
});

test('a record that cannot be written after the cut: the cut is made, told, and the guest thawed', async () => {
  await using fake = await FakeQemu.start();
  fake.onTransaction = () => fake.breakRecords();
  const { cut, frozen } = await pivot(fake);
  assert.deepEqual([cut, frozen], ['now', true]);
  assert.equal(fake.frozen, false);
  assert.deepEqual(await layers(fake), [1, 2]);
  await thaw(fake);
  await noneOpen(fake);
});

test('a freeze that comes late is thawed too', async () => {
  await using fake = await FakeQemu.start();
  const slow = Promise.withResolvers<void>();
  fake.onFreeze = () => slow.promise;
  const pivoted = pivot(fake).catch((error: Error) => error);
  await sleep(2 * limits.freezeMs);
  slow.resolve();
  await pivoted;
  await thaw(fake);
  await eventually(() => !fake.frozen);
  assert.deepEqual(await layers(fake), [1, 2]);
  await noneOpen(fake);
});

test('what a pivot that did not happen left open is closed by who looks, and made afresh by the next pivot', async () => {
  await using fake = await FakeQemu.start();
  const before = fake.nodes;
  const refuse = () => {
    throw new Error('refused');
  };
  fake.onTransaction = refuse;
  await assert.rejects(pivot(fake), /refused/);
  assert.deepEqual(await layers(fake), [1]);
  assert.deepEqual(fake.nodes, before);

  await assert.rejects(pivot(fake), /refused/);
  await rm(fake.layer(2).path);
  fake.onTransaction = () => {};
  assert.equal((await pivot(fake)).cut, 'now');
  await access(fake.layer(2).path);
  assert.deepEqual(await layers(fake), [1, 2]);
  assert.ok(fake.nodes.length > before.length, 'the top layer and its file stay open');
});
