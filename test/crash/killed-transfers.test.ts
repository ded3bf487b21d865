/** Uploads and imports while Imago is killed: a short one of killed-transfers.soak.ts. */
import { test } from 'node:test';
import { tellKilledTransfers } from './killed-transfers.ts';

test('uploads and imports go on after kills, and lose nothing', async (t) => {
  const seed = Number(process.env.IMAGO_SEED ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`seed ${seed} (IMAGO_SEED)`);
  await tellKilledTransfers({ seed, kills: 3, blocks: 48 });
});
