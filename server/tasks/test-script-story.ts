/**
 * Faults in snapshots with scripts: two backups of a machine are ordered together. Each ends whole
 * and right, or as a failure; the database is let go whatever becomes of them; and when the fault is
 * over the next one has both scripts.
 */
import assert from 'node:assert/strict';
import { createSnapshots } from '../operations/ec2/snapshots/CreateSnapshots.ts';
import { ofCatalogIn, ofHost, type Story } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';
import { backUp, ScriptGuest, scriptTags, snapshotsOf, underScripts } from './test-scripts.ts';

const calls = {
  'host beginCommand': ofHost('beginCommand', 'pre'),
  'host commandState': ofHost('commandState', 'pre'),
  'host pivot': ofHost('pivot', 'pivot'),
  'host beginCommand of the second': ofHost('beginCommand', 'post'),
  'host commandState of the second': ofHost('commandState', 'post'),
  'host upload': ofHost('upload', 'upload'),
  ...ofCatalogIn(['pre', 'pivot', 'post', 'upload', 'publish']),
};

/** What is only slow is no fault. */
const timeLimits = { callMs: 1000, machineMs: 2000, silenceMs: 2000 };
/** In time for calls that are not answered. */
const script = { ExecutionTimeout: 5, MaximumRetryCount: 3 };

export const scriptStory: Story = {
  calls,
  async tell(fault, { secondFirst }) {
    await using imago = await TestImago.start();
    const { instanceId, volumeId } = await underScripts(imago, script);
    const guest = new ScriptGuest();
    const { wrapHost = (host) => host } = fault.options;
    // The fault is between Imago and the guest: what is done is done there.
    await imago.restart({
      ...fault.options,
      timeLimits,
      wrapHost: (host) => wrapHost(guest.wrapHost(host)),
    });
    const InstanceSpecification = { InstanceId: instanceId };
    const orders = [
      () => backUp(imago),
      () => imago.call(createSnapshots, { InstanceSpecification }),
    ];
    for (const order of secondFirst ? orders.reverse() : orders) await order();
    await imago.untilQuiet();
    assert.equal(guest.isHeld, false, guest.seen.join());
    for (const { id, state, tags } of await snapshotsOf(imago, volumeId)) {
      assert.ok(state === 'completed' || state === 'error', state);
      if (state !== 'completed') continue;
      assert.equal(await imago.readSnapshot(id, 4096), 11);
      const [pre, post] = scriptTags({ tags });
      if (tags['aws:dlm:lifecycle-policy-id']) assert.ok(pre && (post || pre === 'FAILED'));
    }

    fault.end();
    await imago.restart({ wrapHost: guest.wrapHost });
    guest.seen.length = 0;
    await backUp(imago);
    await imago.untilQuiet();
    assert.deepEqual(guest.seen, ['pre', 'cut', 'post']);
    assert.equal(guest.isHeld, false);
    return fault.happened();
  },
};
