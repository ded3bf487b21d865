/**
 * Parameters that stand for images, as templates and launches name them: the provider's and one's
 * own.
 */
import { usePages } from '../../api/queries.ts';
import { CopiedId } from '../../parts/copied-id.tsx';
import { IdLink } from '../../parts/id-link.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Time } from '../../parts/time.tsx';
import { parametersText as text } from '../../text/templates.ts';

const tables = ['parameters', 'images'] as const;
/** The service's own limit of a page. */
const pageSize = 10;

export function Parameters() {
  return (
    <>
      <p class="hint">{text.means}</p>
      <Below path="/aws/service/imago" title={text.provider} empty={text.noProvider} />
      <Below path="/" title={text.own} empty={text.noOwn} />
    </>
  );
}

function Below({ path, title, empty }: { path: string; title: string; empty: string }) {
  const input = { Path: path, Recursive: true };
  const found = usePages('ssm', 'GetParametersByPath', input, { tables, pageSize });
  return (
    <section class="card">
      <h2>{title}</h2>
      <PagedList
        caption={title}
        found={found}
        itemsOf={({ Parameters: parameters }) => parameters}
        keyOf={({ Name = '' }) => Name}
        columns={[
          { title: text.columns.name, cell: ({ Name }) => <CopiedId id={`resolve:ssm:${Name}`} /> },
          { title: text.columns.value, cell: ({ Value }) => <IdLink id={Value} /> },
          { title: text.columns.version, cell: ({ Version }) => Version, isFigure: true },
          {
            title: text.columns.changed,
            cell: ({ LastModifiedDate }) => <Time at={LastModifiedDate} />,
          },
        ]}
        empty={empty}
      />
    </section>
  );
}
