/** Image recipes: what they may say, what they stand on, and what is told of them. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { putParameter } from '../../ssm/PutParameter.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { componentDocument, makeComponent, makeRecipe } from '../../test-image-builder.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { deleteImageRecipe } from './DeleteImageRecipe.ts';
import { getImageRecipe } from './GetImageRecipe.ts';
import { listImageRecipes } from './ListImageRecipes.ts';

let context: TestContext;
let parentImage: string;
beforeEach(async () => {
  context = await createTestContext();
  parentImage = (await insertImage(context)).id;
});
afterEach(() => context[Symbol.asyncDispose]());

const invalid = { code: 'InvalidParameterValueException' };
const createImageRecipe = (change: object = {}) => makeRecipe(context, { parentImage, ...change });

function component(parameters = ''): Promise<string> {
  const data = componentDocument('build', parameters);
  return makeComponent(context, { name: 'part', semanticVersion: '1.2.3', data });
}

test('a recipe is told as it was made', async () => {
  const componentArn = await component('parameters: [{word: {type: string}}]');
  const { id: snapshotId } = await insertSnapshot(context);
  const ebs = {
    snapshotId,
    volumeSize: 9,
    volumeType: 'gp3',
    iops: 4000,
    throughput: 200,
    deleteOnTermination: false,
    encrypted: true,
    kmsKeyId: 'alias/mine',
  } as const;
  const said = {
    description: 'Serves',
    components: [{ componentArn, parameters: [{ name: 'word', value: ['hi'] }] }],
    blockDeviceMappings: [
      { deviceName: '/dev/xvda', ebs: { volumeSize: 20 } },
      { deviceName: '/dev/sdf', ebs },
    ],
    workingDirectory: '/var/tmp',
    additionalInstanceConfiguration: {
      userDataOverride: 'IyEvYmluL3No',
      systemsManagerAgent: { uninstallAfterBuild: true },
    },
    amiTags: { kept: 'yes' },
    tags: { team: 'web' },
  };
  const imageRecipeArn = await createImageRecipe(said);
  const { imageRecipe } = await getImageRecipe.run({ imageRecipeArn }, context);
  const { account, region } = context.caller;
  assert.equal(imageRecipeArn, `arn:aws:imagebuilder:${region}:${account}:image-recipe/web/1.0.0`);
  assert.deepEqual(JSON.parse(JSON.stringify(imageRecipe)), {
    ...said,
    arn: imageRecipeArn,
    type: 'AMI',
    name: 'Web',
    version: '1.0.0',
    platform: 'Linux',
    owner: account,
    parentImage,
    dateCreated: context.now.toISOString(),
  });
});

test('a version is there once, however its numbers are written', async () => {
  await createImageRecipe({ clientToken: 'once' });
  await createImageRecipe({ clientToken: 'once' });
  const exists = { code: 'ResourceAlreadyExistsException' };
  await assert.rejects(createImageRecipe(), exists);
  await assert.rejects(createImageRecipe({ semanticVersion: '01.0.0' }), exists);
  await createImageRecipe({ semanticVersion: '1.0.1' });
  const list = async (input: object) => {
    const { imageRecipeSummaryList = [] } = await listImageRecipes.run(input, context);
    return imageRecipeSummaryList.map(({ arn = '' }) => arn.slice(-5));
  };
  assert.deepEqual(await list({}), ['1.0.0', '1.0.1']);
  assert.deepEqual(await list({ filters: [{ name: 'name', values: ['Web'] }] }), [
    '1.0.0',
    '1.0.1',
  ]);
  const byParent = [{ name: 'parentImage', values: ['ami-other'] }];
  assert.deepEqual(await list({ filters: byParent }), []);
  assert.equal((await list({ filters: [{ name: 'platform', values: ['Linux'] }] })).length, 2);
  assert.deepEqual(await list({ owner: 'Amazon' }), []);
});

test('a parent is an image that is seen, by its id or a parameter', async () => {
  const Name = '/images/base';
  await assert.rejects(createImageRecipe({ parentImage: `ssm:${Name}` }), invalid);
  await putParameter.run({ Name, Value: parentImage, Type: 'String' }, context);
  await createImageRecipe({ parentImage: `ssm:${Name}` });
  const { id: foreign } = await insertImage(await context.asNewAccount());
  for (const parent of [foreign, 'ami-0fedcba9876543210', 'debian', 'ssm:']) {
    await assert.rejects(
      createImageRecipe({ name: 'Other', parentImage: parent }),
      invalid,
      parent,
    );
  }
  const { account, region } = context.caller;
  const none = `arn:aws:imagebuilder:${region}:${account}:image/web/x.x.x`;
  await assert.rejects(createImageRecipe({ name: 'Other', parentImage: none }), {
    code: 'ResourceNotFoundException',
  });
});

test('components are there, and have the parameters that they need', async () => {
  const arn = await component(
    'parameters: [{word: {type: string}}, {stop: {type: string, default: x, allowedValues: [x, y]}}]',
  );
  const withParts = (parameters: object[], componentArn = arn) =>
    createImageRecipe({
      name: `With ${context.ids.uuid()}`,
      components: [{ componentArn, parameters }],
    });
  const word = { name: 'word', value: ['hi'] };
  await withParts([word]);
  await withParts([word], arn.replace('1.2.3/1', '1.x.x'));
  await withParts([word], arn.replace('1.2.3/1', '1.2.3'));
  await withParts([word, { name: 'stop', value: ['y'] }]);
  await assert.rejects(withParts([word, { name: 'stop', value: ['z'] }]), invalid);
  await assert.rejects(withParts([]), invalid);
  await assert.rejects(withParts([word, { name: 'strange', value: ['a'] }]), invalid);
  const missing = { code: 'ResourceNotFoundException' };
  await assert.rejects(withParts([word], arn.replace('1.2.3/1', '2.x.x')), missing);
  const wrong = { code: 'InvalidVersionNumberException' };
  await assert.rejects(withParts([word], arn.replace('1.2.3/1', 'x.2.x')), wrong);
});

test('what devices, user data and the folder may be', async () => {
  const devices = (blockDeviceMappings: object[]) =>
    createImageRecipe({ name: 'Other', blockDeviceMappings });
  await assert.rejects(devices([{ deviceName: '/dev/xvda', noDevice: '' }]), invalid);
  await assert.rejects(devices([{ deviceName: '/dev/xvda', ebs: { volumeSize: 1 } }]), invalid);
  await assert.rejects(devices([{ deviceName: '/dev/sdf', noDevice: 'yes' }]), invalid);
  const ebs = { volumeSize: 1, volumeType: 'tape' };
  await assert.rejects(devices([{ deviceName: '/dev/sdf', ebs }]), invalid);
  const { id: snapshotId } = await insertSnapshot(await context.asNewAccount());
  await assert.rejects(devices([{ deviceName: '/dev/sdf', ebs: { snapshotId } }]), invalid);
  for (const change of [
    { workingDirectory: 'tmp' },
    { additionalInstanceConfiguration: { userDataOverride: 'not base64' } },
  ]) {
    await assert.rejects(createImageRecipe({ name: 'Other', ...change }), invalid);
  }
});

test('a recipe goes', async () => {
  const imageRecipeArn = await createImageRecipe();
  await deleteImageRecipe.run({ imageRecipeArn }, context);
  const gone = { code: 'ResourceNotFoundException' };
  await assert.rejects(deleteImageRecipe.run({ imageRecipeArn }, context), gone);
  await createImageRecipe();
});
