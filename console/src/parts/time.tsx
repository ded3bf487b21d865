/** A moment: how long ago, and exactly where the pointer rests, or beside it. */
import { useSyncExternalStore } from 'preact/compat';
import { ago, momentOf } from './format.ts';

interface Props {
  at: string | undefined;
  /** For what is a record, or a term. */
  exact?: boolean;
}

export function Time({ at, exact }: Props) {
  const now = useSyncExternalStore(subscribe, minute);
  if (!at) return <span>–</span>;
  const moment = momentOf(at);
  return (
    <time dateTime={at} title={moment}>
      {ago(at, Math.max(now, Date.now()))}
      {exact && ' '}
      {exact && <span class="line hint">{moment}</span>}
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
