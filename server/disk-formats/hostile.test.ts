/**
 * Files of every format with bytes changed at random: the disk, or a DiskFormatError; never another
 * error, never bytes from outside of the file, never memory beyond what reading takes. More of it in
 * hostile.soak.ts.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Mutated, mutatedFiles, tryMutations } from './test-mutations.ts';

const mutations = 200;
/** Units, tables and reads of a few files at once; far below a bomb's. */
const memoryMaxBytes = 512 * 1024 ** 2;

let files: Mutated[] = [];
before(async () => {
  files = await mutatedFiles();
});

test('bytes changed at random', async (t) => {
  const atFirst = process.memoryUsage().rss;
  for (const file of files) {
    await t.test(file.name, async () => {
      const refused = await tryMutations(file, mutations, 20_261);
      // Of a raw file, and of a fixed VHD but for its footer, any bytes are right.
      if (file.name === 'raw') return;
      assert.ok(refused > mutations / 20 && refused < mutations, `${refused} were refused`);
    });
  }
  const grown = process.memoryUsage().rss - atFirst;
  assert.ok(grown < memoryMaxBytes, `${grown} bytes`);
});
