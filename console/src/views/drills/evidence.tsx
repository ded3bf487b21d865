/** What was kept of a drill that did not pass: its screen, and the end of what its console said. */
import { useAction } from '../../api/queries.ts';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { drillText as text } from '../../text/drills.ts';
import { pictureOf, said } from './kept.ts';

export function Evidence({ id }: { id: string }) {
  const asking = { tables: ['drills'] } as const;
  const found = useAction('imago', 'GetDrillEvidence', { DrillId: id }, asking);
  const picture = pictureOf(found.data?.Screenshot);
  const console = said(found.data?.ConsoleOutput);
  return (
    <section class="card evidence">
      <h2>{text.evidence}</h2>
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      {!found.data && !found.error && <p class="loading">{common.loading}</p>}
      {found.data && !picture && console === undefined && <p class="hint">{text.nothingKept}</p>}
      {picture && (
        <figure>
          <figcaption>{text.screen}</figcaption>
          <img alt={text.screenAlt(id)} src={picture} />
        </figure>
      )}
      {console !== undefined && (
        <>
          <h3>{text.console}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
          <pre tabIndex={0}>{console}</pre>
        </>
      )}
    </section>
  );
}
