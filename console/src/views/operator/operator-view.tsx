/** For who runs this Imago: accounts, storage and host, tasks with their steps, provider images. */
import { Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { operatorText as text } from '../../text/operator.ts';
import { Accounts } from './accounts.tsx';
import { Provider } from './provider.tsx';
import { Server } from './server.tsx';
import { Tasks } from './tasks.tsx';

const parts = { server: Server, accounts: Accounts, tasks: Tasks, provider: Provider };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function OperatorView({ route }: { route: Route }) {
  const current = names.find((name) => name === route.query.get('tab')) ?? 'server';
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs
        label={text.tabsLabel}
        path={['operator']}
        tabs={names.map((name) => ({ name, title: text.tabs[name] }))}
        current={current}
      />
      <Part />
    </>
  );
}
