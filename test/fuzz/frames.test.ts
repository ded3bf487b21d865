/**
 * Upgrades at random to a console that echoes, which simulated machines have none of: right and
 * wrong, with frames of every kind, and those that say nothing. Each comes to its end, on both
 * sides, and who does it right is served.
 */
import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { consoleOf, credentials, startTestListener } from '../../server/http/test-listener.ts';
import { until } from '../support/until.ts';
import { Random } from './random.ts';
import { converse, upgrade } from './sockets.ts';

const conversations = 300;
const seed = 1;
const atOnce = 8;

test('whatever comes in place of a WebSocket, or on one, is answered and has an end', async () => {
  const guests: Duplex[] = [];
  await using imago = await startTestListener({
    imago: {
      OpenConsole: consoleOf((guest) => {
        guests.push(guest);
        guest.on('data', (typed) => guest.write(typed));
        guest.on('error', () => {});
      }),
    },
    limits: {
      headersMs: 500,
      leaveMs: 100,
      webSockets: {
        frameMaxBytes: 1000,
        connectionsMax: 50,
        ofAccountMax: 50,
        opens: { atOnce: 10_000, perSecond: 10_000 },
        pingMs: 50,
        idleMs: 300,
      },
    },
  });
  const target = { host: `127.0.0.1:${imago.port}`, keys: [credentials], instanceId: 'i-1' };
  const seen = new Set<number>();
  let next = 0;
  const worker = async () => {
    while (next < conversations) {
      const random = new Random(seed, next++);
      const pieces = await upgrade(random, target);
      const then = random.pick(['waits', 'ends its side', 'leaves'] as const);
      const { statuses } = await converse(
        imago.port,
        { what: 'upgrade', pieces, pauseMs: random.pick([0, 1]), then },
        true,
      );
      const [status = 0] = statuses;
      seen.add(status);
      assert.ok(status < 500, `${status} to ${next} of seed ${seed}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  assert.ok(seen.has(101) && seen.has(400) && seen.has(403), [...seen].join());
  await until('every guest is left', () => guests.every(({ readableEnded }) => readableEnded));
});
