/**
 * Whose backup it is that a drill tries, and what was said once of when that source is well: the
 * drill looks at that first. It is taken as it is when the drill is ordered.
 */
import type { DrillLooks } from '../../../api/imago-drill-checks.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { sourceIdOf } from '../../catalog/rows/backup.ts';
import { type DrillPlan, type DrillRow, triedBy } from '../../catalog/rows/drill.ts';
import type { DrillChecksRow } from '../../catalog/rows/drill-checks.ts';
import { isSet } from '../backups/snapshot-sets.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { drillPlan } from './plan.ts';

export function drillChecksId({ account }: Pick<Owner, 'account'>, sourceId: string): string {
  return `${account}/${sourceId}`;
}

export async function requiredDrillChecks(
  { drillChecks }: CatalogReader,
  owner: Owner,
  sourceId: string,
): Promise<DrillChecksRow> {
  const row = await drillChecks.get(drillChecksId(owner, sourceId));
  if (row) return row;
  const message = `Nothing is said of when '${sourceId}' is well.`;
  throw new ServiceError('ResourceNotFoundException', message);
}

/** The instance, or the volume; of a boot disk that was taken with a machine's others the machine. */
export async function sourceOfTried(
  { images, snapshots }: CatalogReader,
  owner: Owner,
  tried: Pick<DrillRow, 'imageId' | 'snapshotId'>,
): Promise<string | undefined> {
  const id = triedBy(tried);
  const image = await images.get(id);
  if (image) return isOwn(owner, image) ? sourceIdOf(image) : undefined;
  const snapshot = await snapshots.get(id);
  if (!snapshot || !isOwn(owner, snapshot)) return undefined;
  return isSet(snapshot) ? snapshot.set.machine.instanceId : sourceIdOf(snapshot);
}

/** What is asked for goes before what was said of the source, which goes before what is usual. */
export async function planWithChecksOf(
  { drillChecks }: CatalogReader,
  owner: Owner,
  sourceId: string | undefined,
  { asked, usual }: { asked: DrillPlan; usual?: Pick<DrillPlan, 'instanceType'> },
): Promise<DrillPlan> {
  const said = sourceId && (await drillChecks.get(drillChecksId(owner, sourceId)));
  if (!said) return { ...usual, ...asked };
  const its = drillPlan(said.drill as DrillLooks);
  const compare = new Set([...(its.compare ?? []), ...(asked.compare ?? [])]);
  return {
    ...usual,
    ...its,
    ...asked,
    checks: [...its.checks, ...asked.checks],
    ...(compare.size > 0 && { compare: [...compare] }),
  };
}
