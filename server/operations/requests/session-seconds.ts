/** How long a session is to last: `DurationSeconds`, as STS reads it. */
import { ServiceError } from '../../../api/service-error.ts';
import { sessionSeconds } from '../../domain/sessions.ts';

const { min, usual, max } = sessionSeconds;

export function parseSessionSeconds(seconds: number = usual): number {
  if (Number.isInteger(seconds) && seconds >= min && seconds <= max) return seconds;
  throw new ServiceError(
    'ValidationError',
    `DurationSeconds must be a whole number from ${min} to ${max}, not ${seconds}.`,
  );
}
