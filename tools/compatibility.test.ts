/**
 * Of every action of the contract: that it has a row, a test, and for each refused member a reason;
 * that it reads what it accepts is seen in test/contract.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { subjects } from '../api/actions.ts';
import { services } from '../server/operations/generated/tables.ts';
import { different, notOffered, reasonOf, refused } from './compatibility-reasons.ts';
import { compatibilityPage, refusedMembers } from './generate-compatibility.ts';
import { offeredActions } from './offered-actions.ts';

const root = path.dirname(import.meta.dirname);
const offered = services.flatMap(({ model, operations }) =>
  Object.entries(operations).map(([action, operation]) => ({ model, action, operation })),
);
const publicOnes = offered.filter(({ model }) => model.service !== 'imago');
const refusals = publicOnes.flatMap(({ model, action, operation }) => {
  const { accepts, fixed = {} } = operation;
  return refusedMembers(model, action, [...accepts, ...Object.keys(fixed)]);
});

test('every action of the contract has a handler, and every handler is in the contract', () => {
  for (const { model, operations } of services) {
    const files = offeredActions(model.service).map(({ action }) => action);
    assert.deepEqual(Object.keys(operations).sort(), Object.keys(model.operations).sort());
    assert.deepEqual(Object.keys(operations).sort(), files.sort());
  }
});

test('every action that is offered has a row on the page', () => {
  const rows = new Set(compatibilityPage().match(/^\| \w+ \|/gm));
  const without = publicOnes.filter(({ action }) => !rows.has(`| ${action} |`));
  assert.deepEqual(
    without.map(({ action }) => action),
    [],
  );
});

test('every action that is offered is in a test', () => {
  const tests = globSync('{server,test,cli}/**/*.test.ts', { cwd: root })
    .map((file) => readFileSync(path.join(root, file), 'utf8'))
    .join('\n');
  const words = new Set(tests.match(/\w+/g));
  const handler = (action: string) => `${action.charAt(0).toLowerCase()}${action.slice(1)}`;
  const names = (action: string) => [action, handler(action), `${action}Command`];
  const without = offered.filter(({ action }) => !names(action).some((name) => words.has(name)));
  assert.deepEqual(
    without.map(({ action }) => action),
    [],
  );
});

test('of all that is refused it is said why, and of nothing else', () => {
  const unexplained = refusals.filter((member) => reasonOf(refused, member) === undefined);
  assert.deepEqual([...new Set(unexplained)], [], 'say why in tools/compatibility-reasons.ts');
  const actions = subjects.flatMap((subject) => subject.actions);
  const missing = actions.filter((action) => !publicOnes.some((each) => each.action === action));
  assert.deepEqual(
    missing.filter((action) => !reasonOf(notOffered, action)),
    [],
  );
  const accepted = publicOnes.flatMap(({ operation }) => operation.accepts);
  for (const [reasons, used] of [
    [refused, refusals],
    [different, accepted],
  ] as const) {
    const unused = reasons
      .flatMap(({ names }) => names)
      .filter((name) => !used.some((each) => each === name || each.endsWith(`.${name}`)));
    assert.deepEqual(unused, []);
  }
});
