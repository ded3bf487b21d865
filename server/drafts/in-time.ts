/** Answers within a time that the EBS direct APIs' clients wait for: done, or to be asked again. */
import { ServiceError } from '../../api/service-error.ts';

/** Whoever has waited so long is told to come again; with the rest of a request below 10 s. */
const answerWithinMs = 8000;

/** What takes longer goes on, and whoever asks again finds it done. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  return within(work, () => {
    throw throttled();
  });
}

/** The same, with another answer meanwhile. */
export async function within<T>(work: Promise<T>, otherwise: () => T): Promise<T> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), answerWithinMs);
  try {
    const done = work.then((value) => ({ value }));
    const first = await Promise.race([done, late.promise]);
    return first ? first.value : otherwise();
  } finally {
    clearTimeout(timer);
  }
}

export function throttled(): ServiceError {
  return new ServiceError(
    'RequestThrottledException',
    'More is asked for than can be done at the moment: ask again.',
  );
}
