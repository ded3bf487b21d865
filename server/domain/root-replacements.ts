/**
 * Replacements of root volumes: which are under way, and the moves of rows that
 * tasks/replace-root-volume.ts makes. They are ordered in order-root-replacement.ts.
 *
 *   pending --guest halted--> in-progress --booted--> succeeded
 *      \------------------------+--undone: failing--> failed, failed-detached
 *
 * The new volume waits unattached. The old one, while nobody knows yet whether it is needed again,
 * is in use without an attachment, so that nobody takes or deletes it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { RootReplacementRow } from '../catalog/rows/root-replacement.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { requiredRows } from './resource-ids.ts';

export const requiredRootReplacements = requiredRows('rootReplacement');

const unfinishedReplacements = [
  'pending',
  'in-progress',
  'failing',
] as const satisfies readonly RootReplacementRow['state'][];

export const replaceRootVolumeKind = 'replace-root-volume';

/** The input of the durable task. */
export interface ReplaceRootVolumeInput {
  replacementId: string;
  instanceId: string;
  /** The guest is halted for it as for a reboot. */
  reboot: true;
}

/** What is being replaced is not captured, and not replaced a second time. */
export async function checkNoReplacement(reader: CatalogReader, instanceId: string): Promise<void> {
  const where = { instanceId, state: unfinishedReplacements };
  if ((await reader.rootReplacements.count({ where })) === 0) return;
  throw new ServiceError(
    'IncorrectState',
    `The root volume of the instance '${instanceId}' is being replaced.`,
  );
}

/** The other volume in the place of the one that is there; whether it was there. */
export async function exchangeRoots(
  transaction: CatalogTransaction,
  { attached, free }: { attached: string; free: string },
  now: Date,
): Promise<boolean> {
  const [from, to] = [await transaction.volumes.get(attached), await transaction.volumes.get(free)];
  if (!from || !to) throw new Error(`the volume ${from ? free : attached} is gone`);
  if (!from.attachment) return false;
  const { attachment, ...detached } = from;
  await transaction.volumes.update(detached);
  const attachedAt = now.toISOString();
  await transaction.volumes.update({ ...to, attachment: { ...attachment, attachedAt } });
  return true;
}

/** What the instance is from now on, its root replaced by another. */
export function withReplacedRoot(
  instance: InstanceRow,
  { imageId = instance.imageId, replacedVolumeId }: RootReplacementRow,
): InstanceRow {
  const { formerRootVolumeIds: before = [] } = instance;
  return { ...instance, imageId, formerRootVolumeIds: [...before, replacedVolumeId] };
}

/** And what it was. */
export function withFormerRoot(
  instance: InstanceRow,
  { replacedImageId: imageId, replacedVolumeId }: RootReplacementRow,
): InstanceRow {
  const { formerRootVolumeIds: ids = [] } = instance;
  const formerRootVolumeIds = ids.filter((id) => id !== replacedVolumeId);
  return { ...instance, imageId, formerRootVolumeIds };
}

/**
 * The end of a replacement: the volume that is not attached is the owner's again, or goes. Answers
 * the one that goes.
 */
export async function endReplacement(
  transaction: CatalogTransaction,
  row: RootReplacementRow,
  expected: 'succeeded' | 'failed',
  now: Date,
): Promise<string | undefined> {
  const { volumeId, replacedVolumeId, isOwnVolume, deleteReplaced } = row;
  const [fresh, replaced] = [
    await transaction.volumes.get(volumeId),
    await transaction.volumes.get(replacedVolumeId),
  ];
  // What was done counts, although the task that did it could not be told.
  const outcome = fresh?.attachment ? 'succeeded' : expected;
  // Terminated meanwhile, an instance has let go of the one that it had.
  const isDetached = !fresh?.attachment && !replaced?.attachment;
  const state = outcome === 'failed' && isDetached ? 'failed-detached' : outcome;
  const completedAt = now.toISOString();
  await transaction.rootReplacements.update({ ...row, state, completedAt });
  const [spare, goes] =
    outcome === 'succeeded' ? [replaced, deleteReplaced] : [fresh, !isOwnVolume];
  for (const volume of [fresh, replaced]) {
    if (!volume || volume.attachment || !isWaiting(volume)) continue;
    const next = volume === spare && goes ? 'deleting' : 'available';
    await transaction.volumes.update({ ...volume, state: next });
  }
  return spare && !spare.attachment && goes ? spare.id : undefined;
}

/** One that a terminated instance had is `deleting` or `available` already. */
function isWaiting({ state }: VolumeRow): boolean {
  return state === 'in-use' || state === 'creating';
}
