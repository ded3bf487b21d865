/** The filters of DescribeImages: all that EC2 documents. */
import {
  type ImageRow,
  type ImageWatermark,
  type Severity,
  snapshotIdsOf,
  sourceRegionOf,
} from '../../../catalog/rows/image.ts';
import type { AllowedImages } from '../../../domain/allowed-images.ts';
import type { FilterTable } from '../../../domain/filters.ts';
import { fixAvailableSince, highestSeverity } from '../../../domain/image-findings.ts';
import { publicParameterNames } from '../../../domain/public-parameters.ts';
import { imageLocation } from '../../shapes/images.ts';

/** On what no image of Imago has. */
const absent = ['kernel-id', 'ramdisk-id'];

export function imageFilters(allowed: AllowedImages): FilterTable<ImageRow> {
  return {
    absent,
    values: { ...values, 'image-allowed': (row) => allowed.isAllowed(row)?.toString() },
    tags: (row) => row.tags,
  };
}

function ofWatermarks(member: keyof ImageWatermark) {
  return ({ watermarks }: ImageRow) => watermarks?.map((watermark) => watermark[member]);
}

function fixSince(severity: Severity) {
  return ({ scan }: ImageRow) => scan && fixAvailableSince(scan, severity);
}

const values: FilterTable<ImageRow>['values'] = {
  architecture: (row) => row.architecture,
  'block-device-mapping.delete-on-termination': (row) =>
    row.blockDeviceMappings.map(({ ebs }) => String(ebs.deleteOnTermination)),
  'block-device-mapping.device-name': (row) =>
    row.blockDeviceMappings.map(({ deviceName }) => deviceName),
  'block-device-mapping.encrypted': (row) =>
    row.blockDeviceMappings.map(({ ebs }) => String(ebs.encrypted ?? false)),
  'block-device-mapping.snapshot-id': snapshotIdsOf,
  'block-device-mapping.volume-size': (row) =>
    row.blockDeviceMappings.map(({ ebs }) => String(ebs.volumeSizeGiB)),
  'block-device-mapping.volume-type': (row) =>
    row.blockDeviceMappings.map(({ ebs }) => ebs.volumeType),
  'boot-mode': (row) => row.bootMode,
  'creation-date': (row) => row.createdAt,
  description: (row) => row.description,
  'ena-support': (row) => String(row.enaSupport ?? false),
  'free-tier-eligible': () => 'false',
  hypervisor: () => 'xen',
  'image-id': (row) => row.id,
  'image-type': () => 'machine',
  'image-watermark.source-image-creation-time': ofWatermarks('sourceImageCreatedAt'),
  'image-watermark.source-image-id': ofWatermarks('sourceImageId'),
  'image-watermark.source-image-region': ofWatermarks('sourceImageRegion'),
  'image-watermark.watermark-creation-time': ofWatermarks('attachedAt'),
  'image-watermark.watermark-key': ofWatermarks('key'),
  'imds-support': (row) => row.imdsSupport,
  'instance-type-specification.supported-instance-type': (row) => row.instanceTypes?.supported,
  'instance-type-specification.unsupported-instance-type': (row) => row.instanceTypes?.unsupported,
  'is-public': (row) => String(row.launchPermissions.includes('all')),
  'manifest-location': imageLocation,
  name: (row) => row.name,
  'owner-alias': (row) => row.ownerAlias,
  'owner-id': (row) => row.account,
  platform: (row) => row.platform,
  'product-code': (row) => row.productCodes,
  'product-code.type': (row) => row.productCodes && ['marketplace'],
  'public-ssm-parameter-name': publicParameterNames,
  'root-device-name': (row) => row.rootDeviceName,
  'root-device-type': () => 'ebs',
  'source-image-id': (row) => row.sourceImageId,
  'source-image-region': sourceRegionOf,
  'source-instance-id': (row) => row.sourceInstanceId,
  'sriov-net-support': (row) => row.sriovNetSupport,
  'scan-result.critical-fix-available-since': fixSince('critical'),
  'scan-result.finding-scan-date': (row) => row.scan?.scannedAt,
  'scan-result.high-fix-available-since': fixSince('high'),
  'scan-result.highest-finding-severity-label': (row) => row.scan && highestSeverity(row.scan),
  'scan-result.informational-fix-available-since': fixSince('informational'),
  'scan-result.low-fix-available-since': fixSince('low'),
  'scan-result.medium-fix-available-since': fixSince('medium'),
  state: (row) => row.state,
  'state-reason-code': (row) => row.stateReason?.code,
  'state-reason-message': (row) => row.stateReason?.message,
  'virtualization-type': () => 'hvm',
};
