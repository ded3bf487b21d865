/**
 * Work that may take long, but not be silent: it is given up when it shows no progress for a time,
 * and at once when nobody wants it any more. What was given up may go on, and its end is told to
 * nobody.
 */

export interface UnlessSilentOptions {
  /** Between two signs of progress. */
  silenceMs: number;
  signal?: AbortSignal;
  /** What it is given up with. */
  silent: () => Error;
}

/** `work` tells `onProgress` that it goes on, and ends when `signal` says so. */
export async function unlessSilent<T>(
  work: (options: { onProgress: () => void; signal: AbortSignal }) => Promise<T>,
  { silenceMs, signal, silent }: UnlessSilentOptions,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const ended = new AbortController();
  const giveUp = (error: unknown) => {
    ended.abort(error);
    late.reject(error);
  };
  const timer = setTimeout(() => giveUp(silent()), silenceMs);
  const stop = () => giveUp(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (signal?.aborted) stop();
    const onProgress = () => void timer.refresh();
    return await Promise.race([work({ onProgress, signal: ended.signal }), late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
