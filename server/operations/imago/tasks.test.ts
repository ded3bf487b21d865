import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newTask } from '../../domain/tasks.ts';
import { getCallerIdentity } from '../sts/GetCallerIdentity.ts';
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
  assert.equal(context.wakes, 1);
  const row = await context.catalog.read((reader) => reader.tasks.get(id));
  assert.equal(row?.kind, 'build-image');
  assert.equal(row?.account, '136693071363');
  assert.equal(row?.region, 'us-east-1');
  assert.deepEqual(row?.input, { name: 'micro' });
  assert.equal((await buildImage.run({ Name: 'micro' }, context)).TaskId, id);
  assert.notEqual((await buildImage.run({ Name: 'debian-12' }, context)).TaskId, id);
  const elsewhere = context.as({ region: 'eu-west-1' });
  assert.notEqual((await buildImage.run({ Name: 'micro' }, elsewhere)).TaskId, id);
  if (row) {
    await context.catalog.write((transaction) =>
      transaction.tasks.update({ ...row, state: 'succeeded' }),
    );
  }
  assert.notEqual((await buildImage.run({ Name: 'micro' }, context)).TaskId, id);
  await assert.rejects(buildImage.run({ Name: 'windows-95' }, context), {
    code: 'InvalidParameterValue',
    message: /micro, debian-12, debian-13/,
  });
});

test('DescribeTasks shows the caller’s tasks and builds, with their progress', async () => {
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
  assert.deepEqual(
    (await tasks()).map((task) => task.Id),
    [own.id, build],
  );
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
  await assert.rejects(tasks([own.id, foreign.id]), { code: 'InvalidTaskId.NotFound' });
  assert.deepEqual(await tasks(undefined, context.as({ region: 'eu-west-1' }) as never), []);
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

test('GetCallerIdentity is the account', async () => {
  const { account } = context.caller;
  assert.deepEqual(await getCallerIdentity.run({}, context), {
    Account: account,
    UserId: account,
    Arn: `arn:aws:iam::${account}:root`,
  });
});
