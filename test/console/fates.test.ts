/**
 * What the console foresees of the backups of a source, held against what the server decides when
 * time has passed or another one was made.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Backup } from '../../console/src/views/backups/backup.ts';
import { fatesOf, goingNext, type Policy } from '../../console/src/views/backups/fates.ts';
import { after } from '../../server/domain/backups/ages.ts';
import { longest } from '../../server/domain/backups/policy-backups.ts';
import {
  decide,
  type Generation,
  type RetentionRule,
} from '../../server/domain/backups/retention.ts';

const hourMs = 3600_000;
const dayMs = 24 * hourMs;
const startMs = Date.parse('2026-01-31T03:00:00Z');
const names = ['Daily', 'Weekly'] as const;
const stories = 200;

/** Repeatable, and all over the place. */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

const units = ['DAYS', 'WEEKS', 'MONTHS', 'YEARS'] as const;

/** Rules of a policy, as the API and as the server have them. */
function rulesBy(random: (below: number) => number) {
  const isByAge = random(2) === 0;
  return names.map((Name) => {
    const [value, unit] = [1 + random(6), units[random(4)] ?? 'DAYS'];
    return isByAge
      ? {
          told: { Name, RetainRule: { Interval: value, IntervalUnit: unit } },
          rule: { schedule: Name, retain: { age: { value, unit } } },
        }
      : {
          told: { Name, RetainRule: { Count: value } },
          rule: { schedule: Name, retain: { count: value } },
        };
  });
}

function madeBy(random: (below: number) => number, index: number): Backup {
  const [Schedule = 'Daily', ...AlsoFor] = [names, ['Daily'], ['Weekly']][random(3)] ?? [];
  const drill = [undefined, undefined, 'passed', 'failed'] as const;
  const Verdict = drill[random(4)];
  return {
    ...{ BackupId: `ami-${index}`, Kind: 'image', SourceId: 'i-1', HasMachine: true, SizeGiB: 1 },
    State: ['available', 'available', 'available', 'failed', 'pending'][random(5)] ?? '',
    CreateTime: new Date(startMs + index * dayMs + random(20) * hourMs).toISOString(),
    ...(random(8) > 0 && { PolicyId: 'policy-1', Schedule, AlsoFor }),
    ...(Verdict && { LastDrill: { DrillId: 'drill-1', EndTime: '', Verdict } }),
  };
}

/** As it is told when it is made, of several schedules by the longest. */
function told(backup: Backup, rules: readonly RetentionRule[]): Backup {
  const ages = rules.flatMap(({ schedule, retain }) =>
    'age' in retain && schedulesOf(backup).includes(schedule) ? [retain.age] : [],
  );
  const age = longest(ages);
  if (!age) return backup;
  return { ...backup, KeptUntil: after(new Date(backup.CreateTime), age).toISOString() };
}

const schedulesOf = ({ PolicyId, Schedule = '', AlsoFor = [] }: Backup) =>
  PolicyId ? [Schedule, ...AlsoFor] : [];

const generationOf = (backup: Backup): Generation => ({
  ...{ id: backup.BackupId, createdAt: backup.CreateTime },
  ...{ isWhole: backup.State === 'available', isPending: backup.State === 'pending' },
  schedules: schedulesOf(backup),
  ...(backup.KeptUntil && { keptUntil: backup.KeptUntil }),
  ...(backup.LastDrill && { drill: backup.LastDrill.Verdict }),
});

const removedBy = (...[generations, rules, now]: Parameters<typeof decide>) =>
  new Set(
    [...decide(generations, rules, now).fates].flatMap(([id, fate]) =>
      fate === 'remove' ? [id] : [],
    ),
  );

function tell(seed: number): void {
  const random = randomOf(seed);
  const rules = rulesBy(random);
  const decided = rules.map(({ rule }) => rule);
  const policy: Pick<Policy, 'State' | 'PolicyDetails'> = {
    ...{ State: 'ENABLED', PolicyDetails: { Schedules: rules.map(({ told }) => told) } },
  };
  const all = Array.from({ length: 1 + random(14) }, (_, index) =>
    told(madeBy(random, index), decided),
  );
  const nowMs = startMs + all.length * dayMs;
  const gone = removedBy(all.map(generationOf), decided, new Date(nowMs));
  const backups = all.filter(({ BackupId }) => !gone.has(BackupId));
  const generations = backups.map(generationOf);
  const fates = fatesOf(backups, new Map([['policy-1', policy]]));
  const whole = backups.filter(({ State, PolicyId }) => State === 'available' && PolicyId);
  assert.deepEqual(new Set(fates.keys()), new Set(whole.map(({ BackupId }) => BackupId)));

  const going = goingNext(backups, fates, () => 'next');
  for (const { backup, at } of going.filter((each) => each.at !== 'next')) {
    const moment = Date.parse(at ?? '');
    const isRemoved = (ms: number) =>
      removedBy(generations, decided, new Date(ms)).has(backup.BackupId);
    assert.ok(
      isRemoved(moment) && !isRemoved(Math.max(nowMs, moment - 1)),
      `${seed}: ${backup.BackupId}`,
    );
  }
  for (const schedule of names) {
    const made = { ...madeBy(random, all.length), LastDrill: undefined, State: 'available' };
    const next = generationOf({ ...made, PolicyId: 'policy-1', Schedule: schedule, AlsoFor: [] });
    const now = new Date(nowMs + dayMs);
    if ('age' in (decided[0]?.retain ?? {})) continue;
    const foreseen = going.filter(({ fate }) => fate.keptBy?.join() === schedule);
    assert.deepEqual(
      new Set(foreseen.map(({ backup }) => backup.BackupId)),
      new Set([...removedBy([...generations, next], decided, now)].filter((id) => fates.has(id))),
      `${seed}: ${schedule}`,
    );
  }
}

test('what is foreseen is what comes', () => {
  for (let seed = 1; seed <= stories; seed++) tell(seed);
});

test('of a policy at rest nothing goes, and of one that is not known nothing is told', () => {
  const random = randomOf(1);
  const backup: Backup = { ...madeBy(random, 1), State: 'available', PolicyId: 'policy-1' };
  const Schedules = [{ Name: backup.Schedule, RetainRule: { Count: 1 } }];
  const resting = { State: 'DISABLED', PolicyDetails: { Schedules } };
  const fates = fatesOf([backup], new Map([['policy-1', resting]]));
  assert.equal(fates.get(backup.BackupId)?.hold, 'atRest');
  assert.deepEqual(
    goingNext([backup], fates, () => 'next'),
    [],
  );
  assert.equal(fatesOf([backup], new Map()).size, 0);
});
