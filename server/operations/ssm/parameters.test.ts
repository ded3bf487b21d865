/** Parameters of an account: versions, labels, paths, limits and errors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutParameterRequest } from '../../../api/generated/ssm-types.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { addTagsToResource } from './AddTagsToResource.ts';
import { deleteParameter } from './DeleteParameter.ts';
import { deleteParameters } from './DeleteParameters.ts';
import { describeParameters } from './DescribeParameters.ts';
import { getParameter } from './GetParameter.ts';
import { getParameterHistory } from './GetParameterHistory.ts';
import { getParameters } from './GetParameters.ts';
import { getParametersByPath } from './GetParametersByPath.ts';
import { labelParameterVersion } from './LabelParameterVersion.ts';
import { listTagsForResource } from './ListTagsForResource.ts';
import { putParameter } from './PutParameter.ts';
import { removeTagsFromResource } from './RemoveTagsFromResource.ts';
import { unlabelParameterVersion } from './UnlabelParameterVersion.ts';

function put(context: OperationContext, Name: string, more: Partial<PutParameterRequest> = {}) {
  return putParameter.run({ Name, Type: 'String', Value: `of ${Name}`, ...more }, context);
}

async function readValue(context: OperationContext, Name: string) {
  return (await getParameter.run({ Name }, context)).Parameter?.Value;
}

const code = (name: string) => ({ code: name });

test('a parameter is what it was put as, and each version is found by number and label', async () => {
  await using context = await createTestContext();
  const { account } = context.caller;
  const Tags = [{ Key: 'team', Value: 'web' }];
  const made = await put(context, '/app/size', { Description: 'how big', Tags });
  assert.deepEqual(made, { Version: 1, Tier: 'Standard' });
  const arn = `arn:aws:ssm:us-east-1:${account}:parameter/app/size`;
  assert.deepEqual((await getParameter.run({ Name: '/app/size' }, context)).Parameter, {
    Name: '/app/size',
    Type: 'String',
    Value: 'of /app/size',
    Version: 1,
    Selector: undefined,
    LastModifiedDate: context.now,
    ARN: arn,
    DataType: 'text',
  });
  await assert.rejects(put(context, '/app/size'), code('ParameterAlreadyExists'));
  const again = { Type: undefined, Value: 'large', Overwrite: true };
  assert.equal((await put(context, '/app/size', again)).Version, 2);
  const named = { Name: '/app/size', ParameterVersion: 1, Labels: ['good', '1st', 'aws-own'] };
  assert.deepEqual(await labelParameterVersion.run(named, context), {
    InvalidLabels: ['1st', 'aws-own'],
    ParameterVersion: 1,
  });
  assert.equal(await readValue(context, '/app/size'), 'large');
  assert.equal(await readValue(context, '/app/size:1'), 'of /app/size');
  assert.equal(await readValue(context, '/app/size:good'), 'of /app/size');
  assert.equal(await readValue(context, `${arn}:2`), 'large');
  const { Parameter } = await getParameter.run({ Name: '/app/size:good' }, context);
  assert.deepEqual([Parameter?.Selector, Parameter?.Version], [':good', 1]);
  for (const selector of ['3', 'bad', '__proto__']) {
    const missing = getParameter.run({ Name: `/app/size:${selector}` }, context);
    await assert.rejects(missing, code('ParameterVersionNotFound'));
  }
  const latest = { Name: '/app/size', Labels: ['good'] };
  assert.equal((await labelParameterVersion.run(latest, context)).ParameterVersion, 2);
  const { Parameters = [] } = await getParameterHistory.run({ Name: '/app/size' }, context);
  const shown = Parameters.map(({ Value, Version, Labels, Description }) => [
    Value,
    Version,
    Labels,
    Description,
  ]);
  assert.deepEqual(shown, [
    ['of /app/size', 1, [], 'how big'],
    ['large', 2, ['good'], 'how big'],
  ]);
  const unlabel = { Name: '/app/size', ParameterVersion: 2, Labels: ['good', 'other'] };
  assert.deepEqual(await unlabelParameterVersion.run(unlabel, context), {
    RemovedLabels: ['good'],
    InvalidLabels: ['other'],
  });
});

test('ten labels a version, a hundred versions a parameter', async () => {
  await using context = await createTestContext();
  await put(context, 'many');
  const labels = Array.from({ length: 10 }, (_, index) => `label-${index}`);
  await labelParameterVersion.run({ Name: 'many', Labels: labels }, context);
  const more = labelParameterVersion.run({ Name: 'many', Labels: ['more'] }, context);
  await assert.rejects(more, code('ParameterVersionLabelLimitExceeded'));
  const again = { Type: undefined, Overwrite: true };
  for (let number = 2; number <= 100; number += 1) await put(context, 'many', again);
  await assert.rejects(put(context, 'many', again), code('ParameterMaxVersionLimitExceeded'));
  const unlabel = { Name: 'many', ParameterVersion: 1, Labels: labels };
  await unlabelParameterVersion.run(unlabel, context);
  assert.equal((await put(context, 'many', again)).Version, 101);
  await assert.rejects(readValue(context, 'many:1'), code('ParameterVersionNotFound'));
  const first = await getParameterHistory.run({ Name: 'many', MaxResults: 3 }, context);
  assert.deepEqual(
    first.Parameters?.map(({ Version }) => Version),
    [2, 3, 4],
  );
  const next = { Name: 'many', NextToken: first.NextToken };
  assert.equal((await getParameterHistory.run(next, context)).Parameters?.[0]?.Version, 5);
});

test('a path has what is below it, level by level or all, in pages', async () => {
  await using context = await createTestContext();
  for (const name of ['/a/x', '/a/b/y', '/a/b/c/z', '/ab/q', 'plain']) await put(context, name);
  const below = async (Path: string, more: object = {}) => {
    const { Parameters = [] } = await getParametersByPath.run({ Path, ...more }, context);
    return Parameters.map(({ Name }) => Name);
  };
  assert.deepEqual(await below('/a'), ['/a/x']);
  assert.deepEqual(await below('/a/b/', { Recursive: true }), ['/a/b/c/z', '/a/b/y']);
  assert.deepEqual(await below('/'), ['plain']);
  assert.equal((await below('/', { Recursive: true })).length, 5);
  const page = { Path: '/a', Recursive: true, MaxResults: 2 };
  const one = await getParametersByPath.run(page, context);
  const { NextToken } = one;
  const two = await getParametersByPath.run({ ...page, NextToken }, context);
  const names = [...(one.Parameters ?? []), ...(two.Parameters ?? [])].map(({ Name }) => Name);
  assert.deepEqual([names, two.NextToken], [['/a/b/c/z', '/a/b/y', '/a/x'], undefined]);
  await labelParameterVersion.run({ Name: '/a/x', Labels: ['good'] }, context);
  const filters = [{ Key: 'Label', Values: ['good'] }];
  assert.deepEqual(await below('/', { Recursive: true, ParameterFilters: filters }), ['/a/x']);
  const named = [{ Key: 'Name', Values: ['x'] }];
  await assert.rejects(below('/', { ParameterFilters: named }), code('InvalidFilterKey'));
  for (const Path of ['a', '//a', '/a b']) {
    await assert.rejects(below(Path), code('ValidationException'));
  }
  await assert.rejects(below('/', { MaxResults: 11 }), code('ValidationException'));
});

test('parameters are described by filters', async () => {
  await using context = await createTestContext();
  await put(context, '/a/x', { Type: 'StringList', Value: 'a,b' });
  await put(context, '/a/b/y', { Tags: [{ Key: 'team', Value: 'web' }] });
  const found = async (Key: string, Values?: string[], Option?: string) => {
    const ParameterFilters = [{ Key, Values, Option }];
    const { Parameters = [] } = await describeParameters.run({ ParameterFilters }, context);
    return Parameters.map(({ Name }) => Name);
  };
  assert.deepEqual(await found('Name', ['/a/x']), ['/a/x']);
  assert.deepEqual(await found('Name', ['b'], 'Contains'), ['/a/b/y']);
  assert.deepEqual(await found('Name', ['/a/b'], 'BeginsWith'), ['/a/b/y']);
  assert.deepEqual(await found('Type', ['StringList']), ['/a/x']);
  assert.deepEqual(await found('Path', ['/a']), ['/a/x']);
  assert.deepEqual(await found('Path', ['/a'], 'Recursive'), ['/a/b/y', '/a/x']);
  assert.deepEqual(await found('tag:team', ['web']), ['/a/b/y']);
  assert.deepEqual(await found('tag:team'), ['/a/b/y']);
  assert.deepEqual(await found('KeyId', ['alias/aws/ssm']), []);
  await assert.rejects(found('Nope', ['x']), code('InvalidFilterKey'));
  await assert.rejects(found('Name', ['x'], 'Recursive'), code('InvalidFilterOption'));
  await assert.rejects(found('Name', []), code('InvalidFilterValue'));
  const { Parameters = [] } = await describeParameters.run({}, context);
  assert.deepEqual([Parameters[1]?.Tier, Parameters[1]?.Version], ['Standard', 1]);
});

test('several are asked for and deleted by name, tags come and go', async () => {
  await using context = await createTestContext();
  for (const name of ['b', 'a']) await put(context, name);
  const got = await getParameters.run({ Names: ['b', 'a', 'c', 'a:9'] }, context);
  assert.deepEqual(
    [got.Parameters?.map(({ Name }) => Name), got.InvalidParameters],
    [
      ['a', 'b'],
      ['a:9', 'c'],
    ],
  );
  const one = { ResourceType: 'Parameter', ResourceId: 'a' };
  await addTagsToResource.run({ ...one, Tags: [{ Key: 'k', Value: 'v' }] }, context);
  const tags = async () => (await listTagsForResource.run(one, context)).TagList;
  assert.deepEqual(await tags(), [{ Key: 'k', Value: 'v' }]);
  await removeTagsFromResource.run({ ...one, TagKeys: ['k'] }, context);
  assert.deepEqual(await tags(), []);
  const numbered = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
  const many = addTagsToResource.run({ ...one, Tags: numbered }, context);
  await assert.rejects(many, code('TooManyTagsError'));
  const reserved = [{ Key: 'aws:k', Value: '' }];
  await assert.rejects(put(context, 'c', { Tags: reserved }), code('ValidationException'));
  await deleteParameter.run({ Name: 'a' }, context);
  await assert.rejects(deleteParameter.run({ Name: 'a' }, context), code('ParameterNotFound'));
  assert.deepEqual(await deleteParameters.run({ Names: ['a', 'b'] }, context), {
    DeletedParameters: ['b'],
    InvalidParameters: ['a'],
  });
  assert.equal(await context.catalog.read((reader) => reader.parameterVersions.count()), 0);
  assert.equal((await put(context, 'a')).Version, 1);
});

test('what may not be put is refused, an image that is not there at once', async () => {
  await using context = await createTestContext();
  const refused = async (name: string, more: Partial<PutParameterRequest>, error: string) =>
    assert.rejects(put(context, name, more), code(error), `${name} ${JSON.stringify(more)}`);
  const wrong = 'ValidationException';
  for (const name of ['aws-x', '/SSM/x', 'a b', 'a/b', '/a//b', 'x'.repeat(1011)]) {
    await refused(name, {}, wrong);
  }
  await refused(`/${'a/'.repeat(15)}b`, {}, 'HierarchyLevelLimitExceededException');
  await refused('a', { Type: 'SecureString' }, 'UnsupportedParameterType');
  await refused('a', { Type: undefined }, wrong);
  await refused('a', { Value: 'x'.repeat(4097) }, wrong);
  await refused('a', { Value: '{{ssm:b}}' }, wrong);
  await refused('a', { DataType: 'aws:ssm:integration' }, wrong);
  await refused('a', { Overwrite: true, Tags: [{ Key: 'k', Value: 'v' }] }, wrong);
  await put(context, 'text');
  const list = { Type: 'StringList', Overwrite: true };
  await refused('text', list, 'HierarchyTypeMismatchException');
  const others = await insertImage(await context.asNewAccount());
  for (const Value of ['web', 'ami-0fedcba9876543210', others.id]) {
    await refused('a', { DataType: 'aws:ec2:image', Value }, wrong);
  }
  const { id: Value } = await insertImage(context);
  await put(context, 'a', { DataType: 'aws:ec2:image', Value });
  await assert.rejects(
    readValue(context.as({ region: 'eu-west-1' }), 'a'),
    code('ParameterNotFound'),
  );
});
