/** DescribeInstanceMetrics: what is asked for by default, and what is refused. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../foundations/log.ts';
import type { GuestUsage } from '../../host/host.ts';
import { InstanceMetrics } from '../../metrics/instance-metrics.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { describeInstanceMetrics } from './DescribeInstanceMetrics.ts';

let context: TestContext;
let InstanceId: string;
const begin = Date.parse('2026-11-23T10:00:00.000Z');
const minuteMs = 60_000;
const at = (minutes: number) => new Date(begin + minutes * minuteMs);

/** A guest that wrote 600 bytes in each of 90 minutes. */
before(async () => {
  context = await createTestContext();
  ({ id: InstanceId } = await insertRunningInstance(context, await insertImage(context)));
  const used: GuestUsage = {
    cpuMs: 0,
    readBytes: 0,
    readOperations: 0,
    writtenBytes: 0,
    writeOperations: 0,
  };
  const { clock, home } = context;
  const host = { usage: async () => new Map([[InstanceId, { ...used }]]) };
  context.metrics = new InstanceMetrics({
    host,
    clock,
    folder: home.metricsFolder,
    log: silentLog,
  });
  for (let minute = 0; minute <= 90; minute++) {
    context.now = at(minute);
    await context.metrics.look();
    used.writtenBytes += 600;
  }
});
after(() => context[Symbol.asyncDispose]());

test('the last hour by the minute when nothing else is asked for', async () => {
  const answer = await describeInstanceMetrics.run({ InstanceId }, context);
  const { Points, ...about } = answer;
  const expected = { InstanceId, PeriodSeconds: 60, StartTime: at(30), EndTime: at(90) };
  assert.deepEqual(about, expected);
  assert.equal(Points.length, 60);
  assert.deepEqual(JSON.parse(JSON.stringify(Points[0])), {
    Time: at(30).toISOString(),
    CpuPercent: 0,
    DiskReadBytesPerSecond: 0,
    DiskReadsPerSecond: 0,
    DiskWrittenBytesPerSecond: 10,
    DiskWritesPerSecond: 0,
  });
});

test('a longer time by five minutes, or by the period that is asked for', async () => {
  const day = await describeInstanceMetrics.run({ InstanceId, StartTime: at(-1350) }, context);
  assert.deepEqual([day.PeriodSeconds, day.Points.length], [300, 18]);
  const wanted = { InstanceId, StartTime: at(40), EndTime: at(60), PeriodSeconds: 600 };
  const { Points } = await describeInstanceMetrics.run(wanted, context);
  assert.deepEqual(
    Points.map(({ Time, DiskWrittenBytesPerSecond }) => [Time, DiskWrittenBytesPerSecond]),
    [
      [at(40), 10],
      [at(50), 10],
    ],
  );
  const future = { InstanceId, StartTime: at(89), EndTime: new Date(8.64e15) };
  assert.equal((await describeInstanceMetrics.run(future, context)).Points.length, 1);
});

test('a time that ends before it begins, and a period that is none, are refused', async () => {
  for (const wrong of [
    { StartTime: at(10), EndTime: at(10) },
    { StartTime: at(100) },
    { PeriodSeconds: 0 },
    { PeriodSeconds: 90 },
    { PeriodSeconds: -60 },
    { PeriodSeconds: 86_460 },
  ]) {
    await assert.rejects(describeInstanceMetrics.run({ InstanceId, ...wrong }, context), {
      code: 'InvalidParameterValue',
    });
  }
});

test('of an instance that is another account’s nothing is told', async () => {
  const stranger = await context.asNewAccount();
  await assert.rejects(describeInstanceMetrics.run({ InstanceId }, stranger), {
    code: 'InvalidInstanceID.NotFound',
  });
});
