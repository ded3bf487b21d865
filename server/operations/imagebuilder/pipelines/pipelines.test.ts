/** Image pipelines: what is told of them, and what begins when. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { ImageBuildRow } from '../../../catalog/rows/image-build.ts';
import { beginDuePipelines, noteBuildEnded } from '../../../domain/imagebuilder/pipelines.ts';
import { putParameter } from '../../ssm/PutParameter.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import {
  makeComponent,
  makeDistribution,
  makeInfrastructure,
  makePipeline,
  makeRecipe,
} from '../../test-image-builder.ts';
import { insertImage } from '../../test-images.ts';
import { deleteInfrastructureConfiguration } from '../configurations/DeleteInfrastructureConfiguration.ts';
import { deleteImageRecipe } from '../recipes/DeleteImageRecipe.ts';
import { deleteImagePipeline } from './DeleteImagePipeline.ts';
import { getImagePipeline } from './GetImagePipeline.ts';
import { listImagePipelineImages } from './ListImagePipelineImages.ts';
import { listImagePipelines } from './ListImagePipelines.ts';
import { startImagePipelineExecution } from './StartImagePipelineExecution.ts';
import { updateImagePipeline } from './UpdateImagePipeline.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const createImagePipeline = (change: object = {}) => makePipeline(context, change);
const pipelineOf = async (imagePipelineArn: string) =>
  (await getImagePipeline.run({ imagePipelineArn }, context)).imagePipeline;
const onlyByTime = { pipelineExecutionStartCondition: 'EXPRESSION_MATCH_ONLY' };
const daily = { scheduleExpression: 'cron(0 3 * * ? *)', ...onlyByTime };
const begin = () => beginDuePipelines(context.catalog, { ...context, hostId: context.site.hostId });

async function buildsOf(imagePipelineArn: string): Promise<string[]> {
  const { imageSummaryList = [] } = await listImagePipelineImages.run(
    { imagePipelineArn },
    context,
  );
  return imageSummaryList.map(({ arn = '' }) => arn);
}

/** As the task of the newest build leaves it. */
async function end(imagePipelineArn: string, state: ImageBuildRow['state']): Promise<void> {
  const arn = (await buildsOf(imagePipelineArn)).at(-1) ?? '';
  await context.catalog.write(async (transaction) => {
    const row = await transaction.imageBuilds.get(arn);
    assert.ok(row);
    await noteBuildEnded(transaction, await transaction.imageBuilds.update({ ...row, state }));
  });
}

test('a pipeline is told as it was said, with what comes next', async () => {
  const imageRecipeArn = await makeRecipe(context);
  const said = {
    description: 'Each night',
    imageRecipeArn,
    infrastructureConfigurationArn: await makeInfrastructure(context),
    distributionConfigurationArn: await makeDistribution(context),
    imageTestsConfiguration: { imageTestsEnabled: false, timeoutMinutes: 90 },
    enhancedImageMetadataEnabled: false,
    schedule: { ...daily, timezone: 'Europe/Berlin', autoDisablePolicy: { failureCount: 2 } },
    status: 'ENABLED',
    tags: { a: 'b' },
    imageTags: { c: 'd' },
  };
  const arn = await createImagePipeline(said);
  const about = { arn, name: 'Nightly', platform: 'Linux', consecutiveFailures: 0 };
  const told = async () => JSON.parse(JSON.stringify(await pipelineOf(arn)));
  const dateCreated = context.now.toISOString();
  const scanning = { imageScanningConfiguration: { imageScanningEnabled: false } };
  const dates = { dateCreated, dateUpdated: dateCreated, dateNextRun: '2026-11-24T02:00:00.000Z' };
  assert.deepEqual(await told(), { ...said, ...about, ...dates, ...scanning });
  const imagePipelineArn = arn;
  const { infrastructureConfigurationArn } = said;
  const arns = { imagePipelineArn, imageRecipeArn, infrastructureConfigurationArn };
  await updateImagePipeline.run({ ...arns, clientToken: 'a', status: 'DISABLED' }, context);
  const { schedule, dateNextRun, distributionConfigurationArn, status } = await told();
  assert.deepEqual(
    [schedule, dateNextRun, distributionConfigurationArn, status],
    [undefined, undefined, undefined, 'DISABLED'],
  );
  // What it stands on stays.
  const needed = { code: 'ResourceDependencyException' };
  await assert.rejects(deleteImageRecipe.run({ imageRecipeArn }, context), needed);
  const remove = deleteInfrastructureConfiguration.run({ infrastructureConfigurationArn }, context);
  await assert.rejects(remove, needed);
  const listed = async (name: string, value: string) =>
    (await listImagePipelines.run({ filters: [{ name, values: [value] }] }, context))
      .imagePipelineList?.length;
  for (const [name, value, found] of [
    ['name', 'Nightly', 1],
    ['status', 'ENABLED', 0],
    ['imageRecipeArn', imageRecipeArn, 1],
    ['infrastructureConfigurationArn', infrastructureConfigurationArn, 1],
    ['distributionConfigurationArn', said.distributionConfigurationArn, 0],
    ['description', 'Each night', 0],
  ] as const) {
    assert.equal(await listed(name, value), found, name);
  }
  await deleteImagePipeline.run({ imagePipelineArn }, context);
  await assert.rejects(pipelineOf(arn), { code: 'ResourceNotFoundException' });
});

test('what is wrong with a schedule is told at once', async () => {
  const invalid = { code: 'InvalidParameterValueException' };
  for (const schedule of [
    {},
    { scheduleExpression: '0 3 * * *' },
    { scheduleExpression: 'cron(0 3 * * * *)' },
    { scheduleExpression: 'cron(0 3 ? * ? *)' },
    { scheduleExpression: 'cron(0 25 * * ? *)' },
    { scheduleExpression: 'cron(0 3 * * ? 2020)' },
    { scheduleExpression: 'rate(0 days)' },
    { ...daily, timezone: 'Mars/Olympus' },
    { ...daily, pipelineExecutionStartCondition: 'NEVER' },
    { ...daily, autoDisablePolicy: { failureCount: 11 } },
  ]) {
    await assert.rejects(createImagePipeline({ schedule }), invalid, JSON.stringify(schedule));
  }
  await assert.rejects(createImagePipeline({ status: 'PAUSED' }), invalid);
  await createImagePipeline();
  await assert.rejects(createImagePipeline(), { code: 'ResourceAlreadyExistsException' });
});

test('times are by AWS’s fields: Sunday is day 1, zones change their clocks, rates count on', async () => {
  let count = 0;
  for (const [scheduleExpression, timezone, next] of [
    ['cron(0 3 ? * 1 *)', undefined, '2026-11-29T03:00:00.000Z'],
    ['cron(0 3 ? * MON-FRI *)', 'UTC', '2026-11-24T03:00:00.000Z'],
    ['cron(30 3 L * ? *)', undefined, '2026-11-30T03:30:00.000Z'],
    ['cron(0 3 ? * 3#1 *)', undefined, '2026-12-01T03:00:00.000Z'],
    ['cron(0/20 * * * ? *)', undefined, '2026-11-23T10:20:00.000Z'],
    ['cron(0 3 1 7 ? 2027)', 'Europe/Berlin', '2027-07-01T01:00:00.000Z'],
    ['cron(0 3 1 1 ? 2027)', 'America/New_York', '2027-01-01T08:00:00.000Z'],
    ['rate(12 hours)', undefined, '2026-11-23T22:00:00.000Z'],
    ['rate(1 day)', undefined, '2026-11-24T10:00:00.000Z'],
  ] as const) {
    const schedule = { scheduleExpression, timezone, ...onlyByTime };
    const arn = await createImagePipeline({ name: `Number ${count++}`, schedule });
    assert.equal((await pipelineOf(arn))?.dateNextRun, next, scheduleExpression);
  }
});

test('it builds when it is asked to, one build at a time', async () => {
  const imagePipelineArn = await createImagePipeline({
    imageTags: { from: 'pipeline', kept: 'yes' },
  });
  const start = (clientToken: string) =>
    startImagePipelineExecution.run(
      { imagePipelineArn, clientToken, tags: { from: 'request' } },
      context,
    );
  const { imageBuildVersionArn: arn = '' } = await start('a');
  assert.deepEqual(await buildsOf(imagePipelineArn), [arn]);
  assert.equal((await start('a')).imageBuildVersionArn, arn);
  await assert.rejects(start('b'), { code: 'ResourceInUseException' });
  const row = await context.catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
  assert.deepEqual(
    [row?.buildType, row?.tags, row?.pipeline],
    [
      'USER_INITIATED',
      { from: 'request', kept: 'yes' },
      { arn: imagePipelineArn, name: 'Nightly' },
    ],
  );
  assert.equal((await pipelineOf(imagePipelineArn))?.lastRunStatus, 'PENDING');
  await end(imagePipelineArn, 'AVAILABLE');
  await start('b');
});

test('what is due begins, once for all the times that were missed', async () => {
  const arn = await createImagePipeline({ schedule: daily });
  assert.deepEqual(await begin(), []);
  assert.deepEqual(await buildsOf(arn), []);
  context.now = new Date('2026-11-30T12:00:00.000Z');
  await begin();
  await begin();
  const [built = '', ...others] = await buildsOf(arn);
  assert.deepEqual(others, []);
  const row = await context.catalog.read(({ imageBuilds }) => imageBuilds.get(built));
  assert.equal(row?.buildType, 'SCHEDULED');
  assert.equal((await pipelineOf(arn))?.dateNextRun, '2026-12-01T03:00:00.000Z');
  // While a build goes on nothing begins by itself.
  context.now = new Date('2026-12-01T03:00:00.000Z');
  await begin();
  assert.equal((await buildsOf(arn)).length, 1);
  await end(arn, 'AVAILABLE');
  context.now = new Date('2026-12-02T03:00:00.000Z');
  await begin();
  assert.equal((await buildsOf(arn)).length, 2);
});

test('for what it stands on alone it builds when that has changed', async () => {
  const Name = '/base';
  const { id: Value } = await insertImage(context);
  await putParameter.run({ Name, Value, Type: 'String' }, context);
  const part = await makeComponent(context, { name: 'part' });
  const imageRecipeArn = await makeRecipe(context, {
    parentImage: `ssm:${Name}`,
    components: [{ componentArn: part.replace('1.0.0/1', '1.x.x') }],
  });
  const schedule = { scheduleExpression: 'rate(1 hour)' };
  const arn = await createImagePipeline({ imageRecipeArn, schedule });
  const builds = async (hours: number) => {
    context.now = new Date(Date.UTC(2026, 10, 23, 10 + hours));
    await begin();
    return (await buildsOf(arn)).length;
  };
  assert.equal(await builds(1), 1);
  await end(arn, 'AVAILABLE');
  assert.equal(await builds(2), 1);
  await makeComponent(context, { name: 'part', semanticVersion: '2.0.0' });
  assert.equal(await builds(3), 1);
  await makeComponent(context, { name: 'part', semanticVersion: '1.1.0' });
  assert.equal(await builds(4), 2);
  // One that failed stood on nothing.
  await end(arn, 'FAILED');
  assert.equal(await builds(5), 3);
  await end(arn, 'AVAILABLE');
  const { id } = await insertImage(context);
  await putParameter.run({ Name, Value: id, Type: 'String', Overwrite: true }, context);
  assert.equal(await builds(6), 4);
});

test('repeated failure disables it; success and a change count anew', async () => {
  const schedule = { ...daily, scheduleExpression: 'rate(1 hour)' };
  const autoDisablePolicy = { failureCount: 2 };
  const arn = await createImagePipeline({ schedule: { ...schedule, autoDisablePolicy } });
  let hours = 0;
  const next = async (state: ImageBuildRow['state']) => {
    context.now = new Date(Date.UTC(2026, 10, 23, 10 + ++hours));
    await begin();
    await end(arn, state);
    const { consecutiveFailures, status, dateNextRun } = (await pipelineOf(arn)) ?? {};
    return [consecutiveFailures, status, dateNextRun !== undefined];
  };
  assert.deepEqual(await next('FAILED'), [1, 'ENABLED', true]);
  assert.deepEqual(await next('CANCELLED'), [1, 'ENABLED', true]);
  const byHand = { imagePipelineArn: arn, clientToken: 'a' };
  await startImagePipelineExecution.run(byHand, context);
  await end(arn, 'FAILED');
  assert.equal((await pipelineOf(arn))?.consecutiveFailures, 1);
  assert.deepEqual(await next('AVAILABLE'), [0, 'ENABLED', true]);
  assert.deepEqual(await next('FAILED'), [1, 'ENABLED', true]);
  assert.deepEqual(await next('FAILED'), [2, 'DISABLED', false]);
  context.now = new Date('2027-01-01T00:00:00.000Z');
  const before = await buildsOf(arn);
  await begin();
  assert.deepEqual(await buildsOf(arn), before);
});

test('a build that cannot begin is a failure, too, and is tried at the next time', async () => {
  const parent = await insertImage(context);
  const imageRecipeArn = await makeRecipe(context, { parentImage: parent.id });
  const schedule = { ...daily, autoDisablePolicy: { failureCount: 2 } };
  const arn = await createImagePipeline({ imageRecipeArn, schedule });
  await context.catalog.write(({ images }) => images.delete(parent.id));
  context.now = new Date('2026-11-24T03:00:00.000Z');
  const [failed] = await begin();
  assert.equal(failed?.arn, arn);
  assert.match(failed?.why.message ?? '', /is no image to build on/);
  assert.deepEqual(await begin(), []);
  assert.equal((await pipelineOf(arn))?.dateNextRun, '2026-11-25T03:00:00.000Z');
  context.now = new Date('2026-11-25T03:00:00.000Z');
  await begin();
  assert.equal((await pipelineOf(arn))?.status, 'DISABLED');
});

test('one that was planned by a clock that was ahead is planned anew, and not put off by each look', async () => {
  const start = context.now;
  const at = (day: number) => new Date(start.getTime() + day * 24 * 60 * 60_000);
  context.now = at(1000);
  const weekly = { scheduleExpression: 'cron(0 3 ? * 1 *)', ...onlyByTime };
  const byCron = await createImagePipeline({ schedule: weekly });
  const rate = { scheduleExpression: 'rate(7 days)', ...onlyByTime };
  const byRate = await createImagePipeline({ name: 'By rate', schedule: rate });
  context.now = start;
  const next = async (arn: string) => (await pipelineOf(arn))?.dateNextRun;
  for (let day = 0; day < 6; day++) {
    context.now = at(day);
    await begin();
    assert.equal(await next(byCron), '2026-11-29T03:00:00.000Z');
    // It counts from when it was made, as the clock had it then.
    assert.equal(await next(byRate), at(6).toISOString());
  }
  assert.deepEqual([await buildsOf(byCron), await buildsOf(byRate)], [[], []]);
  context.now = at(6);
  await begin();
  assert.deepEqual([(await buildsOf(byCron)).length, (await buildsOf(byRate)).length], [1, 1]);
});

test('one that was begun while the clock was ahead begins at its times when it is back', async () => {
  const start = context.now;
  const at = (day: number) => new Date(start.getTime() + day * 24 * 60 * 60_000);
  const arn = await createImagePipeline({ schedule: daily });
  context.now = at(400);
  await begin();
  await end(arn, 'AVAILABLE');
  for (let day = 0; day < 4; day++) {
    context.now = at(day);
    await begin();
    if (day > 0) await end(arn, 'AVAILABLE');
  }
  // Of three nights, beside the one that was ahead.
  assert.equal((await buildsOf(arn)).length, 4);
});
