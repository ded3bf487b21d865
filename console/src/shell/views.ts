/**
 * The views, by the first part of their address, in the order of the navigation. Each is loaded
 * when it is opened, but for the one that most people come for.
 */
import { ImagesView } from '../views/images/images-view.tsx';
import { later, type View } from './later.ts';

export const views = {
  images: ImagesView,
  instances: later(() => import('../views/instances/instances-view.tsx'), 'InstancesView'),
  volumes: later(() => import('../views/volumes/volumes-view.tsx'), 'VolumesView'),
  snapshots: later(() => import('../views/snapshots/snapshots-view.tsx'), 'SnapshotsView'),
  backups: later(() => import('../views/backups/backups-view.tsx'), 'BackupsView'),
  policies: later(() => import('../views/policies/policies-view.tsx'), 'PoliciesView'),
  drills: later(() => import('../views/drills/drills-view.tsx'), 'DrillsView'),
  remotes: later(() => import('../views/remotes/remotes-view.tsx'), 'RemotesView'),
  builder: later(() => import('../views/builder/builder-view.tsx'), 'BuilderView'),
  transfers: later(() => import('../views/transfers/transfers-view.tsx'), 'TransfersView'),
  keys: later(() => import('../views/keys/keys-view.tsx'), 'KeysView'),
  network: later(() => import('../views/network/network-view.tsx'), 'NetworkView'),
  templates: later(() => import('../views/templates/templates-view.tsx'), 'TemplatesView'),
  market: later(() => import('../views/market/market-view.tsx'), 'MarketView'),
  'recycle-bin': later(() => import('../views/recycle-bin/recycle-bin-view.tsx'), 'RecycleBinView'),
  account: later(() => import('../views/account/account-view.tsx'), 'AccountView'),
  operator: later(() => import('../views/operator/operator-view.tsx'), 'OperatorView'),
} satisfies Record<string, View>;

export type ViewName = keyof typeof views;

export function viewsFor(isOperator: boolean): ViewName[] {
  const names = Object.keys(views) as ViewName[];
  return names.filter((name) => name !== 'operator' || isOperator);
}
