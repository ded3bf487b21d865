/**
 * What of an instance a backup remembers at its capture, and how a launch is made of it that is as
 * the instance was. What cannot be as it was (an address that is taken, a group that is no more) is
 * told, never silently left out.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { RecordedMachine } from '../../catalog/rows/recorded-machine.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { defaultInstanceType } from '../instance-types.ts';
import type { LaunchRequest } from '../launch.ts';
import type { Site } from '../site.ts';
import { userTags } from '../tags.ts';
import type { Viewer } from '../viewer.ts';
import { stayingVolumes } from '../volume-attachments.ts';
import { figuresOfVolume } from '../volumes.ts';
import { keyOfMachine, metadataOfMachine, placeOfMachine } from './machine-place.ts';

export const asked = 'it was asked for';

/** In what a restored instance is not as the one that it was made of. */
export interface RestoreDifference {
  /** As EC2 calls it in an instance. */
  member: string;
  was?: string;
  now?: string;
  /** The launch itself gives what it is `now`, and each launch another. */
  atLaunch?: true;
  reason: string;
}

/** To be written into the row of the image, in the transaction that orders its capture. */
export async function recordMachine(
  reader: CatalogReader,
  instance: InstanceRow,
): Promise<RecordedMachine> {
  const groups = await reader.securityGroups.list({ where: { id: instance.securityGroupIds } });
  const attached = await stayingVolumes(reader, instance);
  const { instanceType, keyName, publicKey, vpcId, subnetId, availabilityZone } = instance;
  const { privateIp, publicIp, userData, metadataOptions, shutdownBehavior } = instance;
  const { cpuOptions, cpuCredits, monitoring, disableApiTermination, disableApiStop } = instance;
  const { autoRecovery, capacityReservationPreference, tags } = instance;
  const { networkInterfaceDescription, networkInterfaceTags } = instance;
  return {
    instanceId: instance.id,
    instanceType,
    keyName,
    publicKey,
    vpcId,
    subnetId,
    availabilityZone,
    privateIp,
    publicIp,
    userData,
    metadataOptions,
    shutdownBehavior,
    cpuOptions,
    cpuCredits,
    monitoring,
    disableApiTermination,
    disableApiStop,
    autoRecovery,
    capacityReservationPreference,
    networkInterfaceDescription,
    networkInterfaceTags,
    tags,
    securityGroups: groups.map(({ id, name }) => ({ id, name })),
    volumes: attached.map((volume) => ({
      deviceName: volume.attachment?.deviceName ?? '',
      volumeId: volume.id,
      ...figuresOfVolume(volume),
      ...(volume.encryption && { encrypted: true as const }),
      tags: volume.tags,
    })),
  };
}

/** What the viewer may know of it: all of one's own, and nothing of another's image. */
export function recordedMachine(
  { account, machine }: ImageRow,
  viewer: Pick<Viewer, 'account'>,
): RecordedMachine | undefined {
  return account === viewer.account ? machine : undefined;
}

/** The same image without it. */
export function withoutMachine<Row extends ImageRow>({ machine: _, ...image }: Row) {
  return image;
}

/** What is wanted otherwise than it was. */
export type RestoreWishes = Partial<Omit<LaunchRequest, 'imageId' | 'count'>>;

export interface MachineLaunch {
  request: LaunchRequest;
  /** By device name. */
  volumeTags: ReadonlyMap<string, Tags>;
  differences: RestoreDifference[];
}

/**
 * How an instance is launched of an image that is as the one that the image was made of; `lost`:
 * devices of which it has nothing any more.
 */
export async function launchOfMachine(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
  about: { wishes?: RestoreWishes; site: Site; lost?: readonly string[] },
): Promise<MachineLaunch> {
  const { site, lost = [] } = about;
  const wishes = definedOf(about.wishes);
  checkExcluded(image, wishes);
  const machine = recordedMachine(image, viewer);
  if (!machine) return launchWithoutRecord(image, wishes);
  const place = await placeOfMachine(reader, viewer, machine, { wishes, site });
  const key = await keyOfMachine(reader, viewer, machine, wishes);
  const metadata = await metadataOfMachine(reader, viewer, machine, wishes);
  const { instanceType = machine.instanceType } = wishes;
  const sameType = instanceType === machine.instanceType;
  const request: LaunchRequest = {
    ...usualLaunch(image),
    associatePublicIp: machine.publicIp !== undefined,
    shutdownBehavior: machine.shutdownBehavior,
    cpuOptions: sameType ? (machine.cpuOptions ?? {}) : {},
    cpuCredits: sameType ? machine.cpuCredits : undefined,
    monitoring: machine.monitoring ?? false,
    disableApiTermination: machine.disableApiTermination ?? false,
    disableApiStop: machine.disableApiStop ?? false,
    autoRecovery: machine.autoRecovery ?? 'default',
    capacityReservationPreference: machine.capacityReservationPreference ?? 'open',
    networkInterfaceDescription: machine.networkInterfaceDescription,
    networkInterfaceTags: userTags(machine.networkInterfaceTags ?? {}),
    instanceTags: userTags(machine.tags),
    ...wishes,
    instanceType,
    userData: (wishes.userData ?? machine.userData) || undefined,
    keyName: key.keyName,
    ...place.request,
    metadataOptions: metadata.options,
  };
  return {
    request,
    volumeTags: new Map(
      machine.volumes.map(({ deviceName, tags }) => [deviceName, userTags(tags)]),
    ),
    differences: [
      ...typeDifferences(machine, request),
      ...place.differences,
      ...key.differences,
      ...metadata.differences,
      ...publicAddressDifferences(machine, request),
      ...userDataDifferences(machine, request),
      ...volumeDifferences(machine, image, { lost, excluded: excludedBy(wishes) }),
    ],
  };
}

/** What is left out may be there all the same, and say nothing. */
function definedOf(wishes: RestoreWishes = {}): RestoreWishes {
  return Object.fromEntries(Object.entries(wishes).filter(([, wish]) => wish !== undefined));
}

function usualLaunch({ id }: ImageRow): LaunchRequest {
  return {
    imageId: id,
    count: { min: 1, max: 1 },
    instanceType: defaultInstanceType,
    securityGroupIds: [],
    securityGroupNames: [],
    associatePublicIp: true,
    mappings: [],
    metadataOptions: {},
    shutdownBehavior: 'stop',
    cpuOptions: {},
    monitoring: false,
    disableApiTermination: false,
    disableApiStop: false,
    autoRecovery: 'default',
    capacityReservationPreference: 'open',
    instanceTags: {},
    volumeTags: {},
    networkInterfaceTags: {},
  };
}

function launchWithoutRecord(image: ImageRow, wishes: RestoreWishes): MachineLaunch {
  const request = { ...usualLaunch(image), ...wishes };
  const reason = `${image.id} remembers nothing of the instance that it was made of: what was not asked for is as in any launch`;
  return {
    request,
    volumeTags: new Map(),
    differences: [{ member: 'InstanceType', now: request.instanceType, reason }],
  };
}

function typeDifferences(
  { instanceType: was, cpuOptions, cpuCredits }: RecordedMachine,
  { instanceType: now }: LaunchRequest,
): RestoreDifference[] {
  if (was === now) return [];
  const differences: RestoreDifference[] = [{ member: 'InstanceType', was, now, reason: asked }];
  const ofType = `it was for the type ${was}`;
  if (cpuOptions) {
    const { coreCount, threadsPerCore } = cpuOptions;
    const text = `${coreCount} cores of ${threadsPerCore} threads`;
    differences.push({ member: 'CpuOptions', was: text, reason: ofType });
  }
  if (cpuCredits) {
    differences.push({ member: 'CreditSpecification', was: cpuCredits, reason: ofType });
  }
  return differences;
}

function publicAddressDifferences(
  { publicIp: was }: RecordedMachine,
  { associatePublicIp }: LaunchRequest,
): RestoreDifference[] {
  const member = 'PublicIpAddress';
  if (was === undefined) {
    return associatePublicIp ? [{ member, atLaunch: true, reason: asked }] : [];
  }
  if (!associatePublicIp) return [{ member, was, reason: asked }];
  return [{ member, was, atLaunch: true, reason: 'public addresses are given at each launch' }];
}

/** What it says is a secret of the machine's. */
function userDataDifferences(
  { userData: was }: RecordedMachine,
  { userData: now }: LaunchRequest,
): RestoreDifference[] {
  if (was === now) return [];
  const told = { was: was && 'what it had', now: now && 'another' };
  return [{ member: 'UserData', ...told, reason: asked }];
}

function excludedBy({ mappings = [] }: RestoreWishes): string[] {
  return mappings.filter(({ noDevice }) => noDevice).map(({ deviceName }) => deviceName);
}

/** A launch takes the names of devices that an image has not; here they are a mistake. */
function checkExcluded({ id, blockDeviceMappings }: ImageRow, wishes: RestoreWishes): void {
  const known = blockDeviceMappings.map(({ deviceName }) => deviceName);
  const unknown = excludedBy(wishes).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ServiceError(
    'InvalidParameterValue',
    `${id} has no volume '${unknown}'. It has: ${known.join(', ')}.`,
  );
}

function volumeDifferences(
  { volumes }: RecordedMachine,
  { id, blockDeviceMappings }: ImageRow,
  { lost, excluded }: { lost: readonly string[]; excluded: readonly string[] },
): RestoreDifference[] {
  const kept = blockDeviceMappings
    .map(({ deviceName }) => deviceName)
    .filter((name) => !excluded.includes(name));
  const whyNot = (deviceName: string) => {
    if (excluded.includes(deviceName)) return asked;
    return lost.includes(deviceName)
      ? 'its snapshot is no more, or in the recycle bin'
      : `${id} was made without it`;
  };
  return volumes
    .filter(({ deviceName }) => !kept.includes(deviceName))
    .map(({ deviceName, volumeId, sizeGiB }) => ({
      member: 'BlockDeviceMappings',
      was: `${deviceName}: ${volumeId} of ${sizeGiB} GiB`,
      reason: whyNot(deviceName),
    }));
}
