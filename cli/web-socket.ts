/**
 * A WebSocket to a running Imago, by a URL that is signed for a minute. It is paused: what comes with
 * the handshake, before anybody listens, would be lost. A stream that is made of it goes on by
 * itself; who listens to its messages resumes it.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { ApiError, type Client } from './client.ts';

export async function openWebSocket(
  client: Pick<Client, 'presignedUrl' | 'unreachable'>,
  path: string,
): Promise<WebSocket> {
  const url = await client.presignedUrl('imago', path);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const webSocket = new WebSocket(url, { perMessageDeflate: false });
  webSocket.once('open', () => webSocket.pause());
  const refused = once(webSocket, 'unexpected-response').then(async ([, response]) => {
    throw await errorOf(response as IncomingMessage);
  });
  // Who refuses closes: that is an error of its own, which the refusal explains.
  const failed = once(webSocket, 'error').then(async ([error]) => {
    throw client.unreachable(error);
  });
  refused.catch(() => {});
  failed.catch(() => {});
  await Promise.race([once(webSocket, 'open'), refused, failed]);
  return webSocket;
}

async function errorOf(response: IncomingMessage): Promise<ApiError> {
  const text = Buffer.concat(await response.toArray()).toString();
  const { message = text } = JSON.parse(text) as { message?: string };
  return new ApiError(String(response.headers['x-amzn-errortype']), message);
}
