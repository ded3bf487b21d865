/** One instance: what it is, its console and screen, and what can be done with it. */
import { useAction } from '../../api/queries.ts';
import { Empty } from '../../parts/empty.tsx';
import { State } from '../../parts/mark.tsx';
import { Problem } from '../../parts/problem.tsx';
import { currentTab, Tabs } from '../../parts/tabs.tsx';
import { href, type Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { common } from '../../text/common.ts';
import { instanceText as text } from '../../text/instance.ts';
import { type Instance, instancesOf, nameOf } from './instance.ts';
import { InstanceActions } from './instance-actions.tsx';
import { InstanceDetails } from './instance-details.tsx';
import { InstanceEvents } from './instance-events.tsx';
import { InstanceSettings } from './instance-settings.tsx';

const parts = ['details', 'settings', 'events', 'metrics', 'drift', 'console', 'screen'] as const;

/** What draws curves, terminals and screens is heavy. */
const InstanceMetrics = later(() => import('./instance-metrics.tsx'), 'InstanceMetrics');
const InstanceDrift = later(() => import('../contents/instance-drift.tsx'), 'InstanceDrift');
const InstanceConsole = later(() => import('./instance-console.tsx'), 'InstanceConsole');
const InstanceScreen = later(() => import('./instance-screen.tsx'), 'InstanceScreen');

export function InstanceView({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const found = useAction(
    'ec2',
    'DescribeInstances',
    { InstanceIds: [id] },
    { tables: ['instances'] },
  );
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const [instance] = instancesOf(found.data);
  if (!instance) return <Empty>{text.gone(id)}</Empty>;
  const current = currentTab(route, parts);
  return (
    <>
      <p class="back">
        <a href={href(['instances'])}>{text.back}</a>
      </p>
      <header class="view">
        <h1>
          {nameOf(instance)} <State of={instance.State?.Name} />
        </h1>
        <InstanceActions instance={instance} />
      </header>
      <Tabs text={text} path={['instances', id]} names={parts} current={current} />
      <Part name={current} instance={instance} route={route} />
    </>
  );
}

interface PartProps {
  name: (typeof parts)[number];
  instance: Instance;
  route: Route;
}

/** Console and screen are of a guest that runs: each run has its own. */
function Part({ name, instance, route }: PartProps) {
  if (name === 'details') return <InstanceDetails instance={instance} />;
  if (name === 'settings') return <InstanceSettings instance={instance} />;
  if (name === 'events') return <InstanceEvents instance={instance} />;
  if (name === 'metrics') return <InstanceMetrics route={route} />;
  if (name === 'drift') return <InstanceDrift route={route} />;
  if (instance.State?.Name !== 'running') return <Empty>{text.notRunning}</Empty>;
  if (name === 'console') return <InstanceConsole route={route} />;
  return <InstanceScreen route={route} />;
}
