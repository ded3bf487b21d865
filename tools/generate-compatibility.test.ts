import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { ec2ActionNames, stsActionNames } from '../api/generated/action-names.ts';
import { subjects } from './actions-in-scope.ts';
import { compatibilityPage } from './generate-compatibility.ts';

test('docs/compatibility.md is what the operations say now', () => {
  const file = path.join(import.meta.dirname, '../docs/compatibility.md');
  assert.equal(readFileSync(file, 'utf8'), compatibilityPage(), 'npm run generate');
});

test('every action in scope is in the official model, and once', () => {
  const names: Record<string, readonly string[]> = { ec2: ec2ActionNames, sts: stsActionNames };
  const all = subjects.flatMap(({ service, actions }) => {
    for (const action of actions) assert.ok(names[service]?.includes(action), action);
    return actions;
  });
  assert.equal(new Set(all).size, all.length);
});
