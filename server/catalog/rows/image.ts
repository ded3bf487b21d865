/** Images (AMIs) and what they say their instances get. */
import type { BackupOrigin, DrillResult } from './backup.ts';
import type { RecordedMachine } from './recorded-machine.ts';
import {
  granteeOf,
  type OwnedRow,
  type StateReason,
  type Tags,
  viewerKey,
  viewerPart,
} from './row.ts';

export interface ImageRow extends OwnedRow {
  name: string;
  description?: string;
  state: 'pending' | 'available' | 'failed' | 'disabled';
  stateReason?: StateReason;
  /** Who besides its owner sees and launches it: accounts, `all`, ARNs of organizations, units. */
  launchPermissions: string[];
  architecture: 'x86_64';
  /** Absent: it is not known to be Windows. */
  platform?: 'windows';
  rootDeviceName: string;
  blockDeviceMappings: BlockDeviceMapping[];
  bootMode?: 'legacy-bios' | 'uefi' | 'uefi-preferred';
  /** The UEFI variables that its instances begin with, as they were sent: base64. */
  uefiData?: string;
  /** Its instances have a TPM. */
  tpmSupport?: 'v2.0';
  ownerAlias?: string;
  /** Of an image of the provider: what it is a version of, counted from 1 in each region. */
  provider?: { name: string; version: number };
  sourceInstanceId?: string;
  /** What a restore needs to know of that instance; absent: it is made of none, or long ago. */
  machine?: RecordedMachine;
  /** The image that the source instance was launched from, or that this is a copy of. */
  sourceImageId?: string;
  /** Where that is; absent: in the same region. */
  sourceImageRegion?: string;
  imdsSupport?: 'v2.0';
  /** The guest has the driver of ENA, of Intel's 82599: what the image says, not what it gets. */
  enaSupport?: true;
  sriovNetSupport?: 'simple';
  /** What the last check of its files found; absent: there was none. */
  scan?: ImageScan;
  /** Newest last. */
  watermarks?: ImageWatermark[];
  /** Of the marketplace's products that it is of. */
  productCodes?: string[];
  /** From then on it is left out of others' lists. */
  deprecationTime?: string;
  deregistrationProtection?: 'enabled-with-cooldown' | 'enabled-without-cooldown';
  /** Until then it is as good as protected. */
  cooldownUntil?: string;
  /** Absent: it is for all types. */
  instanceTypes?: InstanceTypeSpecification;
  /** Of a launch within the last hour of launches: its row is not written at each. */
  lastLaunchedAt?: string;
  /** It was ordered as a backup. */
  backup?: BackupOrigin;
  lastDrill?: DrillResult;
  tags: Tags;
}

export type Severity = 'informational' | 'low' | 'medium' | 'high' | 'critical';

export interface ImageScan {
  scannedAt: string;
  findings: ImageFinding[];
}

export interface ImageFinding {
  /** The kind of what was found, such as `host-keys`. */
  check: string;
  /** What it is of, where there may be several of one kind: a package. */
  subject?: string;
  title: string;
  severity: Severity;
  /** What to do. */
  advice: string;
  paths: string[];
  /** How many there are, where those are not all. */
  count?: number;
  snapshotId: string;
  firstObservedAt: string;
}

/** Goes on to all images that are made of this one. */
export interface ImageWatermark {
  /** `account:name` of who has attached it. */
  key: string;
  /** The image that it was attached to. */
  sourceImageId: string;
  sourceImageRegion: string;
  sourceImageCreatedAt: string;
  attachedAt: string;
}

/** Names of instance types, or patterns with `*`; an empty list of supported ones means all. */
export interface InstanceTypeSpecification {
  supported: string[];
  unsupported: string[];
}

/**
 * An image that is no more: it has been deregistered, and its name is free. Kept for what is asked
 * of it afterwards, by its instances and by who made images of them; domain/former-images.ts says
 * how long.
 */
export interface FormerImageRow extends ImageRow {
  deregisteredAt: string;
  /** While it is in the recycle bin: when it leaves. */
  recycledUntil?: string;
}

/** A mapping of an image, or of a launch request after it was merged with its image's. */
export interface BlockDeviceMapping {
  deviceName: string;
  ebs: {
    /** Its snapshot is. */
    encrypted?: true;
    snapshotId?: string;
    volumeSizeGiB: number;
    deleteOnTermination: boolean;
    volumeType: string;
    /** As in VolumeRow. */
    iops?: number;
    throughputMiBps?: number;
  };
}

/** Where the image that it comes from is. */
export function sourceRegionOf({ sourceImageId, sourceImageRegion, region }: ImageRow) {
  return sourceImageId && (sourceImageRegion ?? region);
}

/** The image that it was made of. */
export function sourceOfImage({ sourceImageId }: ImageRow): string[] {
  return sourceImageId === undefined ? [] : [sourceImageId];
}

export function snapshotIdsOf(image: ImageRow): string[] {
  return image.blockDeviceMappings
    .map(({ ebs }) => ebs.snapshotId)
    .filter((id) => id !== undefined);
}

/**
 * Whom the image is shown to, as `viewerKey` has it. This alone says so, to look-ups by id and to
 * the index of lists.
 */
export function imageViewers({ region, account, launchPermissions }: ImageRow): string[] {
  return [account, ...launchPermissions.map(granteeOf)].map((viewer) => viewerKey(region, viewer));
}

/** What it is called, for each who sees it. */
export function viewerNamesOfImage(image: ImageRow): string[] {
  return imageViewers(image).map((viewer) => viewerPart(viewer, image.name));
}

export function viewerOwnersOfImage(image: ImageRow): string[] {
  return imageViewers(image).map((viewer) => viewerPart(viewer, image.account));
}

/** The state that nearly all images are in: nothing is found by it. */
export const usualImageState = 'available';

export function viewerStatesOfImage(image: ImageRow): string[] {
  if (image.state === usualImageState) return [];
  return imageViewers(image).map((viewer) => viewerPart(viewer, image.state));
}
