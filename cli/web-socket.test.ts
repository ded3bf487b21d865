import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { CommandError } from './command-error.ts';
import { openWebSocket } from './web-socket.ts';

test('what is said before anybody listens is not lost', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (webSocket) => {
    for (const word of ['one', 'two', 'three']) webSocket.send(word);
    webSocket.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = {
    presignedUrl: async (_service: string, path: string) =>
      new URL(path, `http://127.0.0.1:${port}`),
    unreachable: () => new CommandError('nobody answers'),
  };
  const webSocket = await openWebSocket(client, '/');
  await sleep(100);
  const words = await createWebSocketStream(webSocket, { readableObjectMode: true }).toArray();
  assert.deepEqual(words.map(String), ['one', 'two', 'three']);
  server.close();
});
