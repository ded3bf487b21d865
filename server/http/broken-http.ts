/**
 * What is not even HTTP, or has too many headers, or whose head came too slowly: answered by hand,
 * there is no response object.
 */
import type { Socket } from 'node:net';
import { ServiceError } from '../../api/service-error.ts';
import { ec2Error } from '../protocol/ec2-query.ts';
import { answerOnSocket } from './answer-on-socket.ts';
import { tooSlow } from './body.ts';
import { statusOf } from './errors.ts';

export function refuseBrokenHttp(
  error: NodeJS.ErrnoException,
  socket: Socket,
  requestId: string,
  leaveMs: number,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { code, message } = brokenHttp(error.code);
  const status = statusOf(code);
  answerOnSocket(
    socket,
    { status, ...ec2Error({ code, message, sender: true }, requestId) },
    requestId,
    leaveMs,
  );
}

function brokenHttp(code: string | undefined): ServiceError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return tooSlow();
  return code === 'HPE_HEADER_OVERFLOW'
    ? new ServiceError(
        'RequestHeaderSectionTooLarge',
        'Request line and headers are larger than Imago takes.',
      )
    : new ServiceError('MalformedHTTPRequest', 'The request is not valid HTTP.');
}
