/** Statuses and attributes of volumes. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { GuestStatus } from '../../../host/host.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { createVolume } from './CreateVolume.ts';
import { describeVolumeAttribute } from './DescribeVolumeAttribute.ts';
import { describeVolumeStatus } from './DescribeVolumeStatus.ts';
import { enableVolumeIO } from './EnableVolumeIO.ts';
import { modifyVolumeAttribute } from './ModifyVolumeAttribute.ts';

let context: TestContext;
let instance: InstanceRow;
let attached: string[];
let free: string;
/** What the machine says. */
let word: GuestStatus | undefined;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertImage(context));
  attached = await attachedVolumeIds(context, instance.id);
  const made = await createVolume.run({ Size: 1, AvailabilityZone: 'us-east-1a' }, context);
  free = made.VolumeId ?? '';
  word = 'running';
  Object.assign(context.host, {
    status: async () => {
      if (word === undefined) throw new Error('no answer');
      return word;
    },
  });
});
afterEach(() => context[Symbol.asyncDispose]());

async function statuses(input: object = {}) {
  const { VolumeStatuses = [] } = await describeVolumeStatus.run(input, context);
  return VolumeStatuses.map(({ VolumeId, VolumeStatus }) => [VolumeId, VolumeStatus?.Status]);
}

const filtered = (Name: string, ...Values: string[]) => statuses({ Filters: [{ Name, Values }] });
const all = (status: string) => attached.map((id) => [id, status]);

test('a volume is as well as the machine that reads it says', async () => {
  assert.deepEqual(await statuses(), [...all('ok'), [free, 'ok']]);
  word = 'io-error';
  assert.deepEqual(await statuses(), [...all('impaired'), [free, 'ok']]);
  const { VolumeStatuses: [first] = [] } = await describeVolumeStatus.run(
    { VolumeIds: attached },
    context,
  );
  assert.deepEqual(first?.VolumeStatus?.Details, [
    { Name: 'io-enabled', Status: 'failed' },
    { Name: 'io-performance', Status: 'not-applicable' },
  ]);
  assert.deepEqual(first?.AttachmentStatuses, [
    { InstanceId: instance.id, IoPerformance: 'not-applicable' },
  ]);
  word = undefined;
  assert.deepEqual(await statuses(), [...all('insufficient-data'), [free, 'ok']]);
});

test('statuses are found by what they say, page by page', async () => {
  word = 'disk-full';
  assert.deepEqual(await filtered('volume-status.status', 'ok'), [[free, 'ok']]);
  assert.deepEqual(await filtered('volume-status.details-status', 'failed'), all('impaired'));
  assert.deepEqual(await filtered('attachment-status.instance-id', instance.id), all('impaired'));
  assert.deepEqual(await filtered('event.event-type', '*'), []);
  for (let count = 0; count < 4; count++) {
    await createVolume.run({ Size: 1, AvailabilityZone: 'us-east-1a' }, context);
  }
  const Filters = [{ Name: 'volume-status.status', Values: ['*'] }];
  for (const input of [{}, { Filters }]) {
    const page = { ...input, MaxResults: 5 };
    const { VolumeStatuses, NextToken } = await describeVolumeStatus.run(page, context);
    assert.equal(VolumeStatuses?.length, 5);
    assert.equal((await statuses({ ...page, NextToken })).length, 2);
  }
});

test('AutoEnableIO is kept and shown', async () => {
  const request = { VolumeId: free, Attribute: 'autoEnableIO' } as const;
  const shown = async () => (await describeVolumeAttribute.run(request, context)).AutoEnableIO;
  const modify = (AutoEnableIO?: object) =>
    modifyVolumeAttribute.run({ VolumeId: free, AutoEnableIO }, context);
  assert.deepEqual(await shown(), { Value: false });
  await modify({ Value: true });
  assert.deepEqual(await shown(), { Value: true });
  await modify({ Value: false });
  assert.deepEqual(await shown(), { Value: false });
  await assert.rejects(modify(), { code: 'MissingParameter' });
  await assert.rejects(
    describeVolumeAttribute.run({ ...request, Attribute: 'size' as 'autoEnableIO' }, context),
    { code: 'InvalidParameterValue' },
  );
});

test('EnableVolumeIO has the instance looked at', async () => {
  const [root = ''] = attached;
  const versionOf = async () =>
    (await context.catalog.read(({ volumes }) => volumes.get(root)))?.version ?? 0;
  const before = await versionOf();
  assert.deepEqual(await enableVolumeIO.run({ VolumeId: root }, context), {});
  assert.ok((await versionOf()) > before);
});
