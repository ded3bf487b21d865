/**
 * What of an instance may be changed after its launch, and when: each function makes the new row of
 * the old one, or throws. What a running guest learns of it at once is the driver's affair
 * (driver/guest-spec.ts): groups and metadata are; another machine is not, so that it is refused
 * unless the instance is stopped.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { CpuCredits, InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { type InstanceType, isBurstable } from './instance-types.ts';
import { incorrectState } from './instances.ts';
import { checkedGroups } from './launch-network.ts';
import { requiredSecurityGroups } from './security-groups.ts';
import { checkUserData } from './user-data.ts';
import type { Owner } from './viewer.ts';

/** Whatever is changed: not of what is about to be gone. */
export function checkModifiable(row: InstanceRow): void {
  if (row.state === 'shutting-down' || row.state === 'terminated') {
    throw incorrectState(row, 'modified');
  }
}

function checkStopped(row: InstanceRow): void {
  if (row.state === 'stopped') return;
  throw new ServiceError(
    'IncorrectInstanceState',
    `The instance '${row.id}' is not in the 'stopped' state.`,
  );
}

/** Of another size at its next start, and all that belonged to the old type forgotten. */
export function withInstanceType(row: InstanceRow, type: InstanceType): InstanceRow {
  checkStopped(row);
  const { cpuCredits, cpuOptions: _, ...rest } = row;
  const credits = isBurstable(type.name) && cpuCredits ? { cpuCredits } : {};
  return { ...rest, ...credits, instanceType: type.name };
}

/** Of a type that knows credits. */
export function withCpuCredits(row: InstanceRow, cpuCredits: CpuCredits): InstanceRow {
  checkModifiable(row);
  if (isBurstable(row.instanceType)) return { ...row, cpuCredits };
  throw new ServiceError(
    'InstanceCreditSpecification.NotSupported',
    `The instance '${row.id}' of type ${row.instanceType} does not support a credit specification.`,
  );
}

/** Base64; an empty text takes it away. */
export function withUserData(row: InstanceRow, userData: string): InstanceRow {
  checkStopped(row);
  checkUserData(userData);
  const { userData: _, ...rest } = row;
  return userData === '' ? rest : { ...rest, userData };
}

/** What the guest's system has a driver for. */
export function withDrivers(
  row: InstanceRow,
  drivers: Pick<InstanceRow, 'enaSupport' | 'sriovNetSupport'>,
): InstanceRow {
  checkStopped(row);
  return { ...row, ...drivers };
}

export async function withGroups(
  reader: CatalogReader,
  owner: Owner,
  row: InstanceRow,
  ids: string[],
): Promise<InstanceRow> {
  if (ids.length === 0) {
    throw new ServiceError('InvalidParameterValue', 'An instance has at least one security group.');
  }
  const groups = await requiredSecurityGroups(reader, owner, { ids, vpcId: row.vpcId });
  const checked = checkedGroups(groups, row.vpcId);
  return { ...row, securityGroupIds: checked.map(({ id }) => id) };
}

export function withProtection(
  row: InstanceRow,
  attribute: 'disableApiTermination' | 'disableApiStop',
  value: boolean,
): InstanceRow {
  const { [attribute]: _, ...rest } = row;
  return value ? { ...rest, [attribute]: true } : rest;
}

export interface AttachmentChange {
  deviceName?: string;
  volumeId?: string;
  deleteOnTermination: boolean;
}

/** The attached volume that is meant, as it is to be. */
export function withDeleteOnTermination(
  volumes: readonly VolumeRow[],
  { deviceName, volumeId, deleteOnTermination }: AttachmentChange,
): VolumeRow {
  const volume = volumes.find(({ attachment }) => attachment?.deviceName === deviceName);
  if (!volume?.attachment || (volumeId !== undefined && volume.id !== volumeId)) {
    throw new ServiceError(
      'InvalidInstanceAttributeValue',
      `No device is currently mapped at ${deviceName}`,
    );
  }
  return { ...volume, attachment: { ...volume.attachment, deleteOnTermination } };
}
