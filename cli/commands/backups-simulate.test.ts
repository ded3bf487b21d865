/** The calendar of a policy as text; what is in it is the server's, and has its tests there. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import type { SimulateBackupsResult, SimulatedDay } from '../../api/imago-simulate.ts';
import type { Wire } from '../../api/wire.ts';
import { calendarLines } from '../backup-calendar.ts';
import { Output } from '../output.ts';
import { backupsForgetCommand } from './backups-forget.ts';
import { policiesListCommand, policyDeleteCommand, policyPutCommand } from './backups-policies.ts';
import {
  backupsSimulateCommand,
  changeOf,
  printSimulation,
  scheduleOf,
} from './backups-simulate.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

/** Daily ones from a Wednesday on, of which the last seven and the first of each month are left. */
function days(count: number): SimulatedDay[] {
  return Array.from({ length: count }, (_, index) => {
    const date = new Date(Date.UTC(2026, 3, 1 + index)).toISOString().slice(0, 10);
    const isLeft = index >= count - 7 || date.endsWith('-01');
    const none = {
      Removed: 0,
      Archived: 0,
      Kept: 0,
      Bytes: 0,
      CopiesKept: 0,
      CopiesBytes: 0,
      Schedules: [],
    };
    return { Date: date, Made: 1, Left: isLeft ? 1 : 0, ...none };
  });
}

const paint = (_: string, text: string) => text;

test('weeks are columns under their months, weekdays rows', () => {
  const lines = calendarLines(days(60), { columns: 80, paint });
  assert.deepEqual(lines, [
    '    Apr May',
    'Mon  ·······█',
    '     ·······█',
    'Wed █·······█',
    '    ········█',
    'Fri ····█···█',
    '    ········█',
    'Sun ·······█',
    '',
    '█ made, and there at the end   ▒ some of them there   · made, and removed again',
  ]);
});

test('a narrow terminal has fewer weeks in a row, and nothing is wider than it', () => {
  const lines = calendarLines(days(365), { columns: 24, paint }).slice(0, -1);
  assert.ok(lines.every((line) => line.length <= 24));
  assert.equal(lines.filter((line) => line.startsWith('Mon')).length, 3);
  assert.equal(lines.join('').match(/[█·]/g)?.length, 365);
  const wide = calendarLines(days(365), { columns: 80, paint });
  assert.equal(wide[0], '    Apr May  Jun Jul Aug  Sep Oct Nov  Dec Jan  Feb Mar');
});

test('some of several that were made on a day, and days without any', () => {
  const [day = assert.fail()] = days(1);
  const some = [
    { ...day, Made: 4, Left: 1 },
    { ...day, Made: 0, Left: 0 },
    { ...day, Made: 4, Left: 4 },
  ];
  const [, ...rows] = calendarLines(some, { columns: 80, paint });
  assert.deepEqual(
    rows.slice(2, 5),
    ['Wed ▒', '', 'Fri █'].map((row) => row.padEnd(row ? 0 : 4)),
  );
});

function printed(answer: Wire<SimulateBackupsResult>, isTTY: boolean): string {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const stream = { isTTY, columns: 80, write };
  printSimulation(new Output(stream, { json: false }), answer);
  return text;
}

test('totals and reasons are told; colours only on a terminal', () => {
  const Left = [
    {
      CreateTime: '2026-04-30T03:00:00Z',
      Schedules: ['Daily'],
      IsArchived: true,
      Reasons: ['Daily'],
    },
  ];
  const answer = {
    ...{ StartTime: '2026-04-01T00:00:00Z', Days: days(30), Left },
    ...{ Made: 30, Removed: 23, Kept: 7, MostKept: 9, Bytes: 2 ** 33, MostBytes: 2 ** 34 },
    Copies: [{ Region: 'eu-west-1', Made: 30, Removed: 28, Kept: 2, MostKept: 2, Bytes: 2 ** 33 }],
    Disk: {
      ...{ SizeBytes: 2 ** 32, SizeFrom: 'assumed' as const, DailyChangeBytes: 2 ** 20 },
      ...{ DailyChangeFrom: 'backups' as const, ComparedBackups: 8 },
    },
  };
  const plain = printed(answer, false);
  assert.match(plain, /2026-04-01 to 2026-04-30: 30 made, 23 removed again\./);
  assert.match(plain, /Kept at the end: 7, 9 at most\./);
  assert.match(plain, /about 8\.0 GiB, 16\.0 GiB at most\./);
  assert.match(plain, /for 4\.0 GiB in use \(assumed\), of which 1\.0 MiB .* its last 8 backups\)/);
  assert.match(plain, /^Copies in eu-west-1: 30 made, 28 removed again; 2 kept, about 8\.0 GiB/m);
  assert.match(plain, /2026-04-30 03:00Z {2}Daily, archived\n/);
  assert.ok(!plain.includes('\u001b'));
  assert.ok(printed(answer, true).includes('\u001b[32m█'));
});

test('times and changes as people write them', () => {
  assert.equal(scheduleOf({ every: '1d' }), 'rate(1 day)');
  assert.equal(scheduleOf({ every: '30m' }), 'rate(30 minutes)');
  assert.equal(scheduleOf({ cron: '0 3 * * ? *' }), 'cron(0 3 * * ? *)');
  assert.throws(() => scheduleOf({ every: 'daily' }), /no time/);
  assert.throws(() => scheduleOf({ every: '1d', cron: '0 3 * * ? *' }), /said twice/);
  assert.throws(() => changeOf('2000%', 8), /no share of a disk/);
  assert.equal(changeOf('0.5%', 8), 41);
  assert.equal(changeOf('80M', 8), 80);
  assert.throws(() => changeOf('much', 8), /no size/);
});

test('an Imago that runs is asked', async () => {
  const home = await newHome();
  const server = await serveSimulated(home);
  try {
    const { context, printed: text } = commandContext(home);
    await backupsSimulateCommand(context, { every: '1d', keepLast: '3', days: '10', change: '2%' });
    assert.match(text(), /9 made, 6 removed again/);
    assert.match(text(), /last snapshot, last good/);
    const none = { message: /not said, or said twice/ };
    await assert.rejects(backupsSimulateCommand(context, { keepLast: '3' }), none);
    await policyPutCommand(context, 'thin', { tag: ['backup=nightly'], keepDaily: '7' });
    await backupsForgetCommand(context, 'i-0123456789abcdef0', { policy: 'thin', dryRun: true });
    const thin = { every: '12h', forget: 'thin', days: '10', source: 'i-0123456789abcdef0' };
    await backupsSimulateCommand(context, thin);
    assert.match(text(), /1[89] made, \d+ removed again/);
    assert.match(text(), /until the policy forgets again/);
    const percent = { message: /--change 1% is of a size/ };
    await assert.rejects(backupsSimulateCommand(context, { ...thin, change: '1%' }), percent);
    await policiesListCommand(context);
    assert.match(text(), /There are no backups of i-0123456789abcdef0/);
    assert.match(text(), /^thin, of backup=nightly\n\d{4}-.* daily 7$/m);
    await policyDeleteCommand(context, 'thin');
    assert.match(text(), /thin is gone/);
  } finally {
    await server.close();
    await rm(home.folder, { recursive: true });
  }
});
