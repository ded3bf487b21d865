/**
 * What the driver comes to do for a guest that runs: by a change, by a look, and after tasks that
 * failed.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { GuestSpec, Host } from '../host/host.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { modifyInstanceAttribute } from '../operations/ec2/instances/ModifyInstanceAttribute.ts';
import { modifyInstanceCreditSpecification } from '../operations/ec2/instances/ModifyInstanceCreditSpecification.ts';
import { modifyInstanceMetadataOptions } from '../operations/ec2/instances/ModifyInstanceMetadataOptions.ts';
import { rebootInstances } from '../operations/ec2/instances/RebootInstances.ts';
import { authorizeSecurityGroupIngress } from '../operations/ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { createSecurityGroup } from '../operations/ec2/security-groups/CreateSecurityGroup.ts';
import { revokeSecurityGroupEgress } from '../operations/ec2/security-groups/RevokeSecurityGroupEgress.ts';
import { createTags } from '../operations/ec2/tags/CreateTags.ts';
import { TestImago, withFaults } from '../tasks/test-imago.ts';
import { running } from './test-launch.ts';

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

test('a guest that was left frozen is thawed by whoever looks at it', async () => {
  const id = await running(imago);
  const thawed = Promise.withResolvers<string>();
  const wrap = withFaults<Hypervisor>((hypervisor) => ({
    thaw: async (instanceId) => {
      await hypervisor.thaw(instanceId);
      thawed.resolve(instanceId);
    },
  }));
  await imago.restart({ wrap });
  assert.equal(await thawed.promise, id);
});

/** What hosts are told from here on. */
async function listen(): Promise<GuestSpec[]> {
  const told: GuestSpec[] = [];
  const wrapHost = withFaults<Host>((host) => ({
    apply: (spec, options) => {
      told.push(spec);
      return host.apply(spec, options);
    },
  }));
  await imago.restart({ wrapHost });
  return told;
}

test('an update of a running row is looked at at once', async () => {
  const told = await listen();
  const id = await running(imago);
  const keyName = 'renamed';
  await imago.context().catalog.write(async ({ instances }) => {
    const row = await instances.get(id);
    if (row) await instances.update({ ...row, keyName, publicKey: 'ssh-ed25519 AAAA' });
  });
  // Far sooner than the next round comes by.
  await imago.until('it is told', async () => told.at(-1)?.metadata.key?.name === keyName);
});

test('a change of a group’s rules is told to the guests in it at once', async () => {
  const told: GuestSpec[] = [];
  const wrapHost = withFaults<Host>((host) => ({
    apply: (spec, options) => {
      told.push(spec);
      return host.apply(spec, options);
    },
  }));
  await imago.restart({ wrapHost });
  const id = await running(imago);
  const GroupId = (await imago.instance(id))?.securityGroupIds[0] ?? '';
  assert.equal(told.at(-1)?.vpc.egress.length, 1);
  const all = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];
  await imago.call(revokeSecurityGroupEgress, { GroupId, IpPermissions: all });
  await imago.until('it is told', async () => told.at(-1)?.vpc.egress.length === 0);
});

test('a running guest has other groups, options of its metadata and tags at once', async () => {
  const told = await listen();
  const InstanceId = await running(imago);
  const last = () => told.at(-1)?.metadata;
  const group = { GroupName: 'web', Description: 'web' };
  const { GroupId = '' } = await imago.call(createSecurityGroup, group);
  await imago.call(modifyInstanceAttribute, { InstanceId, Groups: [GroupId] });
  await imago.until('the group is told', async () => last()?.securityGroups[0]?.id === GroupId);
  const options = { HttpEndpoint: 'disabled', InstanceMetadataTags: 'enabled' };
  await imago.call(modifyInstanceMetadataOptions, { InstanceId, ...options });
  await imago.until('options are told', async () => last()?.options.httpEndpoint === 'disabled');
  assert.deepEqual(last()?.tags, {});
  await imago.call(createTags, { Resources: [InstanceId], Tags: [{ Key: 'Name', Value: 'web' }] });
  await imago.until('the tag is told', async () => last()?.tags?.Name === 'web');
});

test('a guest that runs is let go of when the task that was to boot it has ended', async () => {
  const id = await running(imago);
  await imago.context().catalog.write(async ({ instances }) => {
    const row = await instances.get(id);
    if (row) await instances.update({ ...row, haltedBy: 'task-that-has-ended' });
  });
  await imago.until('it is free', async () => (await imago.instance(id))?.haltedBy === undefined);
  // Else its own end would be taken for that of a reboot.
  await imago.hypervisor.powerDown(id);
  await imago.untilState(id, 'stopped');
});

test('credits of a running guest are its share of processors', async () => {
  const told = await listen();
  const CpuOptions = { CoreCount: 1, ThreadsPerCore: 2 };
  const id = await running(imago, { InstanceType: 't3.small', CpuOptions });
  const share = () => told.at(-1)?.cpuShare;
  assert.deepEqual([share(), told.at(-1)?.vcpus, told.at(-1)?.threadsPerCore], ['full', 2, 2]);
  for (const [CpuCredits, wanted] of [
    ['standard', 'yielding'],
    ['unlimited', 'full'],
  ] as const) {
    const specifications = [{ InstanceId: id, CpuCredits }];
    const change = { InstanceCreditSpecifications: specifications };
    await imago.call(modifyInstanceCreditSpecification, change);
    await imago.until('its share is told', async () => share() === wanted);
  }
});

test('a guest without a public address has no ports of the host', async () => {
  const told = await listen();
  const group = { GroupName: 'ssh', Description: 'opens SSH' };
  const { GroupId = '' } = await imago.call(createSecurityGroup, group);
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '0.0.0.0/0' };
  await imago.call(authorizeSecurityGroupIngress, { GroupId, ...rule });
  const card = { DeviceIndex: 0, AssociatePublicIpAddress: false, Groups: [GroupId] };
  await running(imago, { NetworkInterfaces: [card] });
  assert.deepEqual([told.at(-1)?.ports, told.at(-1)?.metadata.publicIp], [[], undefined]);
  await running(imago, { SecurityGroupIds: [GroupId] });
  assert.equal(told.at(-1)?.ports[0]?.guestPort, 22);
});

test('a reboot whose undo was given up stops no later one, nor the guest', async () => {
  const id = await running(imago);
  const gone = async () => {
    throw new Error('the machine does not answer');
  };
  await imago.restart({ wrap: withFaults<Hypervisor>(() => ({ reset: gone })) });
  await imago.call(rebootInstances, { InstanceIds: [id] });
  const [failed] = await imago.untilQuiet();
  assert.equal(failed?.state, 'failed');
  assert.equal((await imago.instance(id))?.haltedBy, failed?.id);
  await imago.restart();
  await imago.until('it is booted again', async () => {
    const row = await imago.instance(id);
    return row?.haltedBy === undefined && (await imago.hypervisor.status(id)) === 'running';
  });
  assert.equal((await imago.instance(id))?.state, 'running');
  await imago.call(rebootInstances, { InstanceIds: [id] });
  const again = (await imago.untilQuiet()).find(({ id: taskId }) => taskId !== failed?.id);
  assert.equal(again?.state, 'succeeded');
});
