import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ControlError, callControlSocket, serveControlSocket } from './control-socket.ts';

async function socketPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ctl-'));
  t.after(() => rm(folder, { recursive: true }));
  return path.join(folder, 'control.sock');
}

/** A process that guests have taken over. */
async function hostile(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const file = await socketPath(t);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  t.after(() => server.close());
  return file;
}

const head = 'HTTP/1.1 200 OK\r\n';

for (const [name, answer] of Object.entries({
  'no JSON': (socket: Socket) => socket.end(`${head}content-length: 3\r\n\r\n{]x`),
  'no HTTP': (socket: Socket) => socket.end('\0\0\0\0\0\0\0\0'),
  'half of it': (socket: Socket) => socket.end(`${head}content-length: 99\r\n\r\n{"a":`),
  'without end': (socket: Socket) => {
    socket.write(`${head}\r\n`);
    const flood = () => {
      while (!socket.destroyed && socket.write(Buffer.alloc(1024 * 1024, 0x20)));
      if (!socket.destroyed) socket.once('drain', flood);
    };
    flood();
  },
  'nothing ever': () => {},
  'drop by drop': (socket: Socket) => {
    socket.write(`${head}\r\n`);
    const timer = setInterval(() => socket.write(' '), 20);
    socket.once('close', () => clearInterval(timer));
  },
})) {
  test(`an answer that is ${name} is an error of the call and ends nothing else`, async (t) => {
    const file = await hostile(t, answer);
    await assert.rejects(callControlSocket(file, 'GET', '/status', { timeoutMs: 3_000 }), Error);
  });
}

for (const body of ['null', '17', '{}', '[]', '{"message":{"toString":1}}']) {
  test(`a refusal that says ${body} is a refusal`, async (t) => {
    const file = await hostile(t, (socket) =>
      socket.end(`HTTP/1.1 500 No\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
    );
    await assert.rejects(callControlSocket(file, 'GET', '/status'), Error);
  });
}

test('a call has a body and an answer; what is refused says why', async (t) => {
  const file = await socketPath(t);
  const server = await serveControlSocket({
    socketPath: file,
    version: '1',
    answer: async (method, resource, body) => {
      if (resource === '/echo') return { method, body };
      if (resource === '/status') return { guests: 2 };
      if (resource === '/bad') throw new Error('not today');
      return undefined;
    },
  });
  t.after(() => server.close());
  const body = { ports: [1, 2] };
  const answer = await callControlSocket(file, 'PUT', '/echo', { body });
  assert.deepEqual(answer, { method: 'PUT', body });
  assert.deepEqual(await callControlSocket(file, 'GET', '/status'), {
    guests: 2,
    version: '1',
    pid: process.pid,
  });
  const refused = (message: string) => (error: Error) =>
    error instanceof ControlError && error.message === message;
  await assert.rejects(callControlSocket(file, 'GET', '/bad'), refused('not today'));
  await assert.rejects(callControlSocket(file, 'GET', '/none'), refused('no such resource'));
});
