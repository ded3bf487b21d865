import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RegisterImageRequest } from '../../../../api/generated/ec2-types.ts';
import { encodeUefiData } from '../../../foundations/uefi-data.ts';
import type { Host } from '../../../host/host.ts';
import { withFaults } from '../../../tasks/test-imago.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance, moveInstance, runImage } from '../../test-instances.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { createReplaceRootVolumeTask } from '../root-volumes/CreateReplaceRootVolumeTask.ts';
import { createImage } from './CreateImage.ts';
import { describeImageAttribute } from './DescribeImageAttribute.ts';
import { describeImages } from './DescribeImages.ts';
import { registerImage } from './RegisterImage.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function register(more: Partial<RegisterImageRequest>): Promise<string> {
  const { id: SnapshotId } = await insertSnapshot(context);
  const { ImageId = '' } = await registerImage.run(
    {
      Name: 'with a TPM',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/xvda',
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }],
      ...more,
    },
    context,
  );
  return ImageId;
}

async function supportOf(ImageId: string): Promise<(string | undefined)[]> {
  const { Images } = await describeImages.run({ ImageIds: [ImageId] }, context);
  const attribute = { ImageId, Attribute: 'tpmSupport' } as const;
  const { TpmSupport } = await describeImageAttribute.run(attribute, context);
  return [Images?.[0]?.TpmSupport, TpmSupport?.Value];
}

test('TpmSupport goes from an image to its instances and to images of those', async () => {
  const id = await register({ BootMode: 'uefi', TpmSupport: 'v2.0' });
  assert.deepEqual(await supportOf(id), ['v2.0', 'v2.0']);
  const image = await context.catalog.read(({ images }) => images.get(id));
  assert.ok(image);
  const instance = await insertRunningInstance(context, image);
  const Filters = [{ Name: 'tpm-support', Values: ['v2.0'] }];
  const { Reservations = [] } = await describeInstances.run({ Filters }, context);
  assert.equal(Reservations[0]?.Instances?.[0]?.TpmSupport, 'v2.0');
  const made = await createImage.run({ InstanceId: instance.id, Name: 'captured' }, context);
  assert.deepEqual(await supportOf(made.ImageId ?? ''), ['v2.0', 'v2.0']);

  const without = await insertImage(context, { bootMode: 'uefi' });
  const replace = { InstanceId: instance.id, ImageId: without.id };
  await assert.rejects(createReplaceRootVolumeTask.run(replace, context), {
    code: 'InvalidParameterValue',
  });
  await moveInstance(context, instance.id, { tpmSupport: undefined });
  assert.deepEqual((await describeInstances.run({ Filters }, context)).Reservations, []);
});

test('it is for images that boot by UEFI, and for hosts that have it', async () => {
  for (const BootMode of [undefined, 'legacy-bios', 'uefi-preferred'] as const) {
    await assert.rejects(register({ BootMode, TpmSupport: 'v2.0' }), {
      code: 'InvalidParameterCombination',
    });
  }
  await assert.rejects(register({ BootMode: 'uefi', TpmSupport: 'v1.2' as 'v2.0' }), {
    code: 'InvalidParameterValue',
  });
  const id = await register({ BootMode: 'uefi', TpmSupport: 'v2.0' });
  const lacking = withFaults<Host>((host) => ({
    describe: () => ({ ...host.describe(), tpm: false }),
  }));
  const there = { ...context, host: lacking(context.host) };
  await assert.rejects(runImage(there, { id }), { code: 'Unsupported' });
  const unsigned = withFaults<Host>((host) => ({
    describe: () => ({ ...host.describe(), secureBoot: false }),
  }));
  const keys = encodeUefiData(await context.host.secureBootKeys()).toString('base64');
  const trusting = await register({ Name: 'with keys', BootMode: 'uefi', UefiData: keys });
  const nowhere = { ...context, host: unsigned(context.host) };
  await assert.rejects(runImage(nowhere, { id: trusting }), { code: 'Unsupported' });
  await runImage(nowhere, { id });
  await runImage(context, { id: trusting });
  await runImage(there, await insertImage(context, { bootMode: 'uefi' }));
  await runImage(context, { id });
});
