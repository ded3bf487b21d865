/**
 * For who runs this Imago: its host and storage, what a look at the machine finds, its log,
 * accounts (`#/operator/accounts/…`), tasks (`#/operator/tasks/…`), provider images.
 */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { operatorText as text } from '../../text/operator.ts';
import { AccountPage } from './account-page.tsx';
import { Accounts } from './accounts.tsx';
import { Doctor } from './doctor.tsx';
import { Log } from './log.tsx';
import { Provider } from './provider.tsx';
import { Server } from './server.tsx';
import { Storage } from './storage.tsx';
import { TaskPage } from './task-page.tsx';
import { Tasks } from './tasks.tsx';

const parts = {
  server: Server,
  storage: Storage,
  doctor: Doctor,
  log: Log,
  accounts: Accounts,
  tasks: Tasks,
  provider: Provider,
};
const names = Object.keys(parts) as (keyof typeof parts)[];

export function OperatorView({ route }: { route: Route }) {
  const [, part, id] = route.path;
  if (id && part === 'accounts') return <AccountPage id={id} />;
  if (id && part === 'tasks') return <TaskPage id={id} />;
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs text={text} path={['operator']} names={names} current={current} />
      <Part route={route} />
    </>
  );
}
