/** Disk containers of imports: the file's format and where it is. */
import type {
  ClientData,
  ImageDiskContainer,
  SnapshotDiskContainer,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { ImportedDisk, ImportTaskRow } from '../../catalog/rows/import-task.ts';
import { checkDeviceName, volumesMax } from '../../domain/block-device-mappings.ts';
import { checkedSource, type FilePlaces } from '../../domain/file-places.ts';
import { checkDescription } from '../../domain/images.ts';

/** Of a file with one disk. EC2 knows the first three of a snapshot, and the fourth of an image. */
const diskFormats = ['RAW', 'VHD', 'VMDK', 'VHDX', 'QCOW2'] as const;

/** Members of a container that both actions take. */
export const acceptedContainer = ['Description', 'Format', 'Url', 'UserBucket'] as const;

export const acceptedClientData = [
  'ClientData.Comment',
  'ClientData.UploadStart',
  'ClientData.UploadEnd',
  'ClientData.UploadSize',
];

export function containerOf(
  container: SnapshotDiskContainer | ImageDiskContainer | undefined,
  places: FilePlaces | undefined,
  formats: readonly string[] = diskFormats,
): ImportedDisk {
  const { Description: description, Format, Url: url, UserBucket } = container ?? {};
  checkDescription(description);
  const { S3Bucket: bucket, S3Key: key } = UserBucket ?? {};
  return {
    format: checkedFormat(Format, formats),
    ...(description !== undefined && { description }),
    source: checkedSource({ url, bucket, key }, places),
  };
}

function checkedFormat(text: string | undefined, formats: readonly string[]): string {
  if (text === undefined) {
    throw new ServiceError(
      'MissingParameter',
      'The request must contain the Format of the disk file: it is not guessed.',
    );
  }
  // The documentation's own examples have it in small letters.
  const format = text.toUpperCase();
  if (formats.includes(format)) return format;
  throw new ServiceError(
    'InvalidParameter',
    `The disk image format '${text}' is not supported. It is one of ${formats.join(', ')}.`,
  );
}

/** Of an image: an OVA, or files and snapshots of one disk each, the root first. */
export function imageContainersOf(
  containers: readonly ImageDiskContainer[] | undefined,
  places: FilePlaces | undefined,
): ImportedDisk[] {
  const disks = (containers ?? []).map((container) => imageContainerOf(container, places));
  if (disks.length === 0) {
    throw new ServiceError('MissingParameter', 'The request must contain DiskContainers.');
  }
  if (disks.length > 1 && disks.some(({ format }) => format === 'OVA')) {
    throw new ServiceError('InvalidParameter', 'An OVA has all disks of its machine in it.');
  }
  if (disks.length > volumesMax) {
    throw new ServiceError('InvalidParameter', `An image has at most ${volumesMax} disks.`);
  }
  const names = disks.map(({ deviceName }) => deviceName).filter((name) => name !== undefined);
  if (new Set(names).size < names.length) {
    throw new ServiceError('InvalidParameter', 'A DeviceName is there twice.');
  }
  return disks;
}

function imageContainerOf(
  container: ImageDiskContainer,
  places: FilePlaces | undefined,
): ImportedDisk {
  const { SnapshotId: snapshotId, DeviceName: deviceName } = container;
  if (deviceName !== undefined) checkDeviceName(deviceName);
  const named = deviceName !== undefined && { deviceName };
  if (snapshotId === undefined) {
    return { ...containerOf(container, places, [...diskFormats, 'OVA']), ...named };
  }
  const { Description: description, Format: format, Url, UserBucket } = container;
  checkDescription(description);
  if (Url !== undefined || UserBucket !== undefined) {
    throw new ServiceError('InvalidParameter', 'A disk is either a file or a snapshot.');
  }
  return {
    format: format?.toUpperCase() ?? 'RAW',
    ...(description !== undefined && { description }),
    ...named,
    snapshotId,
  };
}

export function clientDataOf(data: ClientData | undefined): ImportTaskRow['clientData'] {
  if (!data) return undefined;
  const { Comment: comment, UploadStart, UploadEnd, UploadSize: uploadSize } = data;
  checkDescription(comment);
  return {
    ...(comment !== undefined && { comment }),
    ...(UploadStart && { uploadStart: UploadStart.toISOString() }),
    ...(UploadEnd && { uploadEnd: UploadEnd.toISOString() }),
    ...(uploadSize !== undefined && { uploadSize }),
  };
}
