/** What the checks of an image's files found, and how to have it checked. */
import { useChange, usePages } from '../../api/queries.ts';
import { Mark } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { Time } from '../../parts/time.tsx';
import { findingsText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';
import { severityTone } from './severity.ts';

export function ImageFindings({ image: { ImageId = '', ScanResults }, isOwn }: PartProps) {
  const check = useChange('imago', 'CheckImage');
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p>
        {ScanResults ? text.checked : text.unchecked}{' '}
        {ScanResults && <Time at={ScanResults.FindingScanDate} />}
      </p>
      {check.error && <Problem error={check.error} />}
      {isOwn && (
        <button type="button" disabled={check.isPending} onClick={() => check.mutate({ ImageId })}>
          {check.isPending || check.isSuccess ? text.checking : text.check}
        </button>
      )}
      {ScanResults && <Findings id={ImageId} />}
    </section>
  );
}

function Findings({ id }: { id: string }) {
  const found = usePages('ec2', 'GetImageFindings', { ImageId: id }, { tables: ['images'] });
  return (
    <PagedList
      caption={text.title}
      columns={[
        {
          title: text.severity,
          cell: ({ SeverityLabel = '' }) => (
            <Mark tone={severityTone(SeverityLabel)}>{SeverityLabel}</Mark>
          ),
        },
        { title: text.what, cell: ({ Title }) => Title },
        {
          title: text.where,
          cell: ({ Paths = [] }) =>
            Paths.map((path) => (
              <code key={path} class="long">
                {path}
              </code>
            )),
        },
      ]}
      found={found}
      itemsOf={({ ImageFindings }) => ImageFindings}
      keyOf={({ Title, Paths }) => `${Title} ${Paths}`}
      empty={text.none}
    />
  );
}
