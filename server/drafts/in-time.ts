/** Answers within a time that the EBS direct APIs' clients wait for: done, or to be asked again. */
import { ServiceError } from '../../api/service-error.ts';

/** Whoever has waited so long is told to come again; with the rest of a request below 10 s. */
const answerWithinMs = 8000;

/** What one request may wait for, all in all. */
export class Patience {
  #leftMs: number;

  constructor(ms = answerWithinMs) {
    this.#leftMs = ms;
  }

  /** What takes longer goes on, and whoever asks again finds it done. */
  inTime<T>(work: Promise<T>): Promise<T> {
    return this.within(work, () => {
      throw throttled();
    });
  }

  /** The same, with another answer meanwhile. */
  async within<T>(work: Promise<T>, otherwise: () => T): Promise<T> {
    const late = Promise.withResolvers<undefined>();
    const startedMs = performance.now();
    const timer = setTimeout(() => late.resolve(undefined), Math.max(0, this.#leftMs));
    try {
      const done = work.then((value) => ({ value }));
      const first = await Promise.race([done, late.promise]);
      return first ? first.value : otherwise();
    } finally {
      clearTimeout(timer);
      this.#leftMs -= performance.now() - startedMs;
    }
  }
}

/** Of a request that waits for this alone. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return new Patience().inTime(work);
}

export function throttled(): ServiceError {
  return new ServiceError(
    'RequestThrottledException',
    'More is asked for than can be done at the moment: ask again.',
  );
}
