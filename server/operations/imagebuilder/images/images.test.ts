/** Images of Image Builder, as they are ordered and told: what builds do is tested with the task. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import {
  changeBuild,
  makeComponent,
  makeDistribution,
  makeImage,
  makeInfrastructure,
  makeRecipe,
  workflowOf,
} from '../../test-image-builder.ts';
import { insertImage } from '../../test-images.ts';
import { deleteComponent } from '../components/DeleteComponent.ts';
import { updateInfrastructureConfiguration } from '../configurations/UpdateInfrastructureConfiguration.ts';
import { deleteImageRecipe } from '../recipes/DeleteImageRecipe.ts';
import { cancelImageCreation } from './CancelImageCreation.ts';
import { deleteImage } from './DeleteImage.ts';
import { getImage } from './GetImage.ts';
import { getWorkflowExecution } from './GetWorkflowExecution.ts';
import { getWorkflowStepExecution } from './GetWorkflowStepExecution.ts';
import { listImageBuildVersions } from './ListImageBuildVersions.ts';
import { listImagePackages } from './ListImagePackages.ts';
import { listImages } from './ListImages.ts';
import { listWorkflowExecutions } from './ListWorkflowExecutions.ts';
import { listWorkflowStepExecutions } from './ListWorkflowStepExecutions.ts';

let context: TestContext;
let arnOf: (rest: string) => string;
beforeEach(async () => {
  context = await createTestContext();
  const { account, region } = context.caller;
  arnOf = (rest) => `arn:aws:imagebuilder:${region}:${account}:${rest}`;
});
afterEach(() => context[Symbol.asyncDispose]());

const gone = { code: 'ResourceNotFoundException' };
const createImage = (change: object = {}) => makeImage(context, change);
const rowOf = (arn: string) => context.catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
const imageOf = async (arn: string) =>
  (await getImage.run({ imageBuildVersionArn: arn }, context)).image;

test('an order has all that its build needs, as it was at that moment', async () => {
  const { id: parentImage } = await insertImage(context);
  const first = await makeComponent(context, { name: 'part' });
  const components = [{ componentArn: first.replace('1.0.0/1', 'x.x.x') }];
  const imageRecipeArn = await makeRecipe(context, { parentImage, components });
  const infrastructureConfigurationArn = await makeInfrastructure(context);
  const distributionConfigurationArn = await makeDistribution(context);
  const arn = await createImage({
    imageRecipeArn,
    infrastructureConfigurationArn,
    distributionConfigurationArn,
    imageTestsConfiguration: { imageTestsEnabled: false, timeoutMinutes: 60 },
    enhancedImageMetadataEnabled: false,
    tags: { a: 'b' },
  });
  assert.equal(arn, arnOf('image/web/1.0.0/1'));
  const row = await rowOf(arn);
  assert.deepEqual(
    [row?.state, row?.parentImageId, row?.components, row?.recipe.slug, row?.enhancedMetadata],
    ['PENDING', parentImage, [{ arn: first, parameters: {} }], 'web', false],
  );
  const task = await context.catalog.read(({ tasks }) => tasks.get(row?.taskId ?? ''));
  assert.deepEqual([task?.subject, task?.state], [arn, 'running']);
  await updateInfrastructureConfiguration.run(
    { infrastructureConfigurationArn, instanceProfileName: 'other', clientToken: 'a' },
    context,
  );
  const image = await imageOf(arn);
  assert.deepEqual(
    [image?.name, image?.version, image?.state, image?.tags, image?.buildType],
    ['Web', '1.0.0/1', { status: 'PENDING', reason: undefined }, { a: 'b' }, 'USER_INITIATED'],
  );
  assert.equal(image?.infrastructureConfiguration?.instanceProfileName, 'builder');
  assert.equal(image?.imageRecipe?.arn, imageRecipeArn);
  assert.equal(image?.distributionConfiguration?.arn, distributionConfigurationArn);
  assert.deepEqual(image?.imageTestsConfiguration, {
    imageTestsEnabled: false,
    timeoutMinutes: 60,
  });
  // Its components stay until it is over.
  await deleteImageRecipe.run({ imageRecipeArn }, context);
  const remove = () => deleteComponent.run({ componentBuildVersionArn: first }, context);
  await assert.rejects(remove(), { code: 'ResourceInUseException' });
  await changeBuild(context, arn, { state: 'FAILED' });
  await remove();
});

test('builds of a version are counted, and no number is given twice', async () => {
  const imageRecipeArn = await makeRecipe(context);
  const order = (clientToken: string) => createImage({ imageRecipeArn, clientToken });
  assert.match(await order('one'), /\/1$/);
  assert.match(await order('one').catch(({ code }) => code), /IdempotentParameterMismatch/);
  const second = await order('two');
  await changeBuild(context, second, { state: 'AVAILABLE' });
  await deleteImage.run({ imageBuildVersionArn: second }, context);
  assert.match(await order('three'), /\/3$/);
  await deleteImageRecipe.run({ imageRecipeArn }, context);
  const { id: parentImage } = await insertImage(context);
  await makeRecipe(context, { parentImage });
  // The images of the first recipe of this name are left.
  assert.match(await order('four'), /\/4$/);
});

test('an image that a recipe names as its parent stays', async () => {
  const imageBuildVersionArn = await createImage();
  const { account, region } = context.caller;
  const { id: imageId } = await insertImage(context, { account });
  const amis = [{ region, account, imageId, name: 'golden' }];
  await changeBuild(context, imageBuildVersionArn, { state: 'AVAILABLE', imageId, amis });
  const remove = () => deleteImage.run({ imageBuildVersionArn }, context);
  await changeBuild(context, imageBuildVersionArn, { state: 'DISABLED' });
  const recipe = () => makeRecipe(context, { parentImage: imageBuildVersionArn });
  await assert.rejects(recipe(), gone);
  await changeBuild(context, imageBuildVersionArn, { state: 'DEPRECATED' });
  const imageRecipeArn = await recipe();
  await assert.rejects(remove(), {
    code: 'ResourceDependencyException',
    message: new RegExp(`${imageBuildVersionArn}.*: ${imageRecipeArn}`),
  });
  await deleteImageRecipe.run({ imageRecipeArn }, context);
  await remove();
});

test('images are listed by version, by build and by name; the newest is found by wildcards', async () => {
  const infrastructureConfigurationArn = await makeInfrastructure(context);
  const order = async (semanticVersion: string) => {
    const imageRecipeArn = await makeRecipe(context, { semanticVersion });
    return async () => createImage({ imageRecipeArn, infrastructureConfigurationArn });
  };
  const [one, ten] = [await order('1.0.0'), await order('1.10.0')];
  const [first, second] = [await one(), await one()];
  const newest = await ten();
  const versions = async (input: object) =>
    (await listImages.run(input, context)).imageVersionList?.map(({ arn }) => arn);
  assert.deepEqual(await versions({}), [arnOf('image/web/1.0.0'), arnOf('image/web/1.10.0')]);
  assert.deepEqual(await versions({ byName: true }), [arnOf('image/web/x.x.x')]);
  assert.deepEqual(await versions({ owner: 'Amazon' }), []);
  const onlyTen = { filters: [{ name: 'version', values: ['1.10.0'] }] };
  assert.deepEqual(await versions(onlyTen), [arnOf('image/web/1.10.0')]);
  const builds = async (input: object) =>
    (await listImageBuildVersions.run(input, context)).imageSummaryList?.map(({ arn }) => arn);
  assert.deepEqual(await builds({ imageVersionArn: arnOf('image/web/1.0.0') }), [first, second]);
  assert.deepEqual(await builds({}), [first, second, newest]);
  for (const filter of [
    { name: 'name', values: ['Web'] },
    { name: 'platform', values: ['Linux'] },
    { name: 'type', values: ['AMI'] },
  ]) {
    assert.equal((await builds({ filters: [filter] }))?.length, 3);
  }
  await changeBuild(context, newest, { state: 'DEPRECATED', osVersion: 'Debian 12' });
  assert.deepEqual(await builds({ filters: [{ name: 'osVersion', values: ['Debian 12'] }] }), [
    newest,
  ]);
  assert.equal((await versions({}))?.length, 1);
  assert.equal((await versions({ includeDeprecated: true }))?.length, 2);
  for (const [asked, found] of [
    ['1.0.0', second],
    ['1.x.x', newest],
    ['1.0.x', second],
    ['1.0.0/1', first],
  ]) {
    assert.equal((await imageOf(arnOf(`image/web/${asked}`)))?.arn, found, asked);
  }
  await assert.rejects(imageOf(arnOf('image/web/2.x.x')), gone);
});

test('what was built is a parent, the newest that is available', async () => {
  const arn = await createImage();
  const parentImage = arn.replace('1.0.0/1', 'x.x.x');
  const stand = () => makeRecipe(context, { parentImage, name: context.ids.uuid() });
  await assert.rejects(stand(), gone);
  const { account, region } = context.caller;
  const { id: imageId } = await insertImage(context);
  const amis = [{ region, account, imageId, name: 'web' }];
  await changeBuild(context, arn, { state: 'AVAILABLE', imageId, amis });
  const child = await createImage({ imageRecipeArn: await stand() });
  assert.equal((await rowOf(child))?.parentImageId, imageId);
  assert.deepEqual((await imageOf(arn))?.outputResources?.amis?.[0]?.image, imageId);
});

test('a build is cancelled by its task, and goes when it is over', async () => {
  const imageBuildVersionArn = await createImage();
  const remove = () => deleteImage.run({ imageBuildVersionArn }, context);
  await assert.rejects(remove(), { code: 'ResourceDependencyException' });
  const cancel = (clientToken: string) =>
    cancelImageCreation.run({ imageBuildVersionArn, clientToken }, context);
  await cancel('a');
  await cancel('b');
  const { taskId = '' } = (await rowOf(imageBuildVersionArn)) ?? {};
  const task = await context.catalog.read(({ tasks }) => tasks.get(taskId));
  assert.equal(task?.cancelled, true);
  await changeBuild(context, imageBuildVersionArn, { state: 'CANCELLED' });
  await assert.rejects(cancel('c'), { code: 'InvalidRequestException' });
  await remove();
  await assert.rejects(imageOf(imageBuildVersionArn), gone);
});

test('its parts and their steps are told, page by page', async () => {
  const imageBuildVersionArn = await createImage();
  const workflow = workflowOf(context.ids);
  const { id, steps } = workflow;
  await changeBuild(context, imageBuildVersionArn, { workflows: [workflow] });
  const all = await listWorkflowExecutions.run({ imageBuildVersionArn }, context);
  const { requestId: _, ...one } = await getWorkflowExecution.run(
    { workflowExecutionId: id },
    context,
  );
  assert.deepEqual([all.imageBuildVersionArn, one.imageBuildVersionArn].length, 2);
  const { imageBuildVersionArn: __, ...execution } = one;
  assert.deepEqual(all.workflowExecutions, [execution]);
  assert.deepEqual(
    [one.status, one.totalStepCount, one.totalStepsSucceeded, one.totalStepsFailed],
    ['RUNNING', 2, 1, 0],
  );
  const asked = { workflowExecutionId: id, maxResults: 1 };
  const { steps: [first] = [], nextToken } = await listWorkflowStepExecutions.run(asked, context);
  const rest = await listWorkflowStepExecutions.run({ ...asked, nextToken }, context);
  assert.deepEqual(
    [first?.name, rest.steps?.[0]?.name, rest.nextToken],
    ['LaunchBuildInstance', 'ApplyBuildComponents', undefined],
  );
  const stepExecutionId = steps[1]?.id ?? '';
  const step = await getWorkflowStepExecution.run({ stepExecutionId }, context);
  assert.deepEqual(
    [step.name, step.status, step.workflowExecutionId],
    ['ApplyBuildComponents', 'PENDING', id],
  );
  const none = getWorkflowExecution.run({ workflowExecutionId: 'wf-none' }, context);
  await assert.rejects(none, gone);
});

test('packages are told of an image that is there, and of no other', async () => {
  const imageBuildVersionArn = await createImage();
  const { imagePackageList } = await listImagePackages.run({ imageBuildVersionArn }, context);
  assert.deepEqual(imagePackageList, []);
  await changeBuild(context, imageBuildVersionArn, { imageId: 'ami-0fedcba9876543210' });
  await assert.rejects(listImagePackages.run({ imageBuildVersionArn }, context), {
    code: 'InvalidAMIID.NotFound',
  });
});
