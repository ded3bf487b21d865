/** What one guest may use of the server: connections, and bytes that wait for it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNbdServer, type NbdServerOptions } from './nbd-server.ts';
import { NBD_CMD_READ } from './protocol.ts';
import { encodeRequest, RawClient } from './raw-client.ts';

const mib = 1024 * 1024;
const zeros = Buffer.alloc(mib);

async function serve(t: TestContext, options: Partial<NbdServerOptions> = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'nbd-'));
  const socketPath = path.join(folder, 'nbd.sock');
  let reads = 0;
  const disk = {
    sizeBytes: mib,
    pread: async () => {
      reads += 1;
      return zeros;
    },
    close: async () => {},
  };
  const server = createNbdServer({ lookup: async () => disk, ...options });
  await server.listen(socketPath);
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  return { socketPath, reads: () => reads };
}

test('connections are as many as its disks need; one that ends makes room', async (t) => {
  const { socketPath } = await serve(t, { connectionsMax: () => 2 });
  const clients = [
    await RawClient.transmission(socketPath, 'a'),
    await RawClient.transmission(socketPath, 'a'),
  ];
  await assert.rejects(RawClient.greeted(socketPath), /closed the connection/);
  clients[0]?.socket.destroy();
  await clients[0]?.closed();
  await sleep(50);
  const next = await RawClient.transmission(socketPath, 'a');
  next.request(NBD_CMD_READ, 0, mib);
  assert.equal((await next.simpleReply()).error, 0);
  for (const client of [...clients, next]) client.socket.destroy();
});

test('one that connects all the time is not listened to for a while, and then again', async (t) => {
  const { socketPath } = await serve(t, { connectionsMax: () => 64 });
  const crowd = await Promise.allSettled(
    Array.from({ length: 40 }, () => RawClient.greeted(socketPath)),
  );
  for (const each of crowd) if (each.status === 'fulfilled') each.value.socket.destroy();
  for (;;) {
    const client = await RawClient.transmission(socketPath, 'a').catch(() => undefined);
    client?.socket.destroy();
    if (client) break;
    await sleep(20);
  }
});

test('bytes that wait for a guest are bounded over all its connections, and nothing is lost', async (t) => {
  const { socketPath, reads } = await serve(t);
  const requests = Buffer.concat(
    Array.from({ length: 60 }, (_, handle) =>
      encodeRequest({ command: NBD_CMD_READ, offset: 0, length: mib, handle: BigInt(handle) }),
    ),
  );
  const clients: RawClient[] = [];
  for (let number = 0; number < 4; number += 1) {
    const client = await RawClient.transmission(socketPath, 'a');
    client.socket.pause();
    client.socket.removeAllListeners('data');
    client.socket.write(requests);
    clients.push(client);
  }
  for (let before = -1; before !== reads(); ) {
    before = reads();
    await sleep(100);
  }
  assert.ok(reads() >= 60 && reads() < 90, `${reads()} MiB were read for 240 asked`);
  const whole = 60 * (16 + mib);
  const received = clients.map(async ({ socket }) => {
    let bytes = 0;
    for await (const chunk of socket) {
      bytes += chunk.length;
      if (bytes === whole) break;
    }
    return bytes;
  });
  assert.deepEqual(await Promise.all(received), Array(4).fill(whole));
});

test('reads that come into memory at once are all answered, though nothing more is asked', async (t) => {
  const loaded = Promise.withResolvers<void>();
  let isLoaded = false;
  const disk = {
    sizeBytes: mib,
    pread: async () => zeros,
    preadNow: () => isLoaded,
    load: () => loaded.promise,
    close: async () => {},
  };
  const { socketPath } = await serve(t, { lookup: async () => disk });
  const client = await RawClient.transmission(socketPath, 'a');
  const [asked, length] = [20, 200 * 1024];
  for (let i = 0; i < asked; i++) client.request(NBD_CMD_READ, 0, length, BigInt(i));
  await sleep(50);
  isLoaded = true;
  loaded.resolve();
  for (let i = 0; i < asked; i++) {
    assert.equal((await client.simpleReply()).error, 0);
    await client.take(length);
  }
  client.socket.destroy();
});
