/** Which HTTP status a ServiceError's code has. Codes and statuses as EC2 documents them; 400 where nothing is said. */
import { ServiceError } from '../../api/service-error.ts';

const statuses: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  MissingAuthenticationToken: 403,
  OptInRequired: 403,
  SignatureDoesNotMatch: 403,
  UnauthorizedOperation: 403,
  DryRunOperation: 412,
  RequestEntityTooLarge: 413,
  InsufficientCapacity: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  InternalError: 500,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  Unavailable: 503,
};

export function statusOf(code: string): number {
  return statuses[code] ?? 400;
}

export function internalError(requestId: string): ServiceError {
  return new ServiceError(
    'InternalError',
    `An internal error has occurred. The log of Imago has its cause under the request id ${requestId}.`,
  );
}
