import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newTask } from '../../domain/tasks.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { buildImage } from './BuildImage.ts';
import { describeServer } from './DescribeServer.ts';
import { describeTasks } from './DescribeTasks.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const tasks = async (TaskIds?: string[], as = context as never) =>
  (await describeTasks.run({ TaskIds }, as)).Tasks;

test('BuildImage orders a task of the provider, once per image and region', async () => {
  const { TaskId: id } = await buildImage.run({ Name: 'micro' }, context);
  const row = await context.catalog.read((reader) => reader.tasks.get(id));
  assert.equal(row?.kind, 'build-image');
  assert.equal(row?.account, '136693071363');
  assert.equal(row?.region, 'us-east-1');
  assert.deepEqual(row?.input, { name: 'micro', regions: ['us-east-1', 'eu-west-1'] });
  assert.equal((await buildImage.run({ Name: 'micro' }, context)).TaskId, id);
  assert.notEqual((await buildImage.run({ Name: 'debian-12' }, context)).TaskId, id);
  const here = await buildImage.run({ Name: 'micro', Regions: ['eu-west-1'] }, context);
  assert.equal(here.TaskId, id, 'it is made for all regions');
  const elsewhere = context.as({ region: 'eu-west-1' });
  assert.notEqual((await buildImage.run({ Name: 'micro' }, elsewhere)).TaskId, id);
  if (row) {
    await context.catalog.write((transaction) =>
      transaction.tasks.update({ ...row, state: 'succeeded' }),
    );
  }
  assert.notEqual((await buildImage.run({ Name: 'micro' }, context)).TaskId, id);
  const one = await buildImage.run({ Name: 'debian-13', Regions: ['eu-west-1'] }, context);
  assert.notEqual((await buildImage.run({ Name: 'debian-13' }, context)).TaskId, one.TaskId);
  await assert.rejects(buildImage.run({ Name: 'micro', Regions: ['mars-1'] }, context), {
    code: 'InvalidParameterValue',
    message: /mars-1.*us-east-1, eu-west-1/,
  });
  await assert.rejects(buildImage.run({ Name: 'windows-95' }, context), {
    code: 'InvalidParameterValue',
    message: /micro, debian-12, debian-13/,
  });
});

test('DescribeTasks shows the caller’s tasks, and the operator all, with their progress', async () => {
  const { account, region } = context.caller;
  const order = { kind: 'create-image', subject: 'ami-1', account, region, input: {} };
  const own = {
    ...newTask(order, context),
    steps: ['pivot', 'upload', 'complete'],
    outputs: { pivot: { pauseMs: 70 } },
    step: 'upload',
    error: { code: 'Server.InternalError', message: 'step upload failed' },
  };
  const foreign = newTask({ ...order, account: '999999999999' }, context);
  await context.catalog.write(async (transaction) => {
    await transaction.tasks.insert(own);
    await transaction.tasks.insert(foreign);
  });
  context.now = new Date(context.now.getTime() + 1000);
  const { TaskId: build } = await buildImage.run({ Name: 'micro' }, context);
  const as = (account: string, operator = false) => context.as({ account, operator }) as never;
  const seen = async (who?: never) => (await tasks(undefined, who)).map((task) => task.Id).sort();
  assert.deepEqual(await seen(), [own.id, foreign.id, build].sort(), 'the operator sees all');
  assert.deepEqual(await seen(as(account)), [own.id]);
  assert.deepEqual(await seen(as('999999999999')), [foreign.id]);
  const [shown] = await tasks([own.id]);
  assert.deepEqual(shown, {
    Id: own.id,
    Kind: 'create-image',
    State: 'running',
    Subject: 'ami-1',
    Step: 'upload',
    Steps: ['pivot', 'upload', 'complete'],
    ProgressPercent: 33,
    Error: 'step upload failed',
    CreatedAt: new Date(own.createdAt),
    FinishedAt: undefined,
    Outputs: { pivot: { pauseMs: 70 } },
  });
  await assert.rejects(tasks([own.id, foreign.id], as(account)), {
    code: 'InvalidTaskId.NotFound',
  });
  assert.equal((await tasks([own.id, foreign.id])).length, 2);
  assert.deepEqual(await tasks(undefined, context.as({ region: 'eu-west-1' }) as never), []);
});

test('DescribeTasks in pages', async () => {
  const { account, region } = context.caller;
  const rows = Array.from({ length: 12 }, (_, number) =>
    newTask({ kind: 'k', subject: `s-${number}`, account, region, input: {} }, context),
  );
  await context.catalog.write(async (transaction) => {
    for (const row of rows) await transaction.tasks.insert(row);
  });
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await describeTasks.run({ MaxResults: 5, NextToken }, context);
    assert.ok(page.Tasks.length <= 5);
    seen.push(...page.Tasks.map(({ Id }) => Id));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.deepEqual(seen, rows.map(({ id }) => id).sort());
  await assert.rejects(describeTasks.run({ MaxResults: 5, TaskIds: ['task-1'] }, context), {
    code: 'InvalidParameterCombination',
  });
});

test('DescribeServer tells what runs', async () => {
  const server = await describeServer.run({}, context);
  assert.match(server.Version, /^\d+\.\d+\.\d+$/);
  assert.equal(server.Home, context.home.folder);
  assert.equal(server.Pid, process.pid);
  assert.deepEqual(server.Regions, ['us-east-1', 'eu-west-1']);
  assert.equal(server.Simulated, true);
  assert.equal(server.Hypervisor.Kind, 'simulated');
});

test('DescribeTasks tells of some subjects only, also of tasks that are named', async () => {
  const { account, region } = context.caller;
  const order = { kind: 'create-image', subject: 'ami-1', account, region, input: {} };
  const rows = ['ami-1', 'ami-2', 'ami-1'].map((subject) =>
    newTask({ ...order, subject }, context),
  );
  await context.catalog.write(async (transaction) => {
    for (const row of rows) await transaction.tasks.insert(row);
  });
  const [first = '', second = '', third = ''] = rows.map(({ id }) => id);
  const found = async (Subjects: string[], TaskIds?: string[], as: never = context as never) => {
    const { Tasks } = await describeTasks.run({ Subjects, TaskIds }, as);
    return Tasks.map(({ Id }) => Id);
  };
  assert.deepEqual(await found(['ami-1']), [first, third]);
  assert.deepEqual(await found(['ami-1', 'ami-2']), [first, second, third]);
  assert.deepEqual(await found(['ami-1'], [second, third]), [third]);
  const other = context.as({ account: '999999999999', operator: false }) as never;
  assert.deepEqual(await found(['ami-1'], undefined, other), []);
});

test('DescribeTasks tells of tasks in some states only, also of tasks that are named', async () => {
  const { account, region } = context.caller;
  const order = { kind: 'create-image', account, region, input: {} };
  const rows = (['succeeded', 'failed', 'failed'] as const).map((state, number) => ({
    ...newTask({ ...order, subject: `ami-${number}` }, context),
    state,
  }));
  await context.catalog.write(async (transaction) => {
    for (const row of rows) await transaction.tasks.insert(row);
  });
  const [first = '', second = '', third = ''] = rows.map(({ id }) => id);
  const found = async (input: object) => {
    const { Tasks } = await describeTasks.run(input, context as never);
    return Tasks.map(({ Id }) => Id);
  };
  assert.deepEqual(await found({ States: ['failed'] }), [second, third]);
  assert.deepEqual(await found({ States: ['failed'], Subjects: ['ami-2'] }), [third]);
  assert.deepEqual(await found({ States: ['succeeded'], TaskIds: [first, second] }), [first]);
});
