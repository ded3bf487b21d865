/** Images as EC2 shows them. */
import type {
  Image,
  LaunchPermission,
  BlockDeviceMapping as MappingShape,
  ProductCode,
  ImageWatermark as WatermarkShape,
} from '../../../api/generated/ec2-types.ts';
import {
  type BlockDeviceMapping,
  type ImageRow,
  type ImageWatermark,
  sourceRegionOf,
} from '../../catalog/rows/image.ts';
import type { AllowedImages } from '../../domain/allowed-images.ts';
import { kindOf, type PermissionKind } from '../../domain/image-permissions.ts';
import { platformDetails, usageOperation } from '../../domain/platforms.ts';
import { scanResultsShape } from './image-findings.ts';
import { tagList } from './tags.ts';

/** What is the owner's, such as tags, others do not see. */
export function imageShape(
  row: ImageRow,
  viewer: { account: string },
  allowed: AllowedImages,
): Image {
  const isOwner = row.account === viewer.account;
  return {
    ImageId: row.id,
    Name: row.name,
    Description: row.description,
    State: row.state,
    StateReason: row.stateReason && {
      Code: row.stateReason.code,
      Message: row.stateReason.message,
    },
    OwnerId: row.account,
    ImageOwnerAlias: row.ownerAlias,
    ImageLocation: imageLocation(row),
    ImageType: 'machine',
    Public: row.launchPermissions.includes('all'),
    CreationDate: row.createdAt,
    Architecture: row.architecture,
    BootMode: row.bootMode,
    TpmSupport: row.tpmSupport,
    EnaSupport: row.enaSupport ?? false,
    FreeTierEligible: false,
    SriovNetSupport: row.sriovNetSupport,
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    Platform: row.platform,
    PlatformDetails: platformDetails(row),
    UsageOperation: usageOperation(row),
    ImdsSupport: row.imdsSupport,
    RootDeviceName: row.rootDeviceName,
    RootDeviceType: 'ebs',
    BlockDeviceMappings: row.blockDeviceMappings.map(mappingShape),
    SourceInstanceId: row.sourceInstanceId,
    SourceImageId: row.sourceImageId,
    SourceImageRegion: sourceRegionOf(row),
    ProductCodes: row.productCodes?.map(productCodeShape),
    ImageWatermarks: row.watermarks?.map(watermarkShape),
    ScanResults: row.scan && scanResultsShape(row.scan),
    ImageAllowed: allowed.isAllowed(row),
    DeprecationTime: row.deprecationTime,
    InstanceTypeSpecification: row.instanceTypes && {
      SupportedInstanceTypes: row.instanceTypes.supported.map(instanceTypeItem),
      UnsupportedInstanceTypes: row.instanceTypes.unsupported.map(instanceTypeItem),
    },
    LastLaunchedTime: isOwner ? row.lastLaunchedAt : undefined,
    DeregistrationProtection: isOwner ? deregistrationProtection(row) : undefined,
    Tags: isOwner ? tagList(row.tags) : [],
  };
}

/** During a cooldown it is disabled, only without effect yet. */
export function deregistrationProtection(row: ImageRow): string {
  return row.deregistrationProtection ?? 'disabled';
}

function instanceTypeItem(InstanceType: string) {
  return { InstanceType };
}

export function imageLocation({ ownerAlias, account, name }: ImageRow): string {
  return `${ownerAlias ?? account}/${name}`;
}

export function productCodeShape(ProductCodeId: string): ProductCode {
  return { ProductCodeId, ProductCodeType: 'marketplace' };
}

export function watermarkShape(watermark: ImageWatermark): WatermarkShape {
  return {
    WatermarkKey: watermark.key,
    SourceImageId: watermark.sourceImageId,
    SourceImageRegion: watermark.sourceImageRegion,
    SourceImageCreationTime: new Date(watermark.sourceImageCreatedAt),
    WatermarkCreationTime: new Date(watermark.attachedAt),
  };
}

export function launchPermissionShape(permission: string): LaunchPermission {
  return { [permissionMembers[kindOf(permission)]]: permission };
}

const permissionMembers = {
  userId: 'UserId',
  group: 'Group',
  organizationArn: 'OrganizationArn',
  organizationalUnitArn: 'OrganizationalUnitArn',
} as const satisfies Record<PermissionKind, keyof LaunchPermission>;

function mappingShape({ deviceName, ebs }: BlockDeviceMapping): MappingShape {
  return {
    DeviceName: deviceName,
    Ebs: {
      SnapshotId: ebs.snapshotId,
      VolumeSize: ebs.volumeSizeGiB,
      VolumeType: ebs.volumeType,
      Iops: ebs.iops,
      Throughput: ebs.throughputMiBps,
      DeleteOnTermination: ebs.deleteOnTermination,
      Encrypted: ebs.encrypted ?? false,
    },
  };
}
