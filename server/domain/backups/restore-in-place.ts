/**
 * A restore of an instance in place: its root volume is replaced by that of a backup, as
 * CreateReplaceRootVolumeTask does it. The old one stays, and the other volumes are as they are.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { KeyMaking } from '../kms-keys.ts';
import { orderRootReplacement } from '../order-root-replacement.ts';
import type { Viewer } from '../viewer.ts';
import { volumesOf } from '../volumes.ts';
import { type BackupRow, isImage } from './backups.ts';
import type { RestoreDifference } from './recorded-machine.ts';

export async function orderRestoreInPlace(
  transaction: CatalogTransaction,
  viewer: Viewer,
  backup: BackupRow,
  making: KeyMaking,
): Promise<{ id: string; differences: RestoreDifference[] }> {
  const instanceId = await instanceOf(transaction, backup);
  if (instanceId === undefined) {
    throw new ServiceError(
      'InvalidParameterValue',
      `${backup.id} was made of no instance: there is none to be restored in place.`,
    );
  }
  checkRuns(await transaction.instances.get(instanceId));
  const source = isImage(backup) ? { imageId: backup.id } : { snapshotId: backup.id };
  const order = { instanceId, ...source, deleteReplaced: false, tags: {} };
  const { id } = await orderRootReplacement(transaction, viewer, order, making);
  const instance = await transaction.instances.get(instanceId);
  const volumes = await volumesOf(transaction, { id: instanceId });
  const others = volumes.flatMap(({ id: volumeId, attachment }) =>
    attachment && attachment.deviceName !== instance?.rootDeviceName
      ? [{ volumeId, deviceName: attachment.deviceName }]
      : [],
  );
  const differences = others.map(({ volumeId, deviceName }) => ({
    member: 'BlockDeviceMappings',
    now: `${deviceName}: ${volumeId}`,
    reason: 'in place the root volume alone is restored; this one stays as it is',
  }));
  return { id, differences };
}

/** What it would have to be is said before what it is not is refused. */
function checkRuns(instance: InstanceRow | undefined): void {
  if (!instance || instance.state === 'running') return;
  const { id, state } = instance;
  const canRun = state === 'stopped' || state === 'stopping' || state === 'pending';
  const advice = canRun
    ? 'a root volume is replaced while it runs. Start it first, or restore it as a new instance'
    : 'it can be restored as a new instance only';
  throw new ServiceError('IncorrectInstanceState', `The instance '${id}' is ${state}: ${advice}.`);
}

/** Of a snapshot by itself the one that has its volume now. */
async function instanceOf(
  { volumes }: CatalogTransaction,
  row: BackupRow,
): Promise<string | undefined> {
  if (isImage(row)) {
    return row.backup?.sourceId ?? row.machine?.instanceId ?? row.sourceInstanceId;
  }
  const volume = await volumes.get(row.volumeId);
  const own = volume?.account === row.account ? volume : undefined;
  return row.backup?.instanceId ?? own?.attachment?.instanceId;
}
