/** What guests come to by themselves or by an accident, and how they are rebooted. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { rebootInstances } from '../operations/ec2/instances/RebootInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { powerDownGraceMs } from './power-down.ts';
import { deaf, running } from './test-launch.ts';

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

describe('a guest', () => {
  test('that powers itself off is stopped', async () => {
    const id = await running(imago);
    await imago.hypervisor.powerDown(id);
    const row = await imago.untilState(id, 'stopped');
    assert.equal(row.stateReason?.code, 'Client.InstanceInitiatedShutdown');
  });

  test('or terminated, where its launch said so', async () => {
    const id = await running(imago, { InstanceInitiatedShutdownBehavior: 'terminate' });
    await imago.hypervisor.powerDown(id);
    const row = await imago.untilState(id, 'terminated');
    assert.equal(row.stateReason?.code, 'Client.InstanceInitiatedShutdown');
  });

  test('that powered itself off while Imago was away is found so', async () => {
    const id = await running(imago);
    let deafOnce = true;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      onChange: (listener) => {
        if (!deafOnce) hypervisor.onChange(listener);
        deafOnce = false;
      },
    }));
    await imago.restart({ wrap });
    await imago.hypervisor.powerDown(id);
    assert.equal((await imago.instance(id))?.state, 'running');
    await imago.restart();
    await imago.untilState(id, 'stopped');
  });

  test('whose process is gone is stopped and says so', async () => {
    const id = await running(imago);
    await imago.hypervisor.destroy(id);
    await imago.restart();
    const row = await imago.untilState(id, 'stopped');
    assert.equal(row.stateReason?.code, 'Server.InternalError');
    assert.equal(row.forceStop, true);
    await imago.call(startInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'running');
  });

  test('that cannot be found again yet is not taken for gone', async () => {
    const id = await running(imago);
    let failures = 2;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      adopt: async (instanceId, folder) => {
        if (failures-- > 0) throw new Error('it does not answer');
        return hypervisor.adopt(instanceId, folder);
      },
    }));
    await imago.restart({ wrap });
    await imago.until('it is asked again', async () => failures < 0);
    assert.equal((await imago.instance(id))?.state, 'running');
    assert.equal(await imago.hypervisor.status(id), 'running');
  });

  test('that stopped on a disk error goes on as soon as it can', async () => {
    const id = await running(imago);
    let resumed = 0;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      status: async (instanceId) =>
        resumed < 2 ? ('io-error' as const) : hypervisor.status(instanceId),
      resume: async () => ++resumed >= 2,
    }));
    await imago.restart({ wrap });
    await imago.until('it runs', async () => resumed >= 2);
    assert.equal((await imago.instance(id))?.state, 'running');
  });
});

describe('a reboot', () => {
  test('leaves the instance running', async () => {
    const id = await running(imago);
    let resets = 0;
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      reset: async (instanceId) => {
        assert.equal(await hypervisor.status(instanceId), 'shutdown', 'the guest was asked first');
        resets++;
        await hypervisor.reset(instanceId);
      },
    }));
    await imago.restart({ wrap });
    await imago.call(rebootInstances, { InstanceIds: [id] });
    const [task] = await imago.untilQuiet();
    assert.equal(task?.state, 'succeeded');
    assert.equal(resets, 1);
    const row = await imago.instance(id);
    assert.equal(row?.state, 'running');
    assert.equal(row?.haltedBy, undefined);
    assert.equal(await imago.hypervisor.status(id), 'running');
  });

  test('gives way to a stop', async () => {
    await imago.restart({ wrap: deaf });
    const id = await running(imago);
    await imago.call(rebootInstances, { InstanceIds: [id] });
    await imago.until('it is halted', async () => (await imago.instance(id))?.haltedBy);
    await imago.call(stopInstances, { InstanceIds: [id], Force: true });
    await imago.untilState(id, 'stopped');
    await imago.untilQuiet();
    assert.equal((await imago.instance(id))?.state, 'stopped');
  });

  test('resets a guest that does not listen', async () => {
    let resets = 0;
    const wrap = withFaults<Hypervisor>(() => ({
      powerDown: async () => imago.advance(powerDownGraceMs),
      reset: async () => {
        resets++;
      },
    }));
    await imago.restart({ wrap });
    const id = await running(imago);
    await imago.call(rebootInstances, { InstanceIds: [id] });
    await imago.untilQuiet();
    assert.equal(resets, 1);
  });
});
