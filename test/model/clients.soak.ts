/** The long run of clients.test.ts. A point is a run of 64 clients. */
import { test } from 'node:test';
import { firstSeed, minutes } from '../../tools/soak-story.ts';
import { compareClients } from './run.ts';

const runs = Number(process.env.IMAGO_SOAK_POINTS ?? 20);

test('64 clients at once are answered what is there, and nothing that one of them does is lost', async () => {
  const done = await compareClients(runs, 100, {
    seed: firstSeed,
    ...(Number.isFinite(minutes) && { interruptAfterTimeLimit: minutes * 60_000 }),
  });
  console.log(`soak: clients: ${done.runs} runs, ${done.commands} commands, seed ${firstSeed}`);
});
