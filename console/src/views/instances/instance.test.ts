import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureName, filtersOf, mayBe } from './instance.ts';

const now = new Date('2026-11-26T00:07:43Z');

test('a capture has a name that EC2 takes', () => {
  const named = (Value: string) => captureName({ Tags: [{ Key: 'Name', Value }] }, now);
  assert.equal(named('web'), 'web-2026-11-26-00-07');
  assert.equal(named('Grüße <b>'), 'Gr-e -b--2026-11-26-00-07');
  assert.equal(named('x'.repeat(256)).length, 128);
  assert.equal(captureName({ InstanceId: 'i-1' }, now), 'i-1-2026-11-26-00-07');
});

test('what may be done depends on the state', () => {
  assert.equal(mayBe('capture', { State: { Name: 'stopped' } }), true);
  assert.equal(mayBe('replaceRoot', { State: { Name: 'stopped' } }), false);
  assert.equal(mayBe('terminate', { State: { Name: 'terminated' } }), false);
});

test('what one types is a name in part, an id, an image, an address or a tag', () => {
  assert.deepEqual(filtersOf(''), []);
  assert.deepEqual(filtersOf('web'), [{ Name: 'tag:Name', Values: ['*web*'] }]);
  assert.deepEqual(filtersOf('i-12ab'), [{ Name: 'instance-id', Values: ['i-12ab'] }]);
  assert.deepEqual(filtersOf('172.31'), [{ Name: 'private-ip-address', Values: ['172.31*'] }]);
  assert.deepEqual(filtersOf('Team=web'), [{ Name: 'tag:Team', Values: ['*web*'] }]);
});
