/** The clock and the source of ids, injected so that tests can hold them still. */
import { randomBytes, randomUUID } from 'node:crypto';

export interface Clock {
  now(): Date;
  /** For how long something lasts: it never jumps, and says nothing after a restart. */
  monotonicMs(): number;
}

export interface Ids {
  /** An EC2 resource id: prefix, hyphen, 17 hex digits, such as `ami-0123456789abcdef0`. */
  resource(prefix: string): string;
  uuid(): string;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};

export const randomIds: Ids = {
  resource: (prefix) => `${prefix}-0${randomBytes(8).toString('hex')}`,
  uuid: () => randomUUID(),
};
