/**
 * An answer on a socket of which Node's server has let go: that of a refused upgrade, or of what
 * was no HTTP. Whoever keeps their end open, or does not read, is cut off after `leaveMs`.
 */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Answer } from '../protocol/protocol.ts';

export async function answerOnSocket(
  socket: Duplex,
  answer: Answer,
  requestId: string,
  leaveMs: number,
): Promise<void> {
  const body = Buffer.concat(await Array.fromAsync(answer.body));
  const headers = {
    ...answer.headers,
    'x-amzn-requestid': requestId,
    'content-length': String(body.length),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n`;
  const late = setTimeout(() => socket.destroy(), leaveMs);
  socket.once('close', () => clearTimeout(late));
  socket.end(Buffer.concat([Buffer.from(head), body]));
}
