import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Instance } from '../../../../api/generated/ec2-types.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { describeInstances } from './DescribeInstances.ts';
import { instanceFilters } from './instance-filters.ts';

let context: TestContext;
let shown: Instance;
before(async () => {
  context = await createTestContext();
  const image = await insertProviderImage(context);
  const { id } = await insertRunningInstance(context, image, {
    ClientToken: 'once',
    NetworkInterfaces: [{ DeviceIndex: 0, Description: 'front' }],
    TagSpecifications: [{ ResourceType: 'network-interface', Tags: [{ Key: 'k', Value: 'v' }] }],
  });
  await moveInstance(context, id, {
    bootMode: 'uefi',
    keyName: 'me',
    monitoring: true,
    platform: 'windows',
    productCodes: ['a1b2c3d4e5f6g7h8i9j0k1l2m'],
    stateReason: { code: 'Client.Code', message: 'Client.Code: a sentence' },
    stateTransitionReason: 'User initiated',
    tpmSupport: 'v2.0',
  });
  shown = (await find()).flatMap(({ Instances = [] }) => Instances)[0] as Instance;
});
after(() => context[Symbol.asyncDispose]());

async function find(Name = 'instance-state-name', ...Values: string[]) {
  const Filters = [{ Name, Values: Values.length > 0 ? Values : ['*'] }];
  return (await describeInstances.run({ Filters }, context)).Reservations ?? [];
}

const { values, absent } = instanceFilters({ groupNames: new Map(), volumes: new Map() });

test('each filter finds the instance by some value and not by another', async () => {
  for (const name of Object.keys(values)) {
    assert.equal((await find(name, '?*')).length, 1, name);
    assert.equal((await find(name, 'no such value')).length, 0, name);
  }
});

test('filters go by what is shown', async () => {
  const [card] = shown.NetworkInterfaces ?? [];
  const [disk] = shown.BlockDeviceMappings ?? [];
  const pairs: [string, unknown][] = [
    ['availability-zone', shown.Placement?.AvailabilityZone],
    ['block-device-mapping.delete-on-termination', disk?.Ebs?.DeleteOnTermination],
    ['block-device-mapping.device-name', disk?.DeviceName],
    ['block-device-mapping.status', disk?.Ebs?.Status],
    ['block-device-mapping.volume-id', disk?.Ebs?.VolumeId],
    ['capacity-reservation-specification.capacity-reservation-preference', 'open'],
    ['current-instance-boot-mode', shown.CurrentInstanceBootMode],
    ['ebs-optimized', shown.EbsOptimized],
    ['ena-support', shown.EnaSupport],
    ['enclave-options.enabled', shown.EnclaveOptions?.Enabled],
    ['hibernation-options.configured', shown.HibernationOptions?.Configured],
    ['ip-address', shown.PublicIpAddress],
    ['maintenance-options.auto-recovery', shown.MaintenanceOptions?.AutoRecovery],
    ['metadata-options.http-tokens', shown.MetadataOptions?.HttpTokens],
    ['metadata-options.state', shown.MetadataOptions?.State],
    ['monitoring-state', shown.Monitoring?.State],
    ['network-interface.addresses.primary', card?.PrivateIpAddresses?.[0]?.Primary],
    ['network-interface.association.public-ip', card?.Association?.PublicIp],
    ['network-interface.attachment.attachment-id', card?.Attachment?.AttachmentId],
    ['network-interface.description', 'front'],
    ['network-interface.group-name', card?.Groups?.[0]?.GroupName],
    ['network-interface.mac-address', card?.MacAddress],
    ['network-interface.tag-value', 'v'],
    ['platform', shown.Platform],
    ['platform-details', shown.PlatformDetails],
    ['product-code', shown.ProductCodes?.[0]?.ProductCodeId],
    ['product-code.type', shown.ProductCodes?.[0]?.ProductCodeType],
    ['private-dns-name', shown.PrivateDnsName],
    ['reason', shown.StateTransitionReason],
    ['state-reason-message', shown.StateReason?.Message],
    ['usage-operation', shown.UsageOperation],
  ];
  for (const [name, value] of pairs) assert.equal((await find(name, `${value}`)).length, 1, name);
});

test('filters on what Imago never has match nothing', async () => {
  assert.ok(absent && absent.length > 0);
  for (const name of absent) assert.deepEqual(await find(name, '*'), [], name);
});

test('all of them hold, by id too; a terminated instance has given back its network', async () => {
  const id = `${shown.InstanceId}`;
  const device = { Name: 'block-device-mapping.device-name', Values: ['/dev/sdf'] };
  const other = { Name: 'block-device-mapping.device-name', Values: ['/dev/sdz'] };
  const byId = async (...Filters: object[]) =>
    (await describeInstances.run({ InstanceIds: [id], Filters }, context)).Reservations?.length;
  assert.deepEqual([await byId(device), await byId(device, other)], [1, 0]);
  await moveInstance(context, id, { state: 'terminated' });
  assert.equal((await find('private-ip-address', `${shown.PrivateIpAddress}`)).length, 0);
  assert.equal((await find('network-interface.status', 'in-use')).length, 0);
  assert.equal((await find('instance-state-name', 'terminated')).length, 1);
});
