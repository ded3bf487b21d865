/**
 * What has backups, or those of one machine or volume (`#/backups/i-…`), day by day; the restore of
 * one is at `#/backups/restore`.
 */
import { usePages } from '../../api/queries.ts';
import { FirstStep } from '../../parts/first-step.tsx';
import { Mark, State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { SearchField } from '../../parts/search-field.tsx';
import { Time } from '../../parts/time.tsx';
import { go, href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { backupsText as text } from '../../text/backups.ts';
import { common } from '../../text/common.ts';
import type { Backup } from './backup.ts';
import { Condition, MadeBy, Verdict } from './backup-cells.tsx';
import { SourceView } from './source-view.tsx';

export function BackupsView({ route }: { route: Route }) {
  const [, id] = route.path;
  if (id === 'restore') return <RestoreView route={route} />;
  return id === undefined ? <Sources /> : <SourceView key={id} id={id} route={route} />;
}

const RestoreView = later(() => import('../restore/restore-view.tsx'), 'RestoreView');

const tables = ['images', 'snapshots', 'instances', 'volumes'] as const;

function Sources() {
  const found = usePages('imago', 'ListBackups', { NewestOnly: true }, { tables });
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <SearchField
          label={text.find}
          value=""
          onSearch={(id) => /^(i|vol)-[0-9a-f]+$/.test(id) && go(href(['backups', id]))}
        />
      </header>
      <p class="hint">{text.means}</p>
      <PagedList
        caption={text.title}
        found={found}
        itemsOf={({ Backups }) => Backups}
        keyOf={({ SourceId }) => SourceId}
        columns={columns}
        empty={
          <FirstStep says={text.empty} command={text.emptyCommand}>
            <a href={href(['instances'])}>{text.toMachines}</a>{' '}
            <a href={href(['policies'])}>{text.toPolicies}</a>
          </FirstStep>
        }
      />
    </>
  );
}

const columns = [
  {
    title: text.columns.source,
    cell: ({ SourceId }: Backup) => (
      <a href={href(['backups', SourceId])}>
        <code>{SourceId}</code>
      </a>
    ),
  },
  { title: text.columns.name, cell: ({ SourceName }: Backup) => SourceName ?? common.none },
  {
    title: text.columns.there,
    cell: ({ SourceState }: Backup) =>
      SourceState ? <State of={SourceState} /> : <Mark>{text.gone}</Mark>,
  },
  { title: text.columns.newest, cell: ({ CreateTime }: Backup) => <Time at={CreateTime} /> },
  { title: text.columns.state, cell: (backup: Backup) => <Condition of={backup} /> },
  { title: text.columns.by, cell: (backup: Backup) => <MadeBy backup={backup} /> },
  { title: text.columns.drill, cell: ({ LastDrill }: Backup) => <Verdict of={LastDrill} /> },
  {
    title: text.columns.actions,
    cell: ({ SourceId: source }: Backup) => (
      <a class="button" href={href(['backups', 'restore'], { source })}>
        {text.restore}
      </a>
    ),
  },
];
