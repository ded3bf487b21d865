import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type {
  ModifyInstanceMetadataDefaultsRequest,
  ModifyInstanceMetadataOptionsRequest,
  RunInstancesRequest,
} from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { createTags } from '../tags/CreateTags.ts';
import { describeInstances } from './DescribeInstances.ts';
import { getInstanceMetadataDefaults } from './GetInstanceMetadataDefaults.ts';
import { modifyInstanceMetadataDefaults } from './ModifyInstanceMetadataDefaults.ts';
import { modifyInstanceMetadataOptions } from './ModifyInstanceMetadataOptions.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const launch = async (more: Partial<RunInstancesRequest> = {}) =>
  launched(await runImage(context, image, more));
const setDefaults = (defaults: ModifyInstanceMetadataDefaultsRequest) =>
  modifyInstanceMetadataDefaults.run(defaults, context);

async function defaults() {
  const { AccountLevel } = await getInstanceMetadataDefaults.run({}, context);
  return Object.fromEntries(Object.entries(AccountLevel ?? {}).filter(([, value]) => value));
}

async function shown(id: string) {
  const { Reservations } = await describeInstances.run({ InstanceIds: [id] }, context);
  return Reservations?.[0]?.Instances?.[0]?.MetadataOptions;
}

test('each option is changed alone, and what is left out stays', async () => {
  const { InstanceId } = await launch();
  await moveInstance(context, InstanceId, { state: 'running' });
  const expected = {
    State: 'applied',
    HttpTokens: 'optional',
    HttpPutResponseHopLimit: 1,
    HttpEndpoint: 'enabled',
    HttpProtocolIpv6: 'disabled',
    InstanceMetadataTags: 'disabled',
  };
  assert.deepEqual(await shown(InstanceId), expected);
  const changes: Partial<ModifyInstanceMetadataOptionsRequest>[] = [
    { HttpTokens: 'required' },
    { HttpPutResponseHopLimit: 3 },
    { HttpEndpoint: 'disabled' },
    { InstanceMetadataTags: 'enabled' },
  ];
  for (const change of changes) {
    Object.assign(expected, change);
    const answer = await modifyInstanceMetadataOptions.run({ InstanceId, ...change }, context);
    assert.deepEqual(answer.InstanceMetadataOptions, { ...expected, State: 'pending' });
    assert.deepEqual(await shown(InstanceId), expected);
  }
});

test('wrong options of an instance', async () => {
  const { InstanceId } = await launch();
  const modify = (change: Partial<ModifyInstanceMetadataOptionsRequest>) =>
    modifyInstanceMetadataOptions.run({ InstanceId, ...change }, context);
  await assert.rejects(modify({}), { code: 'MissingParameter' });
  for (const wrong of [
    { HttpTokens: 'maybe' },
    { HttpEndpoint: 'on' },
    { HttpPutResponseHopLimit: 0 },
    { HttpPutResponseHopLimit: 65 },
    { InstanceMetadataTags: 'some' },
  ]) {
    await assert.rejects(modify(wrong), { code: 'InvalidParameterValue' });
  }
  await moveInstance(context, InstanceId, { state: 'terminated' });
  await assert.rejects(modify({ HttpTokens: 'required' }), { code: 'IncorrectInstanceState' });
});

test('launches get what the account has set, unless they say otherwise', async () => {
  assert.deepEqual(await defaults(), { ManagedBy: 'account' });
  const set = {
    HttpTokens: 'optional',
    HttpPutResponseHopLimit: 5,
    HttpEndpoint: 'disabled',
    InstanceMetadataTags: 'enabled',
  };
  await setDefaults(set);
  assert.deepEqual(await defaults(), { ...set, ManagedBy: 'account' });
  const strict = await insertImage(context, { imdsSupport: 'v2.0' });
  const made = (await launch({ ImageId: strict.id })).MetadataOptions;
  for (const [name, value] of Object.entries(set)) {
    assert.equal(made?.[name as 'HttpTokens'], value, name);
  }
  const asked = await launch({ MetadataOptions: { HttpPutResponseHopLimit: 9 } });
  assert.equal(asked.MetadataOptions?.HttpPutResponseHopLimit, 9);
  const other = context.as({ region: 'eu-west-1' });
  const elsewhere = await getInstanceMetadataDefaults.run({}, other);
  assert.equal(elsewhere.AccountLevel?.HttpTokens, undefined, 'in another region');
});

test('what an account does not prefer any more, the image decides', async () => {
  await setDefaults({ HttpTokens: 'optional', HttpPutResponseHopLimit: 5 });
  await setDefaults({ HttpTokens: 'no-preference', HttpPutResponseHopLimit: -1 });
  assert.deepEqual(await defaults(), { ManagedBy: 'account' });
  const strict = await insertImage(context, { imdsSupport: 'v2.0' });
  const { MetadataOptions: made } = await launch({ ImageId: strict.id });
  assert.deepEqual([made?.HttpTokens, made?.HttpPutResponseHopLimit], ['required', 2]);
  for (const wrong of [{ HttpTokens: 'x' }, { HttpTokensEnforced: 'x' }, { HttpEndpoint: 'x' }]) {
    await assert.rejects(setDefaults(wrong), { code: 'InvalidParameterValue' });
  }
});

test('tokens that are enforced are demanded of launches and of changes', async () => {
  const { InstanceId } = await launch();
  await setDefaults({ HttpTokensEnforced: 'enabled' });
  const code = 'UnsupportedOperation';
  const optional = { HttpTokens: 'optional' };
  await assert.rejects(launch(), { code });
  await assert.rejects(modifyInstanceMetadataOptions.run({ InstanceId, ...optional }, context), {
    code,
  });
  await launch({ MetadataOptions: { HttpTokens: 'required' } });
  await setDefaults({ HttpTokens: 'required' });
  await launch();
  await assert.rejects(launch({ MetadataOptions: optional }), { code });
  await setDefaults({ HttpTokensEnforced: 'no-preference' });
  await launch({ MetadataOptions: optional });
});

test('tags that are told to the guest have keys that fit into its paths', async () => {
  const code = 'InvalidParameterValue';
  const MetadataOptions = { InstanceMetadataTags: 'enabled' };
  const tagged = (Key: string) => [{ ResourceType: 'instance', Tags: [{ Key, Value: 'x' }] }];
  for (const key of ['a b', 'a/b', '.', '..', '_index']) {
    const TagSpecifications = tagged(key);
    await assert.rejects(launch({ MetadataOptions, TagSpecifications }), { code }, key);
  }
  const { InstanceId } = await launch({ MetadataOptions, TagSpecifications: tagged('a:b') });
  const tag = (id: string) =>
    createTags.run({ Resources: [id], Tags: [{ Key: 'a b', Value: 'x' }] }, context);
  await assert.rejects(tag(InstanceId), { code });
  const { InstanceId: silent } = await launch();
  await tag(silent);
  const enable = { InstanceId: silent, InstanceMetadataTags: 'enabled' };
  await assert.rejects(modifyInstanceMetadataOptions.run(enable, context), { code });
});
