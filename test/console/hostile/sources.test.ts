/** The console has no way by which a text could become markup or code. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { repository } from '../../support/imago.ts';

const ways =
  /innerHTML|outerHTML|insertAdjacentHTML|setHTML|document\.write|srcdoc|DOMParser|createContextualFragment|javascript:|\beval\(|new Function|dangerouslySet/i;

test('no source of the console reads markup or code from a text', () => {
  const folder = path.join(repository, 'console');
  const files = globSync('{src/**/*.{ts,tsx},index.html}', { cwd: folder });
  assert.ok(files.length > 50);
  const found = files.filter((file) => ways.test(readFileSync(path.join(folder, file), 'utf8')));
  assert.deepEqual(found, []);
});
