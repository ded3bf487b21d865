/**
 * What of an instance a backup remembers at its capture, and how a launch is made of it that is as
 * the instance was. What cannot be as it was (an address that is taken, a group that is no more) is
 * told, never silently left out.
 */
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

/** In what a restored instance is not as the one that it was made of. */
export interface RestoreDifference {
  /** As EC2 calls it in an instance. */
  member: string;
  was?: string;
  now?: string;
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
    userData: machine.userData,
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
      ...volumeDifferences(machine, image, lost),
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
  const reason = 'it was asked for';
  const differences: RestoreDifference[] = [{ member: 'InstanceType', was, now, reason }];
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
    return associatePublicIp ? [{ member, now: 'a new one', reason: 'it was asked for' }] : [];
  }
  if (!associatePublicIp) return [{ member, was, reason: 'it was asked for' }];
  return [{ member, was, now: 'a new one', reason: 'public addresses are given at each launch' }];
}

function volumeDifferences(
  { volumes }: RecordedMachine,
  { id, blockDeviceMappings }: ImageRow,
  lost: readonly string[],
): RestoreDifference[] {
  const kept = new Set(blockDeviceMappings.map(({ deviceName }) => deviceName));
  return volumes
    .filter(({ deviceName }) => !kept.has(deviceName))
    .map(({ deviceName, volumeId, sizeGiB }) => ({
      member: 'BlockDeviceMappings',
      was: `${deviceName}: ${volumeId} of ${sizeGiB} GiB`,
      reason: lost.includes(deviceName) ? 'its snapshot is no more' : `${id} was made without it`,
    }));
}
