/** What of one's own names an image. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { DescribeImageReferencesRequest } from '../../../../api/generated/ec2-types.ts';
import type { PutParameterRequest } from '../../../../api/generated/ssm-types.ts';
import type { OperationContext } from '../../operation.ts';
import { deleteParameter } from '../../ssm/DeleteParameter.ts';
import { putParameter } from '../../ssm/PutParameter.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { addVersion, makeTemplate } from '../../test-launch-templates.ts';
import { describeImageReferences } from './DescribeImageReferences.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function references(
  ImageIds: string[],
  input: Partial<DescribeImageReferencesRequest> = { IncludeAllResourceTypes: true },
  as: OperationContext = context,
) {
  const answer = await describeImageReferences.run({ ImageIds, ...input }, as);
  return (answer.ImageReferences ?? []).map(({ ImageId, ResourceType, Arn = '' }) => [
    ImageId,
    ResourceType,
    Arn,
  ]);
}

const only = (ResourceType: string, OptionName?: string, ...OptionValues: string[]) => ({
  ResourceTypes: [
    { ResourceType, ...(OptionName && { ResourceTypeOptions: [{ OptionName, OptionValues }] }) },
  ],
});

test('instances of one’s own, in the states that are asked for', async () => {
  const image = await insertImage(context, { launchPermissions: ['all'] });
  const other = await insertImage(context);
  const running = await insertRunningInstance(context, image);
  const gone = await insertRunningInstance(context, image);
  await moveInstance(context, gone.id, { state: 'terminated' });
  const second = await insertRunningInstance(context, other);
  const friend = await context.asNewAccount();
  await insertRunningInstance(friend, image);
  const arn = (id: string) => `arn:aws:ec2:us-east-1:${context.caller.account}:instance/${id}`;
  const row = (imageId: string, id: string) => [imageId, 'ec2:Instance', arn(id)];
  assert.deepEqual(await references([image.id]), [
    row(image.id, running.id),
    row(image.id, gone.id),
  ]);
  assert.deepEqual(
    await references([other.id, image.id], only('ec2:Instance', 'state-name', 'running')),
    [row(image.id, running.id), row(other.id, second.id)],
  );
  assert.equal((await references([image.id], undefined, friend)).length, 1);
  assert.deepEqual(await references([image.id], only('ec2:LaunchTemplate')), []);
});

test('launch templates, by their newest versions', async () => {
  const image = await insertImage(context);
  const other = await insertImage(context);
  const id = await makeTemplate(context, { ImageId: image.id });
  for (let count = 0; count < 10; count++) await addVersion(context, id, { ImageId: other.id });
  const arn = `arn:aws:ec2:us-east-1:${context.caller.account}:launch-template/${id}`;
  assert.deepEqual(await references([image.id]), []);
  assert.deepEqual(await references([other.id]), [[other.id, 'ec2:LaunchTemplate', arn]]);
  const deep = only('ec2:LaunchTemplate', 'version-depth', '11');
  assert.deepEqual(await references([image.id], deep), [[image.id, 'ec2:LaunchTemplate', arn]]);
  const both = { IncludeAllResourceTypes: true, ...deep };
  assert.equal((await references([image.id], both)).length, 1);
});

test('parameters of one’s own, by the newest version', async () => {
  const image = await insertImage(context, { launchPermissions: ['all'] });
  const other = await insertImage(context);
  const friend = await context.asNewAccount();
  const put = (
    Name: string,
    Value: string,
    more: Partial<PutParameterRequest> = {},
    as: OperationContext = context,
  ) => putParameter.run({ Name, Value, Type: 'String', DataType: 'aws:ec2:image', ...more }, as);
  await put('/golden/web', image.id);
  await put('latest', image.id);
  await put('words', image.id, { DataType: 'text' });
  await put('theirs', image.id, {}, friend);
  await put('moved', image.id);
  await put('moved', other.id, { Overwrite: true });
  const arn = (name: string) => `arn:aws:ssm:us-east-1:${context.caller.account}:parameter/${name}`;
  const row = (imageId: string, name: string) => [imageId, 'ssm:Parameter', arn(name)];
  const own = [row(image.id, 'golden/web'), row(image.id, 'latest')];
  assert.deepEqual(await references([image.id]), own);
  assert.deepEqual(await references([image.id], only('ssm:Parameter')), own);
  assert.deepEqual(await references([image.id], only('ec2:Instance')), []);
  assert.deepEqual(await references([other.id]), [row(other.id, 'moved')]);
  await deleteParameter.run({ Name: 'latest' }, context);
  assert.deepEqual(await references([image.id]), own.slice(0, 1));
});

test('in pages', async () => {
  const image = await insertImage(context);
  for (let count = 0; count < 6; count++) await insertRunningInstance(context, image);
  const all = await references([image.id]);
  const input = { ImageIds: [image.id], ...only('ec2:Instance'), MaxResults: 5 };
  const { NextToken } = await describeImageReferences.run(input, context);
  const rest = await references([image.id], { ...only('ec2:Instance'), MaxResults: 5, NextToken });
  assert.deepEqual(rest, all.slice(5));
});

test('what cannot be asked for is refused', async () => {
  const { id } = await insertImage(context);
  await assert.rejects(references([id], {}), { code: 'MissingParameter' });
  await assert.rejects(references(Array(11).fill(id)), { code: 'InvalidParameterValue' });
  await assert.rejects(references(['ami-0fedcba9876543210']), { code: 'InvalidAMIID.NotFound' });
  for (const wrong of [
    only('ec2:Volume'),
    only('ec2:Instance', 'version-depth', '1'),
    only('ec2:Instance', 'state-name', 'asleep'),
    only('ssm:Parameter', 'version-depth', '1'),
    only('ec2:LaunchTemplate', 'version-depth', '0'),
    only('ec2:LaunchTemplate', 'version-depth', '10001'),
    only('ec2:LaunchTemplate', 'version-depth', '1', '2'),
  ]) {
    await assert.rejects(references([id], wrong), { code: 'InvalidParameterValue' });
  }
});
