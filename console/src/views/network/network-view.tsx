/** Security groups and key pairs, or one group with its rules (`#/network/sg-…`). */
import { Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { networkText as text } from '../../text/network.ts';
import { GroupView } from './group-view.tsx';
import { GroupsList } from './groups-list.tsx';
import { KeysList } from './keys-list.tsx';

const tabs = ['groups', 'keys'] as const;

export function NetworkView({ route }: { route: Route }) {
  const [, groupId] = route.path;
  if (groupId) return <GroupView id={groupId} />;
  const current = tabs.find((tab) => tab === route.query.get('tab')) ?? 'groups';
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs
        label={text.tabsLabel}
        path={['network']}
        tabs={tabs.map((name) => ({ name, title: text.tabs[name] }))}
        current={current}
      />
      {current === 'groups' ? <GroupsList /> : <KeysList />}
    </>
  );
}
