/**
 * How the time until all was checked has changed from drill to drill: a bar each, the newest on the
 * right, of what it took to run, to be ready and to be checked. What a colour says is said by its
 * place, a cross or an empty foot, too; and all of it, with the figures, in words.
 */
import '../../styles/drills.css';
import '../../styles/legend.css';
import { momentOf } from '../../parts/format.ts';
import { drillsOfText as text } from '../../text/drills.ts';
import {
  type Drill,
  type DrillState,
  type Part,
  partsOf,
  shownAs,
  timesOf,
  tookMs,
  wordOf,
} from './drill.ts';

export const shownMax = 60;
/** Beside nine columns. */
const shownInList = 20;
const stepPx = 12;
const barPx = 8;
const barsPx = 64;
/** Above a bar, for the cross of one that failed. */
const crossPx = 12;
/** Below it, for its verdict. */
const footPx = 4;
const gapPx = 2;
const heightPx = crossPx + barsPx + gapPx + footPx;
/** What took next to no time is seen all the same. */
const leastPx = 1;

export function Trend({ drills, isSmall }: { drills: readonly Drill[]; isSmall?: boolean }) {
  const shown = drills.slice(isSmall ? -shownInList : -shownMax);
  const highestMs = Math.max(0, ...shown.map(tookMs));
  const width = shown.length * stepPx;
  return (
    <svg
      class={isSmall ? 'trend small' : 'trend'}
      viewBox={`0 0 ${width} ${heightPx}`}
      width={isSmall ? width / 2 : width}
      height={isSmall ? heightPx / 2 : heightPx}
      role="img"
      aria-label={text.trendOf(shown.map(inWords))}
    >
      {shown.map((drill, index) => (
        <g key={drill.DrillId} class={shownAs(drill)} transform={`translate(${index * stepPx} 0)`}>
          <title>{inWords(drill)}</title>
          <Bar parts={partsOf(drill, highestMs)} />
          <Foot of={shownAs(drill)} />
        </g>
      ))}
    </svg>
  );
}

const partClass = {
  running: 'to-running',
  ready: 'to-ready',
  checked: 'to-checked',
  missed: 'missed',
} as const;

const inWords = (drill: Drill) =>
  text.bar(momentOf(drill.StartedAt), wordOf(drill), timesOf(drill));

function Bar({ parts }: { parts: readonly Part[] }) {
  return (
    <>
      {parts.map(({ of, from, to }) => {
        const height = Math.max(leastPx, (to - from) * barsPx);
        return (
          <rect
            key={of}
            class={partClass[of]}
            y={crossPx + (1 - from) * barsPx - height}
            width={barPx}
            height={height}
          />
        );
      })}
    </>
  );
}

/** The verdict; where there is none it is empty. */
function Foot({ of }: { of: DrillState }) {
  const y = crossPx + barsPx + gapPx;
  const inset = of === 'passed' || of === 'failed' ? 0 : 0.5;
  return (
    <>
      {of === 'failed' && <path class="cross" d="M1 2l6 6m0-6l-6 6" />}
      <rect
        class="foot"
        x={inset}
        y={y + inset}
        width={barPx - 2 * inset}
        height={footPx - 2 * inset}
      />
    </>
  );
}

const shownInLegend = [
  'running',
  'ready',
  'checked',
  'missed',
  'passed',
  'failed',
  'none',
] as const;

/** What the colours say. */
export function TrendLegend() {
  return (
    <ul class="legend">
      {shownInLegend.map((name) => (
        <li key={name}>
          <Sample of={name} /> {text.legend[name]}
        </li>
      ))}
    </ul>
  );
}

function Sample({ of }: { of: (typeof shownInLegend)[number] }) {
  const isFoot = of === 'passed' || of === 'failed' || of === 'none';
  return (
    <svg class="trend" viewBox="0 0 8 12" width="8" height="12" aria-hidden="true">
      {isFoot ? (
        <g class={of}>
          {of === 'failed' && <path class="cross" d="M1 0l6 6m0-6l-6 6" />}
          <rect class="foot" x="0.5" y="8.5" width="7" height="3" />
        </g>
      ) : (
        <rect class={partClass[of]} x="0.5" y="0.5" width="7" height="11" />
      )}
    </svg>
  );
}
