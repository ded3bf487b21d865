import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GuestPorts } from './guest-ports.ts';
import type { ForwardedPort } from './port-forwarder.ts';
import { ask, listen } from './test-ports.ts';

const hostIp = '127.9.8.7';
const guest = 'i-0aaaaaaaaaaaaaaaa';

/** What QEMU is to the forwarder: a port that answers. */
async function inner(t: TestContext, serve: (socket: Socket) => void) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    serve(socket);
  });
  t.after(() => server.close());
  return { innerPort: await listen(server, hostIp) };
}

function forwarder(t: TestContext, limit?: number): GuestPorts {
  const ports = new GuestPorts(limit);
  t.after(() => ports.closeAll());
  return ports;
}

function tcp(innerPort: number, guestPort: number, hostPort = 0): ForwardedPort {
  return { protocol: 'tcp', hostIp, hostPort, guestPort, innerPort };
}

function client(t: TestContext, { hostPort }: ForwardedPort): Socket {
  const socket = connect({ host: hostIp, port: hostPort, allowHalfOpen: true });
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  return socket;
}

const echo = (socket: Socket) => void socket.pipe(socket);

test('bytes go both ways, and each end is told of the other', async (t) => {
  const { innerPort } = await inner(t, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // Answers when it has heard the end, as a half-closed client expects.
    socket.on('end', () => socket.end(text.toUpperCase()));
  });
  const [port] = await forwarder(t).forward(guest, [tcp(innerPort, 22)]);
  assert.ok(port);
  const socket = client(t, port);
  socket.end('hello');
  const chunks = await socket.toArray();
  assert.equal(Buffer.concat(chunks).toString(), 'HELLO');
});

test('a port that is taken is another, and said', async (t) => {
  const { innerPort } = await inner(t, echo);
  const { innerPort: taken } = await inner(t, echo);
  const ports = forwarder(t);
  const [high] = await ports.forward(guest, [tcp(innerPort, 3_022, taken)]);
  assert.equal(high?.hostPort, 13_022);
  const [any] = await ports.forward('i-0bbbbbbbbbbbbbbbb', [tcp(innerPort, 3_022, taken)]);
  assert.ok(any && any.hostPort !== 13_022 && any.hostPort !== taken);
  for (const port of [high, any]) assert.equal(await ask(client(t, port), 'a'), 'a');
  const nowhere = { ...tcp(innerPort, 22), hostIp: '192.0.2.1' };
  assert.deepEqual(await ports.forward('i-0cccccccccccccccc', [nowhere]), []);
});

test('a port that stays is not touched, one that goes refuses at once, and sessions go on', async (t) => {
  const { innerPort } = await inner(t, echo);
  const ports = forwarder(t);
  const [ssh, web] = await ports.forward(guest, [tcp(innerPort, 22), tcp(innerPort, 80)]);
  assert.ok(ssh && web);
  const [session, request] = [client(t, ssh), client(t, web)];
  assert.equal(await ask(session, 'a'), 'a');
  assert.equal(await ask(request, 'b'), 'b');

  assert.deepEqual(await ports.forward(guest, [tcp(innerPort, 22)]), [ssh]);
  const [error] = await once(client(t, web), 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
  assert.equal(await ask(session, 'c'), 'c');
  assert.equal(await ask(request, 'd'), 'd');
  assert.equal(await ask(client(t, ssh), 'e'), 'e');
});

test('new connections go where the port leads now', async (t) => {
  const [one, two] = [
    await inner(t, (socket) => socket.write('one')),
    await inner(t, (socket) => socket.write('two')),
  ];
  const ports = forwarder(t);
  const [port] = await ports.forward(guest, [tcp(one.innerPort, 22)]);
  assert.ok(port);
  assert.equal(String((await once(client(t, port), 'data'))[0]), 'one');
  await ports.forward(guest, [tcp(two.innerPort, 22)]);
  assert.equal(String((await once(client(t, port), 'data'))[0]), 'two');
});

test('one guest has so many connections, and takes none from another', async (t) => {
  const { innerPort } = await inner(t, echo);
  const ports = forwarder(t, 3);
  const [a] = await ports.forward(guest, [tcp(innerPort, 22)]);
  const [b] = await ports.forward('i-0bbbbbbbbbbbbbbbb', [tcp(innerPort, 22)]);
  assert.ok(a && b);
  const sessions = [client(t, a), client(t, a), client(t, a)];
  for (const session of sessions) assert.equal(await ask(session, 'a'), 'a');
  const [error] = await once(client(t, a), 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  assert.equal(await ask(client(t, b), 'b'), 'b');
  sessions[0]?.end();
  while (ports.connections > 3) await sleep(5);
  assert.equal(await ask(client(t, a), 'c'), 'c');
});

test('a reader that does not read is waited for, and nothing piles up', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const { innerPort } = await inner(t, (socket) => {
    socket.pause();
    resolve(socket);
  });
  const [port] = await forwarder(t).forward(guest, [tcp(innerPort, 80)]);
  assert.ok(port);
  const sender = client(t, port);
  const chunk = Buffer.alloc(64 * 1024, 1);
  const before = process.memoryUsage().arrayBuffers;
  let sent = 0;
  // The kernel's buffers take some megabytes; then it stands still.
  for (let still = 0; still < 20; ) {
    if (sender.writableLength === 0) {
      sender.write(chunk);
      sent += chunk.length;
      still = 0;
    } else still += 1;
    await sleep(2);
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024);
  const reader = await promise;
  let received = 0;
  reader.on('data', (bytes) => {
    received += bytes.length;
  });
  reader.resume();
  sender.end();
  await once(reader, 'end');
  assert.equal(received, sent);
});

test('a reset is passed on', async (t) => {
  const { innerPort } = await inner(
    t,
    (socket) => void socket.once('data', () => socket.resetAndDestroy()),
  );
  const [port] = await forwarder(t).forward(guest, [tcp(innerPort, 22)]);
  assert.ok(port);
  const socket = client(t, port);
  socket.write('a');
  const [error] = await once(socket, 'error');
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
});

test('datagrams find their way back, each to its peer', async (t) => {
  const server = createSocket('udp4');
  server.on('message', (message, peer) => server.send(`re ${message}`, peer.port, peer.address));
  await new Promise<void>((resolve) => server.bind(0, hostIp, resolve));
  t.after(() => server.close());
  const ports = forwarder(t);
  const wish = { ...tcp(server.address().port, 53), protocol: 'udp' as const };
  const [port] = await ports.forward(guest, [wish]);
  assert.ok(port);
  for (const name of ['a', 'b']) {
    const peer = createSocket('udp4');
    t.after(() => peer.close());
    const answer = once(peer, 'message');
    peer.send(name, port.hostPort, hostIp);
    assert.equal(String((await answer)[0]), `re ${name}`);
  }
  assert.equal(ports.connections, 2);
  await ports.forward(guest, []);
  assert.equal(ports.connections, 0);
});
