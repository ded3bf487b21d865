/** A day of counters, told by a host that does as the test says, at times that the test sets. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../foundations/log.ts';
import type { GuestUsage } from '../host/host.ts';
import { InstanceMetrics } from './instance-metrics.ts';
import { minuteMs, spanMs } from './series.ts';

const id = 'i-0123456789abcdef0';
const other = 'i-0123456789abcdef1';
const hourMs = 60 * minuteMs;
const noon = Date.parse('2026-11-23T12:00:00Z');

async function begin(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'imago-metrics-'));
  t.after(() => rm(folder, { recursive: true }));
  const guests = new Map<string, GuestUsage>();
  const time = { ms: noon };
  const clock = { now: () => new Date(time.ms), monotonicMs: () => time.ms };
  const usage = async () =>
    new Map([...guests].map(([each, used]) => [each, structuredClone(used)]));
  const open = () => new InstanceMetrics({ host: { usage }, clock, folder, log: silentLog });
  return { folder, guests, time, open };
}

/** What a guest has taken that takes the same all the time. */
function steady(ms: number, scale = 1): GuestUsage {
  const seconds = (ms / 1000) * scale;
  return {
    cpuMs: 500 * seconds,
    readBytes: 4096 * seconds,
    readOperations: 8 * seconds,
    writtenBytes: 2048 * seconds,
    writeOperations: 4 * seconds,
    traffic: {
      receivedBytes: 1000 * seconds,
      receivedPackets: 10 * seconds,
      sentBytes: 100 * seconds,
      sentPackets: 5 * seconds,
    },
  };
}

const rates = {
  cpuPercent: 50,
  readBytes: 4096,
  readOperations: 8,
  writtenBytes: 2048,
  writeOperations: 4,
  receivedBytes: 1000,
  receivedPackets: 10,
  sentBytes: 100,
  sentPackets: 5,
};

test('counters become rates of the minute that has ended, and means of longer periods', async (t) => {
  const { guests, time, open } = await begin(t);
  const metrics = open();
  for (let minute = 0; minute <= 10; minute++) {
    time.ms = noon + minute * minuteMs;
    guests.set(id, steady(minute * minuteMs));
    await metrics.look();
  }
  const wanted = { fromMs: noon, toMs: time.ms };
  const minutes = metrics.read(id, { ...wanted, periodMs: minuteMs });
  assert.deepEqual(minutes[0], { timeMs: noon, ...rates });
  assert.equal(minutes.length, 10);
  const spans = metrics.read(id, { ...wanted, periodMs: spanMs });
  assert.deepEqual(spans, [
    { timeMs: noon, ...rates },
    { timeMs: noon + spanMs, ...rates },
  ]);
  assert.deepEqual(metrics.read(other, { ...wanted, periodMs: minuteMs }), []);
  const two = { fromMs: noon + 2 * minuteMs, toMs: noon + 6 * minuteMs, periodMs: 2 * minuteMs };
  assert.deepEqual(
    metrics.read(id, two).map(({ timeMs }) => (timeMs - noon) / minuteMs),
    [2, 4],
  );
});

test('who does not answer, or begins again, has a gap and no spike', async (t) => {
  const { guests, time, open } = await begin(t);
  const metrics = open();
  const ages = [1, 2, undefined, 4, 5, 0.5, 1.5];
  for (const [minute, age] of ages.entries()) {
    time.ms = noon + minute * minuteMs;
    if (age === undefined) guests.delete(id);
    else guests.set(id, steady(age * minuteMs));
    await metrics.look();
  }
  const points = metrics.read(id, { fromMs: noon, toMs: time.ms, periodMs: minuteMs });
  assert.deepEqual(
    points.map(({ timeMs, cpuPercent }) => [(timeMs - noon) / minuteMs, cpuPercent]),
    [
      [0, 50],
      [3, 50],
      [5, 50],
    ],
  );
});

test('without the data plane the rest is known', async (t) => {
  const { guests, time, open } = await begin(t);
  const metrics = open();
  for (const minute of [0, 1]) {
    time.ms = noon + minute * minuteMs;
    guests.set(id, { ...steady(minute * minuteMs), traffic: undefined });
    await metrics.look();
  }
  const [point] = metrics.read(id, { fromMs: noon, toMs: time.ms, periodMs: minuteMs });
  assert.equal(point?.cpuPercent, 50);
  assert.ok(point && !('sentBytes' in point));
});

test('an hour is kept by the minute and a day by five, also over a restart', async (t) => {
  const { folder, guests, time, open } = await begin(t);
  const metrics = open();
  for (let minute = 0; minute <= 30 * 60; minute++) {
    time.ms = noon + minute * minuteMs;
    guests.set(id, steady(minute * minuteMs));
    guests.set(other, steady(minute * minuteMs, 2));
    await metrics.look();
  }
  const all = { fromMs: noon, toMs: time.ms };
  const byMinute = metrics.read(id, { ...all, periodMs: minuteMs });
  assert.deepEqual([byMinute.length, byMinute[0]?.timeMs], [60, time.ms - hourMs]);
  const bySpan = metrics.read(id, { ...all, periodMs: spanMs });
  assert.deepEqual([bySpan.length, bySpan[0]?.timeMs], [288, time.ms - 24 * hourMs]);
  await metrics.stop();
  assert.ok((await readdir(folder)).length <= 3, 'older files are gone');

  const next = open();
  next.start();
  while (next.read(other, { ...all, periodMs: spanMs }).length < 288) await sleep(1);
  await next.look();
  assert.deepEqual(next.read(id, { ...all, periodMs: spanMs }), bySpan);
  assert.deepEqual(next.read(id, { ...all, periodMs: minuteMs }), byMinute);
  await next.stop();
});

test('a file that is torn, or none of ours, costs what is torn', async (t) => {
  const { folder, guests, time, open } = await begin(t);
  const run = async (from: number, to: number) => {
    const metrics = open();
    for (let minute = from; minute <= to; minute++) {
      time.ms = noon + minute * minuteMs;
      guests.set(id, steady(minute * minuteMs));
      await metrics.look();
    }
    await metrics.stop();
  };
  await run(0, 5);
  const [name = ''] = await readdir(folder);
  const file = path.join(folder, name);
  const whole = await readFile(file);
  await appendFile(file, whole.subarray(0, 17));
  await run(5, 10);
  await writeFile(path.join(folder, '1.samples'), 'x'.repeat(1000));
  const metrics = open();
  metrics.start();
  const wanted = { fromMs: noon, toMs: time.ms, periodMs: spanMs };
  while (metrics.read(id, wanted).length < 2) await sleep(1);
  assert.deepEqual(
    metrics.read(id, wanted).map(({ cpuPercent }) => cpuPercent),
    [50, 50],
  );
  await metrics.stop();
});

test('of machines that are gone a bounded number is remembered, the last', async (t) => {
  const { guests, time, open } = await begin(t);
  const metrics = open();
  const named = (index: number) => `i-${index.toString(16).padStart(17, '0')}`;
  for (let round = 0; round < 3; round++) {
    guests.clear();
    for (const minute of [0, 1]) {
      time.ms = noon + (3 * round + minute) * minuteMs;
      for (let each = 0; each < 600; each++) {
        guests.set(named(600 * round + each), steady(minute * minuteMs));
      }
      await metrics.look();
    }
  }
  guests.clear();
  await metrics.look();
  const wanted = { fromMs: noon, toMs: time.ms, periodMs: minuteMs };
  const known = Array.from(
    { length: 1800 },
    (_, index) => metrics.read(named(index), wanted).length,
  );
  assert.equal(
    known.reduce((sum, count) => sum + count, 0),
    1000,
  );
  assert.ok(known.slice(1200).every((count) => count === 1));
});
