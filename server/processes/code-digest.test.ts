import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { codeDigest, codeOf } from './code-digest.ts';

async function program(t: TestContext, files: Record<string, string>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'code-'));
  t.after(() => rm(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFile(path.join(folder, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return { main: path.join(folder, 'main.ts'), write };
}

test('a change in any file that the program leads to is another program; one elsewhere is not', async (t) => {
  const { main, write } = await program(t, {
    'main.ts': "import { a } from './a.ts';\nstart('./worker.ts', a);",
    'a.ts': "export * from './b.ts';\nimport './main.ts';",
    'b.ts': 'export const a = 1;',
    'worker.ts': 'work();',
    'other.ts': '1',
  });
  const before = codeDigest(main);
  assert.equal(codeDigest(main), before);
  await write('other.ts', '2');
  assert.equal(codeDigest(main), before);
  const seen = new Set([before]);
  for (const name of ['b.ts', 'worker.ts', 'a.ts', 'main.ts']) {
    const text = codeOf(main).get(path.join(path.dirname(main), name));
    await write(name, `${text}\n// changed`);
    seen.add(codeDigest(main));
  }
  assert.equal(seen.size, 5);
});

test('the data plane is all that its main file leads to', () => {
  const main = path.join(import.meta.dirname, '../data-plane/main.ts');
  const names = [...codeOf(main).keys()].map((file) => path.basename(file));
  for (const name of ['guest.ts', 'tcp-endpoint.ts', 'transmission.ts', 'block-file.ts']) {
    assert.ok(names.includes(name), name);
  }
  assert.ok(!names.includes('sqlite-catalog.ts'));
});
