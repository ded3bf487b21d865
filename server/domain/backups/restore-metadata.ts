/**
 * The metadata of AWS Backup's restores: what a restore is asked for with, by the names that AWS
 * documents, all of them texts, some of which are JSON. What a recovery point says of its machine is
 * in the same form, so that it can be changed and sent back. A name that asks for what there is not
 * is refused.
 */
import type { ServiceError } from '../../../api/service-error.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { VolumeOrder } from '../new-volumes.ts';
import { invalidParameter } from './arns.ts';
import type { RestoreWishes } from './recorded-machine.ts';

export type RestoreMetadata = Record<string, string>;

/** Of who made the recovery point, and asks for nothing. */
const ignored = ['aws:backup:request-id'];

export function machineMetadata({ machine }: ImageRow): RestoreMetadata {
  if (!machine) return {};
  const { instanceType, keyName, vpcId, subnetId, availabilityZone, securityGroups } = machine;
  const { shutdownBehavior, disableApiTermination = false, monitoring, userData } = machine;
  const { cpuOptions, cpuCredits } = machine;
  return {
    InstanceType: instanceType,
    ...(keyName !== undefined && { KeyName: keyName }),
    ...(vpcId !== undefined && { VpcId: vpcId }),
    ...(subnetId !== undefined && { SubnetId: subnetId }),
    SecurityGroupIds: JSON.stringify(securityGroups.map(({ id }) => id)),
    ...(availabilityZone !== undefined && {
      Placement: JSON.stringify({ AvailabilityZone: availabilityZone, Tenancy: 'default' }),
    }),
    InstanceInitiatedShutdownBehavior: shutdownBehavior,
    DisableApiTermination: String(disableApiTermination),
    Monitoring: JSON.stringify({ State: monitoring ? 'enabled' : 'disabled' }),
    ...(cpuOptions && {
      CpuOptions: JSON.stringify({
        CoreCount: cpuOptions.coreCount,
        ThreadsPerCore: cpuOptions.threadsPerCore,
      }),
    }),
    ...(cpuCredits && { CreditSpecification: JSON.stringify({ CpuCredits: cpuCredits }) }),
    ...(userData !== undefined && { UserData: userData }),
  };
}

export function volumeMetadata({ volumeId, volumeSizeGiB, encryption }: SnapshotRow) {
  return {
    volumeId,
    volumeSize: String(volumeSizeGiB),
    encrypted: String(encryption !== undefined),
    ...(encryption && { kmsKeyId: encryption.keyId }),
  };
}

type Reader<Wish> = (text: string, name: string) => Wish;

const machineReaders: Record<string, Reader<RestoreWishes>> = {
  InstanceType: (instanceType) => ({ instanceType }),
  KeyName: (keyName) => (keyName === '' ? {} : { keyName }),
  // The subnet says it, and `checkSaid` that it does.
  VpcId: () => ({}),
  SubnetId: (subnetId) => ({ subnetId }),
  SecurityGroupIds: (text, name) => ({ securityGroupIds: textsIn(text, name) }),
  Placement(text, name) {
    const { AvailabilityZone: availabilityZone, ...rest } = objectIn(text, name);
    checkFixed(name, rest, { Tenancy: 'default', GroupName: '' });
    if (availabilityZone === undefined || availabilityZone === null) return {};
    if (typeof availabilityZone === 'string') return { availabilityZone };
    throw wrong(name, text, 'of one AvailabilityZone');
  },
  InstanceInitiatedShutdownBehavior: (text, name) => ({
    shutdownBehavior: oneOf(text, name, ['stop', 'terminate']),
  }),
  DisableApiTermination: (text, name) => ({ disableApiTermination: flag(text, name) }),
  Monitoring(text, name) {
    const { State = 'disabled', ...rest } = objectIn(text, name);
    checkFixed(name, rest, {});
    return { monitoring: oneOf(String(State), name, ['disabled', 'enabled']) === 'enabled' };
  },
  CpuOptions(text, name) {
    const { CoreCount, ThreadsPerCore, ...rest } = objectIn(text, name);
    checkFixed(name, rest, {});
    return {
      cpuOptions: {
        ...(CoreCount !== undefined && { coreCount: Number(CoreCount) }),
        ...(ThreadsPerCore !== undefined && { threadsPerCore: Number(ThreadsPerCore) }),
      },
    };
  },
  CreditSpecification(text, name) {
    const { CpuCredits, ...rest } = objectIn(text, name);
    checkFixed(name, rest, {});
    return { cpuCredits: oneOf(String(CpuCredits), name, ['standard', 'unlimited']) };
  },
  UserData: (userData) => ({ userData }),
  EbsOptimized: (text, name) => none(flag(text, name), name),
  HibernationOptions(text, name) {
    const { Configured = false, ...rest } = objectIn(text, name);
    checkFixed(name, rest, {});
    return none(Configured !== false, name);
  },
};

export function machineWishes(metadata: RestoreMetadata): RestoreWishes {
  return Object.assign({}, ...readAll(metadata, machineReaders));
}

const volumeReaders: Record<string, Reader<Partial<VolumeOrder>>> = {
  // What the recovery point is of: see `checkSaid`.
  volumeId: () => ({}),
  availabilityZone: (availabilityZone) => ({ availabilityZone }),
  volumeType: (volumeType) => ({ volumeType }),
  volumeSize: (text, name) => ({ sizeGiB: count(text, name) }),
  iops: (text, name) => ({ iops: count(text, name) }),
  throughput: (text, name) => ({ throughputMiBps: count(text, name) }),
  encrypted: (text, name) => (flag(text, name) ? { encrypted: true } : {}),
  kmsKeyId: (kmsKeyId) => (kmsKeyId === '' ? {} : { kmsKeyId }),
};

export function volumeWishes(metadata: RestoreMetadata): Partial<VolumeOrder> {
  return Object.assign({}, ...readAll(metadata, volumeReaders));
}

/** What decides nothing is as it is, where it is said. */
export function checkSaid(
  metadata: RestoreMetadata,
  name: 'VpcId' | 'volumeId' | 'encrypted',
  ...is: (string | undefined)[]
): void {
  if (!Object.hasOwn(metadata, name) || is.includes(metadata[name])) return;
  throw invalidParameter(
    `Metadata ${name} is '${metadata[name]}', and of what is restored it is '${is[0] ?? ''}'.`,
  );
}

function readAll<Wish>(metadata: RestoreMetadata, readers: Record<string, Reader<Wish>>): Wish[] {
  return Object.entries(metadata)
    .filter(([name]) => !ignored.includes(name))
    .map(([name, text]) => {
      const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
      if (read) return read(text, name);
      throw invalidParameter(
        `Metadata ${name} is not supported; there are ${Object.keys(readers).join(', ')}.`,
      );
    });
}

function objectIn(text: string, name: string): Record<string, unknown> {
  const value = jsonIn(text, name);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw wrong(name, text, 'a JSON object');
}

function textsIn(text: string, name: string): string[] {
  const value = jsonIn(text, name);
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw wrong(name, text, 'a JSON list of texts');
}

function jsonIn(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(name, text, 'JSON');
  }
}

function flag(text: string, name: string): boolean {
  return oneOf(text, name, ['true', 'false']) === 'true';
}

function count(text: string, name: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw wrong(name, text, 'a number');
}

function oneOf<const Value extends string>(
  text: string,
  name: string,
  values: readonly Value[],
): Value {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw wrong(name, text, values.join(' or '));
}

function checkFixed(name: string, given: object, fixed: Record<string, string>): void {
  for (const [member, value] of Object.entries(given)) {
    if (value !== fixed[member] && value !== null) none(true, `${name}.${member}`);
  }
}

/** Of what there is not. */
function none(isWanted: boolean, name: string): RestoreWishes {
  if (isWanted) throw invalidParameter(`Metadata ${name} asks for what there is not.`);
  return {};
}

function wrong(name: string, text: string, what: string): ServiceError {
  return invalidParameter(`Metadata ${name} must be ${what}: '${text}'.`);
}
