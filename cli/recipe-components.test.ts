/** What a recipe becomes, run by a real shell where that is what counts. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { readDocument } from '../server/components/read-document.ts';
import type { Recipe } from './recipe.ts';
import { componentsOf } from './recipe-components.ts';

const nothing: Recipe = {
  ...{ name: 'web', version: '1.0.0', parent: 'debian-12', packages: [], files: [], services: [] },
  ...{ users: [], commands: [], tests: [], text: '' },
};
const file = (content: string | Buffer) => ({
  path: '/srv/a',
  content: Buffer.from(content),
  mode: '0640',
  owner: 'www-data:adm',
});

/** Of all documents, phase by phase. */
function stepsOf(recipe: Partial<Recipe>) {
  const phases = componentsOf({ ...nothing, ...recipe }).flatMap(
    (document) => JSON.parse(document).phases,
  );
  return phases.flatMap(({ name, steps }) =>
    steps.map((step: { name: string; action: string; inputs: { commands: string[] } }) => ({
      phase: name,
      ...step,
    })),
  );
}

test('packages, users, files, services and commands come in this order, tests by themselves', () => {
  const steps = stepsOf({
    packages: ['nginx'],
    users: [{ name: 'deploy', groups: ['sudo'], authorizedKeys: ['ssh-ed25519 A b'] }],
    files: [file('hello')],
    services: ['nginx'],
    commands: ['true'],
    tests: ['false'],
  });
  assert.deepEqual(
    steps.map(({ phase, name, action }) => [phase, name, action]),
    [
      ['build', 'Packages', 'ExecuteBash'],
      ['build', 'User-deploy', 'ExecuteBash'],
      ['build', 'File1', 'CreateFile'],
      ['build', 'Services', 'ExecuteBash'],
      ['build', 'Command1', 'ExecuteBash'],
      ['test', 'Test1', 'ExecuteBash'],
    ],
  );
  assert.deepEqual(steps[2].inputs, [
    {
      ...{ path: '/srv/a', owner: 'www-data', group: 'adm', permissions: '0640', overwrite: true },
      content: 'hello',
    },
  ]);
});

test('a long file comes in pieces over several components, each within the limit and whole', () => {
  const content = 'äöü€𝄞'.repeat(12_000);
  const documents = componentsOf({ ...nothing, files: [file(content)] });
  assert.ok(documents.length > 1);
  for (const document of documents) {
    assert.ok(document.length <= 16_000);
    assert.ok(readDocument(document).phases.length > 0);
  }
  const pieces = documents.flatMap((document) =>
    JSON.parse(document).phases[0].steps.map(
      ({ inputs }: { inputs: [{ content: string }] }) => inputs[0].content,
    ),
  );
  assert.equal(pieces.join(''), content);
});

test('what is no text, or is too much, is refused by name', () => {
  const refused = (content: string | Buffer) => () =>
    componentsOf({ ...nothing, files: [file(content)] });
  assert.throws(refused(Buffer.from([0xff, 0xfe])), /\/srv\/a is no text/);
  assert.throws(refused('a\0b'), /\/srv\/a is no text/);
  assert.throws(refused('x'.repeat(400_000)), /more in it than a build takes/);
});

test('words stay words, whatever is in them, and a test is tried until it passes', () => {
  const [users] = stepsOf({
    users: [{ name: 'a', groups: ["x'; echo oops #"], authorizedKeys: [] }],
  });
  const stub = 'useradd() { printf "<%s>" "$@"; }';
  const told = (script: string) =>
    execFileSync('bash', ['-c', `${stub}\n${script}`], { encoding: 'utf8' });
  assert.equal(
    told(users.inputs.commands[0]),
    "<--create-home><--groups><x'; echo oops #><--shell></bin/bash><--><a>",
  );
  const [tried] = stepsOf({ tests: ['n=$((n+1)); echo $n >> "$tries"; test -s "$tries.2"'] });
  const script = `sleep() { touch "$tries.2"; echo x > "$tries.2"; }\ntries=$(mktemp)\n${tried.inputs.commands[0]}`;
  assert.equal(told(script), '');
  const [never] = stepsOf({ tests: ['false'] });
  assert.throws(() => told(`sleep() { :; }\n${never.inputs.commands[0]}`), { status: 1 });
});
