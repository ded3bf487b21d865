/** What tests of forwarded ports share: a port that stands for QEMU's, and a session over one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/** Resolves with its port. */
export async function listen(server: Server, hostIp: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, hostIp, resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return address.port;
}

export async function ask(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}
