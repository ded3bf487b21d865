/** Ten thousand files of every format with bytes changed at random, as hostile.test.ts has a few. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstSeed } from '../../tools/soak-story.ts';
import { mutatedFiles, tryMutations } from './test-mutations.ts';

const mutations = 10_000;
const memoryMaxBytes = 1024 ** 3;

for (const file of await mutatedFiles()) {
  test(file.name, async () => {
    const atFirst = process.memoryUsage().rss;
    const start = performance.now();
    const refused = await tryMutations(file, mutations, firstSeed);
    const grown = process.memoryUsage().rss - atFirst;
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${file.name}: ${refused} of ${mutations} refused, ${seconds} s`);
    assert.ok(grown < memoryMaxBytes, `${grown} bytes`);
  });
}
