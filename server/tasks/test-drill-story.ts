/**
 * Faults in a drill, beside another of the same image. Each ends, with a verdict or without; no
 * machine, volume or folder is left, and when the fault is over the next one passes.
 */
import assert from 'node:assert/strict';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { ofCatalogIn, ofHost, type Story } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

const calls = {
  'host measure': ofHost('measure', 'launch'),
  'host apply': ofHost('apply', 'launch'),
  'host commandState': ofHost('commandState', 'boot'),
  'host beginCommand': ofHost('beginCommand', 'check'),
  'host commandState of a check': ofHost('commandState', 'check'),
  'host remove': ofHost('remove', 'remove'),
  'host removeVolume': ofHost('removeVolume', 'remove'),
  'host forget': ofHost('forget', 'remove'),
  ...ofCatalogIn(['launch', 'check', 'remove', 'conclude']),
};

/** What is only slow is no fault. */
const timeLimits = { callMs: 3000, machineMs: 6000, silenceMs: 3000 };

export const drillStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image({ account: imago.caller.account });
    await imago.restart({ ...fault.options, timeLimits });
    const orders = [{ Checks: [{ Command: 'true' }] }, { Checks: [{ Port: 22 }] }];
    for (const order of secondFirst ? orders.reverse() : orders) {
      await imago.call(startDrill, { ImageId, ...order });
    }
    await assertNothingLeft(imago);
    const ended = (await imago.call(describeDrills, {})).Drills;
    assert.equal(ended.length, 2);
    for (const { State, EndedAt } of ended) {
      assert.ok(EndedAt && ['passed', 'failed', 'error'].includes(State), State);
    }

    fault.end();
    await imago.restart();
    const { DrillId } = await imago.call(startDrill, { ImageId });
    await assertNothingLeft(imago);
    const [last] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
    assert.equal(last?.State, 'passed', last?.Reason);
    const image = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(image?.lastDrill?.drillId, DrillId);
    return fault.happened();
  },
};

async function assertNothingLeft(imago: TestImago): Promise<void> {
  await imago.untilQuiet();
  const left = await imago.catalog.read(async ({ instances, volumes }) => [
    ...(await instances.list()).map(({ id, state }) => [id, state]),
    ...(await volumes.list()).map(({ id, state }) => [id, state]),
  ]);
  assert.deepEqual(left, []);
  assert.deepEqual(await imago.services.host.belongings(), { instanceIds: [], volumeIds: [] });
}
