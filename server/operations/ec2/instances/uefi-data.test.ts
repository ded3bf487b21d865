/** UefiData from an image to its instances and back, with simulated machines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegisterImageRequest } from '../../../../api/generated/ec2-types.ts';
import { encodeUefiData } from '../../../foundations/uefi-data.ts';
import { TestImago } from '../../../tasks/test-imago.ts';
import { createTestContext } from '../../test-context.ts';
import { insertSnapshot } from '../../test-images.ts';
import { copyImage } from '../images/CopyImage.ts';
import { createImage } from '../images/CreateImage.ts';
import { describeImageAttribute } from '../images/DescribeImageAttribute.ts';
import { registerImage } from '../images/RegisterImage.ts';
import { createSnapshot } from '../snapshots/CreateSnapshot.ts';
import { getInstanceUefiData } from './GetInstanceUefiData.ts';
import { runInstances } from './RunInstances.ts';
import { stopInstances } from './StopInstances.ts';

const guid = Buffer.alloc(16, 5);
const variables = [{ name: 'Marker', guid, attributes: 7, data: Buffer.from('mine') }];
const UefiData = encodeUefiData(variables).toString('base64');

function request(SnapshotId: string, more: Partial<RegisterImageRequest>): RegisterImageRequest {
  return {
    Name: 'with variables',
    Architecture: 'x86_64',
    VirtualizationType: 'hvm',
    RootDeviceName: '/dev/xvda',
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
    ...more,
  };
}

test('an instance begins with the variables of its image and gives them back', async () => {
  await using imago = await TestImago.start();
  const launch = async (ImageId = '') => {
    const made = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
    const InstanceId = made.Instances?.[0]?.InstanceId ?? '';
    await imago.untilState(InstanceId, 'running');
    return InstanceId;
  };
  const source = await launch((await imago.image()).id);
  const [VolumeId = ''] = await imago.volumeIds(source);
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId });
  await imago.untilQuiet();
  const { ImageId = '' } = await imago.call(
    registerImage,
    request(SnapshotId, { BootMode: 'uefi', UefiData }),
  );
  const attribute = await imago.call(describeImageAttribute, { ImageId, Attribute: 'uefiData' });
  assert.deepEqual(attribute.UefiData, { Value: UefiData });
  const copy = { Name: 'copy', SourceImageId: ImageId, SourceRegion: 'us-east-1' };
  const { ImageId: copyId = '' } = await imago.call(copyImage, copy);
  await imago.untilQuiet();
  const copied = { ImageId: copyId, Attribute: 'uefiData' } as const;
  assert.deepEqual((await imago.call(describeImageAttribute, copied)).UefiData, {
    Value: UefiData,
  });
  const InstanceId = await launch(copyId);
  const answer = await imago.call(getInstanceUefiData, { InstanceId });
  assert.deepEqual(answer, { InstanceId, UefiData });
  const capture = { InstanceId, Name: 'captured', NoReboot: true };
  const { ImageId: capturedId = '' } = await imago.call(createImage, capture);
  await imago.untilQuiet();
  const captured = { ImageId: capturedId, Attribute: 'uefiData' } as const;
  assert.deepEqual((await imago.call(describeImageAttribute, captured)).UefiData, {
    Value: UefiData,
  });
  const again = await launch(capturedId);
  const begun = await imago.call(getInstanceUefiData, { InstanceId: again });
  assert.deepEqual(begun, { InstanceId: again, UefiData });
  await assert.rejects(imago.call(getInstanceUefiData, { InstanceId: source }), {
    code: 'UnsupportedOperation',
  });
  await imago.call(stopInstances, { InstanceIds: [InstanceId] });
  await assert.rejects(imago.call(getInstanceUefiData, { InstanceId }), {
    code: 'IncorrectInstanceState',
  });
});

test('UefiData that is none, is too much, or would have no effect is refused', async () => {
  await using context = await createTestContext();
  const { id } = await insertSnapshot(context);
  const much = encodeUefiData([
    { name: 'Much', guid, attributes: 7, data: Buffer.alloc(100 * 1024) },
  ]).toString('base64');
  for (const [more, code] of [
    [{ UefiData }, 'InvalidParameterCombination'],
    [{ UefiData, BootMode: 'legacy-bios' }, 'InvalidParameterCombination'],
    [{ UefiData: 'nonsense', BootMode: 'uefi' }, 'InvalidParameterValue'],
    [{ UefiData: much, BootMode: 'uefi' }, 'InvalidParameterValue'],
    [{ UefiData: 'A'.repeat(100_000), BootMode: 'uefi' }, 'InvalidParameterValue'],
  ] as const) {
    await assert.rejects(registerImage.run(request(id, more), context), { code });
  }
  await registerImage.run(request(id, { UefiData, BootMode: 'uefi-preferred' }), context);
});
