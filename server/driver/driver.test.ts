/**
 * Instances driven from state to state: launches, stops and starts, ends, over restarts of Imago.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { describeInstances } from '../operations/ec2/instances/DescribeInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { authorizeSecurityGroupIngress } from '../operations/ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { terminatedShownMs } from './instance-steps.ts';
import { powerButtonAgainMs, powerDownGraceMs } from './power-down.ts';
import { deaf, launch, running } from './test-launch.ts';

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

describe('a launch', () => {
  test('answers pending, runs, and leaves nothing when it is terminated', async () => {
    const made = await launch(imago);
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
    await launch(imago, { MinCount: 20, MaxCount: 20 });
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
    const { InstanceId } = await launch(imago);
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
    const { InstanceId } = await launch(imago);
    await imago.call(terminateInstances, { InstanceIds: [InstanceId] });
    gate.resolve();
    await imago.untilState(InstanceId, 'terminated');
    assert.equal(await imago.hypervisor.status(InstanceId), 'absent');
  });

  test('terminated instances are shown for an hour', async () => {
    const id = await running(imago);
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
    const id = await running(imago);
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
    const id = await running(imago);
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
    const id = await running(imago);
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
    const id = await running(imago);
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.call(stopInstances, { InstanceIds: [id], Force: true });
    await imago.untilState(id, 'stopped');
  });

  test('a termination asks the guest first where a volume outlives it, but for so long only', async () => {
    const asked: string[] = [];
    const wrap = withFaults<Hypervisor>(() => ({ powerDown: async (id) => void asked.push(id) }));
    await imago.restart({ wrap });
    const lasting = {
      BlockDeviceMappings: [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, DeleteOnTermination: false } },
      ],
    };
    const [none, slow, cut] = [
      await running(imago),
      await running(imago, lasting),
      await running(imago, lasting),
    ];
    await imago.call(terminateInstances, { InstanceIds: [none, slow] });
    await imago.untilState(none, 'terminated');
    await imago.until('it is asked', async () => asked.length > 0);
    assert.deepEqual(new Set(asked), new Set([slow]));
    await imago.call(terminateInstances, { InstanceIds: [cut], SkipOsShutdown: true });
    await imago.untilState(cut, 'terminated');
    assert.equal((await imago.instance(slow))?.state, 'shutting-down');
    imago.advance(powerDownGraceMs);
    await imago.untilState(slow, 'terminated');
  });

  test('a start that fails goes back to stopped and keeps the volumes', async () => {
    const id = await running(imago);
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
    const id = await running(imago);
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

test('ports follow the security groups of a running instance', async () => {
  const opened: number[][] = [];
  const wrap = withFaults<Hypervisor>((hypervisor) => ({
    setForwards: async (instanceId, forwards) => {
      opened.push(forwards.map(({ hostPort }) => hostPort));
      return hypervisor.setForwards(instanceId, forwards);
    },
  }));
  await imago.restart({ wrap });
  const id = await running(imago);
  const GroupId = (await imago.instance(id))?.securityGroupIds[0] ?? '';
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' };
  await imago.call(authorizeSecurityGroupIngress, { GroupId, ...rule });
  await imago.until('port 22 is open', async () => opened.some((ports) => ports.includes(22)));
});

test('instances go on after a restart in the middle of everything', async () => {
  const id = await running(imago);
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
  assert.equal(await imago.services.host.status(id), 'absent');
});
