/**
 * ModifyVolume: a volume of another size, type or speed while it is used.
 *
 *   modifying --its machine has it--> completed
 *
 * The row has the new figures from the start, and the driver tells the machine. Nothing is moved
 * for it, so that EC2's `optimizing`, in which it moves data, takes no time; a volume that no
 * machine has is modified when that is written down. EC2's rules of how often hold.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { VolumeFigures, VolumeModification, VolumeRow } from '../catalog/rows/volume.ts';
import type { Viewer } from './viewer.ts';
import { checkedFigures, neededIops } from './volume-types.ts';
import { checkNotBeingCut, figuresOfVolume, requiredVolume } from './volumes.ts';

/** In any 24 hours. */
const modificationsMax = 4;
const rateMs = 24 * 60 * 60 * 1000;

export type ModificationRequest = Partial<VolumeFigures>;

export type ModifiedVolume = VolumeRow & { modification: VolumeModification };

export async function modifyVolume(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  asked: ModificationRequest,
  now: Date,
): Promise<ModifiedVolume> {
  const volume = await requiredVolume(transaction, viewer, id);
  checkModifiable(volume);
  const earlier = startsOf(volume, now);
  checkRate(volume, earlier);
  const to = modifiedFigures(volume, asked);
  if (to.sizeGiB !== volume.sizeGiB) await checkNotBeingCut(transaction, volume);
  const startedAt = now.toISOString();
  const modification: VolumeModification = {
    ...((await hasMachine(transaction, volume))
      ? { state: 'modifying' }
      : { state: 'completed', endedAt: startedAt }),
    from: figuresOfVolume(volume),
    to,
    startedAt,
    earlier,
  };
  const { iops: _, throughputMiBps: __, ...rest } = volume;
  const row = await transaction.volumes.update({ ...rest, ...to, modification });
  return { ...row, modification };
}

function checkModifiable({ id, state, modification }: VolumeRow): void {
  if (state !== 'available' && state !== 'in-use') {
    throw new ServiceError('IncorrectState', `The volume '${id}' is in the '${state}' state.`);
  }
  if (modification?.state !== 'modifying') return;
  throw new ServiceError(
    'IncorrectModificationState',
    `Volume ${id} can't be modified in current modification state: MODIFYING`,
  );
}

/** Of those that still count, oldest first. */
function startsOf({ modification }: VolumeRow, now: Date): string[] {
  const since = new Date(now.getTime() - rateMs).toISOString();
  const starts = modification ? [...modification.earlier, modification.startedAt] : [];
  return starts.filter((start) => start > since);
}

function checkRate({ id }: VolumeRow, starts: readonly string[]): void {
  if (starts.length < modificationsMax) return;
  const first = starts.at(-modificationsMax) ?? '';
  const next = new Date(Date.parse(first) + rateMs).toISOString();
  throw new ServiceError(
    'VolumeModificationRateExceeded',
    `You've reached the maximum modification rate per volume limit: the volume ${id} was modified ${modificationsMax} times within 24 hours. It can be modified again at ${next}.`,
  );
}

function modifiedFigures(volume: VolumeRow, asked: ModificationRequest): VolumeFigures {
  const { sizeGiB = volume.sizeGiB, volumeType = volume.volumeType } = asked;
  if (Object.values(asked).every((value) => value === undefined)) {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain one of the parameters Size, VolumeType, Iops and Throughput.',
    );
  }
  if (sizeGiB < volume.sizeGiB) {
    throw new ServiceError(
      'InvalidParameterValue',
      `New size cannot be smaller than existing size: the volume has ${volume.sizeGiB}GiB.`,
    );
  }
  const isOfType = volumeType === volume.volumeType;
  return checkedFigures({
    sizeGiB,
    volumeType,
    iops: asked.iops ?? (isOfType ? volume.iops : neededIops(volumeType)),
    throughputMiBps: asked.throughputMiBps ?? (isOfType ? volume.throughputMiBps : undefined),
  });
}

export function isModified(volume: VolumeRow): volume is ModifiedVolume {
  return volume.modification !== undefined;
}

/** Whose machine is there, or may be. */
async function hasMachine(reader: CatalogReader, { attachment }: VolumeRow): Promise<boolean> {
  if (!attachment) return false;
  const instance = await reader.instances.get(attachment.instanceId);
  return instance !== undefined && instance.state !== 'stopped';
}

/** Its machine has it as it is, or has ended. */
export function modified(volume: VolumeRow, now: Date): VolumeRow {
  const { modification } = volume;
  if (modification?.state !== 'modifying') return volume;
  const endedAt = now.toISOString();
  return { ...volume, modification: { ...modification, state: 'completed', endedAt } };
}
