import assert from 'node:assert/strict';
import { appendFile, mkdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import type { BuildLogLine } from '../../../api/imago-builds.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { changeBuild, makeImage } from '../test-image-builder.ts';
import { tailBuildLog } from './TailBuildLog.ts';

let context: TestContext;
before(async () => {
  context = await createTestContext();
});
after(() => context?.[Symbol.asyncDispose]());

test('what a build tells is read along until it is over', async () => {
  const arn = await makeImage(context);
  const build = await context.catalog.read(({ imageBuilds }) => imageBuilds.get(arn));
  const file = context.home.buildLogFile(build?.taskId ?? '');
  const stream = await tailBuildLog.run({ ImageBuildVersionArn: arn }, context);
  const told: (string | undefined)[] = [];
  let saidSo = 0;
  for await (const line of createInterface({ input: stream })) {
    const { text, upToDate } = JSON.parse(line) as BuildLogLine;
    if (text !== undefined) told.push(text);
    if (upToDate) {
      saidSo += 1;
      await mkdir(context.home.buildLogsFolder, { recursive: true });
      await appendFile(file, 'one\ntw');
      await appendFile(file, 'o\nwithout an end');
      await changeBuild(context, arn, { state: 'FAILED' });
    }
  }
  assert.deepEqual(told, ['one', 'two', 'without an end']);
  assert.equal(saidSo, 1);
});

test('the log of a build that nobody knows is none', async () => {
  const arn = (await makeImage(context)).replace(/\d+$/, '99');
  await assert.rejects(tailBuildLog.run({ ImageBuildVersionArn: arn }, context), {
    code: 'ResourceNotFoundException',
  });
});
