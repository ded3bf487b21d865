/** Instances: the list, one of them (`#/instances/i-…`), or a launch (`#/instances/launch`). */
import type { Route } from '../../route.ts';
import { later } from '../../shell/later.ts';
import { InstancesList } from './instances-list.tsx';

const InstanceView = later(() => import('./instance-view.tsx'), 'InstanceView');
const LaunchView = later(() => import('../launch/launch-view.tsx'), 'LaunchView');

export function InstancesView({ route }: { route: Route }) {
  const [, which] = route.path;
  if (which === 'launch') return <LaunchView key={`${route.query}`} route={route} />;
  return which ? <InstanceView route={route} /> : <InstancesList route={route} />;
}
