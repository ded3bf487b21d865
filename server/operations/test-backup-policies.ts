/** What tests of backup policies begin with: policies, their rounds, and captures that end. */
import { lookAtBackups } from '../backup-rounds.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { silentLog } from '../foundations/log.ts';
import { createLifecyclePolicy } from './dlm/CreateLifecyclePolicy.ts';
import type { OperationContext } from './operation.ts';
import type { TestContext } from './test-context.ts';

export const policyRole = 'arn:aws:iam::123456789012:role/dlm';

/** Images of all instances with the tag `backup=yes`, each day at 03:00; three are kept. */
export function policyDetails(schedule: object = {}, details: object = {}) {
  return {
    PolicyType: 'IMAGE_MANAGEMENT',
    ResourceTypes: ['INSTANCE'],
    TargetTags: [{ Key: 'backup', Value: 'yes' }],
    Schedules: [
      {
        Name: 'Daily',
        CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] },
        RetainRule: { Count: 3 },
        ...schedule,
      },
    ],
    ...details,
  };
}

export async function makePolicy(
  context: OperationContext,
  details: object = policyDetails(),
  change: object = {},
): Promise<string> {
  const asked = { ExecutionRoleArn: policyRole, Description: 'All of them', State: 'ENABLED' };
  const request = { ...asked, PolicyDetails: details, ...change };
  return (await createLifecyclePolicy.run(request, context)).PolicyId ?? '';
}

/** One round, as the clock makes it. */
export function round(context: OperationContext): Promise<void> {
  return lookAtBackups({ ...context, orders: context.catalog, log: silentLog });
}

/** Rounds until what begins with one is made, copied, and removed where it is over; a minute each. */
export async function wholeRound(context: TestContext, looks = 3): Promise<void> {
  await round(context);
  for (let look = 0; look < looks; look++) {
    await endCaptures(context);
    context.now = new Date(context.now.getTime() + 60_000);
    await round(context);
  }
}

/** What captures and copies leave: all that is pending becomes whole, or fails. */
export async function endCaptures({ catalog, clock }: OperationContext, isGood = true) {
  const isPending = ({ state }: { state: string }) => state === 'pending';
  const completedAt = clock.now().toISOString();
  await catalog.write(async ({ images, snapshots }) => {
    for (const row of (await snapshots.list()).filter(isPending)) {
      const made = { state: 'completed' as const, root: 'a'.repeat(64), completedAt };
      await snapshots.update({ ...row, ...(isGood ? made : { state: 'error' as const }) });
    }
    for (const row of (await images.list()).filter(isPending)) {
      await images.update({ ...row, state: isGood ? 'available' : 'failed' });
    }
  });
}

export interface Backups {
  images: ImageRow[];
  snapshots: SnapshotRow[];
}

/** All of the policy's, in all regions, the oldest first. */
export async function backupsOf({ catalog }: OperationContext, policyId: string): Promise<Backups> {
  const isOfIt = ({ backup }: ImageRow | SnapshotRow) => backup?.policyId === policyId;
  const byAge = (one: { createdAt: string }, other: { createdAt: string }) =>
    one.createdAt.localeCompare(other.createdAt);
  return catalog.read(async ({ images, snapshots }) => {
    const found: Backups = { images: [], snapshots: [] };
    for await (const row of images.scan()) if (isOfIt(row)) found.images.push(row);
    for await (const row of snapshots.scan()) if (isOfIt(row)) found.snapshots.push(row);
    return { images: found.images.sort(byAge), snapshots: found.snapshots.sort(byAge) };
  });
}
