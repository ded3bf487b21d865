/**
 * A launch: the rows of the instances and volumes that RunInstances makes of an image and a
 * request. All rules of a launch are checked here, before anything is written; the machines are
 * started by driver/driver.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { MetadataDefaults } from '../catalog/rows/account.ts';
import { type BlockDeviceMapping, type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { CpuCredits, InstanceRow, MetadataOptions } from '../catalog/rows/instance.ts';
import type { SecurityGroupRow, SubnetRow } from '../catalog/rows/network.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { isForSecureBoot } from '../foundations/uefi-data.ts';
import type { Host, HostMeasures } from '../host/host.ts';
import { settingsOf } from './account-settings.ts';
import { type MappingRequest, mergeMappings } from './block-device-mappings.ts';
import { fitting } from './capacity.ts';
import { volumeEncryption } from './ebs-encryption.ts';
import { fastRestored } from './fast-restores.ts';
import type { Wanted } from './free-addresses.ts';
import { allocateGuestUsers } from './guest-users.ts';
import type { Clock, Ids } from './identity.ts';
import {
  type CpuTopology,
  checkCpuCredits,
  checkedCpuOptions,
  requiredInstanceType,
} from './instance-types.ts';
import { macAddress } from './instances.ts';
import { requiredKeyPairs } from './key-pairs.ts';
import { launchedImage, namedImage } from './launch-image.ts';
import { launchAddresses, launchGroups, launchPublicIps, launchSubnet } from './launch-network.ts';
import type { MasterKey } from './master-key.ts';
import { launchMetadataOptions } from './metadata-options.ts';
import { checkSubscribed, productCodesOf } from './product-codes.ts';
import { notFound } from './resource-ids.ts';
import { type Site, zoneOf } from './site.ts';
import { type CompletedSnapshot, completed, snapshotsOfMappings } from './snapshots.ts';
import { checkUserData } from './user-data.ts';
import type { Viewer } from './viewer.ts';
import { launchedVolume } from './volumes.ts';

export interface LaunchRequest {
  imageId: string;
  count: Wanted;
  instanceType: string;
  keyName?: string;
  securityGroupIds: string[];
  securityGroupNames: string[];
  subnetId?: string;
  availabilityZone?: string;
  availabilityZoneId?: string;
  privateIp?: string;
  associatePublicIp: boolean;
  /** Base64. */
  userData?: string;
  mappings: MappingRequest[];
  /** What is left out, the image decides. */
  metadataOptions: Partial<MetadataOptions>;
  shutdownBehavior: 'stop' | 'terminate';
  cpuOptions: Partial<CpuTopology>;
  /** What is left out, the type decides. */
  cpuCredits?: CpuCredits;
  monitoring: boolean;
  disableApiTermination: boolean;
  disableApiStop: boolean;
  autoRecovery: 'default' | 'disabled';
  capacityReservationPreference: 'open' | 'none';
  networkInterfaceDescription?: string;
  clientToken?: string;
  instanceTags: Tags;
  volumeTags: Tags;
  networkInterfaceTags: Tags;
}

export interface Launch {
  /** With the time of this launch, where that is news. */
  image?: ImageRow;
  instances: InstanceRow[];
  volumes: VolumeRow[];
}

export interface LaunchPlace {
  clock: Clock;
  ids: Ids;
  masterKey: MasterKey;
  site: Site;
  measures: HostMeasures;
  host: Pick<Host, 'describe'>;
}

/** EC2's quota for new accounts is lower; this is what one call may ask of one host. */
export const instancesMax = 1000;

/** To be called in the transaction that inserts the rows: addresses are free in what it sees. */
export async function planLaunch(
  reader: CatalogTransaction,
  viewer: Viewer,
  request: LaunchRequest,
  place: LaunchPlace,
): Promise<Launch> {
  const now = place.clock.now();
  const image = await namedImage(reader, viewer, request, now);
  const launch = await planLaunchOf(reader, viewer, { image, request }, place);
  return { image: launchedImage(image, now), ...launch };
}

/** Of what is launched as an image is: whether it may be was asked before. */
export async function planLaunchOf(
  reader: CatalogTransaction,
  viewer: Viewer,
  { image, request }: { image: ImageRow; request: Omit<LaunchRequest, 'imageId'> },
  place: LaunchPlace,
): Promise<Omit<Launch, 'image'>> {
  const type = requiredInstanceType(request.instanceType);
  const cpuOptions = checkedCpuOptions(type, request.cpuOptions);
  checkCpuCredits(type, request.cpuCredits);
  checkUserData(request.userData);
  checkHardware(image, place.host);
  const [key] =
    request.keyName === undefined
      ? []
      : await requiredKeyPairs(reader, viewer, { names: [request.keyName] });
  const subnet = await launchSubnet(reader, viewer, request, place.site);
  const groups = await launchGroups(reader, viewer, request, subnet);
  const snapshots = await launchSnapshots(reader, viewer, image, request.mappings);
  const sizes = new Map([...snapshots].map(([id, row]) => [id, row.volumeSizeGiB]));
  const mappings = mergeMappings(
    image.blockDeviceMappings,
    request.mappings,
    image.rootDeviceName,
    sizes,
  );
  const { min } = request.count;
  const needs = { count: request.count, volumes: mappings.length };
  const max = await fitting(reader, place, type, needs);
  const privateIps = await launchAddresses(reader, subnet, request, { min, max });
  const wanted = { min, max: privateIps.length };
  const publicIps = await launchPublicIps(reader, place.site, request, wanted);
  const users = await allocateGuestUsers(reader, publicIps.length);
  const { metadataDefaults } = await settingsOf(reader, viewer);
  const common = newInstance(viewer, request, { image, subnet, groups, metadataDefaults }, place);
  const used = mappings.flatMap(({ ebs }) => snapshots.get(ebs.snapshotId ?? '') ?? []);
  await checkSubscribed(reader, viewer, ...used);
  const bases = await launchBases(
    reader,
    viewer,
    { mappings, requests: request.mappings, snapshots, zone: subnet.availabilityZone },
    place,
  );
  const rows = publicIps.map((publicIp, launchIndex) => {
    const networkInterfaceId = place.ids.resource('eni');
    const instance: InstanceRow = {
      ...common,
      id: place.ids.resource('i'),
      launchIndex,
      networkInterfaceId,
      mac: macAddress(networkInterfaceId),
      privateIp: privateIps[launchIndex] as string,
      ...(publicIp !== undefined && { publicIp }),
      ownerUid: users[launchIndex],
      ...(key && { publicKey: key.publicKey }),
      ...(cpuOptions && { cpuOptions }),
      ...productCodesOf(image, ...used),
    };
    const volumes = newVolumes(
      instance,
      mappings,
      { snapshots, bases, tags: request.volumeTags },
      place.ids,
    );
    return { instance, volumes };
  });
  return {
    instances: rows.map(({ instance }) => instance),
    volumes: rows.flatMap(({ volumes }) => volumes),
  };
}

/** EC2's error for what a place does not have. */
function checkHardware({ id, tpmSupport, uefiData }: ImageRow, host: Pick<Host, 'describe'>): void {
  const has = host.describe();
  const lacks =
    tpmSupport && !has.tpm
      ? 'have a TPM, for which this host lacks swtpm'
      : isForSecureBoot(uefiData) && !has.secureBoot
        ? 'begin with a platform key, for which this host lacks firmware with secure boot'
        : undefined;
  if (lacks === undefined) return;
  throw new ServiceError(
    'Unsupported',
    `The requested configuration is currently not supported: instances of ${id} ${lacks}.`,
  );
}

type CommonRow = Omit<
  InstanceRow,
  | 'id'
  | 'launchIndex'
  | 'networkInterfaceId'
  | 'mac'
  | 'privateIp'
  | 'publicIp'
  | 'publicKey'
  | 'ownerUid'
  | 'cpuOptions'
  | 'productCodes'
>;

function newInstance(
  { account, region }: Viewer,
  request: Omit<LaunchRequest, 'imageId'>,
  at: {
    image: ImageRow;
    subnet: SubnetRow;
    groups: SecurityGroupRow[];
    metadataDefaults?: MetadataDefaults;
  },
  { clock, ids, site }: LaunchPlace,
): CommonRow {
  const { image, subnet, groups } = at;
  const now = clock.now().toISOString();
  const { keyName, userData, clientToken, instanceTags: tags } = request;
  return {
    account,
    region,
    createdAt: now,
    host: site.hostId,
    state: 'pending',
    stateSince: now,
    reservationId: ids.resource('r'),
    imageId: image.id,
    instanceType: request.instanceType,
    ...(keyName !== undefined && { keyName }),
    securityGroupIds: groups.map(({ id }) => id),
    vpcId: subnet.vpcId,
    subnetId: subnet.id,
    availabilityZone: subnet.availabilityZone,
    ...(userData !== undefined && { userData }),
    metadataOptions: launchMetadataOptions(
      request.metadataOptions,
      at.metadataDefaults,
      image,
      tags,
    ),
    shutdownBehavior: request.shutdownBehavior,
    ...(clientToken !== undefined && { clientToken }),
    rootDeviceName: image.rootDeviceName,
    architecture: image.architecture,
    ...(image.platform && { platform: image.platform }),
    ...(image.bootMode && { bootMode: image.bootMode }),
    ...(image.uefiData !== undefined && { uefiData: image.uefiData }),
    ...(image.tpmSupport && { tpmSupport: image.tpmSupport }),
    ...(image.enaSupport && { enaSupport: true }),
    ...(image.sriovNetSupport && { sriovNetSupport: image.sriovNetSupport }),
    launchedAt: now,
    ...optionsOf(request),
    tags,
  };
}

/** What is not EC2's default. */
function optionsOf(request: Omit<LaunchRequest, 'imageId'>) {
  const { cpuCredits, networkInterfaceDescription, networkInterfaceTags } = request;
  const { autoRecovery, capacityReservationPreference } = request;
  return {
    ...(autoRecovery === 'disabled' && { autoRecovery }),
    ...(capacityReservationPreference === 'none' && { capacityReservationPreference }),
    ...(cpuCredits && { cpuCredits }),
    ...(request.monitoring && { monitoring: true as const }),
    ...(request.disableApiTermination && { disableApiTermination: true as const }),
    ...(request.disableApiStop && { disableApiStop: true as const }),
    ...(networkInterfaceDescription !== undefined && { networkInterfaceDescription }),
    ...(Object.keys(networkInterfaceTags).length > 0 && { networkInterfaceTags }),
  };
}

type VolumeStart = Pick<VolumeRow, 'base' | 'encryption' | 'fastRestored'>;

interface VolumeParts {
  snapshots: ReadonlyMap<string, CompletedSnapshot>;
  /** By device name: what it lies on, and how it is encrypted. */
  bases: ReadonlyMap<string, VolumeStart>;
  tags: Tags;
}

/** The same for all instances of a launch. */
async function launchBases(
  transaction: CatalogTransaction,
  viewer: Viewer,
  about: {
    mappings: readonly BlockDeviceMapping[];
    requests: readonly MappingRequest[];
    snapshots: ReadonlyMap<string, CompletedSnapshot>;
    zone: string;
  },
  place: LaunchPlace,
): Promise<VolumeParts['bases']> {
  const bases = new Map<string, VolumeStart>();
  for (const { deviceName, ebs } of about.mappings) {
    const { encrypted, kmsKeyId } =
      about.requests.find((each) => each.deviceName === deviceName) ?? {};
    // What the image says is encrypted stays so; which key it is asked to be under says so itself.
    const isSo = encrypted || (kmsKeyId === undefined && ebs.encrypted);
    const request = { encrypted: isSo, kmsKeyId };
    const snapshot = about.snapshots.get(ebs.snapshotId ?? '');
    bases.set(deviceName, {
      ...(await volumeEncryption(transaction, viewer, request, snapshot, place)),
      ...(await fastRestored(transaction, viewer, snapshot, about.zone)),
    });
  }
  return bases;
}

function newVolumes(
  instance: InstanceRow,
  mappings: readonly BlockDeviceMapping[],
  { snapshots, bases, tags }: VolumeParts,
  ids: Ids,
): VolumeRow[] {
  return mappings.map((mapping, index) => {
    const snapshot = snapshots.get(mapping.ebs.snapshotId ?? '');
    return launchedVolume(mapping, {
      id: ids.resource('vol'),
      instance,
      index,
      availabilityZone: zoneOf(instance),
      ...bases.get(mapping.deviceName),
      ...(snapshot && productCodesOf(snapshot)),
      tags,
    });
  });
}

/**
 * By id: the image's, which come with the right to launch it, and those of one's own that the
 * request names.
 */
export async function launchSnapshots(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
  requests: readonly MappingRequest[],
): Promise<Map<string, CompletedSnapshot>> {
  const imageIds = new Set(snapshotIdsOf(image));
  const ofImage = await reader.snapshots.list({ where: { id: [...imageIds] } });
  const missing = [...imageIds].filter((id) => !ofImage.some((row) => row.id === id));
  if (missing.length > 0) throw notFound('snapshot', missing);
  const others = requests.filter(({ snapshotId = '' }) => !imageIds.has(snapshotId));
  const ofRequest = await snapshotsOfMappings(reader, viewer, others);
  return new Map([...ofImage.map(completed), ...ofRequest].map((row) => [row.id, row]));
}
