import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MetadataConnection } from '../network.ts';
import { type TcpSegment, tcpAck, tcpFin, tcpRst, tcpSyn } from './packets.ts';
import { TcpListener } from './tcp-listener.ts';
import { TcpPeer, type TcpPeerOptions } from './tcp-peer.ts';

type Direction = 'toGuest' | 'toHost';

interface CableOptions {
  onConnection: (connection: MetadataConnection) => void;
  /** How a segment arrives: it may deliver it never, later or twice. */
  carry?: (deliver: () => void, direction: Direction, segment: TcpSegment) => void;
  silenceMs?: number;
}

/** A listener with peers on a cable that takes its time, as a real one does. */
function plugIn(
  t: TestContext,
  { onConnection, carry = (deliver) => deliver(), silenceMs }: CableOptions,
) {
  const peers = new Map<number, TcpPeer>();
  /** Those whose port another took over as well. */
  const allPeers: TcpPeer[] = [];
  const hops: number[] = [];
  const listener = new TcpListener({
    send: (segment, count) => {
      hops.push(count);
      const deliver = () => setImmediate(() => peers.get(segment.targetPort)?.receive(segment));
      carry(deliver, 'toGuest', segment);
    },
    onConnection,
    silenceMs,
    retransmitMs: 10,
  });
  t.after(() => {
    listener.close();
    for (const peer of allPeers) peer.close();
  });
  const addPeer = (options: Partial<TcpPeerOptions> = {}) => {
    const peer = new TcpPeer({
      port: 40_000 + peers.size,
      send: (segment) =>
        carry(() => setImmediate(() => listener.receive(segment)), 'toHost', segment),
      ...options,
    });
    peers.set(options.port ?? 40_000 + peers.size, peer);
    allPeers.push(peer);
    return peer;
  };
  return { listener, hops, addPeer };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2);
}

function echo(connection: MetadataConnection): void {
  connection.pipe(connection);
}

test('carries bytes both ways and closes when both have ended', async (t) => {
  const { listener, addPeer } = plugIn(t, { onConnection: echo });
  const peer = addPeer();
  const sent = randomBytes(300_000);
  await peer.connect();
  for (let at = 0; at < sent.length; at += 50_000) {
    peer.write(sent.subarray(at, at + 50_000));
    await until(() => peer.received.length === at + 50_000);
  }
  peer.end();
  await once(peer, 'end');
  assert.deepEqual(peer.received, sent);
  await until(() => listener.connectionCount === 0);
  assert.equal(peer.wasReset, false);
});

/** Deterministic, so that a failure can be had again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

for (const [name, carryWith] of Object.entries({
  'a fifth of the segments is lost': (roll: () => number) => (deliver: () => void) => {
    if (roll() > 0.2) deliver();
  },
  'segments come late and twice': (roll: () => number) => (deliver: () => void) => {
    if (roll() < 0.3) setTimeout(deliver, roll() * 5);
    else deliver();
    if (roll() < 0.2) deliver();
  },
})) {
  test(`every byte arrives once and in order although ${name}`, async (t) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const { listener, addPeer } = plugIn(t, { onConnection: echo, carry: carryWith(dice(seed)) });
      const peer = addPeer();
      const sent = randomBytes(20_000);
      await peer.connect();
      peer.write(sent);
      peer.end();
      await once(peer, 'end');
      assert.deepEqual(peer.received, sent, `seed ${seed}`);
      peer.close();
      listener.close();
    }
  });
}

test('keeps to a small window and segment size', async (t) => {
  const sent = randomBytes(5_000);
  const { addPeer } = plugIn(t, { onConnection: (connection) => connection.end(sent) });
  const peer = addPeer({ windowBytes: 700, mssBytes: 300 });
  await peer.connect();
  await once(peer, 'end');
  assert.deepEqual(peer.received, sent);
});

test('waits at a closed window and goes on when it opens, even if nobody says so', async (t) => {
  const sent = randomBytes(3_000);
  const { addPeer } = plugIn(t, { onConnection: (connection) => connection.end(sent) });
  const peer = addPeer({ windowBytes: 0 });
  await peer.connect();
  await sleep(30);
  assert.equal(peer.received.length, 0);
  peer.windowBytes = 1_000;
  await once(peer, 'end');
  assert.deepEqual(peer.received, sent);
});

test('closes its window while nobody reads, and opens it again', async (t) => {
  const connections: MetadataConnection[] = [];
  const { addPeer } = plugIn(t, { onConnection: (connection) => connections.push(connection) });
  const peer = addPeer();
  await peer.connect();
  const sent = randomBytes(90_000);
  for (let at = 0; at < sent.length; at += 10_000) {
    peer.write(sent.subarray(at, at + 10_000));
    await sleep(1);
  }
  await until(() => (peer.segmentsHeard.at(-1)?.windowBytes ?? 1) === 0);
  const [connection] = connections;
  assert.ok(connection && connection.readableLength <= 65_535);
  const chunks: Buffer[] = [];
  connection.on('data', (chunk) => chunks.push(chunk));
  await until(() => Buffer.concat(chunks).length === sent.length);
  assert.deepEqual(Buffer.concat(chunks), sent);
});

test('half-closed: a guest that has ended still gets its answer', async (t) => {
  const sent = randomBytes(100_000);
  const { addPeer } = plugIn(t, {
    onConnection: (connection) => {
      connection.resume();
      connection.on('end', () => connection.end(sent));
    },
  });
  const peer = addPeer();
  await peer.connect();
  peer.end();
  await once(peer, 'end');
  assert.deepEqual(peer.received, sent);
});

test('reset in step ends the connection at once, out of step not', async (t) => {
  const connections: MetadataConnection[] = [];
  const { listener, addPeer } = plugIn(t, {
    onConnection: (connection) => {
      connections.push(connection);
      connection.resume();
    },
  });
  const peer = addPeer({ initialSequence: 1000 });
  await peer.connect();
  await until(() => connections.length === 1);
  const blind: TcpSegment = {
    sourcePort: 40_000,
    targetPort: 80,
    sequence: 5000,
    acknowledgment: 0,
    flags: tcpRst,
    windowBytes: 0,
    payload: Buffer.alloc(0),
  };
  listener.receive(blind);
  await sleep(5);
  assert.equal(listener.connectionCount, 1);
  const failed = once(connections[0] as MetadataConnection, 'error');
  peer.reset();
  assert.equal((await failed)[0].code, 'ECONNRESET');
  await until(() => listener.connectionCount === 0);
});

test('a segment of no connection is answered with a reset, a reset with nothing', (t) => {
  const answers: TcpSegment[] = [];
  const listener = new TcpListener({
    send: (s) => answers.push(s),
    onConnection: () => assert.fail(),
  });
  t.after(() => listener.close());
  const stray = {
    sourcePort: 5,
    targetPort: 80,
    sequence: 100,
    acknowledgment: 77,
    windowBytes: 0,
    payload: Buffer.from('abc'),
  };
  listener.receive({ ...stray, flags: tcpAck });
  listener.receive({ ...stray, flags: tcpFin });
  listener.receive({ ...stray, flags: tcpRst });
  assert.deepEqual(
    answers.map(({ flags, sequence, acknowledgment }) => ({ flags, sequence, acknowledgment })),
    [
      { flags: tcpRst, sequence: 77, acknowledgment: 0 },
      { flags: tcpRst | tcpAck, sequence: 0, acknowledgment: 104 },
    ],
  );
});

test('a guest that forgot its connection gets a new one on the same port', async (t) => {
  const connections: MetadataConnection[] = [];
  const { listener, addPeer } = plugIn(t, { onConnection: (c) => connections.push(c) });
  await addPeer({ port: 50_000, initialSequence: 1 }).connect();
  await until(() => connections.length === 1);
  await addPeer({ port: 50_000, initialSequence: 900_000 }).connect();
  await until(() => connections.length === 2);
  assert.equal(connections[0]?.destroyed, true);
  assert.equal(listener.connectionCount, 1);
});

test('connections are bounded, and silent ones are reaped', async (t) => {
  const { listener, addPeer } = plugIn(t, { onConnection: (c) => c.resume(), silenceMs: 40 });
  for (let port = 1; port <= 200; port += 1) {
    listener.receive({
      sourcePort: port,
      targetPort: 80,
      sequence: port,
      acknowledgment: 0,
      flags: tcpSyn,
      windowBytes: 1000,
      payload: Buffer.alloc(0),
    });
  }
  assert.equal(listener.connectionCount, 128);
  await until(() => listener.connectionCount === 0);
  await addPeer({ port: 3000 }).connect();
});

test('node:http takes it for a socket: keep-alive, 20 at once, time-out, hop limit', async (t) => {
  const http = createServer(
    { keepAliveTimeout: 1000, keepAliveTimeoutBuffer: 0 },
    (request, response) => {
      (request.socket as unknown as MetadataConnection).setHopLimit(7);
      response.end(`you asked for ${request.url}`);
    },
  );
  const { listener, hops, addPeer } = plugIn(t, {
    onConnection: (connection) => http.emit('connection', connection),
  });
  const ask = async (index: number) => {
    const peer = addPeer({ port: 1000 + index });
    await peer.connect();
    for (const path of [`/first/${index}`, `/second/${index}`]) {
      peer.write(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: metadata\r\n\r\n`));
      await until(() => peer.received.toString().endsWith(`you asked for ${path}`));
    }
    // The server ends it when nothing comes any more.
    await once(peer, 'end');
    // Not later: a last FIN that is sent again, on a loaded host, finds no connection any more.
    assert.equal(peer.wasReset, false);
    peer.end();
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
  await until(() => listener.connectionCount === 0);
  assert.deepEqual([...new Set(hops)].sort(), [64, 7]);
});

test('node:http answers a request that closes, and one that is nonsense', async (t) => {
  const http = createServer((_request, response) => response.end('fine'));
  const { listener, addPeer } = plugIn(t, {
    onConnection: (connection) => http.emit('connection', connection),
  });
  for (const [request, answer] of [
    ['GET / HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n', /^HTTP\/1\.1 200 OK[\s\S]*fine$/],
    ['\x00\x01\x02\r\n\r\n', /^HTTP\/1\.1 400 /],
  ] as const) {
    const peer = addPeer();
    await peer.connect();
    peer.write(Buffer.from(request));
    await once(peer, 'end');
    peer.end();
    assert.match(peer.received.toString(), answer);
  }
  await until(() => listener.connectionCount === 0);
});
