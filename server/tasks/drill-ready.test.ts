/**
 * When a guest of a drill is ready, on simulated machines whose agent or SSH server is not there: what
 * came is recorded, and what nobody can tell is no verdict.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StartDrillRequest } from '../../api/imago-drills.ts';
import type { Alert, Alerts } from '../alerts/alerts.ts';
import type { GuestUsage, Host } from '../host/host.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { NoAgentError } from '../hypervisor/hypervisor.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { getDrillEvidence } from '../operations/imago/GetDrillEvidence.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { TestImago, withFaults } from './test-imago.ts';

interface Guest {
  agent?: boolean;
  /** From how many looks on, or from the first check on; absent: never. */
  sshFrom?: number | 'checks';
  ssh?: () => Promise<boolean>;
  sentPackets?: number;
}

function guestWith({ agent = false, sshFrom = Infinity, ssh, sentPackets }: Guest) {
  return withFaults<Host>((host) => {
    let looks = 0;
    let isChecked = false;
    const traffic = { receivedBytes: 0, receivedPackets: 0, sentBytes: 0 };
    return {
      async commandState(...asked) {
        if (!agent) throw new NoAgentError('there is none');
        return host.commandState(...asked);
      },
      async beginCommand(...command) {
        isChecked = true;
        return host.beginCommand(...command);
      },
      async screenshot() {
        return Buffer.from('a picture');
      },
      answersSsh: ssh ?? (async () => (sshFrom === 'checks' ? isChecked : ++looks >= sshFrom)),
      async usage() {
        const { instanceIds } = await host.belongings();
        const each = sentPackets === undefined ? {} : { traffic: { ...traffic, sentPackets } };
        return new Map(instanceIds.map((id) => [id, each as GuestUsage]));
      },
    };
  });
}

async function drilled(guest: Guest, order: Omit<StartDrillRequest, 'ImageId'> = {}) {
  const told: Alert[] = [];
  const tell = async (alert: Alert) => {
    told.push(alert);
    return [];
  };
  const alerts = { tell } as unknown as Alerts;
  await using imago = await TestImago.start({ alerts });
  const { id: ImageId } = await imago.image({ account: imago.caller.account });
  const timeLimits = { ...usualTimeLimits, callMs: 500 };
  await imago.restart({ alerts, wrapHost: guestWith(guest), timeLimits });
  await imago.call(startDrill, { ImageId, BootTimeoutSeconds: 1, ...order });
  await imago.untilQuiet();
  const [drill] = (await imago.call(describeDrills, {})).Drills;
  assert.ok(drill);
  const kept = await imago.call(getDrillEvidence, { DrillId: drill.DrillId });
  const image = await imago.catalog.read(({ images }) => images.get(ImageId));
  const left = await imago.catalog.read(({ instances }) => instances.list());
  assert.deepEqual(left, []);
  const screen = kept.Screenshot && String(kept.Screenshot);
  return { ...drill, screen, verdict: image?.lastDrill?.verdict, told: told.length };
}

describe('a guest of a drill', () => {
  test('without an agent is ready when its SSH server answers, and passes', async () => {
    const found = await drilled({ sshFrom: 3 });
    assert.deepEqual([found.State, found.verdict], ['passed', 'passed'], found.Reason);
    const { MillisecondsToRunning: running = -1, MillisecondsToSsh: ssh = -1 } = found;
    assert.ok(ssh > running && running >= 0, `${running} ${ssh}`);
    assert.ok((found.MillisecondsToReady ?? 0) >= ssh);
  });

  test('whose agent answers first is told of with its SSH server, which comes later', async () => {
    const found = await drilled({ agent: true, sshFrom: 4 }, { Checks: [{ Command: 'true' }] });
    assert.deepEqual([found.State, found.Results.length], ['passed', 1], found.Reason);
    const { MillisecondsToReady: ready = -1, MillisecondsToSsh: ssh = -1 } = found;
    assert.ok(ssh > ready, `${ready} ${ssh}`);
  });

  test('whose SSH server answers while checks go on is told of, and nobody waits for it before them', async () => {
    const wait = { Command: 'true', Equals: 'never', WithinSeconds: 2 };
    const found = await drilled({ agent: true, sshFrom: 'checks' }, { Checks: [wait] });
    const { MillisecondsToReady: ready = 0, MillisecondsToSsh: sshMs = 0 } = found;
    assert.equal(found.State, 'failed');
    assert.ok(sshMs > ready && sshMs <= (found.MillisecondsToChecked ?? 0), `${ready} ${sshMs}`);
    assert.ok(sshMs - ready < 5000, `${ready} ${sshMs}`);
  });

  test('of which a check is asked for is not ready by its SSH server alone', async () => {
    const found = await drilled({ sshFrom: 1 }, { Checks: [{ Command: 'true' }] });
    assert.deepEqual([found.State, found.verdict], ['failed', 'failed']);
    assert.equal(found.Reason, 'The guest was not ready within 1 s: its agent did not answer.');
    assert.notEqual(found.MillisecondsToSsh, undefined);
  });

  test('that is to say something on its console is not ready by its SSH server', async () => {
    const found = await drilled({ sshFrom: 1 }, { ConsoleText: 'login:' });
    assert.equal(found.State, 'failed');
    assert.match(found.Reason ?? '', /its console did not say “login:”/);
  });

  test('that used its card, and has neither agent nor SSH, cannot be judged: it is told of, and its backup is as it was', async () => {
    for (const sentPackets of [7, undefined]) {
      const found = await drilled({ sentPackets });
      assert.deepEqual([found.State, found.verdict, found.told], ['error', undefined, 1]);
      assert.match(found.Reason ?? '', /neither its agent nor its SSH server answered within 1 s/);
      assert.equal(found.screen, 'a picture');
    }
  });

  test('that never used its card did not come up: its backup has failed', async () => {
    const found = await drilled({ sentPackets: 0 });
    assert.deepEqual([found.State, found.verdict, found.told], ['failed', 'failed', 1]);
    assert.match(found.Reason ?? '', /^The guest did not come up: .* never used its network card/);
  });

  test('whose SSH server nobody can ask passes by its agent, without that time', async () => {
    let asked = 0;
    const ssh = () => {
      asked += 1;
      return asked % 2 === 0 ? new Promise<boolean>(() => {}) : Promise.reject(new Error('gone'));
    };
    const found = await drilled({ agent: true, ssh });
    assert.deepEqual([found.State, found.MillisecondsToSsh], ['passed', undefined]);
    assert.ok(asked > 2, 'it goes on asking');
  });
});
