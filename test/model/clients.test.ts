/** A short run of clients.soak.ts. */
import { test } from 'node:test';
import { compareClients } from './run.ts';

test('64 clients at once are answered what is there, and nothing that one of them does is lost', async () => {
  await compareClients(1, 20, { seed: 1 });
});
