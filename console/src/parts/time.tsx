/** A moment: how long ago, and exactly where the pointer rests. */
import { useSyncExternalStore } from 'preact/compat';
import { ago } from './format.ts';

export function Time({ at }: { at: string | undefined }) {
  const now = useSyncExternalStore(subscribe, minute);
  if (!at) return <span>–</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {ago(at, Math.max(now, Date.now()))}
    </time>
  );
}

/** One clock for all, however many are shown. */
const minuteMs = 60_000;
const minute = () => Math.floor(Date.now() / minuteMs) * minuteMs;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((each) => void each()), minuteMs);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}
