import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { endedSupport } from './system-support.ts';

const on = (day: string) => new Date(`${day}T12:00:00Z`);

test('support ends after its last day, by the releases that have an end of their own', () => {
  const debian = { id: 'debian', versionId: '11' };
  assert.equal(endedSupport(debian, on('2026-08-31')), undefined);
  const ended = { system: 'debian 11', lastDay: '2026-08-31' };
  assert.deepEqual(endedSupport(debian, on('2026-09-01')), ended);
  const point = endedSupport({ id: 'rhel', versionId: '7.9' }, on('2025-01-01'));
  assert.equal(point?.system, 'rhel 7');
  const alpine = endedSupport({ id: 'alpine', versionId: '3.16.2' }, on('2025-01-01'));
  assert.equal(alpine?.lastDay, '2024-05-23');
});

test('what is before the table has ended, what is after it is not known', () => {
  const now = on('2026-11-26');
  assert.deepEqual(endedSupport({ id: 'debian', versionId: '7' }, now), { system: 'debian 7' });
  assert.deepEqual(endedSupport({ id: 'alpine', versionId: '3.9.6' }, now)?.system, 'alpine 3.9');
  for (const versionId of ['99', '', 'trixie/sid', '12.0.1']) {
    assert.equal(endedSupport({ id: 'debian', versionId }, now), undefined, versionId);
  }
  assert.equal(endedSupport({ id: 'constructor', versionId: '1' }, now), undefined);
  assert.equal(endedSupport({}, now), undefined);
});

test('two systems that call themselves centos are told apart', () => {
  const now = on('2022-06-01');
  const centos = { id: 'centos', versionId: '8', name: 'CentOS Linux' };
  assert.equal(endedSupport(centos, now)?.lastDay, '2021-12-31');
  assert.equal(endedSupport({ ...centos, name: 'CentOS Stream' }, now), undefined);
});

/** Of distro-info-data's tables the columns that say until when everybody's faults are mended. */
const tables = { debian: ['eol-lts', 'eol'], ubuntu: ['eol'] };

for (const [id, columns] of Object.entries(tables)) {
  test(`all that distro-info-data knows of ${id} ends on the same day`, () => {
    let told = 0;
    for (const row of rowsOf(id)) {
      const versionId = (row.version ?? '').split(' ')[0] ?? '';
      const lastDay = columns.map((name) => row[name]).find(Boolean);
      if (lastDay === undefined) {
        // Testing, and what has no number at all.
        assert.equal(endedSupport({ id, versionId }, on('2999-01-01')), undefined, versionId);
        continue;
      }
      const dayAfter = new Date(on(lastDay).getTime() + 86_400_000);
      const ended = endedSupport({ id, versionId }, dayAfter);
      assert.ok(ended, `${versionId} ended on ${lastDay}`);
      if (ended.lastDay === undefined) continue;
      assert.equal(ended.lastDay, lastDay, versionId);
      assert.equal(endedSupport({ id, versionId }, on(lastDay)), undefined, versionId);
      told += 1;
    }
    assert.ok(told >= 6, `${told} of ${id}`);
  });
}

function rowsOf(id: string): Record<string, string>[] {
  const text = readFileSync(`/usr/share/distro-info/${id}.csv`, 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((value, index) => [names[index], value])),
  );
}
