import assert from 'node:assert/strict';
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
