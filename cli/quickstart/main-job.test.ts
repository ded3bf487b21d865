import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInspection } from './demo-guest.ts';
import { checkCopies } from './main-job.ts';
import type { Machine } from './report.ts';

const machine = (name: string, other: Partial<Machine> = {}): Machine => ({
  ...parseInspection(`Hello from ${name}\ni-${name}\n${name}\nmachine-${name}\n`),
  address: '127.0.0.1',
  sshPort: 22,
  hostKey: `SHA256:${name}`,
  launchMs: 1,
  ...other,
});

test('copies that carry the change and have identities of their own pass', () => {
  const source = machine('source', { greeting: '' });
  checkCopies(source, [machine('a'), machine('b')]);
});

test('a copy without the change fails', () => {
  assert.throws(
    () => checkCopies(machine('source'), [machine('a', { greeting: '' })]),
    /i-a does not carry the change/,
  );
});

for (const part of ['instanceId', 'machineId', 'hostKey'] as const) {
  test(`copies that share their ${part}, or have none, fail`, () => {
    const source = machine('source');
    const same = machine('a', { [part]: source[part] });
    assert.throws(() => checkCopies(source, [same]), new RegExp(`share their ${part}`));
    assert.throws(() => checkCopies(source, [machine('a', { [part]: '' })]), new RegExp(part));
  });
}
