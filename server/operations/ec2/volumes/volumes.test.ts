import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { describeVolumes } from './DescribeVolumes.ts';

let context: TestContext;
let instance: InstanceRow;
let volumeIds: string[];
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertProviderImage(context));
  volumeIds = await attachedVolumeIds(context, instance.id);
});
afterEach(() => context[Symbol.asyncDispose]());

const filtered = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });

test('DescribeVolumes shows and finds its volumes', async () => {
  const volumes = async (input: object) =>
    ((await describeVolumes.run(input, context)).Volumes ?? []).map(({ VolumeId }) => VolumeId);
  assert.deepEqual(await volumes({}), volumeIds);
  const [first = '', second = ''] = volumeIds;
  assert.deepEqual(await volumes({ VolumeIds: [second] }), [second]);
  assert.deepEqual(await volumes(filtered('attachment.device', '/dev/xvda')), [first]);
  assert.deepEqual(await volumes(filtered('attachment.instance-id', instance.id)), [...volumeIds]);
  assert.deepEqual(await volumes(filtered('status', 'available')), []);
  await assert.rejects(volumes({ VolumeIds: ['vol-00000000'] }), {
    code: 'InvalidVolume.NotFound',
  });
});
