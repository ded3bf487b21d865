/**
 * The actions that Imago exists for, by subject: what docs/compatibility.md speaks about. api/offered.ts says which of them
 * (and which others, none today) are there.
 */
export interface Subject {
  title: string;
  service: string;
  actions: readonly string[];
}

const words = (text: string) => text.trim().split(/\s+/);

export const subjects: readonly Subject[] = [
  {
    title: 'Images',
    service: 'ec2',
    actions: words(`
      CreateImage RegisterImage CopyImage DeregisterImage DescribeImages DescribeImageAttribute ModifyImageAttribute
      ResetImageAttribute CancelImageLaunchPermission ReplaceImageInstanceTypeSpecification`),
  },
  {
    title: 'Images: state, deprecation, protection',
    service: 'ec2',
    actions: words(`
      EnableImage DisableImage EnableImageDeprecation DisableImageDeprecation EnableImageDeregistrationProtection
      DisableImageDeregistrationProtection`),
  },
  {
    title: 'Images: account guards',
    service: 'ec2',
    actions: words(`
      EnableImageBlockPublicAccess DisableImageBlockPublicAccess GetImageBlockPublicAccessState EnableAllowedImagesSettings
      DisableAllowedImagesSettings GetAllowedImagesSettings ReplaceImageCriteriaInAllowedImagesSettings`),
  },
  {
    title: 'Images: provenance, usage, findings',
    service: 'ec2',
    actions: words(`
      GetImageAncestry DescribeImageReferences CreateImageUsageReport DeleteImageUsageReport DescribeImageUsageReports
      DescribeImageUsageReportEntries DescribeInstanceImageMetadata AttachImageWatermark DetachImageWatermark
      GetImageFindings`),
  },
  {
    title: 'Images: store and restore, recycle bin, fast launch',
    service: 'ec2',
    actions: words(`
      CreateStoreImageTask DescribeStoreImageTasks CreateRestoreImageTask ListImagesInRecycleBin
      RestoreImageFromRecycleBin EnableFastLaunch DisableFastLaunch DescribeFastLaunchImages`),
  },
  {
    title: 'Import and export',
    service: 'ec2',
    actions: words(`
      ImportImage DescribeImportImageTasks CancelImportTask ExportImage DescribeExportImageTasks CancelExportTask
      CreateInstanceExportTask DescribeExportTasks ImportSnapshot DescribeImportSnapshotTasks ImportInstance ImportVolume
      DescribeConversionTasks CancelConversionTask BundleInstance CancelBundleTask DescribeBundleTasks`),
  },
  {
    title: 'Snapshots',
    service: 'ec2',
    actions: words(`
      CreateSnapshot CreateSnapshots CopySnapshot DeleteSnapshot DescribeSnapshots DescribeSnapshotAttribute
      ModifySnapshotAttribute ResetSnapshotAttribute LockSnapshot UnlockSnapshot DescribeLockedSnapshots
      ListSnapshotsInRecycleBin RestoreSnapshotFromRecycleBin ModifySnapshotTier RestoreSnapshotTier
      DescribeSnapshotTierStatus EnableFastSnapshotRestores DisableFastSnapshotRestores DescribeFastSnapshotRestores
      EnableSnapshotBlockPublicAccess DisableSnapshotBlockPublicAccess GetSnapshotBlockPublicAccessState`),
  },
  {
    title: 'Volumes',
    service: 'ec2',
    actions: words(`
      CreateVolume CopyVolumes DeleteVolume AttachVolume DetachVolume DescribeVolumes DescribeVolumeAttribute
      DescribeVolumeStatus ModifyVolume ModifyVolumeAttribute DescribeVolumesModifications EnableVolumeIO
      ListVolumesInRecycleBin RestoreVolumeFromRecycleBin EnableEbsEncryptionByDefault DisableEbsEncryptionByDefault
      GetEbsEncryptionByDefault GetEbsDefaultKmsKeyId ModifyEbsDefaultKmsKeyId ResetEbsDefaultKmsKeyId`),
  },
  {
    title: 'Instances, launch templates, root volume replacement',
    service: 'ec2',
    actions: words(`
      RunInstances DescribeInstances DescribeInstanceStatus StartInstances StopInstances RebootInstances
      TerminateInstances DescribeInstanceAttribute ModifyInstanceAttribute ResetInstanceAttribute GetConsoleOutput
      GetConsoleScreenshot GetInstanceUefiData ModifyInstanceMetadataOptions ModifyInstanceMetadataDefaults
      GetInstanceMetadataDefaults CreateLaunchTemplate CreateLaunchTemplateVersion DeleteLaunchTemplate
      DeleteLaunchTemplateVersions DescribeLaunchTemplates DescribeLaunchTemplateVersions ModifyLaunchTemplate
      GetLaunchTemplateData CreateReplaceRootVolumeTask DescribeReplaceRootVolumeTasks CreateFleet`),
  },
  {
    title: 'Around them',
    service: 'ec2',
    actions: words(`
      DescribeRegions DescribeAvailabilityZones DescribeAccountAttributes DescribeInstanceTypes
      DescribeInstanceTypeOfferings CreateKeyPair ImportKeyPair DescribeKeyPairs DeleteKeyPair CreateTags DeleteTags
      DescribeTags DescribeVpcs DescribeSubnets DescribeVpcAttribute DescribeSecurityGroups CreateSecurityGroup
      DeleteSecurityGroup AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress AuthorizeSecurityGroupEgress
      RevokeSecurityGroupEgress DescribeSecurityGroupRules DescribeNetworkInterfaces
      DescribeInstanceCreditSpecifications GetPasswordData`),
  },
  { title: 'Identity', service: 'sts', actions: ['GetCallerIdentity'] },
];
