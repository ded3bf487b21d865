/**
 * How the time until all was checked has changed from drill to drill: a bar each, the newest on the
 * right. What a colour says, the title of the bar and the mark above it say too.
 */
import '../../styles/drills.css';
import { drillsOfText } from '../../text/drills.ts';
import { type Drill, heightOf, seconds, shownAs, wordOf } from './drill.ts';

const shownMax = 60;
/** Beside eight columns. */
const shownInList = 20;
const stepPx = 12;
const barPx = 8;
const heightPx = 56;
/** What has no time is seen all the same. */
const leastPx = 3;

export function Trend({ drills, isSmall }: { drills: readonly Drill[]; isSmall?: boolean }) {
  const shown = drills.slice(isSmall ? -shownInList : -shownMax);
  const highestMs = Math.max(0, ...shown.map(({ MillisecondsToChecked: ms }) => ms ?? 0));
  const width = shown.length * stepPx;
  return (
    <svg
      class={isSmall ? 'trend small' : 'trend'}
      viewBox={`0 0 ${width} ${heightPx}`}
      width={isSmall ? width / 2 : width}
      height={isSmall ? heightPx / 2 : heightPx}
      role="img"
      aria-label={drillsOfText.trend}
    >
      {shown.map((drill, index) => {
        const height = Math.max(leastPx, heightOf(drill, highestMs) * heightPx);
        return (
          <rect
            key={drill.DrillId}
            class={shownAs(drill)}
            x={index * stepPx}
            y={heightPx - height}
            width={barPx}
            height={height}
          >
            <title>{titleOf(drill)}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function titleOf(drill: Drill): string {
  const took = seconds(drill.MillisecondsToChecked) ?? drillsOfText.untold;
  return drillsOfText.bar(new Date(drill.StartedAt).toLocaleString('en-GB'), wordOf(drill), took);
}
