/** The log of this Imago as it comes, narrowed by level and by what is in a line. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogLine } from '../../../../api/imago-health.ts';
import { readLog } from '../../api/log-lines.ts';
import { useSession } from '../../api/session.tsx';
import { Check } from '../../parts/field.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { ask, type Route } from '../../route.ts';
import { logText as text } from '../../text/operator.ts';
import { shownLines } from './shown-lines.ts';

const tones: Record<string, Tone> = { warn: 'busy', error: 'bad' };
const levels = ['info', 'warn', 'error'] as const;

export function Log({ route }: { route: Route }) {
  const { client } = useSession();
  const [lines, setLines] = useState<readonly LogLine[]>();
  const [isLive, setIsLive] = useState(false);
  const [follows, setFollows] = useState(true);
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => readLog(client, { lines: setLines, live: setIsLive }), [client]);
  const search = route.query.get('q') ?? '';
  const level = levels.find((each) => each === route.query.get('level')) ?? 'info';
  const shown = shownLines(lines ?? [], { search, level });
  useEffect(() => {
    if (follows) end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [lines, follows, search, level]);
  return (
    <section class="card">
      <h2>
        {text.title} <Mark tone={isLive ? 'good' : 'busy'}>{isLive ? text.live : text.away}</Mark>
      </h2>
      <p class="hint">{text.means}</p>
      <div class="chosen">
        <SearchField label={text.search} value={search} onSearch={(q) => ask(route, { q })} />
        <label>
          {text.level}{' '}
          <select
            value={level}
            onChange={({ currentTarget }) => ask(route, { level: currentTarget.value })}
          >
            {levels.map((each) => (
              <option key={each} value={each}>
                {text.levels[each]}
              </option>
            ))}
          </select>
        </label>
        <Check label={text.follow} checked={follows} onCheck={setFollows} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <div class="log" ref={end} tabIndex={0} role="log" aria-live="off" aria-label={text.title}>
        {lines && shown.length === 0 && <p class="hint">{text.none}</p>}
        {shown.map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </div>
    </section>
  );
}

function Line({ line: { time, level, message, leftOut, ...fields } }: { line: LogLine }) {
  if (leftOut !== undefined) return <p class="hint">{text.leftOut(leftOut)}</p>;
  return (
    <p>
      <time dateTime={time}>{time?.slice(11, 23)}</time>{' '}
      {level && level !== 'info' && <Mark tone={tones[level]}>{level}</Mark>} <b>{message}</b>{' '}
      {Object.entries(fields).map(([name, value]) => (
        <span key={name}>
          <i>{name}=</i>
          {typeof value === 'string' ? value : JSON.stringify(value)}{' '}
        </span>
      ))}
    </p>
  );
}
