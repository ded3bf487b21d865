/** Machines that tasks have for a while: of builds, and of drills. */
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceState } from '../catalog/rows/instance.ts';
import { groupsOf } from '../domain/accounts.ts';
import type { Owner, Viewer } from '../domain/viewer.ts';
import { TaskFailure, type TaskServices } from './task.ts';

const pollMs = 50;

/** Where nobody names one: large enough to work on, small enough for any host. */
export const usualTypes = ['t3.small', 't3.micro', 't3.nano'];

/** The account sees what it belongs to, as it does when it orders. */
export async function ownerAsViewer(
  { accounts }: CatalogReader,
  { account, region }: Owner,
): Promise<Viewer> {
  const row = await accounts.get(account);
  return { account, region, groups: row ? groupsOf(row) : [] };
}

/** For the first of the types that there is room for; there is one at least. */
export async function forFirstWithRoom<Planned>(
  types: readonly string[],
  plan: (instanceType: string) => Promise<Planned>,
): Promise<Planned> {
  const [first = '', ...others] = types;
  return plan(first).catch((error) => {
    const isFull = error instanceof ServiceError && error.code === 'InsufficientInstanceCapacity';
    if (!isFull || others.length === 0) throw error;
    return forFirstWithRoom(others, plan);
  });
}

export async function untilState(
  { catalog }: TaskServices,
  signal: AbortSignal,
  instanceId: string,
  wanted: InstanceState,
): Promise<void> {
  for (;;) {
    const row = await catalog.read(({ instances }) => instances.get(instanceId));
    if (row?.state === wanted || (!row && wanted === 'terminated')) return;
    if (!isOnTheWay(row?.state, wanted)) {
      const code = row?.stateReason?.code ?? 'Client.InstanceEnded';
      const why = row?.stateReason?.message ?? 'somebody ended it';
      throw new TaskFailure(code, `${code}: the instance ${instanceId} ended: ${why}`);
    }
    await delay(pollMs, undefined, { signal });
  }
}

function isOnTheWay(state: InstanceState | undefined, wanted: InstanceState): boolean {
  if (wanted === 'running') return state === 'pending';
  if (wanted === 'stopped') return state === 'running' || state === 'stopping';
  return true;
}
