/** What mappings say of encryption: of launches, templates, fleets and images, as EC2 has it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { BlockDeviceMapping } from '../../../../api/generated/ec2-types.ts';
import { createKey } from '../../kms/CreateKey.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { makeFleet } from '../../test-fleets.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { makeTemplate } from '../../test-launch-templates.ts';
import { createImage } from '../images/CreateImage.ts';
import { registerImage } from '../images/RegisterImage.ts';
import { getLaunchTemplateData } from '../launch-templates/GetLaunchTemplateData.ts';
import { runInstances } from './RunInstances.ts';

let context: TestContext;
let KmsKeyId: string;
beforeEach(async () => {
  context = await createTestContext();
  KmsKeyId = (await createKey.run({}, context)).KeyMetadata?.Arn ?? '';
});
afterEach(() => context[Symbol.asyncDispose]());

const root = (Ebs: BlockDeviceMapping['Ebs']) => ({ DeviceName: '/dev/xvda', Ebs });
const data = (Ebs: BlockDeviceMapping['Ebs']) => ({ DeviceName: '/dev/sdf', Ebs });
const one = { MinCount: 1, MaxCount: 1 };

/** Of volumes, by device: their key, or that they have none. */
async function keys(): Promise<Record<string, string | undefined>[]> {
  const rows = await context.catalog.read(({ volumes }) => volumes.list({}));
  const byInstance = Map.groupBy(rows, ({ attachment }) => attachment?.instanceId ?? '');
  return [...byInstance.values()].map((volumes) =>
    Object.fromEntries(volumes.map((row) => [row.attachment?.deviceName, row.encryption?.keyId])),
  );
}

test('a template says how its volumes are encrypted; who launches may say otherwise', async () => {
  const { id: ImageId } = await insertImage(context);
  const BlockDeviceMappings = [
    root({ Encrypted: true, KmsKeyId }),
    data({ VolumeSize: 1, Encrypted: true }),
  ];
  const LaunchTemplateId = await makeTemplate(context, { ImageId, BlockDeviceMappings });
  const { Instances = [] } = await runInstances.run(
    { LaunchTemplate: { LaunchTemplateId }, ...one },
    context,
  );
  const [first] = await keys();
  assert.equal(first?.['/dev/xvda'], KmsKeyId.split('/')[1]);
  const usual = first?.['/dev/sdf'];
  const key = await context.catalog.read(({ kmsKeys }) => kmsKeys.get(usual ?? ''));
  assert.equal(key?.manager, 'AWS');
  const { LaunchTemplateData } = await getLaunchTemplateData.run(
    { InstanceId: Instances[0]?.InstanceId ?? '' },
    context,
  );
  const [shown] = LaunchTemplateData?.BlockDeviceMappings ?? [];
  assert.deepEqual([shown?.Ebs?.Encrypted, shown?.Ebs?.KmsKeyId], [true, KmsKeyId]);
  const over = [data({ VolumeSize: 1, Encrypted: true, KmsKeyId })];
  const request = { LaunchTemplate: { LaunchTemplateId }, BlockDeviceMappings: over };
  await runInstances.run({ ...request, ...one }, context);
  assert.equal((await keys()).at(-1)?.['/dev/sdf'], KmsKeyId.split('/')[1]);
});

test('a fleet launches encrypted volumes, of its template and of its overrides', async () => {
  const { id: ImageId } = await insertProviderImage(context);
  const template = await makeTemplate(context, {
    ImageId,
    InstanceType: 't3.nano',
    BlockDeviceMappings: [root({ Encrypted: true, KmsKeyId })],
  });
  await makeFleet(context, template, 1);
  const BlockDeviceMappings = [data({ VolumeSize: 1, Encrypted: true, KmsKeyId })];
  await makeFleet(context, template, 1, [{ BlockDeviceMappings }]);
  const [plain, overridden] = await keys();
  const id = KmsKeyId.split('/')[1];
  assert.deepEqual(plain, { '/dev/xvda': id });
  assert.equal(overridden?.['/dev/sdf'], id);
});

test('an image has empty volumes that are encrypted, and says nothing of those of snapshots', async () => {
  const { id: SnapshotId } = await insertSnapshot(context);
  const register = (Name: string, mappings: BlockDeviceMapping[]) =>
    registerImage.run(
      {
        Name,
        VirtualizationType: 'hvm',
        Architecture: 'x86_64',
        RootDeviceName: '/dev/xvda',
        BlockDeviceMappings: mappings,
      },
      context,
    );
  const empty = data({ VolumeSize: 1, Encrypted: true });
  const { ImageId = '' } = await register('one', [root({ SnapshotId }), empty]);
  const image = await context.catalog.read(({ images }) => images.get(ImageId));
  assert.deepEqual(
    image?.blockDeviceMappings.map(({ ebs }) => ebs.encrypted),
    [undefined, true],
  );
  await runInstances.run({ ImageId, ...one }, context);
  const [launched] = await keys();
  assert.equal(launched?.['/dev/xvda'], undefined);
  assert.ok(launched?.['/dev/sdf']);
  // In no case is that taken away.
  const without = [data({ Encrypted: false, VolumeSize: 2 })];
  await runInstances.run({ ImageId, BlockDeviceMappings: without, ...one }, context);
  assert.ok((await keys()).at(-1)?.['/dev/sdf']);
  const refused = register('two', [root({ SnapshotId, Encrypted: true })]);
  await assert.rejects(refused, { code: 'InvalidBlockDeviceMapping' });
  await register('three', [root({ SnapshotId, Encrypted: false })]);
});

test('of the volumes of an instance an image is encrypted as they are, of new ones as it is asked', async () => {
  const { id: InstanceId } = await insertRunningInstance(context, await insertImage(context));
  const capture = (Name: string, mappings: BlockDeviceMapping[]) =>
    createImage.run({ InstanceId, Name, BlockDeviceMappings: mappings }, context);
  const refused = capture('one', [root({ Encrypted: true })]);
  await assert.rejects(refused, { code: 'InvalidBlockDeviceMapping' });
  const empty = { DeviceName: '/dev/sdg', Ebs: { VolumeSize: 1, Encrypted: true } };
  const { ImageId = '' } = await capture('two', [root({ Encrypted: false }), empty]);
  const image = await context.catalog.read(({ images }) => images.get(ImageId));
  assert.deepEqual(
    image?.blockDeviceMappings.map(({ ebs }) => ebs.encrypted),
    [undefined, undefined, true],
  );
});
