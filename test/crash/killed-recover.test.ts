/** Recoveries that are killed: a short run of killed-recover.soak.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellKilledRecover } from './killed-recover.ts';

test('a recovery that is killed is served by nobody, and ends by the same command', async (t) => {
  const seed = Number(process.env.IMAGO_SEED ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`seed ${seed} (IMAGO_SEED)`);
  assert.ok((await tellKilledRecover({ seed, kills: 3 })) > 0);
});
