import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { SubnetRow } from '../catalog/rows/network.ts';
import { instance } from '../catalog/test-rows.ts';
import { randomIds, systemClock } from './identity.ts';
import {
  allocatePrivateIps,
  checkPrivateIp,
  defaultSubnet,
  defaultVpc,
  ensureDefaultNetworks,
  usableAddresses,
  usedAddresses,
} from './networks.ts';

const viewer = { account: '111111111111', region: 'us-east-1' };

let catalog: Catalog;
let subnet: SubnetRow;
beforeEach(async () => {
  catalog = createMemoryCatalog();
  const identity = { clock: systemClock, ids: randomIds };
  await ensureDefaultNetworks(catalog, [viewer.account], ['us-east-1', 'eu-west-1'], identity);
  subnet = await catalog.read((reader) => defaultSubnet(reader, viewer));
});

/** Instances take addresses by their rows. */
const occupy = (privateIp: string, state: InstanceRow['state'] = 'running') =>
  catalog.write(({ instances }) =>
    instances.insert(
      instance(randomIds.resource('i'), { ...viewer, subnetId: subnet.id, privateIp, state }),
    ),
  );
const allocate = (min: number, from = subnet, max = min) =>
  catalog.read((reader) => allocatePrivateIps(reader, from, { min, max }));

test('each account has a VPC, a subnet in the zone and a default group in each region', async () => {
  const vpc = await catalog.read((reader) => defaultVpc(reader, viewer));
  assert.equal(vpc.cidr, '172.31.0.0/16');
  assert.equal(subnet.vpcId, vpc.id);
  assert.equal(subnet.cidr, '172.31.0.0/18');
  assert.equal(subnet.availabilityZone, 'us-east-1a');
  const groups = await catalog.read((reader) => reader.securityGroups.list());
  assert.deepEqual(groups.map(({ name, region }) => `${name} ${region}`).sort(), [
    'default eu-west-1',
    'default us-east-1',
  ]);
});

test('addresses are different, inside the subnet and none that EC2 reserves', async () => {
  const small = { ...subnet, cidr: '10.0.0.0/28' };
  assert.equal(usableAddresses(small), 11);
  const addresses = await allocate(11, small);
  const expected = Array.from({ length: 11 }, (_, index) => `10.0.0.${index + 4}`);
  assert.deepEqual(addresses.sort(), expected.sort());
  await assert.rejects(allocate(12, small), { code: 'InsufficientFreeAddressesInSubnet' });
  assert.equal((await allocate(2, small, 50)).length, 11, 'as many as there are');
});

test('an address is taken until its instance is terminated', async () => {
  const small = { ...subnet, cidr: '10.0.0.0/29' };
  await occupy('10.0.0.4');
  await occupy('10.0.0.5', 'stopped');
  await occupy('10.0.0.6', 'terminated');
  assert.deepEqual(await allocate(1, small), ['10.0.0.6']);
  await assert.rejects(allocate(2, small), { code: 'InsufficientFreeAddressesInSubnet' });
  assert.equal(await catalog.read((reader) => usedAddresses(reader, subnet.id)), 2);
});

test('an address that a launch asks for is free and usable', async () => {
  await occupy('172.31.0.9');
  const check = (privateIp: string) =>
    catalog.read((reader) => checkPrivateIp(reader, subnet, privateIp));
  await check('172.31.0.10');
  await assert.rejects(check('172.31.0.9'), { code: 'InvalidIPAddress.InUse' });
  for (const wrong of ['172.31.0.3', '172.31.63.255', '172.31.64.4', '10.0.0.1', 'x']) {
    await assert.rejects(check(wrong), { code: 'InvalidParameterValue' }, wrong);
  }
});
