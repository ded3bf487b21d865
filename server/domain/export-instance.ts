/**
 * Exports of instances: what CreateInstanceExportTask writes down (a snapshot of the volume, and the
 * export of that), and the input of the task that carries it out (tasks/export-instance.ts).
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { ExportInstanceTaskRow } from '../catalog/rows/export-task.ts';
import type { Tags } from '../catalog/rows/row.ts';
import {
  checkExportable,
  type ExportIdentity,
  type ExportImageInput,
  exportKey,
} from './exports.ts';
import { imageUsing } from './images.ts';
import { requiredInstance } from './instances.ts';
import { cancelUnwanted } from './order-capture.ts';
import { orderSnapshot } from './order-snapshots.ts';
import { newTask } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';
import { stayingVolumes } from './volume-attachments.ts';

export const targetEnvironments = ['citrix', 'microsoft', 'vmware'] as const;

export interface ExportInstanceInput {
  exportId: string;
  snapshotId: string;
  format: ExportImageInput['format'];
  folder: string;
  key: string;
}

export interface InstanceExportOrder {
  instanceId: string;
  description?: string;
  targetEnvironment: ExportInstanceTaskRow['targetEnvironment'];
  format: ExportInstanceTaskRow['format'];
  container?: 'ova';
  folder: string;
  prefix: string;
  tags: Tags;
}

export async function orderInstanceExport(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { container, ...order }: InstanceExportOrder,
  identity: ExportIdentity,
): Promise<ExportInstanceTaskRow> {
  const instance = await requiredInstance(transaction, viewer, order.instanceId);
  await checkExportable(transaction, viewer, instance);
  const [volume, ...more] = await stayingVolumes(transaction, instance);
  // In EC2's own words.
  if (!volume || more.length > 0) {
    throw new ServiceError(
      'UnsupportedOperation',
      'This instance has multiple volumes attached. Please remove additional volumes.',
    );
  }
  if (volume.encryption) {
    throw new ServiceError(
      'NotExportable',
      `The instance ${instance.id} cannot be exported: its volume is encrypted.`,
    );
  }
  const { clock, ids, hostId } = identity;
  const id = ids.resource('export-i');
  const about = { description: `Created for export task ${id}`, tags: {} };
  const snapshot = await orderSnapshot(transaction, volume, about, { clock, ids });
  const { folder, prefix } = order;
  const format = container === 'ova' ? 'OVA' : order.format;
  const key = exportKey({ prefix, id, index: 0, format });
  const { account, region } = viewer;
  const row: ExportInstanceTaskRow = {
    id,
    account,
    region,
    createdAt: clock.now().toISOString(),
    state: 'active',
    progressPercent: 0,
    ...order,
    key,
    ...(container && { container }),
  };
  await transaction.exportInstanceTasks.insert(row);
  const input: ExportInstanceInput = { exportId: id, snapshotId: snapshot.id, format, folder, key };
  const task = { kind: 'export-instance', subject: id, account, region, host: hostId, input };
  await transaction.tasks.insert(newTask(task, identity));
  return row;
}

/** What nobody has made anything of meanwhile. */
export async function removeExportedSnapshot(
  transaction: CatalogTransaction,
  owner: Owner,
  id: string,
): Promise<void> {
  const snapshot = await transaction.snapshots.get(id);
  if (!snapshot || (await imageUsing(transaction, snapshot))) return;
  await transaction.snapshots.delete(id);
  if (snapshot.state === 'pending') await cancelUnwanted(transaction, owner);
}
