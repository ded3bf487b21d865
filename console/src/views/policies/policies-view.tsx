/**
 * Policies that take backups by themselves: those of dlm, and plans of AWS Backup, which are only
 * looked at here.
 */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { policiesText as text } from '../../text/policies.ts';
import { Plans } from './plans.tsx';
import { PoliciesList } from './policies-list.tsx';

const parts = { policies: PoliciesList, plans: Plans };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function PoliciesView({ route }: { route: Route }) {
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <p class="hint">{text.means}</p>
      <Tabs text={text} path={['policies']} names={names} current={current} />
      <Part />
    </>
  );
}
