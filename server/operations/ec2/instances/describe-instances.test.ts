import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Reservation, RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { instance } from '../../../catalog/test-rows.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { attachedVolumeIds, launched, moveInstance, runImage } from '../../test-instances.ts';
import { describeInstanceStatus } from './DescribeInstanceStatus.ts';
import { describeInstances } from './DescribeInstances.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const run = (more: Partial<RunInstancesRequest> = {}) => runImage(context, image, more);
const launch = async (more: Partial<RunInstancesRequest> = {}) => launched(await run(more));

describe('DescribeInstances', () => {
  const ids = async (...filters: [name: string, ...values: string[]][]) => {
    const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }));
    const { Reservations = [] } = await describeInstances.run({ Filters }, context);
    return Reservations.flatMap(({ Instances = [] }) => Instances.map((each) => each.InstanceId));
  };

  test('groups by reservation, filters, pages', async () => {
    await run({ MinCount: 3, MaxCount: 3, InstanceType: 't3.nano' });
    const { InstanceId } = await launch({ InstanceType: 't3.micro' });
    const all = await describeInstances.run({}, context);
    assert.deepEqual(
      all.Reservations?.map((each) => each.Instances?.length),
      [3, 1],
    );
    assert.deepEqual(await ids(['instance-type', 't3.micro']), [InstanceId]);
    assert.equal((await ids(['instance-state-name', 'pending'])).length, 4);
    assert.equal((await ids(['instance-state-name', 'running'])).length, 0);
    assert.equal((await ids(['image-id', image.id], ['launch-index', '2'])).length, 1);
    assert.equal((await ids(['instance.group-name', 'def*'])).length, 4);
    await assert.rejects(ids(['no-such-filter', 'x']), { code: 'InvalidParameterValue' });

    await run({ MinCount: 3, MaxCount: 3 });
    const first = await describeInstances.run({ MaxResults: 5 }, context);
    const NextToken = first.NextToken;
    const rest = await describeInstances.run({ MaxResults: 5, NextToken }, context);
    const count = [first, rest].map(({ Reservations = [] }) =>
      Reservations.reduce((sum, { Instances = [] }) => sum + Instances.length, 0),
    );
    assert.deepEqual([count, rest.NextToken], [[5, 2], undefined]);
  });

  test('one that is terminated has given back its network, in lists that are there', async () => {
    const { InstanceId = '' } = await launch();
    const shown = async () => {
      const input = { InstanceIds: [InstanceId] };
      const { Reservations } = await describeInstances.run(input, context);
      return Reservations?.[0]?.Instances?.[0];
    };
    const { SecurityGroups, NetworkInterfaces, ProductCodes } = (await shown()) ?? {};
    assert.deepEqual([SecurityGroups?.length, NetworkInterfaces?.length], [1, 1]);
    assert.deepEqual(ProductCodes, []);
    await moveInstance(context, InstanceId, { state: 'terminated' });
    const ended = await shown();
    assert.deepEqual([ended?.SecurityGroups, ended?.NetworkInterfaces], [[], []]);
    assert.equal(ended?.PrivateIpAddress, undefined);
  });

  test('all come in pieces, no reservation on two; what no longer matches is left out', async () => {
    const { account, region } = context.caller;
    const rows = [...Array(400).keys()].map((number) =>
      instance(`i-${String(number).padStart(17, '0')}`, {
        account,
        region,
        imageId: image.id,
        // Launches of 2, of 140 and of 1, whose instances lie far apart.
        reservationId: number % 2 ? `r-${number % 60}` : number < 280 ? 'r-large' : `r-1-${number}`,
      }),
    );
    await context.catalog.write(async ({ instances }) => {
      for (const row of rows) await instances.insert(row);
    });
    const last = rows.at(-1) as InstanceRow;
    const pieces: Reservation[][] = [];
    const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
    const read = describeInstances.inPages?.whole?.({ Filters }, context);
    for await (const piece of read as AsyncIterable<Reservation[]>) {
      if (pieces.length === 0) await moveInstance(context, last.id, { state: 'stopped' });
      pieces.push(piece);
    }
    assert.ok(pieces.length > 2, `${pieces.length} pieces`);
    const shown = pieces.flat();
    assert.equal(new Set(shown.map((each) => each.ReservationId)).size, shown.length);
    const wanted = Map.groupBy(rows.slice(0, -1), ({ reservationId }) => reservationId);
    const byId = (entries: [string, string[]][]) =>
      entries.map(([name, members]) => [name, members.toSorted()]).toSorted();
    const membersOf = ({ Instances = [] }: Reservation) =>
      Instances.map((each) => `${each.InstanceId}`);
    assert.deepEqual(
      byId(shown.map((each) => [`${each.ReservationId}`, membersOf(each)])),
      byId([...wanted].map(([name, members]) => [name, members.map(({ id }) => id)])),
    );
  });

  test('by what its rows are found by: volumes, groups, tags', async () => {
    const { InstanceId } = await launch({
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Env', Value: 'prod' }] }],
    });
    const { InstanceId: other, SecurityGroups = [] } = await launch();
    const [volume = ''] = await attachedVolumeIds(context, InstanceId);
    const byVolume = 'block-device-mapping.volume-id';
    assert.deepEqual(await ids([byVolume, volume]), [InstanceId]);
    assert.deepEqual(await ids([byVolume, `${volume}*`, 'vol-x']), [InstanceId]);
    assert.deepEqual(await ids([byVolume, 'vol-0123456789abcdef0']), []);
    const group = SecurityGroups[0]?.GroupId ?? '';
    assert.deepEqual(await ids(['instance.group-id', group]), [InstanceId, other]);
    assert.deepEqual(await ids(['instance.group-id', group], ['tag:Env', 'pr*']), [InstanceId]);
    assert.deepEqual(await ids(['tag-key', 'Env', 'No']), [InstanceId]);
    assert.deepEqual(await ids(['tag-value', 'prod']), [InstanceId]);
    assert.deepEqual(await ids(['tag:Env', 'prod', 'x'], ['tag-key', 'E*']), [InstanceId]);
    assert.deepEqual(await ids(['tag:Env', 'prod'], ['instance.group-id', 'sg-x']), []);
  });

  test('says of a simulated machine that it is one', async () => {
    const { InstanceId } = await launch();
    await moveInstance(context, InstanceId, { state: 'running' });
    const { Reservations } = await describeInstances.run({ InstanceIds: [InstanceId] }, context);
    const shown = Reservations?.[0]?.Instances?.[0];
    assert.equal(shown?.StateReason?.Code, 'Imago.Simulated');
  });

  test('others’ and unknown instances do not exist', async () => {
    const { InstanceId } = await launch();
    const other = context.as({ account: '999999999999' });
    const notFound = { code: 'InvalidInstanceID.NotFound' };
    await assert.rejects(describeInstances.run({ InstanceIds: [InstanceId] }, other), notFound);
    assert.deepEqual((await describeInstances.run({}, other)).Reservations, []);
    await assert.rejects(describeInstances.run({ InstanceIds: ['i-00000000'] }, context), notFound);
    await assert.rejects(describeInstances.run({ InstanceIds: ['i-?'] }, context), {
      code: 'InvalidInstanceID.Malformed',
    });
  });
});

test('DescribeInstanceStatus shows the running ones, all when asked', async () => {
  const { InstanceId: id } = await launch();
  const status = async (more = {}) =>
    (await describeInstanceStatus.run(more, context)).InstanceStatuses ?? [];
  assert.deepEqual(await status(), []);
  const [pending] = await status({ IncludeAllInstances: true });
  assert.deepEqual(pending?.InstanceStatus, { Status: 'not-applicable' });
  await moveInstance(context, id, { state: 'running' });
  const [gone] = await status({ InstanceIds: [id] });
  assert.equal(gone?.SystemStatus?.Status, 'ok');
  assert.equal(gone?.InstanceStatus?.Status, 'impaired', 'its machine is not there');
  const bad = [{ Name: 'instance-status.status', Values: ['impaired'] }];
  assert.equal((await status({ Filters: bad })).length, 1);
  const good = [{ Name: 'instance-status.reachability', Values: ['passed'] }];
  assert.equal((await status({ Filters: good, MaxResults: 5 })).length, 0);
  context.host.status = () => Promise.reject(new Error('it does not answer'));
  const [unknown] = await status({ InstanceIds: [id] });
  assert.equal(unknown?.InstanceStatus?.Status, 'insufficient-data');
  const filtered = [{ Name: 'instance-state-name', Values: ['pending'] }];
  assert.deepEqual(await status({ Filters: filtered }), []);
});
