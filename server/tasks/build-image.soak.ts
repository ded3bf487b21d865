/** Real builds of `micro` whose disk cannot be synced, or not in time: built again, and right. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderBuild } from '../domain/provider-images.ts';
import { faultKinds } from './test-faults.ts';
import { ofFiles } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

/** One that hangs fails. */
const timeout = 600_000;
/** Above what reading and storing a block takes beside a build. */
const timeLimits = { callMs: 20_000, machineMs: 20_000, silenceMs: 20_000 };

for (const kind of faultKinds) {
  test(`the sync of its folder ${kind}`, { timeout }, async () => {
    const fault = ofFiles('syncFolder').make(kind, 1);
    await using imago = await TestImago.start();
    await imago.stopTasks();
    const { site } = imago.services;
    const build = { name: 'micro', region: 'us-east-1', regions: ['us-east-1'], host: site.hostId };
    await imago.catalog.write((transaction) => orderBuild(transaction, build, imago.services));
    await imago.restart({ ...fault.options, timeLimits });
    let task = await imago.catalog.read(async ({ tasks }) => (await tasks.list())[0]);
    while (task?.state === 'running' || task?.state === 'undoing') {
      await new Promise((resolve) => setTimeout(resolve, 200));
      task = await imago.catalog.read(async ({ tasks }) => (await tasks.list())[0]);
    }
    assert.equal(task?.state, 'succeeded', JSON.stringify(task?.error));
    assert.ok(fault.happened());
    fault.end();
    const [snapshot] = await imago.catalog.read(({ snapshots }) => snapshots.list());
    assert.equal(await imago.readSnapshot(snapshot?.id ?? '', 512), 'E'.charCodeAt(0));
  });
}
