import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { generateApi } from './generate-api.ts';

test('api/generated is what the SDK and api/offered.ts say now', () => {
  const folder = path.join(import.meta.dirname, '../api/generated');
  const files = generateApi();
  assert.deepEqual(readdirSync(folder).sort(), Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) {
    assert.equal(readFileSync(path.join(folder, name), 'utf8'), text, `${name}: npm run generate`);
  }
});
