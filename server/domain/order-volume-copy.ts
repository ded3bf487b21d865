/**
 * What CopyVolumes writes down: the copy, `creating`, and the task that gives it what its source
 * was at one point in time. The cut between what is copied and what comes after is a capture's, so
 * it has a snapshot's row while it is made, which is nobody's to see and goes with the task:
 *
 *   creating --what lies below the cut is the base of both--> available
 *       \--failed--> error
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { VolumeBase, VolumeFigures, VolumeRow } from '../catalog/rows/volume.ts';
import { type EncryptionRequest, volumeCopyEncryption } from './ebs-encryption.ts';
import type { KeyMaking } from './kms-keys.ts';
import type { VolumeCapture } from './order-capture.ts';
import { productCodesOf } from './product-codes.ts';
import { pendingSnapshot } from './snapshots.ts';
import { newTask } from './tasks.ts';
import type { Owner } from './viewer.ts';
import { checkedFigures, defaultVolumeType } from './volume-types.ts';

/** No account has this id: what it owns is seen by nobody. */
const nobody = '';

export const copyVolumeKind = 'copy-volume';

/** The input of the durable task. */
export interface CopyVolumeInput extends VolumeCapture {
  copyId: string;
  /** How the copy opens what is cut; absent: by its own key, or it is as plain as the copy. */
  base?: Pick<VolumeBase, 'encryption'>;
}

export interface VolumeCopyOrder extends Partial<VolumeFigures>, EncryptionRequest {
  tags: Tags;
}

export async function orderVolumeCopy(
  transaction: CatalogTransaction,
  viewer: Owner,
  source: VolumeRow,
  order: VolumeCopyOrder,
  making: KeyMaking,
): Promise<VolumeRow> {
  const { clock, ids } = making;
  const { sizeGiB = source.sizeGiB, volumeType = defaultVolumeType, iops, throughputMiBps } = order;
  checkCopyable(source, sizeGiB);
  const { encryption, base } = await volumeCopyEncryption(
    transaction,
    viewer,
    order,
    source,
    making,
  );
  const now = clock.now();
  const { account, region, host, availabilityZone } = source;
  const copy: VolumeRow = {
    id: ids.resource('vol'),
    account,
    region,
    createdAt: now.toISOString(),
    host,
    state: 'creating',
    ...checkedFigures({ sizeGiB, volumeType, iops, throughputMiBps }),
    sourceVolumeId: source.id,
    ...(encryption && { encryption }),
    availabilityZone,
    ...productCodesOf(source),
    layers: [{ number: 0, fresh: true }],
    nextLayer: 1,
    tags: order.tags,
  };
  const cut = { id: ids.resource('snap'), description: '', tags: {}, now };
  const ofSource = { volumeId: source.id, snapshotId: cut.id };
  const input: CopyVolumeInput = { ...ofSource, copyId: copy.id, ...(base && { base }) };
  const task = { kind: copyVolumeKind, subject: copy.id, account, region, host, input };
  await transaction.volumes.insert(copy);
  await transaction.snapshots.insert({ ...pendingSnapshot(source, cut), account: nobody });
  await transaction.tasks.insert(newTask(task, making));
  return copy;
}

function checkCopyable({ id, state, sizeGiB: least }: VolumeRow, sizeGiB: number): void {
  if (state !== 'in-use' && state !== 'available') {
    throw new ServiceError('IncorrectState', `Volume '${id}' is in the '${state}' state.`);
  }
  if (sizeGiB >= least) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `The size of a copy is at least that of its source: ${least}GiB.`,
  );
}
