/** What several lists of drills say: a verdict, and that there are more. */
import { Mark } from '../../parts/mark.tsx';
import { drillsText as text } from '../../text/drills.ts';
import { type Drill, shownAs, tones, wordOf } from './drill.ts';
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
