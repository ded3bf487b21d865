/** Disk files on their way: what this tab offers, and all imports and exports of the account. */

import { ImportHere } from '../../parts/import-here.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { transfersText as text } from '../../text/transfers.ts';
import { ExportLists } from './export-lists.tsx';
import { ImportLists } from './import-lists.tsx';
import { UploadsHere } from './uploads-here.tsx';

const parts = { imports: ImportLists, exports: ExportLists };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function TransfersView({ route }: { route: Route }) {
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <ImportHere makes="image" />
      </header>
      <Tabs text={text} path={['transfers']} names={names} current={current} />
      {current === 'imports' && <UploadsHere />}
      <Part />
    </>
  );
}
