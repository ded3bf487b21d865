/**
 * The data plane's control socket, `run/data-plane.sock`: HTTP over a unix socket that only the owner of the home can open.
 *
 *   GET /status          {version, pid, instances}
 *   GET /watch           answers at once and never ends: the connection's end is the process's
 *   PUT /guests/ID       read that guest's file (again)
 *   DELETE /guests/ID    stop serving that guest
 */
import { rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import path from 'node:path';
import type { Home } from '../foundations/home.ts';
import type { Guests } from './guests.ts';

/** A home that was removed under a running data plane leaves it without a purpose this long at most. */
const guardIntervalMs = 2_000;

export interface DataPlaneStatus {
  version: string;
  pid: number;
  instances: ReturnType<Guests['status']>;
}

export function controlSocketPath(home: Home): string {
  return path.join(home.runFolder, 'data-plane.sock');
}

/** Requests wait for `guests`: the socket is there before the guests are loaded. */
export async function serveControlSocket(
  socketPath: string,
  version: string,
  guests: Promise<Guests>,
): Promise<void> {
  await rm(socketPath, { force: true });
  const server = createServer((incoming, response) => {
    answer(incoming, response, version, guests).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { message: (error as Error).message });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
}

/** Calls `onLost` once the socket's file is gone or another's: nobody can tell this process anything any more. */
export async function guardControlSocket(socketPath: string, onLost: () => void): Promise<void> {
  const { ino } = await stat(socketPath);
  const timer = setInterval(() => {
    stat(socketPath).then(
      (stats) => stats.ino !== ino && onLost(),
      // Where an unprivileged process may not look it cannot tell.
      (error) => error.code === 'ENOENT' && onLost(),
    );
  }, guardIntervalMs);
  timer.unref();
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  version: string,
  loading: Promise<Guests>,
): Promise<void> {
  const guests = await loading;
  const instanceId = /^\/guests\/([^/]+)$/.exec(incoming.url ?? '')?.[1];
  if (incoming.method === 'PUT' && instanceId) {
    await guests.load(instanceId);
    sendJson(response, 200, {});
  } else if (incoming.method === 'DELETE' && instanceId) {
    await guests.unload(instanceId);
    sendJson(response, 200, {});
  } else if (incoming.method === 'GET' && incoming.url === '/status') {
    const status: DataPlaneStatus = { version, pid: process.pid, instances: guests.status() };
    sendJson(response, 200, status);
  } else if (incoming.method === 'GET' && incoming.url === '/watch') {
    response.writeHead(200).flushHeaders();
  } else {
    sendJson(response, 404, { message: 'no such resource' });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A refusal by the process itself, as against one that cannot be reached. */
export class ControlError extends Error {
  override name = 'ControlError';
}

/** Loading a block map's root and listening take milliseconds; longer means that the process hangs. */
const callTimeoutMs = 20_000;

/** The client's side: one call, its JSON answer. */
export function callControlSocket(
  socketPath: string,
  method: 'GET' | 'PUT' | 'DELETE',
  resource: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path: resource, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
        if (response.statusCode === 200) resolve(body);
        else reject(new ControlError(body.message));
      });
    });
    outgoing.setTimeout(callTimeoutMs, () =>
      outgoing.destroy(new Error('the data plane does not answer')),
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Calls `onEnd` once when the process behind the socket is gone (or was never there); returns how to stop watching. */
export function watchControlSocket(socketPath: string, onEnd: () => void): () => void {
  let watching = true;
  const ended = () => {
    if (watching) onEnd();
    watching = false;
  };
  const outgoing = request({ socketPath, path: '/watch', agent: false }, (response) => {
    response.resume();
    response.on('close', ended);
  });
  outgoing.on('error', ended);
  // It alone keeps no process alive.
  outgoing.on('socket', (socket) => socket.unref());
  outgoing.end();
  return () => {
    watching = false;
    outgoing.destroy();
  };
}
