/** Security groups and key pairs, or one group with its rules (`#/network/sg-…`). */
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import type { Route } from '../../route.ts';
import { networkText as text } from '../../text/network.ts';
import { GroupView } from './group-view.tsx';
import { GroupsList } from './groups-list.tsx';
import { KeysList } from './keys-list.tsx';

const tabs = ['groups', 'keys'] as const;

export function NetworkView({ route }: { route: Route }) {
  const [, groupId] = route.path;
  if (groupId) return <GroupView id={groupId} />;
  const current = currentTab(route, tabs);
  return (
    <>
      <header class="view">
        <h1>{text.title}</h1>
      </header>
      <Tabs text={text} path={['network']} names={tabs} current={current} />
      {current === 'groups' ? <GroupsList /> : <KeysList />}
    </>
  );
}
