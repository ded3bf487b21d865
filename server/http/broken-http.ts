/**
 * What is not even HTTP, or has too many headers, or whose head came too slowly: answered by hand,
 * there is no response object.
 */
import type { Socket } from 'node:net';
import { ec2Error } from '../protocol/ec2-query.ts';
import { answerOnSocket } from './answer-on-socket.ts';

export function refuseBrokenHttp(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, message] = brokenHttp[error.code ?? ''] ?? [
    400,
    'MalformedHTTPRequest',
    'The request is not valid HTTP.',
  ];
  answerOnSocket(
    socket,
    { status, ...ec2Error({ code, message, sender: true }, requestId) },
    requestId,
  );
}

const brokenHttp: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'RequestHeaderSectionTooLarge',
    'Request line and headers are larger than Imago takes.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'RequestTimeout', 'The request did not arrive in time.'],
};
