/**
 * A guest that floods its console or its screen, and somebody who looks at it and does not read:
 * the guest goes on, as far as others look, and what was not read yet stays little. Who reads, only
 * slowly, stays.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { WebSocket } from 'ws';
import { Sha256 } from '../foundations/sha256.ts';
import { consoleOf, credentials, startTestListener, type TestListener } from './test-listener.ts';

const path = '/imago/instances/i-1/console';
const chunk = Buffer.alloc(64 * 1024, 'x');
/** Buffers of both ends and of the network between them; a flood is many times more. */
const heldMaxBytes = 64 * 1024 * 1024;
const floodBytes = 4 * heldMaxBytes;

/** Longer than the test: nobody is taken for gone. */
const never = 600_000;

const guests: Duplex[] = [];
const openConsole = consoleOf((guest) => void guests.push(guest));

const listener = (pingMs: number) =>
  startTestListener({
    imago: { OpenConsole: openConsole },
    limits: {
      webSockets: {
        ...{ frameMaxBytes: 1000, connectionsMax: 4, ofAccountMax: 4 },
        ...{ pingMs, idleMs: never, opens: { atOnce: 4, perSecond: 1 } },
      },
    },
  });

async function look(imago: TestListener): Promise<[WebSocket, Duplex]> {
  const signer = new SignatureV4({
    ...{ region: 'us-east-1', service: 'imago', credentials, sha256: Sha256 },
  });
  const headers = { host: `127.0.0.1:${imago.port}` };
  const { query = {} } = await signer.presign(
    { method: 'GET', protocol: 'http:', hostname: '127.0.0.1', path, headers },
    { expiresIn: 60 },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  const webSocket = new WebSocket(`ws://127.0.0.1:${imago.port}${path}?${search}`);
  webSocket.on('error', () => {});
  await once(webSocket, 'open');
  return [webSocket, guests.at(-1) as Duplex];
}

/** Writes as long as somebody takes it; resolves with how much that was. */
async function flood(guest: Duplex): Promise<number> {
  let bytes = 0;
  let isGone = false;
  const gone = once(guest.resume(), 'end').then(() => {
    isGone = true;
  });
  while (!isGone && bytes < floodBytes) {
    bytes += chunk.length;
    if (!guest.write(chunk)) await Promise.race([once(guest, 'drain'), gone]);
  }
  return bytes;
}

test('who does not read is not read for, and another looks on', async () => {
  await using imago = await listener(never);
  const [slow, slowGuest] = await look(imago);
  const [quick, quickGuest] = await look(imago);
  slow.pause();
  let read = 0;
  quick.on('message', (data: Buffer) => {
    read += data.length;
  });
  const held = flood(slowGuest);
  assert.equal(await flood(quickGuest), floodBytes);
  while (read < floodBytes) await once(quick, 'message');
  quick.terminate();
  // Its guest still waits; it hears that nobody looks any more.
  slow.terminate();
  assert.ok((await held) < heldMaxBytes, `${await held} bytes are held`);
});

test('who reads a flood slowly answers pings late, and is not taken for gone', async () => {
  await using imago = await listener(100);
  const [slow, guest] = await look(imago);
  slow.pause();
  const flooding = flood(guest);
  // Buffers are full for many pings before a little is read of them.
  for (let count = 0; count < 5; count++) {
    await sleep(500);
    slow.resume();
    await once(slow, 'message');
    slow.pause();
  }
  assert.equal(slow.readyState, WebSocket.OPEN);
  slow.terminate();
  await flooding;
});
