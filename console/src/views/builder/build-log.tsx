/** What a build tells, as it comes. It is what commands of a stranger's component have printed. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { linesMax, readBuildLog } from '../../api/build-log.ts';
import { useSession } from '../../api/session.tsx';
import { Check } from '../../parts/field.tsx';
import { Mark } from '../../parts/mark.tsx';
import { buildText as text } from '../../text/builder.ts';
import { visibleLine } from '../contents/visible.ts';

interface Told {
  lines: readonly string[];
  count: number;
}

export function BuildLog({ arn }: { arn: string }) {
  const { client } = useSession();
  const [told, setTold] = useState<Told>();
  const [state, setState] = useState<'live' | 'away' | 'over'>('away');
  const [follows, setFollows] = useState(true);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const lines = (shown: readonly string[], count: number) => setTold({ lines: shown, count });
    return readBuildLog(client, arn, { lines, state: setState });
  }, [client, arn]);
  useEffect(() => {
    if (follows) place.current?.scrollTo({ top: place.current.scrollHeight });
  }, [told, follows]);
  return (
    <section class="card">
      <h2>
        {text.log} <Mark tone={state === 'away' ? 'busy' : 'good'}>{text[state]}</Mark>
      </h2>
      <Check label={text.follow} checked={follows} onCheck={setFollows} />
      {told && told.count > linesMax && <p class="hint">{text.cut(linesMax)}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <div class="log" ref={place} tabIndex={0} role="log" aria-live="off" aria-label={text.log}>
        {!told && <p class="hint">{text.nothing}</p>}
        {told?.lines.map((line, index) => (
          <p key={told.count - told.lines.length + index}>{visibleLine(line)}</p>
        ))}
      </div>
    </section>
  );
}
