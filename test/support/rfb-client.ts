/** Somebody at a machine's screen, by RFB 3.8 (RFC 6143) over Imago's WebSocket. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Client } from '../../cli/client.ts';
import type { Reachable } from './debian-client.ts';

export interface AtScreen {
  socket: WebSocket;
  width: number;
  height: number;
}

export async function sitAt(imago: Omit<Reachable, 'home'>, instanceId: string): Promise<AtScreen> {
  const { endpoint, credentials } = imago;
  const client = new Client({ endpoint, region: 'us-east-1', ...credentials });
  const url = await client.presignedUrl('imago', `/imago/instances/${instanceId}/screen`);
  url.protocol = 'ws:';
  const socket = new WebSocket(url);
  const heard = async () => (await once(socket, 'message'))[0] as Buffer;
  const say = (bytes: readonly number[] | string) => {
    const answer = heard();
    socket.send(Buffer.from(bytes as string));
    return answer;
  };
  await heard();
  await say('RFB 003.008\n');
  await say([1]);
  const init = await say([1]);
  // The plain encoding alone. Only who says which ones it knows is taken to point at places.
  socket.send(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
  return { socket, width: init.readUInt16BE(0), height: init.readUInt16BE(2) };
}

/** Asks for all of it, whether or not it has changed. */
export function askForScreen({ socket, width, height }: AtScreen): void {
  const request = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  socket.send(request);
}

export function pointAt({ socket }: AtScreen, x: number, y: number): void {
  const event = Buffer.from([5, 0, 0, 0, 0, 0]);
  event.writeUInt16BE(x, 2);
  event.writeUInt16BE(y, 4);
  socket.send(event);
}
