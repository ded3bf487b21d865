/**
 * Our rules (restic-rules.ts) beside the restic program: the same times, tags and rules by a seed,
 * and the same backups kept, for the same reasons. Where we differ, and mean to:
 *
 *  - `last good`: the last whole backup stays, whatever the rules are. It is the one backup that
 *    somebody may need most; restic keeps nothing that no rule names.
 *  - The hour that comes twice in autumn is two hours here and one there. No time in it is asked for.
 *  - `oldest …`: of fewer days than are to be kept the oldest backup stays besides. Restic does so
 *    since 0.16; of an older program that is left out.
 */
import assert from 'node:assert/strict';
import { Random } from '../../../test/fuzz/random.ts';
import { LocalTimes } from './local-times.ts';
import { parseDuration, type ResticRules, reasonsToKeep } from './restic-rules.ts';
import { ResticProgram, type ResticReasons } from './test-restic-program.ts';

const zones = ['UTC', 'UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Auckland'];
const hourMs = 60 * 60_000;
const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const tagNames = ['a', 'b', 'c'];

interface Taken {
  at: Date;
  /** As the zone's clock had it. */
  time: string;
  tags: Record<string, string>;
}

/** Answers how many decisions were compared. */
export async function compareWithRestic(seed: number, rounds: number): Promise<number> {
  const random = new Random(seed);
  const timezone = random.pick(zones);
  const taken = someTimes(random, timezone);
  const tagsOf = ({ tags }: Taken) => Object.entries(tags).map((pair) => pair.join('='));
  await using program = await ResticProgram.of(
    taken.map((each) => ({ time: each.time, tags: tagsOf(each) })),
  );
  const keepsOldest = await doesKeepOldest();
  for (let round = 0; round < rounds; round++) {
    const { rules, options } = someRules(random);
    const theirs = await program.forget(options, timezone);
    const ours = oursOf(taken, rules, timezone, keepsOldest);
    const what = `seed ${seed}, ${timezone}: ${options.join(' ')}`;
    assert.deepEqual(inOrder(ours), inOrder(theirs), what);
  }
  return rounds * taken.length;
}

function inOrder(reasons: ResticReasons): [string, string[]][] {
  const all = [...reasons].map(([time, why]): [string, string[]] => [time, why.toSorted()]);
  return all.sort(([one], [other]) => Date.parse(other) - Date.parse(one));
}

/** In restic's words. */
function oursOf(
  taken: readonly Taken[],
  rules: ResticRules,
  timezone: string,
  keepsOldest: boolean,
): ResticReasons {
  const backups = taken.map(({ at, time, tags }) => {
    const whole = { isWhole: true, isPending: false };
    return { id: time, createdAt: at.toISOString(), tags, ...whole };
  });
  const found: ResticReasons = new Map();
  for (const [time, why] of reasonsToKeep(backups, rules, new LocalTimes(timezone))) {
    const said = why
      .filter((each) => each !== 'last good' && (keepsOldest || !each.startsWith('oldest ')))
      .map((each) =>
        each.replace(/^tags (.*)$/, (_, list) => `has tags [${list.replaceAll(',', ', ')}]`),
      );
    if (said.length > 0) found.set(time, said);
  }
  return found;
}

async function doesKeepOldest(): Promise<boolean> {
  const times = ['2026-01-01T03:00:00Z', '2026-01-01T05:00:00Z'];
  await using program = await ResticProgram.of(times.map((time) => ({ time, tags: [] })));
  return (await program.forget(['--keep-daily', '2'], 'UTC')).size === 2;
}

/** Years with a few, days with many, and hours with several. */
function someTimes(random: Random, timezone: string): Taken[] {
  const zone = new Intl.DateTimeFormat('en', { timeZone: timezone, timeZoneName: 'longOffset' });
  const offsetOf = (at: Date) =>
    /GMT([+-]\d\d:\d\d)?/.exec(zone.format(at))?.[1]?.replace('+00:00', 'Z') ?? 'Z';
  const byTime = new Map<number, Taken>();
  const stepsMs = [20 * 60_000, hourMs, 7 * hourMs, 24 * hourMs, 9 * 24 * hourMs, 70 * 24 * hourMs];
  let atMs = Date.UTC(2023, random.below(12), 1 + random.below(28));
  while (byTime.size < 60) {
    atMs += Math.ceil(((1 + random.below(1000)) * (random.pick(stepsMs) / 1000)) / 1000) * 1000;
    const at = new Date(atMs);
    const offset = offsetOf(at);
    const near = [-hourMs, hourMs].map((by) => offsetOf(new Date(atMs + by)));
    if (near.some((other) => other !== offset)) continue;
    const tags = tagNames.filter(() => random.chance(0.3)).map((name) => [name, '1']);
    byTime.set(atMs, { at, time: localText(at, offset), tags: Object.fromEntries(tags) });
  }
  return [...byTime.values()];
}

function localText(at: Date, offset: string): string {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? [];
  const aheadMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  const local = new Date(at.getTime() + (sign === '-' ? -aheadMs : aheadMs));
  return local.toISOString().slice(0, 19) + offset;
}

function someRules(random: Random): { rules: ResticRules; options: string[] } {
  const rules: ResticRules = {};
  const options: string[] = [];
  const count = (rule: 'last' | (typeof periods)[number]) => {
    const many = 1 + random.below(random.pick([3, 15]));
    rules[rule] = many;
    options.push(`--keep-${rule}`, String(many));
  };
  const within = (rule: keyof ResticRules, option: string) => {
    const text = someDuration(random);
    Object.assign(rules, { [rule]: parseDuration(text) });
    options.push(option, text);
  };
  while (options.length === 0) {
    if (random.chance(0.3)) count('last');
    for (const period of periods) {
      if (random.chance(0.3)) count(period);
      const name = `within${period[0]?.toUpperCase()}${period.slice(1)}` as keyof ResticRules;
      if (random.chance(0.15)) within(name, `--keep-within-${period}`);
    }
    if (random.chance(0.2)) within('within', '--keep-within');
    if (random.chance(0.3)) {
      const lists = [[random.pick(tagNames)], random.chance(0.5) ? ['a', 'c'] : []];
      const some = lists.filter((list) => list.length > 0);
      rules.tags = some.map((list) => Object.fromEntries(list.map((name) => [name, '1'])));
      for (const list of some) options.push('--keep-tag', list.map((name) => `${name}=1`).join());
    }
  }
  return { rules, options };
}

function someDuration(random: Random): string {
  const parts = [
    [2, 'y'],
    [14, 'm'],
    [40, 'd'],
    [50, 'h'],
  ] as const;
  const said = parts.filter(() => random.chance(0.5));
  const text = said.map(([most, unit]) => `${1 + random.below(most)}${unit}`).join('');
  return text || '1m';
}
