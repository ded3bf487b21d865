import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DrillCheckRequest } from '../../../api/imago-drill-checks.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { describeDrills } from './DescribeDrills.ts';
import { getDrillEvidence } from './GetDrillEvidence.ts';
import { startDrill } from './StartDrill.ts';
import { stopDrill } from './StopDrill.ts';

let context: TestContext;
let ImageId: string;
before(async () => {
  context = await createTestContext();
  ImageId = (await insertImage(context)).id;
});
after(() => context[Symbol.asyncDispose]());

const wrong: [RegExp, DrillCheckRequest][] = [
  [/^Check 1 has one of Command, File, Service, Port, Query/, {}],
  [/^Check 1 has one of/, { Command: 'true', Port: 22 }],
  [/ has Sha256, which belongs to a File/, { Command: 'true', Sha256: 'a'.repeat(64) }],
  [/ has ExitCode, which belongs to a Command/, { Port: 22, ExitCode: 1 }],
  [/ has Database, which belongs to a Query/, { Port: 22, Database: 'shop' }],
  [/ has User, which belongs to a Query/, { Service: 'cron', User: 'root' }],
  [/not 64 hexadecimal digits/, { File: '/etc/hosts', Sha256: 'abc' }],
  [/does not begin with \//, { File: 'etc/hosts' }],
  [/a name that is none: --now/, { Service: '--now' }],
  [/a port that is none/, { Port: 65_536 }],
  [/whose Client is psql or mysql/, { Query: 'SELECT 1' }],
  [/The exit code of check 1 is from 0 to 255/, { Command: 'true', ExitCode: 256 }],
  [/The name of check 1/, { Command: 'true', Name: '' }],
  [/TimeoutSeconds is a whole number/, { Command: 'true', TimeoutSeconds: 0 }],
  [/WithinSeconds is a whole number/, { Command: 'true', WithinSeconds: 3601 }],
  [/a text that is empty/, { Command: 'true', Equals: 'a\0b' }],
  [/a text that is empty/, { Command: '' }],
  [/a text that is empty/, { Command: 'true', Contains: 'a'.repeat(16_385) }],
];

test('a plan that cannot be carried out is refused, with the check that is wrong', async () => {
  for (const [message, check] of wrong) {
    await assert.rejects(startDrill.run({ ImageId, Checks: [check] }, context), {
      code: 'InvalidParameterValue',
      message,
    });
  }
  const refused = [
    { Checks: Array.from({ length: 51 }, () => ({ Port: 22 })) },
    { BootTimeoutSeconds: 0 },
    { ConsoleText: '' },
    { Compare: ['etc/passwd'] },
    { Compare: Array.from({ length: 101 }, () => '/etc/passwd') },
    { InstanceType: 'z9.none' },
  ];
  for (const each of refused) {
    await assert.rejects(startDrill.run({ ImageId, ...each }, context), {
      code: 'InvalidParameterValue',
    });
  }
  assert.deepEqual((await describeDrills.run({}, context)).Drills, []);
});

test('what a plan leaves out is kept as it is meant', async () => {
  const { DrillId } = await startDrill.run(
    {
      ImageId,
      InstanceType: 't3.nano',
      ConsoleText: 'login:',
      BootTimeoutSeconds: 30,
      Compare: ['/etc/passwd'],
      Checks: [
        { Command: 'df', ExitCode: 2, Equals: 'a', Contains: 'b', TimeoutSeconds: 5 },
        { Name: 'rows', Query: 'SELECT 1', Client: 'mysql', Database: 'shop', User: 'reader' },
        { File: '/etc/hosts', Sha256: 'AB'.repeat(32), WithinSeconds: 7 },
      ],
    },
    context,
  );
  const row = await context.catalog.read(({ drills }) => drills.get(DrillId));
  const usual = { timeoutSeconds: 60, withinSeconds: 0 };
  assert.deepEqual(row?.plan, {
    instanceType: 't3.nano',
    consoleText: 'login:',
    bootTimeoutSeconds: 30,
    compare: ['/etc/passwd'],
    checks: [
      {
        ...usual,
        ...{ kind: 'command', name: 'command df', command: 'df', timeoutSeconds: 5 },
        ...{ exitCode: 2, equals: 'a', contains: 'b' },
      },
      {
        ...usual,
        ...{ kind: 'query', name: 'rows', query: 'SELECT 1', client: 'mysql', withinSeconds: 60 },
        ...{ database: 'shop', user: 'reader' },
      },
      {
        ...usual,
        ...{ kind: 'file', name: 'file /etc/hosts', path: '/etc/hosts', withinSeconds: 7 },
        sha256: 'ab'.repeat(32),
      },
    ],
  });
  await stopDrill.run({ DrillId }, context);
  const task = await context.catalog.read(({ tasks }) => tasks.get(row?.taskId ?? ''));
  assert.equal(task?.cancelled, true);
  assert.deepEqual(await getDrillEvidence.run({ DrillId }, context), {
    ConsoleOutput: undefined,
    Screenshot: undefined,
  });
});

test('drills by id, by image, and page by page', async () => {
  const other = await insertImage(context);
  const { DrillId } = await startDrill.run({ ImageId: other.id }, context);
  const of = async (input: object) =>
    (await describeDrills.run(input, context)).Drills.map((each) => each.DrillId);
  assert.deepEqual(await of({ ImageIds: [other.id] }), [DrillId]);
  assert.deepEqual(await of({ DrillIds: [DrillId], ImageIds: [ImageId] }), []);
  assert.deepEqual(await of({ DrillIds: [DrillId] }), [DrillId]);
  for (let made = 0; made < 6; made++) await startDrill.run({ ImageId }, context);
  const { Drills, NextToken } = await describeDrills.run({ MaxResults: 5 }, context);
  assert.equal(Drills.length, 5);
  const rest = await describeDrills.run({ MaxResults: 5, NextToken }, context);
  assert.equal(rest.Drills.length, 3);
  await assert.rejects(describeDrills.run({ DrillIds: ['drill-0'] }, context), {
    code: 'InvalidDrillId.NotFound',
  });
});

test('the newest come first, and pages stay as they are while others begin', async () => {
  await using own = await createTestContext();
  const images = [await insertImage(own), await insertImage(own)].map(({ id }) => id);
  const begin = async (image = 0) => {
    own.now = new Date(own.now.getTime() + 1000);
    return (await startDrill.run({ ImageId: images[image] }, own)).DrillId;
  };
  const begun: string[] = [];
  for (let made = 0; made < 13; made++) begun.unshift(await begin(made % 2));
  const idsOf = async (input: object) => {
    const { Drills, NextToken } = await describeDrills.run(input, own);
    return { ids: Drills.map(({ DrillId }) => DrillId), NextToken };
  };
  assert.deepEqual((await idsOf({})).ids, begun);
  for (const asked of [{}, { ImageIds: images }, { ImageIds: images.slice(0, 1) }]) {
    const wanted = (await idsOf(asked)).ids;
    const read: string[] = [];
    for (let NextToken: string | undefined, page = 0; page < 9; page++) {
      const told = await idsOf({ ...asked, MaxResults: 5, NextToken });
      assert.ok(told.ids.length <= 5);
      read.push(...told.ids);
      NextToken = told.NextToken;
      if (NextToken === undefined) break;
      await own.catalog.write(async ({ drills }) => {
        for (const row of await drills.list({ where: { state: 'running' } })) {
          await drills.update({ ...row, state: 'passed', endedAt: own.now.toISOString() });
        }
      });
      begun.unshift(await begin(page % 2));
    }
    assert.deepEqual(read, wanted);
  }
  assert.deepEqual((await idsOf({ ImageIds: images, SourceIds: ['i-0'] })).ids, []);
  assert.deepEqual((await idsOf({ DrillIds: begun.slice(3, 5).reverse() })).ids, begun.slice(3, 5));
});

test('not more than twenty are under way at a time', async () => {
  const start = () => startDrill.run({ ImageId }, context);
  await assert.rejects(
    async () => {
      for (let made = 0; made < 21; made++) await start();
    },
    { code: 'RequestLimitExceeded' },
  );
});
