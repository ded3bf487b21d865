import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForwards } from './forwards.ts';

test('open ports are read out of the monitor text, connections in it are not ports', () => {
  const table = [
    'Hub 0 (nat0):',
    '  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ',
    '  TCP[ESTABLISHED]   21       127.9.9.9    22     172.31.0.15    22     0     0',
    '  TCP[HOST_FORWARD]  14       127.9.9.9    22     172.31.0.15    22     0     0',
    '  UDP[HOST_FORWARD]  15               *  5353     172.31.0.15    53     0     0',
    '',
  ].join('\r\n');
  assert.deepEqual(parseForwards(table), [
    { protocol: 'tcp', hostIp: '127.9.9.9', hostPort: 22, guestPort: 22 },
    { protocol: 'udp', hostIp: '0.0.0.0', hostPort: 5353, guestPort: 53 },
  ]);
  assert.deepEqual(parseForwards(''), []);
});
