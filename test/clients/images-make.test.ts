/**
 * `imago images make` as people type it, of a recipe that needs a machine: what it becomes in Image
 * Builder, and that the same again finds it there. Machines are simulated; test/vm has a real one.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { ListComponentsCommand, ListImageRecipesCommand } from '@aws-sdk/client-imagebuilder';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess, launcher } from '../support/imago.ts';
import { imageBuilder } from '../support/recipe-builds.ts';

const run = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), 'imago-make-'));
let imago: ImagoProcess;

before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
});
after(async () => {
  await imago?.dispose();
  rmSync(folder, { recursive: true });
});

async function make(text: string, ...options: string[]): Promise<string> {
  const file = path.join(folder, 'web.yaml');
  writeFileSync(file, text);
  const made = ['images', 'make', file, '--home', imago.home, ...options];
  return (await run(launcher, made)).stdout;
}

const recipe = `name: web
parent: micro
files:
  - path: /srv/hello
    content: hello
commands:
  - echo made
tests:
  - grep -q hello /srv/hello
`;

test('a recipe becomes components, a recipe and an image; the same again is built of them', async () => {
  const [first] = JSON.parse(await make(recipe, '--json'));
  assert.match(first.Name, /^web 1\.0\.0 \d{4}-/);
  const [second] = JSON.parse(await make(recipe, '--json', '--name', 'web-again'));
  assert.equal(second.Name, 'web-again');
  assert.match(await make(recipe, '--watch'), /Command1 \(ExecuteBash\)[\s\S]*is available/);
  const client = imageBuilder(imago);
  const { componentVersionList = [] } = await client.send(new ListComponentsCommand({}));
  const { imageRecipeSummaryList = [] } = await client.send(new ListImageRecipesCommand({}));
  assert.deepEqual(
    [componentVersionList.length, imageRecipeSummaryList.length],
    [2, 2],
    'the first and the third are one',
  );
});

test('what cannot be is said before anything is begun', async () => {
  const refused = (text: string, ...options: string[]) =>
    make(text, ...options).then(
      () => '',
      ({ stderr }) => stderr,
    );
  assert.match(await refused(recipe, '--locked'), /no lock knows/);
  assert.match(await refused(recipe.replace('micro', 'ami-0fedcba9876543210')), /ami-0fedcba/);
  assert.match(await refused(recipe.replace('name: web', 'name: Web')), /web\.yaml:1: name is of/);
});
