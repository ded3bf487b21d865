/** Drills on simulated machines: verdicts, what is kept, and that nothing else is left. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { DrillCheckRequest } from '../../api/imago-drill-checks.ts';
import type { StartDrillRequest } from '../../api/imago-drills.ts';
import type { Alert, Alerts } from '../alerts/alerts.ts';
import { BufferDisk, changed, makeFileSystem } from '../contents/test-file-systems.ts';
import type { Host } from '../host/host.ts';
import { describeDrills } from '../operations/imago/DescribeDrills.ts';
import { getDrillEvidence } from '../operations/imago/GetDrillEvidence.ts';
import { startDrill } from '../operations/imago/StartDrill.ts';
import { stopDrill } from '../operations/imago/StopDrill.ts';
import { TestImago, withFaults } from './test-imago.ts';

const Checks: DrillCheckRequest[] = [
  { Name: 'disk', Command: 'df /' },
  { Port: 5432, WithinSeconds: 1 },
  { File: '/etc/hostname' },
  { Service: 'cron', WithinSeconds: 1 },
  { Query: 'SELECT 1', Client: 'psql', WithinSeconds: 1 },
];

/** Exit codes by the number of the check that fails; and what the guest is seen as meanwhile. */
function failingChecks(codes: Record<number, number>, seen: (host: Host) => void = () => {}) {
  return withFaults<Host>((host) => ({
    async commandState(...asked) {
      seen(host);
      const state = await host.commandState(...asked);
      const [, number] = /-(\d+)-\d+$/.exec(asked[1]) ?? [];
      const exitCode = codes[Number(number)];
      return state.state === 'ended' && exitCode !== undefined ? { ...state, exitCode } : state;
    },
    async screenshot() {
      return Buffer.from('a picture');
    },
  }));
}

describe('a drill', () => {
  test('that finds all as it should be passes, is told of, and leaves no machine', async () => {
    await using imago = await TestImago.start();
    const { account } = imago.caller;
    const { id: ImageId } = await imago.image({ account });
    const { DrillId } = await imago.call(startDrill, { ImageId, Checks });
    const [task] = await imago.untilQuiet();
    assert.equal(task?.error, undefined);
    const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
    assert.deepEqual([drill?.State, drill?.Reason, drill?.Checks], ['passed', undefined, 5]);
    assert.deepEqual(
      drill?.Results.map(({ Name, Kind, Passed }) => [Name, Kind, Passed]),
      [
        ['disk', 'command', true],
        ['port 5432', 'port', true],
        ['file /etc/hostname', 'file', true],
        ['service cron', 'service', true],
        ['query SELECT 1', 'query', true],
      ],
    );
    const { MillisecondsToRunning: running = -1, MillisecondsToReady: ready = -1 } = drill ?? {};
    assert.ok(running >= 0 && ready >= running && (drill?.MillisecondsToChecked ?? -1) >= ready);
    const image = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(image?.lastDrill?.verdict, 'passed');
    assert.equal(image?.lastDrill?.drillId, DrillId);
    assert.equal(image?.lastLaunchedAt, undefined);
    assert.deepEqual(await imago.call(getDrillEvidence, { DrillId }), {
      ConsoleOutput: undefined,
      Screenshot: undefined,
    });
    await assertNothingLeft(imago);
  });

  test('of which nothing can be kept has its verdict all the same', async () => {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image({ account: imago.caller.account });
    // As on a disk that is full.
    await writeFile(imago.home.drillsFolder, '');
    await imago.call(startDrill, { ImageId, Checks: [{ Command: 'true', Equals: 'yes' }] });
    await imago.untilQuiet();
    const [drill] = (await imago.call(describeDrills, { ImageIds: [ImageId] })).Drills;
    assert.equal(drill?.State, 'failed', drill?.Reason);
  });

  test('of which a check fails goes on with the others, and keeps console and screen', async () => {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image({ account: imago.caller.account });
    await imago.restart({ wrapHost: failingChecks({ 1: 1, 3: 3 }) });
    const { DrillId } = await imago.call(startDrill, { ImageId, Checks });
    await imago.untilQuiet();
    const [drill] = (await imago.call(describeDrills, { ImageIds: [ImageId] })).Drills;
    assert.equal(drill?.State, 'failed');
    assert.match(drill?.Reason ?? '', /^2 of 5 checks failed; the first is port 5432: exit code 1/);
    assert.deepEqual(
      drill?.Results.map(({ Passed, ExitCode }) => [Passed, ExitCode]),
      [
        [true, 0],
        [false, 1],
        [true, 0],
        [false, 3],
        [true, 0],
      ],
    );
    const image = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(image?.lastDrill?.verdict, 'failed');
    const kept = await imago.call(getDrillEvidence, { DrillId });
    assert.equal(String(kept.Screenshot), 'a picture');
    assert.ok(kept.ConsoleOutput);
    await assertNothingLeft(imago);
  });

  test('has a machine without a cable: no group, no port, no guest of its VPC', async () => {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image();
    const specs: Parameters<Host['apply']>[0][] = [];
    const wrapHost = withFaults<Host>((host) => ({
      apply(spec, options) {
        specs.push(spec);
        return host.apply(spec, options);
      },
    }));
    await imago.restart({ wrapHost });
    await imago.call(startDrill, { ImageId });
    await imago.untilQuiet();
    const [spec] = specs;
    assert.ok(spec);
    assert.equal(spec.link.isolated, true);
    assert.equal(spec.vpc.id, spec.instanceId);
    assert.deepEqual([spec.vpc.groupIds, spec.vpc.ingress, spec.vpc.egress], [[], [], []]);
    assert.deepEqual([spec.ports, spec.metadata.securityGroups], [[], []]);
    assert.equal(spec.metadata.instanceId, spec.instanceId);
  });

  test('compares what the guest says of files with what the disks of its image have', async () => {
    await using imago = await TestImago.start();
    const disk = new BufferDisk(await makeFileSystem({ 'etc/motd': 'hello\n' }));
    const { id: ImageId } = await imago.image({ account: imago.caller.account }, disk);
    const motd = '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03';
    const verdictOf = async (said: string, Compare = ['/etc/motd']) => {
      const wrapHost = withFaults<Host>((host) => ({
        async commandState(...asked) {
          const state = await host.commandState(...asked);
          if (state.state === 'unknown' || asked[2].stdout > 0) return state;
          return { ...state, stdout: Buffer.from(`${said}  -\n`) };
        },
      }));
      await imago.restart({ wrapHost });
      const { DrillId } = await imago.call(startDrill, { ImageId, Compare });
      await imago.untilQuiet();
      const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
      return [drill?.State, drill?.Reason, drill?.Checks];
    };
    assert.deepEqual(await verdictOf(motd), ['passed', undefined, 1]);
    const other = '0'.repeat(64);
    assert.deepEqual(await verdictOf(other), [
      'failed',
      `1 of 1 checks failed; the first is compare /etc/motd: its SHA-256 is ${other}`,
      1,
    ]);
    const [state, why] = await verdictOf(motd, ['/etc/motd', '/etc/none']);
    assert.equal(state, 'error');
    assert.match(String(why), /cannot be compared: it has no regular file \/etc\/none/);
    await assertNothingLeft(imago);
  });

  test('has no verdict where only files differ that a journal may have made others', async () => {
    await using imago = await TestImago.start();
    const whole = await makeFileSystem({ 'etc/motd': 'hello\n' });
    const disk = new BufferDisk(await changed(whole, 'feature needs_recovery'));
    const { id: ImageId } = await imago.image({ account: imago.caller.account }, disk);
    const wrapHost = withFaults<Host>((host) => ({
      async commandState(...asked) {
        const state = await host.commandState(...asked);
        if (state.state === 'unknown' || asked[2].stdout > 0) return state;
        return { ...state, stdout: Buffer.from(`${'0'.repeat(64)}  -\n`) };
      },
    }));
    await imago.restart({ wrapHost });
    const verdictOf = async (order: StartDrillRequest) => {
      const { DrillId } = await imago.call(startDrill, {
        ...order,
        ImageId,
        Compare: ['/etc/motd'],
      });
      await imago.untilQuiet();
      const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
      return [drill?.State, drill?.Reason];
    };
    const [state, why] = await verdictOf({});
    assert.equal(state, 'error');
    assert.match(String(why), /compare \/etc\/motd: .*was in use/);
    const image = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(image?.lastDrill, undefined);
    const failing = await verdictOf({ Checks: [{ Command: 'true', Equals: 'yes' }] });
    assert.equal(failing[0], 'failed');
    await assertNothingLeft(imago);
  });

  test('that fails is told of; one that passes, or is stopped, is not', async () => {
    const told: Alert[] = [];
    const tell = async (alert: Alert) => {
      told.push(alert);
      return ['mail'];
    };
    const alerts = { tell } as unknown as Alerts;
    await using imago = await TestImago.start({ alerts });
    const { id: ImageId } = await imago.image();
    await imago.call(startDrill, { ImageId });
    const order = { ImageId, Checks: [{ Command: 'true', Equals: 'yes' }] };
    const { DrillId } = await imago.call(startDrill, order);
    await imago.untilQuiet();
    assert.deepEqual(
      told.map(({ id }) => id),
      [DrillId],
    );
    assert.match(told[0]?.subject ?? '', /^Drill of ami-\w+ failed: 1 of 1 checks failed/);
    const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
    assert.deepEqual(drill?.NotTold, ['mail']);
  });

  test('that fails is told of though Imago is killed between its verdict and the alert', async () => {
    for (const [step, moment, times] of [
      ['conclude', 'after', 1],
      ['alert', 'before', 1],
      // Once more, by the same id.
      ['alert', 'after', 2],
    ] as const) {
      const told: string[] = [];
      const tell = async ({ id }: Alert) => {
        told.push(id);
        return [];
      };
      let isKilled = false;
      const onStep = (_kind: string, name: string, at: string) => {
        if (isKilled || name !== step || at !== moment) return;
        isKilled = true;
        // Nothing is recorded from here on.
        throw new Error('killed');
      };
      const alerts = { tell } as unknown as Alerts;
      await using imago = await TestImago.start({ alerts, onStep });
      const { id: ImageId } = await imago.image({ account: imago.caller.account });
      const order = { ImageId, Checks: [{ Command: 'true', Equals: 'yes' }] };
      const { DrillId } = await imago.call(startDrill, order);
      await imago.untilQuiet();
      assert.deepEqual(told, Array(times).fill(DrillId), `killed ${moment} ${step}`);
      const image = await imago.catalog.read(({ images }) => images.get(ImageId));
      assert.equal(image?.lastDrill?.verdict, 'failed');
    }
  });

  test('of a guest that is not ready in its time fails', async () => {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image();
    const ConsoleText = 'login:';
    const order = { ImageId, ConsoleText, BootTimeoutSeconds: 1 };
    const { DrillId } = await imago.call(startDrill, order);
    await imago.untilQuiet();
    const [drill] = (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills;
    assert.equal(drill?.State, 'failed');
    assert.equal(
      drill?.Reason,
      'The guest was not ready within 1 s: its console did not say “login:”.',
    );
    await assertNothingLeft(imago);
  });

  test('that is stopped has no verdict, and leaves nothing', async () => {
    await using imago = await TestImago.start();
    const { id: ImageId } = await imago.image({ account: imago.caller.account });
    const order = { ImageId, ConsoleText: 'never said' };
    const { DrillId } = await imago.call(startDrill, order);
    const read = async () => (await imago.call(describeDrills, { DrillIds: [DrillId] })).Drills[0];
    await imago.until('it boots', async () => (await read())?.MillisecondsToRunning);
    await imago.call(stopDrill, { DrillId });
    await imago.untilQuiet();
    await imago.call(stopDrill, { DrillId });
    assert.equal((await read())?.State, 'stopped');
    const kept = await imago.call(getDrillEvidence, { DrillId });
    assert.deepEqual(kept, { ConsoleOutput: undefined, Screenshot: undefined });
    const image = await imago.catalog.read(({ images }) => images.get(ImageId));
    assert.equal(image?.lastDrill, undefined);
    await assertNothingLeft(imago);
  });

  test('goes on to its verdict when Imago is killed before or after any of its steps', async () => {
    for (const moment of ['before', 'after'] as const) {
      const killed = new Set<string>();
      const onStep = (kind: string, step: string, at: string) => {
        if (kind !== 'drill' || at !== moment || killed.has(step)) return;
        killed.add(step);
        throw new Error('killed');
      };
      await using imago = await TestImago.start({ onStep });
      const { id: ImageId } = await imago.image();
      await imago.call(startDrill, { ImageId, Checks });
      await imago.untilQuiet();
      assert.equal(killed.size, 9);
      const [drill] = (await imago.call(describeDrills, {})).Drills;
      assert.equal(drill?.State, 'passed', drill?.Reason);
      await assertNothingLeft(imago);
    }
  });
});

async function assertNothingLeft({ catalog, home }: TestImago): Promise<void> {
  const left = await catalog.read(async ({ instances, volumes }) => [
    ...(await instances.list()),
    ...(await volumes.list()),
  ]);
  assert.deepEqual(left, []);
  assert.deepEqual(await readdir(home.instancesFolder), []);
}
