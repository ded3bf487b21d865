import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portText } from './instances-list.ts';

test('a port is told once where it is at its own number, and whereto where it is not', () => {
  const port = { Protocol: 'tcp', HostIp: '127.1.0.1', HostPort: 80, GuestPort: 80 } as const;
  assert.equal(portText(port), '80');
  assert.equal(portText({ ...port, GuestPort: 22, HostPort: 10_022 }), '10022->22');
  assert.equal(portText({ ...port, Protocol: 'udp', GuestPort: 53, HostPort: 53 }), '53/udp');
});
