/**
 * Policies that take backups by themselves: those of dlm, and plans of AWS Backup, which are only
 * looked at here.
 */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { href, type Route } from '../../route.ts';
import { policiesText as text } from '../../text/policies.ts';
import { Plans } from './plans.tsx';
import { PoliciesList } from './policies-list.tsx';
import { PolicyPage } from './policy-page.tsx';

const parts = { policies: PoliciesList, plans: Plans };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function PoliciesView({ route }: { route: Route }) {
  const [, id] = route.path;
  if (id !== undefined) return <PolicyPage id={id} />;
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        <a class="button main" href={href(['policies', 'new'])}>
          {text.create}
        </a>
      </header>
      <p class="hint">{text.means}</p>
      <Tabs text={text} path={['policies']} names={names} current={current} />
      <Part />
    </>
  );
}
