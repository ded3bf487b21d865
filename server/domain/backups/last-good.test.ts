import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestContext } from '../../operations/test-context.ts';
import { insertImage } from '../../operations/test-images.ts';
import { type Backup, isLastGood, lastGood } from './last-good.ts';

const at = (day: number) => new Date(Date.UTC(2026, 0, day)).toISOString();

function backup(id: string, day: number, rest: Partial<Backup> = {}): Backup {
  return { id, createdAt: at(day), isWhole: true, ...rest };
}

test('the last whole backup is kept, and with it the last that a drill has not failed, and the last that one passed', () => {
  assert.deepEqual(lastGood([]), new Set());
  assert.deepEqual(lastGood([backup('a', 2), backup('b', 1)]), new Set(['a']));
  assert.deepEqual(lastGood([backup('a', 1), backup('b', 2, { isWhole: false })]), new Set(['a']));
  const drilled = [
    backup('passed-before', 1, { drill: 'passed' }),
    backup('passed', 2, { drill: 'passed' }),
    backup('unknown', 3),
    backup('failed', 4, { drill: 'failed' }),
    backup('pending', 5, { isWhole: false }),
  ];
  assert.deepEqual(lastGood(drilled), new Set(['failed', 'unknown', 'passed']));
});

test('backups of a source are looked at in their region, be they images or snapshots', async () => {
  const context = await createTestContext();
  const { catalog } = context;
  const origin = { backup: { sourceId: 'i-1' } };
  const one = await insertImage(context, { ...origin, createdAt: at(1) });
  const other = await insertImage(context, { ...origin, createdAt: at(2) });
  const elsewhere = await insertImage(context, {
    ...origin,
    region: 'eu-west-1',
    createdAt: at(1),
  });
  const none = await insertImage(context, { createdAt: at(3) });
  const byHand = { machine: { instanceId: 'i-2', volumes: [] as never[] } as never };
  const made = await insertImage(context, { ...byHand, createdAt: at(3) });
  const origin2 = { backup: { sourceId: 'i-2', policyId: 'policy-1' } };
  const older = await insertImage(context, { ...origin2, createdAt: at(2) });
  const answers = await catalog.read(async (reader) => {
    const rows = [one, other, elsewhere, none, made, older];
    return Promise.all(rows.map((row) => isLastGood(reader, row)));
  });
  assert.deepEqual(answers, [false, true, true, false, true, false]);
});
