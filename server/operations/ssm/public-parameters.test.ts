/** The provider's images as public parameters, and launches of images that parameters name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerAccount } from '../../domain/accounts.ts';
import { describeImages } from '../ec2/images/DescribeImages.ts';
import { runInstances } from '../ec2/instances/RunInstances.ts';
import { createLaunchTemplate } from '../ec2/launch-templates/CreateLaunchTemplate.ts';
import { createLaunchTemplateVersion } from '../ec2/launch-templates/CreateLaunchTemplateVersion.ts';
import { describeLaunchTemplateVersions } from '../ec2/launch-templates/DescribeLaunchTemplateVersions.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { getParameter } from './GetParameter.ts';
import { getParameterHistory } from './GetParameterHistory.ts';
import { getParametersByPath } from './GetParametersByPath.ts';
import { putParameter } from './PutParameter.ts';

const debian = '/aws/service/debian/release/12/latest/amd64';

/** As a build leaves it, with a time of its own. */
async function built(context: TestContext, name: string, change: object = {}) {
  context.now = new Date(context.now.getTime() + 60_000);
  const row = { account: providerAccount.id, name, launchPermissions: ['all'], ...change };
  return insertImage(context, row);
}

async function launched(context: OperationContext, ImageId: string) {
  const { Instances } = await runInstances.run({ ImageId, MinCount: 1, MaxCount: 1 }, context);
  return Instances?.[0]?.ImageId;
}

test('Ubuntu’s releases have the names that AWS has for them', async () => {
  await using context = await createTestContext();
  const [older, newer] = [
    await built(context, 'some name', { provider: { name: 'ubuntu-22.04', version: 1 } }),
    await built(context, 'any name', { provider: { name: 'ubuntu-24.04', version: 1 } }),
  ];
  const of = async (release: string, volume: string) => {
    const path = `/aws/service/canonical/ubuntu/server/${release}/stable/current/amd64/hvm`;
    return (await getParameter.run({ Name: `${path}/${volume}/ami-id` }, context)).Parameter?.Value;
  };
  assert.deepEqual(
    [await of('22.04', 'ebs-gp2'), await of('24.04', 'ebs-gp3')],
    [older.id, newer.id],
  );
});

test('the newest image of the provider is a public parameter in its region, earlier ones by number', async () => {
  await using context = await createTestContext();
  const first = await built(context, 'debian-12-amd64-20260101-0000');
  const second = await built(context, 'debian-12-amd64-20260201-0000');
  const provider = { name: 'web', version: 7 };
  const web = await built(context, 'any name', { provider });
  await insertImage(context, { name: 'debian-12-amd64-20270101-0000' });
  const customer = await context.asNewAccount();
  const { Parameter } = await getParameter.run({ Name: debian }, customer);
  assert.deepEqual(Parameter, {
    Name: debian,
    Type: 'String',
    Value: second.id,
    Version: 2,
    Selector: undefined,
    LastModifiedDate: new Date(second.createdAt),
    ARN: `arn:aws:ssm:us-east-1::parameter${debian}`,
    DataType: 'aws:ec2:image',
  });
  const earlier = await getParameter.run({ Name: `${debian}:1` }, customer);
  assert.equal(earlier.Parameter?.Value, first.id);
  const byArn = await getParameter.run({ Name: `${Parameter.ARN}:1` }, customer);
  assert.equal(byArn.Parameter?.Value, first.id);
  const history = await getParameterHistory.run({ Name: debian }, customer);
  assert.deepEqual(
    history.Parameters?.map(({ Value, Version }) => [Value, Version]),
    [
      [first.id, 1],
      [second.id, 2],
    ],
  );
  const tree = { Path: '/aws/service/imago', Recursive: true };
  const { Parameters } = await getParametersByPath.run(tree, customer);
  assert.deepEqual(
    Parameters?.map(({ Name, Value, Version }) => [Name, Value, Version]),
    [
      ['/aws/service/imago/debian-12/latest/amd64', second.id, 2],
      ['/aws/service/imago/web/latest/amd64', web.id, 7],
    ],
  );
  const other = context.as({ region: 'eu-west-1' });
  await assert.rejects(getParameter.run({ Name: debian }, other), { code: 'ParameterNotFound' });
  const put = putParameter.run({ Name: debian, Type: 'String', Value: 'x' }, context);
  await assert.rejects(put, { code: 'ValidationException' });
  await context.catalog.write(async ({ images }) => {
    const row = await images.get(second.id);
    const deprecationTime = context.now.toISOString();
    if (row) await images.update({ ...row, deprecationTime });
  });
  const named = async (...Values: string[]) => {
    const Filters = [{ Name: 'public-ssm-parameter-name', Values }];
    const input = { Filters, IncludeDeprecated: true };
    const { Images = [] } = await describeImages.run(input, customer);
    return Images.map(({ ImageId }) => ImageId);
  };
  assert.deepEqual(await named(debian), [first.id, second.id], 'the deprecated one as well');
  assert.deepEqual(await named('aws/service/imago/web/*'), [web.id]);
  assert.deepEqual(await named('/golden'), []);
  const { Parameter: now } = await getParameter.run({ Name: debian }, customer);
  assert.deepEqual([now?.Value, now?.Version], [first.id, 1]);
});

test('a launch takes the image that a parameter names when it is asked for', async () => {
  await using context = await createTestContext();
  const old = await insertImage(context);
  const golden = await insertImage(context);
  const put = (Value: string, DataType: string, Name = '/golden') =>
    putParameter.run({ Name, Type: 'String', Value, DataType, Overwrite: true }, context);
  await put(old.id, 'aws:ec2:image');
  await put(golden.id, 'aws:ec2:image');
  assert.equal(await launched(context, 'resolve:ssm:/golden'), golden.id);
  assert.equal(await launched(context, 'resolve:ssm:/golden:1'), old.id);
  const arn = `arn:aws:ssm:us-east-1:${context.caller.account}:parameter/golden`;
  assert.equal(await launched(context, `resolve:ssm:${arn}`), golden.id);
  const debian12 = await built(context, 'debian-12-amd64-20260101-0000');
  assert.equal(await launched(context, `resolve:ssm:${debian}`), debian12.id);
  await put(golden.id, 'text', '/text');
  for (const text of ['/none', '/golden:9', '/golden:label', '/text', '']) {
    const refused = launched(context, `resolve:ssm:${text}`);
    await assert.rejects(refused, { code: 'SsmInvalidParameter' }, text);
  }
  const stranger = launched(await context.asNewAccount(), 'resolve:ssm:/golden');
  await assert.rejects(stranger, { code: 'SsmInvalidParameter' });
});

test('a launch template keeps the parameter’s name; what it is now is told to who asks', async () => {
  await using context = await createTestContext();
  const image = await insertImage(context);
  const golden = { Name: '/golden', Type: 'String', DataType: 'aws:ec2:image' };
  await putParameter.run({ ...golden, Value: image.id }, context);
  const data = { ImageId: 'resolve:ssm:/golden', InstanceType: 't3.micro' };
  const template = { LaunchTemplateName: 'web', LaunchTemplateData: data };
  const made = await createLaunchTemplate.run(template, context);
  assert.equal(made.Warning, undefined);
  const kept = { LaunchTemplateName: 'web', Versions: ['1'] };
  const shown = async (ResolveAlias?: boolean) => {
    const input = { ...kept, ResolveAlias };
    const { LaunchTemplateVersions } = await describeLaunchTemplateVersions.run(input, context);
    return LaunchTemplateVersions?.[0]?.LaunchTemplateData?.ImageId;
  };
  assert.deepEqual([await shown(), await shown(true)], [data.ImageId, image.id]);
  const more = { ...template, ResolveAlias: true };
  const { LaunchTemplateVersion } = await createLaunchTemplateVersion.run(more, context);
  assert.equal(LaunchTemplateVersion?.LaunchTemplateData?.ImageId, image.id);
  const launch = { LaunchTemplate: { LaunchTemplateName: 'web', Version: '2' } };
  const run = await runInstances.run({ ...launch, MinCount: 1, MaxCount: 1 }, context);
  assert.equal(run.Instances?.[0]?.ImageId, image.id);
  const missing = { ...template, LaunchTemplateData: { ImageId: 'resolve:ssm:/none' } };
  const warned = await createLaunchTemplateVersion.run(missing, context);
  assert.equal(warned.Warning?.Errors?.[0]?.Code, 'SsmInvalidParameter');
});
