/** Locks that can be changed until a date. What becomes of them is domain/final-locks.ts's. */
export interface DatedLock {
  /** When a round first found that date past; it may have been a clock that was ahead. */
  passedAt?: string;
  /** It was past for a day: nobody changes the lock any more, whatever the clock is set to. */
  isFinal?: true;
}

/** When a round looks at it next: in each one from its date on, until it is final. */
export function lookAtLock(lock: DatedLock | undefined, date: string | undefined): string[] {
  if (!lock || lock.isFinal || date === undefined) return [];
  return [lock.passedAt === undefined ? date : '0'];
}
