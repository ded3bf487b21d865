/** The short part of mutations.soak.ts, the same each time. */
import { test } from 'node:test';
import { fuzzed, fuzzedDisks, tryMutations } from './test-mutations.ts';

for (const [name, make] of Object.entries(fuzzed)) {
  test(name, async () => void (await tryMutations(await make(), { count: 15, seed: 11 })));
}
for (const [name, make] of Object.entries(fuzzedDisks)) {
  test(name, async () => {
    await tryMutations(await make(), { count: 15, seed: 11, isDisk: true });
  });
}
