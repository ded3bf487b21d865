/** One's own account: its keys and sessions, and what holds for all of its images here. */
import { AccessKeys } from '../../parts/access-keys.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { accountText as text } from '../../text/account.ts';
import { Guards } from './guards.tsx';
import { Sessions } from './sessions.tsx';

const parts = { keys: AccessKeys, sessions: Sessions, guards: Guards };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function AccountView({ route }: { route: Route }) {
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs text={text} path={['account']} names={names} current={current} />
      <Part />
    </>
  );
}
