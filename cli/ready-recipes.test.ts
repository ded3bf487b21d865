/** The ready recipes are ones, and what becomes of them Image Builder takes. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readDocument } from '../server/components/read-document.ts';
import { readRecipe } from './recipe.ts';
import { componentsOf } from './recipe-components.ts';

const folder = path.join(import.meta.dirname, '../recipes');
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

test('there are recipes', () => assert.ok(files.length >= 5));

for (const file of files) {
  test(`${file} is a recipe, and its components are whole`, async () => {
    const recipe = await readRecipe(path.join(folder, file));
    assert.equal(`${recipe.name}.yaml`, file);
    for (const document of componentsOf(recipe))
      assert.ok(readDocument(document).phases.length > 0);
  });
}
