/**
 * Faults in drills that do not pass, beside one of data that does, where test-drill-story.ts has none:
 * while it is found out what boots and what is to be compared, while a guest comes up, in what is
 * kept of it, and in the telling. Each ends once and has an alert; no drill that passed has one.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Alerts } from '../alerts/alerts.ts';
import { silentLog } from '../foundations/log.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { backedUpMachine, countingEnds, drillLimits, everything } from './test-drill-story.ts';
import { failing } from './test-faults.ts';
import {
  type Faulty,
  ofBlocks,
  ofCatalog,
  ofCatalogIn,
  ofHost,
  type Story,
} from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

/** Its own limits end each telling: it answers, or throws. */
const ofAlerts: Faulty = {
  kinds: ['throws', 'performs and throws'],
  make(kind, times) {
    const { wrap, ...double } = failing<Alerts>('tell', kind, times);
    return { options: { alerts: wrap(new Alerts(nobody)) }, ...double };
  },
};
const nobody = { places: { urls: [], commands: [], mail: [] }, log: silentLog, pausesMs: [] };

/** These steps write nothing else. */
function recordsOf(steps: readonly string[]): Record<string, Faulty> {
  const named = steps.map((step) => [`record of ${step}`, ofCatalog(step, { of: 'runner' })]);
  return Object.fromEntries(named);
}

export const failingDrillStory: Story = {
  calls: {
    'blocks get of what may boot': ofBlocks('get', 'find'),
    'blocks get of what is compared': ofBlocks('get', 'read'),
    'host screenshot': ofHost('screenshot', 'keep'),
    'host consoleOutput': ofHost('consoleOutput', 'keep'),
    'alerts tell': ofAlerts,
    ...ofCatalogIn(['boot', 'alert']),
    ...recordsOf(['find', 'read', 'keep']),
  },
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const { imageId, setId, dataId } = await backedUpMachine(imago);
    const before = await everything(imago);
    const ends = new Map<string, number>();
    const { wrapCatalog = (catalog) => catalog, alerts } = fault.options;
    const heard = path.join(imago.home.folder, 'drills.told');
    await imago.restart({
      ...fault.options,
      timeLimits: drillLimits,
      alerts: alerts ?? telling(heard),
      wrapCatalog: (catalog) => wrapCatalog(countingEnds(catalog, ends)),
    });
    const Checks = [{ Command: 'true', Equals: 'yes' }];
    const orders = [
      { ImageId: imageId, Checks },
      { SnapshotId: setId, Checks },
      { SnapshotId: dataId, Compare: ['/orders/1'] },
    ];
    if (secondFirst) orders.reverse();
    for (const order of orders) await imago.call(startDrill, order);
    await imago.untilQuiet();
    fault.end();
    assert.deepEqual(await everything(imago), before);
    const said = await readFile(heard, 'utf8').catch(() => '');
    const { Drills } = await imago.call(describeDrills, {});
    assert.equal(Drills.length, orders.length);
    for (const { DrillId, SnapshotId, State, EndedAt } of Drills) {
      const usual = SnapshotId === dataId ? 'passed' : 'failed';
      assert.ok(EndedAt && [usual, 'error'].includes(State), State);
      assert.equal(ends.get(DrillId), 1, 'it has not ended once');
      if (!alerts) assert.equal(said.includes(DrillId), State !== 'passed');
    }
    return fault.happened();
  },
};

/** By a command that writes it down, and another that fails each time. */
function telling(file: string): Alerts {
  const commands = [['sh', '-c', 'cat >> "$0"', file], ['false']];
  return new Alerts({ ...nobody, places: { ...nobody.places, commands } });
}
