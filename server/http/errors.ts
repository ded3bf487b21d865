/**
 * Which HTTP status a ServiceError's code has. Codes and statuses as EC2 documents them; 400 where
 * nothing is said.
 */
import { ServiceError } from '../../api/service-error.ts';
import { CatalogUnavailableError } from '../catalog/catalog.ts';
import { isDiskFull } from '../foundations/disk-full.ts';

const statuses: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AccessDeniedException: 403,
  AuthFailure: 401,
  Blocked: 403,
  ConflictException: 409,
  DeleteConflict: 409,
  EntityAlreadyExists: 409,
  InvalidClientTokenId: 403,
  LimitExceeded: 409,
  MissingAuthenticationToken: 403,
  NoSuchEntity: 404,
  OptInRequired: 403,
  SignatureDoesNotMatch: 403,
  UnauthorizedOperation: 403,
  UnrecognizedClientException: 403,
  DryRunOperation: 412,
  DryRunOperationException: 412,
  ForbiddenException: 403,
  ResourceNotFoundException: 404,
  ServiceQuotaExceededException: 402,
  RequestEntityTooLarge: 413,
  RequestHeaderSectionTooLarge: 431,
  RequestTimeout: 408,
  UnknownOperationException: 404,
  UpgradeRequired: 426,
  InsufficientCapacity: 500,
  InsufficientInstanceCapacity: 500,
  InsufficientVolumeCapacity: 500,
  InternalError: 500,
  InternalServerException: 500,
  KeyUnavailableException: 500,
  RequestLimitExceeded: 503,
  ServiceException: 500,
  ServiceUnavailable: 503,
  ServiceUnavailableException: 503,
  Unavailable: 503,
};

export function statusOf(code: string): number {
  return statuses[code] ?? 400;
}

/** What a client is told of a cause: its own error, what to do on a full disk, or where to look. */
export function toldError(cause: unknown, requestId: string): ServiceError {
  if (cause instanceof ServiceError) return cause;
  if (isDiskFull(cause)) return fullDiskError();
  return cause instanceof CatalogUnavailableError ? unavailable() : internalError(requestId);
}

function fullDiskError(): ServiceError {
  return new ServiceError(
    'ServiceUnavailable',
    'The disk of this host is full, and nothing was changed. Make room on it (terminate instances, deregister images and delete ' +
      'their snapshots, or remove something else), then ask again.',
  );
}

function unavailable(): ServiceError {
  return new ServiceError(
    'Unavailable',
    'The catalog of this Imago cannot be asked at the moment. Ask again; a client token keeps a repeated request from being done twice.',
  );
}

function internalError(requestId: string): ServiceError {
  return new ServiceError(
    'InternalError',
    `An internal error has occurred. The log of Imago has its cause under the request id ${requestId}.`,
  );
}
