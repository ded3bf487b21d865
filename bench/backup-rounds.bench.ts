/**
 * What scheduling of backups costs: CPU of all rounds of a simulated day, one each 15 s, in which
 * each machine under policy gets an image and loses the oldest one. 1,000 machines under policy, the
 * same beside 1,000 more that are in none (goal: 1.0x), and 10 machines, of which each day is made
 * in turn. Captures themselves are not measured: they are whole a few minutes after their order.
 *   tools/node24 bench/backup-rounds.bench.ts [machines]
 */
import type { InstanceRow } from '../server/catalog/rows/instance.ts';
import { volumesOf } from '../server/domain/volumes.ts';
import {
  endCaptures,
  makePolicy,
  policyDetails,
  round,
} from '../server/operations/test-backup-policies.ts';
import { createTestContext, type TestContext } from '../server/operations/test-context.ts';
import { insertImage } from '../server/operations/test-images.ts';
import { insertRunningInstance } from '../server/operations/test-instances.ts';
import { inTurn, load } from './figures.ts';

const machines = Number(process.argv[2] ?? 1000);
const roundMs = 15_000;
const dayMs = 24 * 60 * 60_000;
/** To ask for its CPU costs a process as much as a round in which nothing is due: one asks seldom. */
const roundsAtOnce = 20;
/** In the first two nothing is removed yet. */
const days = 3;
const kept = 2;

const sides = {
  few: { under: 10, others: 0 },
  'under policy': { under: machines, others: 0 },
  'beside others': { under: machines, others: machines },
};
type Side = keyof typeof sides;
const names = Object.keys(sides) as Side[];

const places = {} as Record<Side, TestContext>;
for (const side of names) places[side] = await begun(sides[side]);
const used: Record<Side, number[]> = { few: [], 'under policy': [], 'beside others': [] };
for (let day = 0; day < days; day++) {
  for (const side of inTurn(day, names)) used[side].push(await dayOf(places[side]));
}
for (const side of names) {
  const { under, others } = sides[side];
  const [usual = 0] = used[side].slice(-1);
  const share = ((usual / dayMs) * 100).toFixed(4);
  const all = used[side].map((ms) => (ms / 1000).toFixed(1)).join(', ');
  console.log(
    `${under} machines under policy, ${others} in none: ${share} % of a core (s a day: ${all})`,
  );
  await places[side][Symbol.asyncDispose]();
}
const last = (side: Side) => used[side].at(-1) ?? Number.NaN;
const ratio = last('beside others') / last('under policy');
console.log(`  beside others ${ratio.toFixed(2)}x; ${load()}`);

async function begun({ under, others }: { under: number; others: number }): Promise<TestContext> {
  const context = await createTestContext();
  const first = await insertRunningInstance(context, await insertImage(context));
  const volumes = await context.catalog.read((reader) => volumesOf(reader, first));
  for (let machine = 0; machine < under + others; machine++) {
    const tags: InstanceRow['tags'] = machine < under ? { backup: 'yes' } : { backup: 'no' };
    await context.catalog.write(async (transaction) => {
      const id = context.ids.resource('i');
      const { version: _, ...row } = first;
      const networkInterfaceId = context.ids.resource('eni');
      await transaction.instances.insert({ ...row, id, tags, networkInterfaceId });
      for (const { version: __, attachment, ...volume } of volumes) {
        const attached = attachment && { attachment: { ...attachment, instanceId: id } };
        await transaction.volumes.insert({
          ...volume,
          id: context.ids.resource('vol'),
          ...attached,
        });
      }
    });
  }
  const RetainRule = { Count: kept };
  await makePolicy(context, policyDetails({ RetainRule }, { Parameters: { NoReboot: true } }));
  return context;
}

/** The milliseconds of CPU that its rounds took. */
async function dayOf(context: TestContext): Promise<number> {
  let usedMs = 0;
  for (let passed = 0; passed < dayMs; passed += roundsAtOnce * roundMs) {
    const before = process.cpuUsage();
    for (let each = 0; each < roundsAtOnce; each++) {
      context.now = new Date(context.now.getTime() + roundMs);
      await round(context);
    }
    const { user, system } = process.cpuUsage(before);
    usedMs += (user + system) / 1000;
    await endPending(context);
  }
  return usedMs;
}

async function endPending(context: TestContext): Promise<void> {
  const pending = await context.catalog.read(({ images }) =>
    images.list({ where: { account: context.caller.account, state: 'pending' }, limit: 1 }),
  );
  if (pending.length === 0) return;
  await endCaptures(context);
  await context.catalog.write(async ({ tasks }) => {
    for (const { id } of await tasks.list()) await tasks.delete(id);
  });
}
