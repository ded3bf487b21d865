/** A moment: how long ago, and exactly where the pointer rests. */
import { ago } from './format.ts';

export function Time({ at }: { at: string | undefined }) {
  if (!at) return <span>–</span>;
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {ago(at)}
    </time>
  );
}
