/** An operator's image becomes the provider's: public, numbered, found by parameters, retired. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerAccount } from '../../domain/accounts.ts';
import { describeImages } from '../ec2/images/DescribeImages.ts';
import { runInstances } from '../ec2/instances/RunInstances.ts';
import { getParameter } from '../ssm/GetParameter.ts';
import { createTestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { listProviderImages } from './ListProviderImages.ts';
import { publishProviderImage } from './PublishProviderImage.ts';
import { retireProviderImage } from './RetireProviderImage.ts';

const parameter = '/aws/service/imago/web/latest/amd64';

test('published images are versions of one name, and the newest is launched by its parameter', async () => {
  await using context = await createTestContext();
  const source = await insertImage(context, { enaSupport: true, description: 'web server' });
  const publish = () => publishProviderImage.run({ ImageId: source.id, Name: 'web' }, context);
  const { Image: first } = await publish();
  context.now = new Date(context.now.getTime() + 60_000);
  const { Image: second } = await publish();
  assert.deepEqual([first.Version, second.Version, second.Parameters], [1, 2, [parameter]]);
  const customer = await context.asNewAccount();
  const { Parameter } = await getParameter.run({ Name: parameter }, customer);
  assert.deepEqual([Parameter?.Value, Parameter?.Version], [second.ImageId, 2]);
  const ImageId = `resolve:ssm:${parameter}:1`;
  const { Instances } = await runInstances.run({ ImageId, MinCount: 1, MaxCount: 1 }, customer);
  assert.equal(Instances?.[0]?.ImageId, first.ImageId);
  const { Images } = await describeImages.run({ ImageIds: [second.ImageId] }, customer);
  const [shown] = Array.isArray(Images) ? Images : [];
  assert.deepEqual(
    [shown?.OwnerId, shown?.ImageOwnerAlias, shown?.Public, shown?.EnaSupport, shown?.Description],
    [providerAccount.id, 'amazon', true, true, 'web server'],
  );
  const snapshotId = shown?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  const [made, before] = await context.catalog.read(async ({ images, snapshots }) => {
    const row = await images.get(source.id);
    const its = row?.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
    return [await snapshots.get(snapshotId), await snapshots.get(its)];
  });
  assert.ok(made && before && made.id !== before.id);
  assert.equal(made.root, before.root);
});

test('a retired one is no parameter’s value any more, and numbers go on', async () => {
  await using context = await createTestContext();
  const source = await insertImage(context);
  const publish = () => publishProviderImage.run({ ImageId: source.id, Name: 'web' }, context);
  const { Image: first } = await publish();
  context.now = new Date(context.now.getTime() + 60_000);
  const { Image: second } = await publish();
  const { Image: retired } = await retireProviderImage.run({ ImageId: second.ImageId }, context);
  assert.equal(retired.Retired, true);
  const { Parameter } = await getParameter.run({ Name: parameter }, context);
  assert.equal(Parameter?.Value, first.ImageId);
  context.now = new Date(context.now.getTime() + 60_000);
  assert.equal((await publish()).Image.Version, 3);
  const { Images } = await listProviderImages.run({}, context);
  assert.deepEqual(
    Images.map(({ Name, Version, Retired }) => [Name, Version, Retired]),
    [
      ['web', 3, false],
      ['web', 2, true],
      ['web', 1, false],
    ],
  );
  const own = retireProviderImage.run({ ImageId: source.id }, context);
  await assert.rejects(own, { code: 'OperationNotPermitted' });
});

test('what is not the operator’s, has no such name or bad findings is not published', async () => {
  await using context = await createTestContext();
  const refused = (ImageId: string, Name: string, code: string) =>
    assert.rejects(publishProviderImage.run({ ImageId, Name }, context), { code });
  const other = await insertImage(await context.asNewAccount(), { launchPermissions: ['all'] });
  await refused(other.id, 'web', 'AuthFailure');
  const own = await insertImage(context);
  await refused(own.id, 'Web/1', 'InvalidParameterValue');
  const pending = await insertImage(context, { state: 'pending' });
  await refused(pending.id, 'web', 'InvalidAMIID.Unavailable');
  const finding = {
    check: 'host-keys',
    title: 'Keys of the host',
    severity: 'high' as const,
    advice: 'Remove them.',
    paths: ['/etc/ssh/ssh_host_rsa_key'],
    snapshotId: 'snap-1',
    firstObservedAt: context.now.toISOString(),
  };
  const scan = { scannedAt: context.now.toISOString(), findings: [finding] };
  const bad = await insertImage(context, { scan });
  await refused(bad.id, 'web', 'OperationNotPermitted');
});
