import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Instance } from '../../api/generated/ec2-types.ts';
import { type Hypervisor, MachineAbsentError } from '../hypervisor/hypervisor.ts';
import { describeInstances } from '../operations/ec2/instances/DescribeInstances.ts';
import { rebootInstances } from '../operations/ec2/instances/RebootInstances.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { authorizeSecurityGroupIngress } from '../operations/ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { terminatedShownMs } from './instance-steps.ts';
import { powerButtonAgainMs, powerDownGraceMs } from './power-down.ts';

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

async function launch(more: object = {}): Promise<Instance & { InstanceId: string }> {
  const image = await imago.image();
  const input = { ImageId: image.id, MinCount: 1, MaxCount: 1, InstanceType: 't3.nano', ...more };
  const { Instances = [] } = await imago.call(runInstances, input);
  return Instances[0] as Instance & { InstanceId: string };
}

async function running(more: object = {}): Promise<string> {
  const { InstanceId } = await launch(more);
  await imago.untilState(InstanceId, 'running');
  return InstanceId;
}

/** A guest that does not hear its power button. */
const deaf = withFaults<Hypervisor>(() => ({ powerDown: async () => {} }));

describe('a launch', () => {
  test('answers pending, runs, and leaves nothing when it is terminated', async () => {
    const made = await launch();
    assert.equal(made.State?.Name, 'pending');
    const row = await imago.untilState(made.InstanceId, 'running');
    assert.match(row.machine?.uuid ?? '', /^ec2[0-9a-f]{5}-/);
    assert.deepEqual(await imago.layerFiles(), [`${(await imago.volumeIds(row.id))[0]}/0.qcow2`]);
    const volumes = await imago.catalog.read((reader) => reader.volumes.list());
    assert.equal(volumes[0]?.state, 'in-use');
    assert.deepEqual(volumes[0]?.layers, [{ number: 0, fresh: true }], 'a launch syncs nothing');
    await imago.restart();
    await imago.until('a later look syncs', async () => {
      const [volume] = await imago.catalog.read((reader) => reader.volumes.list());
      return volume?.layers[0]?.fresh === undefined;
    });

    await imago.call(terminateInstances, { InstanceIds: [made.InstanceId] });
    await imago.untilState(made.InstanceId, 'terminated');
    // Files go before rows.
    await imago.until('no volumes', async () => {
      const left = await imago.catalog.read((reader) => reader.volumes.list());
      return left.length === 0;
    });
    assert.deepEqual(await imago.layerFiles(), []);
    assert.equal(await imago.hypervisor.status(made.InstanceId), 'absent');
  });

  test('of many runs them all, each with addresses of its own', async () => {
    await launch({ MinCount: 20, MaxCount: 20 });
    const rows = await imago.until('20 run', async () => {
      const all = await imago.catalog.read(({ instances }) => instances.list());
      return all.every(({ state }) => state === 'running') && all;
    });
    for (const member of ['privateIp', 'publicIp', 'mac', 'networkInterfaceId'] as const) {
      assert.equal(new Set(rows.map((row) => row[member])).size, 20, member);
    }
    assert.equal(new Set(rows.map((row) => row.reservationId)).size, 1);
  });

  test('that fails ends terminated, with the reason, and nothing is left', async () => {
    const start = async () => {
      throw new Error('no such processor');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ start })) });
    const { InstanceId } = await launch();
    const row = await imago.untilState(InstanceId, 'terminated');
    assert.equal(row.stateReason?.code, 'Server.InternalError');
    assert.doesNotMatch(row.stateReason?.message ?? '', /processor/);
    await imago.until('no volumes', async () => (await imago.layerFiles()).length === 0);
  });

  test('that was terminated while it was pending is taken down', async () => {
    const gate = Promise.withResolvers<void>();
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      start: async (spec) => {
        await gate.promise;
        return hypervisor.start(spec);
      },
    }));
    await imago.restart({ wrap });
    const { InstanceId } = await launch();
    await imago.call(terminateInstances, { InstanceIds: [InstanceId] });
    gate.resolve();
    await imago.untilState(InstanceId, 'terminated');
    assert.equal(await imago.hypervisor.status(InstanceId), 'absent');
  });

  test('terminated instances are shown for an hour', async () => {
    const id = await running();
    await imago.call(terminateInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'terminated');
    imago.advance(terminatedShownMs - 1000);
    await imago.restart();
    assert.equal((await imago.instance(id))?.state, 'terminated');
    imago.advance(2000);
    await imago.restart();
    await imago.until('the row is gone', async () => (await imago.instance(id)) === undefined);
    assert.deepEqual(await imago.machineFolders(), []);
  });
});

describe('stop and start', () => {
  test('keep volumes, addresses and machine', async () => {
    const id = await running();
    const before = await imago.instance(id);
    await imago.call(stopInstances, { InstanceIds: [id] });
    const stopped = await imago.untilState(id, 'stopped');
    assert.equal(stopped.stateReason?.code, 'Client.UserInitiatedShutdown');
    assert.match(stopped.stateTransitionReason ?? '', /^User initiated \(\d{4}-.* GMT\)$/);
    assert.equal(stopped.forceStop, undefined);
    await imago.call(startInstances, { InstanceIds: [id] });
    const again = await imago.untilState(id, 'running');
    for (const member of ['machine', 'privateIp', 'publicIp', 'mac'] as const) {
      assert.deepEqual(again[member], before?.[member], member);
    }
    assert.equal(again.stateReason, undefined);
  });

  test('a guest that does not shut down is cut off after the grace time', async () => {
    await imago.restart({ wrap: deaf });
    const id = await running();
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.restart({ wrap: deaf });
    assert.equal((await imago.instance(id))?.state, 'stopping');
    imago.advance(powerDownGraceMs);
    assert.equal((await imago.untilState(id, 'stopped')).forceStop, true);
  });

  test('a step of the wall clock cuts nobody off, not even over a restart', async () => {
    const asked: string[] = [];
    const wrap = withFaults<Hypervisor>(() => ({ powerDown: async (id) => void asked.push(id) }));
    await imago.restart({ wrap });
    const id = await running();
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.until('it is asked', async () => asked.length === 1);
    imago.stepWallClock(2 * powerDownGraceMs);
    imago.advance(powerButtonAgainMs);
    await imago.until('it is asked again', async () => asked.length === 2);
    await imago.restart({ wrap });
    await imago.until('by the next Imago too', async () => asked.length === 3);
    assert.equal((await imago.instance(id))?.state, 'stopping');
    imago.stepWallClock(-24 * 60 * 60 * 1000);
    imago.advance(powerDownGraceMs);
    await imago.untilState(id, 'stopped');
  });

  test('by force nobody waits for the guest, also when it was asked politely before', async () => {
    await imago.restart({ wrap: deaf });
    const id = await running();
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.call(stopInstances, { InstanceIds: [id], Force: true });
    await imago.untilState(id, 'stopped');
  });

  test('a start that fails goes back to stopped and keeps the volumes', async () => {
    const id = await running();
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'stopped');
    const files = await imago.layerFiles();
    const start = async () => {
      throw new Error('no memory');
    };
    await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ start })) });
    await imago.call(startInstances, { InstanceIds: [id] });
    const row = await imago.until('stopped again', async () => {
      const found = await imago.instance(id);
      return found?.stateReason?.code === 'Server.InternalError' && found;
    });
    assert.equal(row.state, 'stopped');
    assert.deepEqual(await imago.layerFiles(), files);
  });

  test('a layer whose file is gone is not made anew as an empty one', async () => {
    const id = await running();
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'stopped');
    const [volumeId = ''] = await imago.volumeIds(id);
    await rm(imago.home.layerFile(volumeId, 0));
    await imago.call(startInstances, { InstanceIds: [id] });
    await imago.until('it is at rest', async () => {
      const state = (await imago.instance(id))?.state;
      return state === 'running' || state === 'stopped';
    });
    assert.deepEqual(await imago.layerFiles(), []);
  });
});

describe('a guest', () => {
  test('that powers itself off is stopped', async () => {
    const id = await running();
    await imago.hypervisor.powerDown(id);
    const row = await imago.untilState(id, 'stopped');
    assert.equal(row.stateReason?.code, 'Client.InstanceInitiatedShutdown');
  });

  test('or terminated, where its launch said so', async () => {
    const id = await running({ InstanceInitiatedShutdownBehavior: 'terminate' });
    await imago.hypervisor.powerDown(id);
    const row = await imago.untilState(id, 'terminated');
    assert.equal(row.stateReason?.code, 'Client.InstanceInitiatedShutdown');
  });

  test('that powered itself off while Imago was away is found so', async () => {
    const id = await running();
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
    const id = await running();
    await imago.hypervisor.destroy(id);
    await imago.restart();
    const row = await imago.untilState(id, 'stopped');
    assert.equal(row.stateReason?.code, 'Server.InternalError');
    assert.equal(row.forceStop, true);
    await imago.call(startInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'running');
  });

  test('that cannot be found again yet is not taken for gone', async () => {
    const id = await running();
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
    const id = await running();
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
    const id = await running();
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
    const id = await running();
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
    const id = await running();
    await imago.call(rebootInstances, { InstanceIds: [id] });
    await imago.untilQuiet();
    assert.equal(resets, 1);
  });
});

test('ports follow the security groups of a running instance', async () => {
  const opened: number[][] = [];
  const wrap = withFaults<Hypervisor>((hypervisor) => ({
    setForwards: async (instanceId, forwards) => {
      opened.push(forwards.map(({ hostPort }) => hostPort));
      return hypervisor.setForwards(instanceId, forwards);
    },
  }));
  await imago.restart({ wrap });
  const id = await running();
  const GroupId = (await imago.instance(id))?.securityGroupIds[0] ?? '';
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' };
  await imago.call(authorizeSecurityGroupIngress, { GroupId, ...rule });
  await imago.until('port 22 is open', async () => opened.some((ports) => ports.includes(22)));
});

test('instances go on after a restart in the middle of everything', async () => {
  const id = await running();
  await imago.call(stopInstances, { InstanceIds: [id] });
  await imago.restart();
  await imago.untilState(id, 'stopped');
  await imago.call(startInstances, { InstanceIds: [id] });
  await imago.restart();
  await imago.untilState(id, 'running');
  await imago.call(terminateInstances, { InstanceIds: [id] });
  await imago.restart();
  await imago.untilState(id, 'terminated');
  const { Reservations } = await imago.call(describeInstances, {});
  const shown = Reservations?.[0]?.Instances?.[0];
  assert.equal(shown?.State?.Name, 'terminated');
  assert.deepEqual([shown?.PrivateIpAddress, shown?.BlockDeviceMappings], [undefined, []]);
  await assert.rejects(imago.hypervisor.reset(id), MachineAbsentError);
});
