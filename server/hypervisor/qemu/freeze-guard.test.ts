/** That a guest does not stay frozen when Imago is killed in a freeze and not started again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../foundations/log.ts';
import { eventually } from '../test-machines.ts';
import { defaultLimits, thawLeftFrozen } from './freeze.ts';
import { FakeQemu } from './test-fake-qemu.ts';

const program = path.join(import.meta.dirname, 'test-cut-frozen.ts');
const thaws = (fake: FakeQemu) =>
  fake.agentCommands.filter((command) => command === 'guest-fsfreeze-thaw').length;

/** Killed while the guest is frozen, which may be for so long. */
async function killedInFreeze(fake: FakeQemu, frozenMaxMs: number): Promise<void> {
  const { instanceId, folder, pid } = fake;
  const args = [program, instanceId, folder, `${pid}`, `${frozenMaxMs}`];
  const imago = spawn(process.execPath, args, { stdio: 'inherit' });
  await eventually(() => fake.frozen);
  // Its guard has started by then: a process is there as soon as it is asked for.
  imago.kill('SIGKILL');
  await once(imago, 'exit');
  assert.equal(fake.frozen, true);
}

test('it is thawed when its time is over', async () => {
  await using fake = await FakeQemu.start();
  await killedInFreeze(fake, 500);
  await eventually(() => !fake.frozen);
  await eventually(() => fake.agentConnections.size === 0);
});

test('an agent that is busy then is asked again', async () => {
  await using fake = await FakeQemu.start();
  fake.onThaw = () => {
    fake.onThaw = () => {};
    return 'refused';
  };
  await killedInFreeze(fake, 500);
  await eventually(() => !fake.frozen);
});

test('one that Imago has thawed since is left alone, and so is one that ends it itself', async () => {
  await using fake = await FakeQemu.start();
  await killedInFreeze(fake, 1000);
  await thawLeftFrozen(fake.machine, silentLog, defaultLimits);
  assert.equal(thaws(fake), 1);
  await sleep(2000);
  assert.equal(thaws(fake), 1);

  await using other = await FakeQemu.start();
  other.endsFreezesItself = true;
  await killedInFreeze(other, 100);
  await sleep(2000);
  assert.deepEqual([other.frozen, thaws(other)], [true, 0]);
});
