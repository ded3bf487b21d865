/** Recipes as people write them, and where it says that something in one is wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { readRecipe } from './recipe.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'imago-recipe-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  const file = path.join(folder, 'web.yaml');
  writeFileSync(file, text);
  return readRecipe(file);
}

test('a recipe has what is written in it, and what is usual otherwise', async () => {
  writeFileSync(path.join(folder, 'motd'), 'Hello.\n');
  const text = `name: web
parent: debian-12
packages: [nginx, curl]
files:
  - path: /etc/motd
    source: motd
  - path: /srv/script
    content: |
      #!/bin/sh
      exit 0
    mode: 0755
    owner: www-data:www-data
users:
  - name: deploy
    groups: [sudo]
    authorized-keys: [ssh-ed25519 AAAA]
tests:
  - systemctl is-active nginx
`;
  assert.deepEqual(await read(text), {
    name: 'web',
    version: '1.0.0',
    parent: 'debian-12',
    packages: ['nginx', 'curl'],
    files: [
      { path: '/etc/motd', content: Buffer.from('Hello.\n'), mode: '0644', owner: 'root:root' },
      {
        path: '/srv/script',
        content: Buffer.from('#!/bin/sh\nexit 0\n'),
        mode: '0755',
        owner: 'www-data:www-data',
      },
    ],
    services: [],
    users: [{ name: 'deploy', groups: ['sudo'], authorizedKeys: ['ssh-ed25519 AAAA'] }],
    commands: [],
    tests: ['systemctl is-active nginx'],
    text,
  });
});

test('what is wrong is told by its line', async () => {
  const head = 'name: web\nparent: micro\n';
  const wrong: [string, RegExp][] = [
    ['parent: micro\n', /name is missing/],
    ['name: Web!\nparent: micro\n', /web.yaml:1: name is of small letters/],
    [`${head}version: 1.10\n`, /:3: version is like 1\.2\.3/],
    [`${head}packges: [nginx]\n`, /:3: a recipe has no 'packges'/],
    [`${head}packages: nginx\n`, /:3: packages is a list/],
    [`${head}packages:\n  - [a]\n`, /:4: packages is a text/],
    [`${head}files:\n  - path: /a\n`, /:4: a file has either content or source/],
    [`${head}files:\n  - {path: /a, source: gone}\n`, /names gone: .*ENOENT/],
    [`${head}users: [{name: a, keys: []}]\n`, /:3: a user has no 'keys'/],
    [`${head}name: twice\n`, /:3: /],
    ['- a list\n', /:1: a recipe has the members/],
    [`${head}# ${'x'.repeat(300_000)}\n`, /longer than recipes are/],
  ];
  for (const [text, message] of wrong) await assert.rejects(read(text), message, text.slice(0, 80));
  await assert.rejects(readRecipe(path.join(folder, 'none.yaml')), /cannot be read/);
});
