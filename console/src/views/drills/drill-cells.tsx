/** What several lists of drills say: a verdict, a time, and that there are more. */
import { Mark } from '../../parts/mark.tsx';
import { common } from '../../text/common.ts';
import { drillsText as text } from '../../text/drills.ts';
import { type Drill, seconds, shownAs, tones, wordOf } from './drill.ts';
import type { useDrills } from './use-drills.ts';

export function More({ drills, more }: Pick<ReturnType<typeof useDrills>, 'drills' | 'more'>) {
  if (!more) return null;
  return (
    <p class="hint">
      {text.partly(drills?.length ?? 0)}{' '}
      <button type="button" class="more" onClick={more}>
        {text.more}
      </button>
    </p>
  );
}

export function Verdict({ of }: { of: Drill }) {
  return <Mark tone={tones[shownAs(of)] ?? 'quiet'}>{wordOf(of)}</Mark>;
}

export type Reached =
  | 'MillisecondsToRunning'
  | 'MillisecondsToReady'
  | 'MillisecondsToSsh'
  | 'MillisecondsToChecked';

export const timeOf = (name: Reached) => (drill: Drill) => seconds(drill[name]) ?? common.none;
