/** Scripts of a policy around the cut of its snapshots, on simulated machines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Host } from '../host/host.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { deleteDocument } from '../operations/ssm/DeleteDocument.ts';
import { assertTidy } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';
import {
  backUp,
  type Fate,
  ScriptGuest,
  scriptTags,
  snapshotsOf,
  underScripts,
} from './test-scripts.ts';

interface Told {
  seen: string[];
  states: string[];
  consistency: (string | undefined)[];
  tags: (string | undefined)[][];
  message: string | undefined;
  isHeld: boolean;
  ended: number;
}

/** One backup of a policy with this script, in a guest that does so. */
async function told(fates: Record<string, Fate>, script: object = {}): Promise<Told> {
  await using imago = await TestImago.start();
  const { volumeId, policyId } = await underScripts(imago, script);
  const guest = new ScriptGuest(fates);
  await imago.restart({ wrapHost: guest.wrapHost });
  await backUp(imago);
  await imago.untilQuiet();
  await assertTidy(imago);
  const snapshots = await snapshotsOf(imago, volumeId);
  const policy = await imago.catalog.read(({ backupPolicies }) => backupPolicies.get(policyId));
  return {
    seen: guest.seen,
    states: snapshots.map(({ state }) => state),
    consistency: snapshots.map(({ tags }) => tags['aws:imago:consistency']),
    tags: snapshots.map(scriptTags),
    message: policy?.statusMessage?.replace(/^i-\w+: /, ''),
    isHeld: guest.isHeld,
    ended: guest.ended,
  };
}

const whole = {
  ...{ states: ['completed'], consistency: ['application'] },
  ...{ isHeld: false, ended: 0, message: undefined },
};
const twice = { MaximumRetryCount: 1 };

describe('a snapshot with scripts', { concurrency: 4 }, () => {
  test('is cut between them, and says that they succeeded', async () => {
    const tags = [['SUCCESS', 'SUCCESS']];
    assert.deepEqual(await told({}), { ...whole, seen: ['pre', 'cut', 'post'], tags });
  });

  test('has the one that is asked for', async () => {
    const pre = await told({}, { Stages: ['PRE'] });
    assert.deepEqual([pre.seen, pre.tags], [['pre', 'cut'], [['SUCCESS', undefined]]]);
    const post = await told({}, { Stages: ['POST'] });
    assert.deepEqual([post.seen, post.tags], [['cut', 'post'], [[undefined, 'SUCCESS']]]);
  });

  test('whose first one fails is as after a power cut, and the second one is not run', async () => {
    const message =
      'the pre script failed: exit code 7: a simulated machine runs no command: nothing was done.';
    assert.deepEqual(await told({ pre: 'fails' }), {
      ...whole,
      consistency: ['crash'],
      seen: ['pre', 'cut'],
      tags: [['FAILED', undefined]],
      message,
    });
  });

  test('whose first one fails is not made where its policy says so', async () => {
    const { seen, states, message } = await told(
      { pre: 'fails' },
      { ExecuteOperationOnScriptFailure: false },
    );
    assert.deepEqual([seen, states], [['pre'], []]);
    assert.match(message ?? '', /^the pre script failed: exit code 7/);
  });

  test('tries each again as often as its policy says', async () => {
    const { seen, tags } = await told({ 'pre 0': 'fails', 'post 0': 'reboots' }, twice);
    assert.deepEqual(seen, ['pre', 'pre', 'cut', 'post', 'post']);
    assert.deepEqual(tags, [['SUCCESS', 'SUCCESS']]);
  });

  test('whose second one fails is there and says so', async () => {
    const { seen, states, tags, message } = await told({ post: 'fails' }, twice);
    assert.deepEqual(seen, ['pre', 'cut', 'post', 'post']);
    assert.deepEqual([states, tags], [['completed'], [['SUCCESS', 'FAILED']]]);
    assert.match(message ?? '', /^the post script failed: exit code 7/);
  });

  test('ends a script that takes longer than it may', async () => {
    const { seen, tags, ended, message } = await told({ pre: 'never ends' });
    assert.deepEqual([seen, tags, ended], [['pre', 'cut'], [['FAILED', undefined]], 1]);
    assert.equal(message, 'the pre script failed: it took more than 1 s.');
  });

  test('waits for a guest without agent no longer than for a script', async () => {
    const { seen, states, tags, message } = await told({ pre: 'no agent' });
    assert.deepEqual([seen, states, tags], [['cut'], ['completed'], [['FAILED', undefined]]]);
    assert.equal(message, 'the pre script failed: the agent in the guest does not answer.');
  });

  test('of a machine that does not run, or without its document, has none', async () => {
    await using imago = await TestImago.start();
    const { instanceId, volumeId, policyId } = await underScripts(imago);
    const messageOf = async () =>
      (await imago.catalog.read(({ backupPolicies }) => backupPolicies.get(policyId)))
        ?.statusMessage;
    await imago.call(deleteDocument, { Name: 'hold' });
    await backUp(imago);
    await imago.untilQuiet();
    assert.equal(
      await messageOf(),
      `${instanceId}: the pre script failed: its document does not exist.`,
    );
    await imago.call(stopInstances, { InstanceIds: [instanceId] });
    await imago.untilState(instanceId, 'stopped');
    await backUp(imago);
    await imago.untilQuiet();
    const snapshots = await snapshotsOf(imago, volumeId);
    assert.deepEqual(snapshots.map(scriptTags), [
      ['FAILED', undefined],
      ['FAILED', undefined],
    ]);
  });

  test('that fails after its first one has let the database go', async () => {
    await using imago = await TestImago.start();
    const { volumeId } = await underScripts(imago);
    const guest = new ScriptGuest();
    const cut = withFaults<Host>(() => ({
      async pivot(): Promise<never> {
        throw new Error('no cut');
      },
    }));
    await imago.restart({ wrapHost: (host) => guest.wrapHost(cut(host)) });
    await backUp(imago);
    await imago.untilQuiet();
    const [snapshot] = await snapshotsOf(imago, volumeId);
    assert.equal(snapshot?.state, 'error');
    assert.deepEqual([guest.seen, guest.isHeld], [['pre', 'post'], false]);
  });

  test('that is deleted while its first one is at work has let the database go', async () => {
    await using imago = await TestImago.start();
    const { volumeId } = await underScripts(imago, { ExecutionTimeout: 100 });
    const guest = new ScriptGuest();
    const isSlow = withFaults<Host>((host) => ({
      async commandState(...asked) {
        const state = await host.commandState(...asked);
        if (state.state === 'unknown' || !asked[1].includes('-pre-')) return state;
        return { ...state, state: 'running', elapsedSeconds: 1 };
      },
    }));
    await imago.restart({ wrapHost: (host) => isSlow(guest.wrapHost(host)) });
    await backUp(imago);
    await imago.until('it is held', async () => guest.isHeld);
    const [snapshot] = await snapshotsOf(imago, volumeId);
    await imago.call(deleteSnapshot, { SnapshotId: snapshot?.id ?? '' });
    await imago.untilQuiet();
    assert.deepEqual([guest.seen, guest.isHeld], [['pre', 'post'], false]);
    assert.equal(guest.ended, 1);
  });

  test('is made once, between them, when Imago is killed before or after any of its steps', async () => {
    const steps = ['pre', 'pivot', 'post', 'upload', 'rebase', 'publish'];
    for (const moment of ['before', 'after'] as const) {
      const killed = new Set<string>();
      const onStep = (kind: string, step: string, at: string) => {
        if (kind !== 'create-snapshot' || at !== moment || killed.has(step)) return;
        killed.add(step);
        throw new Error('killed');
      };
      await using imago = await TestImago.start();
      const { volumeId } = await underScripts(imago);
      const guest = new ScriptGuest();
      await imago.restart({ wrapHost: guest.wrapHost, onStep });
      await backUp(imago);
      await imago.untilQuiet();
      assert.deepEqual([...killed], steps);
      const [snapshot, ...more] = await snapshotsOf(imago, volumeId);
      assert.ok(snapshot);
      assert.equal(more.length, 0);
      assert.deepEqual(scriptTags(snapshot), ['SUCCESS', 'SUCCESS']);
      const scripts = guest.seen.filter((each) => each !== 'cut');
      assert.deepEqual([scripts, guest.seen[0], guest.isHeld], [['pre', 'post'], 'pre', false]);
      assert.equal(await imago.readSnapshot(snapshot.id, 4096), 11);
    }
  });
});
