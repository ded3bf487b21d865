/**
 * Policies: those of dlm, which take backups by themselves, those that forget by restic's rules, and
 * plans and vaults of AWS Backup, which are only looked at here.
 */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { href, type Route } from '../../route.ts';
import { forgetPoliciesText, policiesText as text } from '../../text/policies.ts';
import { ForgetList } from './forget-list.tsx';
import { ForgetPage } from './forget-page.tsx';
import { Plans } from './plans.tsx';
import { PoliciesList } from './policies-list.tsx';
import { PolicyPage } from './policy-page.tsx';
import { Vaults } from './vaults.tsx';

const parts = { policies: PoliciesList, forget: ForgetList, plans: Plans, vaults: Vaults };
const names = Object.keys(parts) as (keyof typeof parts)[];

export function PoliciesView({ route }: { route: Route }) {
  const [, id, name] = route.path;
  if (id === 'forget') return <ForgetPage name={name} />;
  if (id !== undefined) return <PolicyPage id={id} />;
  const current = currentTab(route, names);
  const Part = parts[current];
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
        {current === 'forget' ? (
          <a class="button main" href={href(['policies', 'forget'])}>
            {forgetPoliciesText.create}
          </a>
        ) : (
          <a class="button main" href={href(['policies', 'new'])}>
            {text.create}
          </a>
        )}
      </header>
      <p class="hint">{current === 'forget' ? forgetPoliciesText.means : text.means}</p>
      <Tabs text={text} path={['policies']} names={names} current={current} />
      <Part />
    </>
  );
}
