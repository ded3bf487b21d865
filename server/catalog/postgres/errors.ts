/** What PostgreSQL's errors mean to the catalog. */
import type { DatabaseError } from 'pg';

/** unique_violation */
const duplicateState = '23505';
/**
 * serialization_failure and deadlock_detected: another transaction was in the way, this one is to
 * be run again.
 */
const conflictStates: ReadonlySet<string> = new Set(['40001', '40P01']);
/** disk_full */
const fullState = '53100';
/**
 * admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections; class 08 is
 * connections.
 */
const awayStates: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '53300']);

/**
 * What the driver says of connections that ended, or that did not answer in time: it has no codes
 * for that.
 */
const brokenMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/;

export function isConflict(error: unknown): boolean {
  return conflictStates.has(stateOf(error) ?? '');
}

export function isFull(error: unknown): boolean {
  return stateOf(error) === fullState;
}

/**
 * That the server could not be asked, or went away before it answered. What the server itself says
 * has a state of its own.
 */
export function isAway(error: unknown): boolean {
  const state = stateOf(error);
  if (state !== undefined) return awayStates.has(state) || state.startsWith('08');
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === 'connect' || code === 'ECONNRESET' || code === 'EPIPE') return true;
  return brokenMessages.test(message);
}

/** "Key (account, region, name)=(…) already exists." */
export function duplicateIn(error: unknown): string | undefined {
  if (stateOf(error) !== duplicateState) return undefined;
  const { detail = '' } = error as DatabaseError;
  return /^Key \((.*?)\)=/.exec(detail)?.[1]?.replaceAll('"', '') ?? 'columns';
}

function stateOf(error: unknown): string | undefined {
  const { severity, code } = error as Partial<DatabaseError>;
  return severity === undefined ? undefined : code;
}
