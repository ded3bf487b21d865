/**
 * The ready recipes, made by `imago images make` on real machines: each passes its own tests, and
 * nothing is left in it that a check of images finds, and a drill boots it: of a database it asks
 * that, too.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher, repository } from '../support/imago.ts';

const run = promisify(execFile);
const folder = path.join(repository, 'recipes');
let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'qemu', home: await homeWith('debian-12') });
});
after(async () => {
  await imago?.dispose();
});

async function command(...words: string[]): Promise<string> {
  return (await run(launcher, [...words, '--home', imago.home])).stdout;
}

const checks: Record<string, string> = {
  'postgresql.yaml': `
checks:
  - service: postgresql@15-main
  - query: SELECT count(*) FROM pg_database WHERE datname = 'app'
    client: psql
    database: app
    equals: "1"
`,
};

function checksOf(file: string): string[] {
  const text = checks[file];
  if (text === undefined) return [];
  const name = path.join(imago.home, 'checks.yaml');
  writeFileSync(name, text);
  return ['--checks', name];
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  test(`${file} is made, passes its tests, and is clean`, async () => {
    const recipe = path.join(folder, file);
    const lock = recipe.replace(/yaml$/, 'lock');
    try {
      const [image] = JSON.parse(await command('images', 'make', recipe, '--json'));
      const found = await command('market', 'check', image.ImageId);
      assert.doesNotMatch(found, /^(CRITICAL|HIGH) /m);
      await command('drill', image.ImageId, ...checksOf(file));
    } finally {
      rmSync(lock, { force: true });
    }
  });
}
