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

const place = (zones: number) => ({
  clock: systemClock,
  ids: randomIds,
  site: { regions: ['us-east-1', 'eu-west-1'], zones },
});

let catalog: Catalog;
let subnet: SubnetRow;
beforeEach(async () => {
  catalog = createMemoryCatalog();
  await ensureDefaultNetworks(catalog, [viewer.account], place(1));
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

test('a zone that is added gets its subnet, once', async () => {
  for (const zones of [1, 3, 3, 2]) {
    await ensureDefaultNetworks(catalog, [viewer.account], place(zones));
  }
  const rows = await catalog.read(({ subnets }) =>
    subnets.list({ where: { vpcId: subnet.vpcId } }),
  );
  assert.deepEqual(rows.map((row) => `${row.availabilityZone} ${row.cidr}`).sort(), [
    'us-east-1a 172.31.0.0/18',
    'us-east-1b 172.31.64.0/20',
    'us-east-1c 172.31.80.0/20',
  ]);
  const third = await catalog.read((reader) => defaultSubnet(reader, viewer, 'us-east-1c'));
  assert.equal(third.cidr, '172.31.80.0/20');
  assert.equal((await catalog.read((reader) => defaultSubnet(reader, viewer))).id, subnet.id);
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
