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
import { thawLeftFrozen } from './freeze.ts';
import { layersOf, pivotLayers } from './layers.ts';
import { FakeQemu } from './test-fake-qemu.ts';

const limits = { freezeMs: 200, transactionMs: 200, thawMs: 200, frozenMaxMs: 60_000 };

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

/** Hooks before the freeze, a cut, hooks after it, each of 100 ms; the guest noted so many. */
async function pauseNoted(note: string | undefined): Promise<PivotResult & { tookMs: number }> {
  await using fake = await FakeQemu.start();
  fake.onFreeze = () => sleep(100);
  fake.onTransaction = () => sleep(100);
  fake.onThaw = () => sleep(100);
  fake.note = note;
  const startMs = performance.now();
  const result = await pivot(fake);
  assert.equal(result.frozen, true);
  assert.deepEqual(await pivot(fake), { ...result, cut: 'earlier' });
  await noneOpen(fake);
  return { ...result, tookMs: performance.now() - startMs };
}

test('the pause is the one that the guest noted, beside what its hooks took', async () => {
  const { pauseMs, hooksMs = 0 } = await pauseNoted('14154481444670 14154601444670\n');
  assert.equal(pauseMs, 120);
  assert.ok(hooksMs > 170, `${hooksMs} ms`);
});

test('what a guest notes is believed within what the host saw', async () => {
  const short = await pauseNoted('14154481444670 14154481444671\n');
  assert.ok(short.pauseMs > 90 && (short.hooksMs ?? 0) > 170, JSON.stringify(short));
  const long = await pauseNoted('0 999999999999999999\n');
  assert.ok(long.pauseMs < long.tookMs && long.hooksMs === 0, `${long.pauseMs} ms`);
});

test('where a guest notes nothing of use the pause is what the host measured', async () => {
  for (const note of [undefined, '', '5 3\n', '0 120000000', '0 1e9\n', `0 ${'9'.repeat(40)}\n`]) {
    const { pauseMs, hooksMs } = await pauseNoted(note);
    assert.ok(pauseMs >= 290, `${note}: ${pauseMs} ms`);
    assert.equal(hooksMs, undefined);
  }
});

test('a capture waits for what a guest notes, but not for long', async () => {
  await using fake = await FakeQemu.start();
  fake.note = 'silent';
  const startMs = performance.now();
  const { frozen, pauseMs, hooksMs } = await pivot(fake);
  const tookMs = performance.now() - startMs;
  assert.deepEqual([frozen, hooksMs], [true, undefined]);
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
  assert.ok(pauseMs < tookMs - 1500, 'and the guest does not stand still for that');
  await noneOpen(fake);
});

test('a guest whose hook failed stood still for the cut alone', async () => {
  await using fake = await FakeQemu.start();
  fake.onFreeze = async () => {
    await sleep(150);
    return 'refused';
  };
  fake.note = '0 0\n';
  const { frozen, pauseMs, hooksMs = 0 } = await pivot(fake);
  assert.equal(frozen, false);
  assert.ok(pauseMs < hooksMs && hooksMs >= 150, `${pauseMs} ms, hooks ${hooksMs} ms`);
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
