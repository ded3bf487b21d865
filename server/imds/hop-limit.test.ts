/**
 * What a router behind the guest lets through of the metadata service's answers: the real listener,
 * endpoint and server, and a peer that never sees a packet whose time to live ends at that router.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MetadataConnection } from '../network/network.ts';
import type { TcpSegment } from '../network/user-mode/packets.ts';
import { TcpListener } from '../network/user-mode/tcp-listener.ts';
import { TcpPeer } from '../network/user-mode/tcp-peer.ts';
import { exampleMetadata } from './example-metadata.ts';
import { createMetadataServer } from './metadata-server.ts';

const put =
  'PUT /latest/api/token HTTP/1.1\r\nhost: a\r\nx-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n';
const get = 'GET /latest/ HTTP/1.1\r\nhost: a\r\n\r\n';
const retransmitMs = 10;
/** Of what the answers carry: the header that comes with a token, and the listing. */
const token = /ttl-seconds: 60/i;
const listing = /dynamic/;
/** The token was sent again several times. */
const timesSent = 5;

interface Cable {
  /** Hops from the host to this peer: 1 is the guest itself. */
  distance: number;
  /** Segments that are lost at first, whatever their time to live. */
  losses?: number;
}

async function connect(t: TestContext, { distance, losses = 0 }: Cable) {
  let lost = 0;
  const sent: { segment: TcpSegment; hops: number }[] = [];
  const server = createMetadataServer({
    metadata: () => ({
      ...exampleMetadata,
      options: { httpTokens: 'optional', httpPutResponseHopLimit: 1, httpEndpoint: 'enabled' },
    }),
    secret: Buffer.alloc(32, 1),
    setHopLimit: (request, hops) =>
      (request.socket as unknown as MetadataConnection).setHopLimit(hops),
  });
  const listener = new TcpListener({
    send: (segment, hops) => {
      sent.push({ segment, hops });
      if (segment.payload.length > 0 && lost < losses) {
        lost += 1;
        return;
      }
      if (hops >= distance) setImmediate(() => peer.receive(segment));
    },
    onConnection: (connection) => server.emit('connection', connection),
    retransmitMs,
  });
  const peer = new TcpPeer({
    port: 40_000,
    send: (segment) => setImmediate(() => listener.receive(segment)),
  });
  t.after(() => {
    listener.close();
    peer.close();
    server.closeAllConnections();
  });
  await peer.connect();
  return { peer, sent };
}

for (const [name, writes] of Object.entries({
  alone: [put],
  'with a request behind it in one packet': [put + get],
  'with a request behind it in the next packet': [put, get],
  'with a request before and one behind it': [get + put + get],
  'many times': [put + put + get + put + get + get],
})) {
  test(`a token asked for ${name} never goes further than its hop limit`, async (t) => {
    const { peer, sent } = await connect(t, { distance: 2 });
    for (const bytes of writes) peer.write(Buffer.from(bytes));
    const carrying = (text: RegExp) =>
      sent.filter(({ segment }) => text.test(segment.payload.toString()));
    const arrived = () => token.test(peer.received.toString());
    while (carrying(token).length < timesSent && !arrived()) await sleep(retransmitMs);
    assert.ok(carrying(token).every(({ hops }) => hops === 1));
    assert.ok(carrying(listing).every(({ hops }) => hops === 64));
    assert.ok(!arrived());
  });
}

test('the guest itself gets all of it in order, sent again where it was lost', async (t) => {
  const { peer, sent } = await connect(t, { distance: 1, losses: 4 });
  peer.write(Buffer.from(get + put + get));
  const answers = () => peer.received.toString().split('HTTP/1.1 200 OK').length - 1;
  while (answers() < 3) await sleep(retransmitMs);
  assert.match(peer.received.toString(), /200 OK.*dynamic.*ttl-seconds: 60.*dynamic/is);
  assert.deepEqual(new Set(sent.map(({ hops }) => hops)), new Set([1, 64]));
});

test('a guest that asks ahead without end is cut off, and others are answered', async (t) => {
  const { peer } = await connect(t, { distance: 2 });
  const cut = once(peer, 'reset');
  // The token never arrives, so that nothing after it is answered.
  peer.write(Buffer.from(put + get.repeat(1_000)));
  await cut;
  const other = await connect(t, { distance: 1 });
  other.peer.write(Buffer.from(get));
  while (!listing.test(other.peer.received.toString())) await sleep(retransmitMs);
});
