/** Components of Image Builder: builds of versions, how they are found, and when they may go. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { componentDocument, makeComponent, makeRecipe } from '../../test-image-builder.ts';
import { deleteImageRecipe } from '../recipes/DeleteImageRecipe.ts';
import { listTagsForResource } from '../tags/ListTagsForResource.ts';
import { tagResource } from '../tags/TagResource.ts';
import { untagResource } from '../tags/UntagResource.ts';
import { deleteComponent } from './DeleteComponent.ts';
import { getComponent } from './GetComponent.ts';
import { listComponentBuildVersions } from './ListComponentBuildVersions.ts';
import { listComponents } from './ListComponents.ts';

let context: TestContext;
let arnOf: (rest: string) => string;
beforeEach(async () => {
  context = await createTestContext();
  const { account, region } = context.caller;
  arnOf = (rest) => `arn:aws:imagebuilder:${region}:${account}:${rest}`;
});
afterEach(() => context[Symbol.asyncDispose]());

const createComponent = (change: object = {}) => makeComponent(context, change);

test('a component is told as it was made, with what its document says', async () => {
  const parameters = 'parameters: [{word: {type: string, default: hi, description: Said}}]';
  const arn = await createComponent({
    data: componentDocument('test', parameters),
    description: 'Serves',
    changeDescription: 'First',
    supportedOsVersions: ['Debian 12'],
    tags: { team: 'web' },
  });
  assert.equal(arn, arnOf('component/web-server/1.0.0/1'));
  const { component, latestVersionReferences } = await getComponent.run(
    { componentBuildVersionArn: arn },
    context,
  );
  const { data, ...rest } = component ?? {};
  assert.match(data ?? '', /name: test/);
  assert.deepEqual(rest, {
    arn,
    name: 'Web Server',
    version: '1.0.0',
    description: 'Serves',
    changeDescription: 'First',
    platform: 'Linux',
    supportedOsVersions: ['Debian 12'],
    type: 'TEST',
    state: { status: 'ACTIVE' },
    parameters: [{ name: 'word', type: 'string', defaultValue: ['hi'], description: 'Said' }],
    owner: context.caller.account,
    dateCreated: context.now.toISOString(),
    encrypted: true,
    obfuscate: false,
    tags: { team: 'web' },
  });
  assert.deepEqual(latestVersionReferences, {
    latestVersionArn: arnOf('component/web-server/x.x.x'),
    latestMajorVersionArn: arnOf('component/web-server/1.x.x'),
    latestMinorVersionArn: arnOf('component/web-server/1.0.x'),
    latestPatchVersionArn: arnOf('component/web-server/1.0.0'),
  });
});

test('the same name and version again is the next build; a token is one build', async () => {
  await createComponent();
  assert.match(await createComponent(), /1\.0\.0\/2$/);
  assert.match(await createComponent({ clientToken: 'once' }), /\/3$/);
  assert.match(await createComponent({ clientToken: 'once' }), /\/3$/);
  await assert.rejects(createComponent({ clientToken: 'once', description: 'Other' }), {
    code: 'IdempotentParameterMismatch',
  });
  await createComponent({ semanticVersion: '1.10.0' });
  const builds = await listComponentBuildVersions.run(
    { componentVersionArn: arnOf('component/web-server/1.0.0'), maxResults: 2 },
    context,
  );
  assert.deepEqual(
    builds.componentSummaryList?.map((each) => each.arn?.slice(-1)),
    ['1', '2'],
  );
  const { nextToken } = builds;
  const more = await listComponentBuildVersions.run(
    { componentVersionArn: arnOf('component/web-server/1.0.0'), maxResults: 2, nextToken },
    context,
  );
  assert.deepEqual([more.componentSummaryList?.length, more.nextToken], [1, undefined]);
  assert.equal((await listComponentBuildVersions.run({}, context)).componentSummaryList?.length, 4);
});

test('versions, and names, are listed each once, by filters and page by page', async () => {
  for (let number = 0; number < 12; number++) await createComponent();
  await createComponent({ semanticVersion: '1.10.0', description: 'Ten' });
  await createComponent({ name: 'Other', supportedOsVersions: ['Debian 12', 'Debian 13'] });
  const versions = async (input: object) => {
    const { componentVersionList = [] } = await listComponents.run(input, context);
    return componentVersionList.map(({ arn = '' }) => arn.replace(/^.*component\//, ''));
  };
  const all = ['other/1.0.0', 'web-server/1.0.0', 'web-server/1.10.0'];
  assert.deepEqual(await versions({}), all);
  assert.deepEqual(await versions({ byName: true }), ['other/x.x.x', 'web-server/x.x.x']);
  const paged: string[] = [];
  for (let nextToken: string | undefined, first = true; first || nextToken; first = false) {
    const page = await listComponents.run({ maxResults: 1, nextToken }, context);
    paged.push(...(page.componentVersionList ?? []).map(({ arn = '' }) => arn));
    nextToken = page.nextToken;
  }
  assert.deepEqual(
    paged,
    all.map((each) => arnOf(`component/${each}`)),
  );
  for (const [name, value, found] of [
    ['name', 'Other', 1],
    ['description', 'Ten', 1],
    ['version', '1.0.0', 2],
    ['platform', 'Linux', 3],
    ['supportedOsVersion', 'Debian 13', 1],
    ['type', 'TEST', 0],
  ] as const) {
    const filters = [{ name, values: [value] }];
    assert.equal((await versions({ filters })).length, found, name);
  }
  assert.deepEqual(await versions({ owner: 'Amazon' }), []);
  const invalid = { code: 'InvalidParameterValueException' };
  await assert.rejects(versions({ filters: [{ name: 'Name', values: ['a'] }] }), invalid);
  await assert.rejects(versions({ owner: 'Nobody' }), invalid);
});

test('what is wrong with a component is told by its documented error', async () => {
  const invalid = { code: 'InvalidParameterValueException' };
  for (const name of ['ab', 'a/b-c', 'x'.repeat(129), 'über-all']) {
    await assert.rejects(createComponent({ name }), invalid, name);
  }
  for (const semanticVersion of ['1.0', '1.0.x', 'v1.0.0', '1.0.1073741824', '-1.0.0']) {
    const wrong = { code: 'InvalidVersionNumberException' };
    await assert.rejects(createComponent({ semanticVersion }), wrong, semanticVersion);
  }
  for (const data of [
    undefined,
    '',
    'a: [',
    'phases: []',
    componentDocument('before'),
    'x'.repeat(16_001),
  ])
    await assert.rejects(createComponent({ data }), invalid, data);
  await assert.rejects(createComponent({ description: '' }), invalid);
  await assert.rejects(createComponent({ supportedOsVersions: [] }), invalid);
  await assert.rejects(createComponent({ tags: { 'aws:a': 'b' } }), {
    code: 'InvalidParameterException',
  });
  for (const tail of ['component/web-server', 'component/web-server/1.0', 'image/a/1.0.0/1']) {
    const got = getComponent.run({ componentBuildVersionArn: arnOf(tail) }, context);
    await assert.rejects(got, invalid, tail);
  }
  const componentBuildVersionArn = arnOf('component/web-server/1.0.0/7');
  await assert.rejects(getComponent.run({ componentBuildVersionArn }, context), {
    code: 'ResourceNotFoundException',
  });
});

test('a component goes only when no recipe stands on it', async () => {
  const [one, two] = [await createComponent(), await createComponent()];
  const recipe = (name: string, componentArn: string) =>
    makeRecipe(context, { name, components: [{ componentArn }] });
  const [exact, any] = [
    await recipe('exact', one),
    await recipe('any', arnOf('component/web-server/1.x.x')),
  ];
  const remove = (componentBuildVersionArn: string) =>
    deleteComponent.run({ componentBuildVersionArn }, context);
  const needed = { code: 'ResourceDependencyException' };
  await assert.rejects(remove(one), needed);
  await remove(two);
  await deleteImageRecipe.run({ imageRecipeArn: exact }, context);
  // It is the last that the other finds.
  await assert.rejects(remove(one), needed);
  await deleteImageRecipe.run({ imageRecipeArn: any }, context);
  await remove(one);
  await assert.rejects(remove(one), { code: 'ResourceNotFoundException' });
});

test('tags come and go', async () => {
  const resourceArn = await createComponent({ tags: { a: '1' } });
  await tagResource.run({ resourceArn, tags: { a: '2', b: '3' } }, context);
  await untagResource.run({ resourceArn, tagKeys: ['a'] }, context);
  assert.deepEqual(await listTagsForResource.run({ resourceArn }, context), { tags: { b: '3' } });
  const wrong = listTagsForResource.run({ resourceArn: 'arn:aws:ec2:::x' }, context);
  await assert.rejects(wrong, { code: 'InvalidParameterValueException' });
});
