/**
 * The actions that Imago exists for, by subject, one a line: what docs/compatibility.md speaks
 * about. One is offered when server/operations has a file of its name; `npm run generate` makes its
 * contract (api/generated), its entry in the table of operations and its line on the page out of
 * that, so that whoever adds an action edits no list. All other actions of the official models are
 * refused by name.
 */
export interface Subject {
  title: string;
  service: string;
  actions: readonly string[];
}

const lines = (text: string) => text.trim().split(/\s+/);

export const subjects: readonly Subject[] = [
  {
    title: 'Images',
    service: 'ec2',
    actions: lines(`
      CreateImage
      RegisterImage
      CopyImage
      DeregisterImage
      DescribeImages
      DescribeImageAttribute
      ModifyImageAttribute
      ResetImageAttribute
      CancelImageLaunchPermission
      ReplaceImageInstanceTypeSpecification`),
  },
  {
    title: 'Images: state, deprecation, protection',
    service: 'ec2',
    actions: lines(`
      EnableImage
      DisableImage
      EnableImageDeprecation
      DisableImageDeprecation
      EnableImageDeregistrationProtection
      DisableImageDeregistrationProtection`),
  },
  {
    title: 'Images: account guards',
    service: 'ec2',
    actions: lines(`
      EnableImageBlockPublicAccess
      DisableImageBlockPublicAccess
      GetImageBlockPublicAccessState
      EnableAllowedImagesSettings
      DisableAllowedImagesSettings
      GetAllowedImagesSettings
      ReplaceImageCriteriaInAllowedImagesSettings`),
  },
  {
    title: 'Images: provenance, usage, findings',
    service: 'ec2',
    actions: lines(`
      GetImageAncestry
      DescribeImageReferences
      CreateImageUsageReport
      DeleteImageUsageReport
      DescribeImageUsageReports
      DescribeImageUsageReportEntries
      DescribeInstanceImageMetadata
      AttachImageWatermark
      DetachImageWatermark
      GetImageFindings`),
  },
  {
    title: 'Images: store and restore, recycle bin, fast launch',
    service: 'ec2',
    actions: lines(`
      CreateStoreImageTask
      DescribeStoreImageTasks
      CreateRestoreImageTask
      ListImagesInRecycleBin
      RestoreImageFromRecycleBin
      EnableFastLaunch
      DisableFastLaunch
      DescribeFastLaunchImages`),
  },
  {
    title: 'Retention rules of the recycle bin',
    service: 'rbin',
    actions: lines(`
      CreateRule
      GetRule
      ListRules
      UpdateRule
      DeleteRule
      LockRule
      UnlockRule
      TagResource
      UntagResource
      ListTagsForResource`),
  },
  {
    title: 'Import and export',
    service: 'ec2',
    actions: lines(`
      ImportImage
      DescribeImportImageTasks
      CancelImportTask
      ExportImage
      DescribeExportImageTasks
      CancelExportTask
      CreateInstanceExportTask
      DescribeExportTasks
      ImportSnapshot
      DescribeImportSnapshotTasks
      ImportInstance
      ImportVolume
      DescribeConversionTasks
      CancelConversionTask
      BundleInstance
      CancelBundleTask
      DescribeBundleTasks`),
  },
  {
    title: 'Snapshots',
    service: 'ec2',
    actions: lines(`
      CreateSnapshot
      CreateSnapshots
      CopySnapshot
      DeleteSnapshot
      DescribeSnapshots
      DescribeSnapshotAttribute
      ModifySnapshotAttribute
      ResetSnapshotAttribute
      LockSnapshot
      UnlockSnapshot
      DescribeLockedSnapshots
      ListSnapshotsInRecycleBin
      RestoreSnapshotFromRecycleBin
      ModifySnapshotTier
      RestoreSnapshotTier
      DescribeSnapshotTierStatus
      EnableFastSnapshotRestores
      DisableFastSnapshotRestores
      DescribeFastSnapshotRestores
      EnableSnapshotBlockPublicAccess
      DisableSnapshotBlockPublicAccess
      GetSnapshotBlockPublicAccessState`),
  },
  {
    title: 'Volumes',
    service: 'ec2',
    actions: lines(`
      CreateVolume
      CopyVolumes
      DeleteVolume
      AttachVolume
      DetachVolume
      DescribeVolumes
      DescribeVolumeAttribute
      DescribeVolumeStatus
      ModifyVolume
      ModifyVolumeAttribute
      DescribeVolumesModifications
      EnableVolumeIO
      ListVolumesInRecycleBin
      RestoreVolumeFromRecycleBin
      EnableEbsEncryptionByDefault
      DisableEbsEncryptionByDefault
      GetEbsEncryptionByDefault
      GetEbsDefaultKmsKeyId
      ModifyEbsDefaultKmsKeyId
      ResetEbsDefaultKmsKeyId`),
  },
  {
    title: 'EBS direct APIs',
    service: 'ebs',
    actions: lines(`
      StartSnapshot
      PutSnapshotBlock
      CompleteSnapshot
      ListSnapshotBlocks
      ListChangedBlocks
      GetSnapshotBlock`),
  },
  {
    title: 'Instances, launch templates, root volume replacement',
    service: 'ec2',
    actions: lines(`
      RunInstances
      DescribeInstances
      DescribeInstanceStatus
      StartInstances
      StopInstances
      RebootInstances
      TerminateInstances
      DescribeInstanceAttribute
      ModifyInstanceAttribute
      ResetInstanceAttribute
      GetConsoleOutput
      GetConsoleScreenshot
      GetInstanceUefiData
      ModifyInstanceMetadataOptions
      ModifyInstanceMetadataDefaults
      GetInstanceMetadataDefaults
      CreateLaunchTemplate
      CreateLaunchTemplateVersion
      DeleteLaunchTemplate
      DeleteLaunchTemplateVersions
      DescribeLaunchTemplates
      DescribeLaunchTemplateVersions
      ModifyLaunchTemplate
      GetLaunchTemplateData
      CreateReplaceRootVolumeTask
      DescribeReplaceRootVolumeTasks
      CreateFleet`),
  },
  {
    title: 'Around them',
    service: 'ec2',
    actions: lines(`
      DescribeFleets
      DeleteFleets
      DescribeRegions
      DescribeAvailabilityZones
      DescribeAccountAttributes
      DescribeInstanceTypes
      DescribeInstanceTypeOfferings
      CreateKeyPair
      ImportKeyPair
      DescribeKeyPairs
      DeleteKeyPair
      CreateTags
      DeleteTags
      DescribeTags
      DescribeVpcs
      DescribeSubnets
      DescribeVpcAttribute
      DescribeRouteTables
      DescribeInternetGateways
      DescribeNetworkAcls
      DescribeDhcpOptions
      DescribeSecurityGroups
      CreateSecurityGroup
      DeleteSecurityGroup
      AuthorizeSecurityGroupIngress
      RevokeSecurityGroupIngress
      AuthorizeSecurityGroupEgress
      RevokeSecurityGroupEgress
      DescribeSecurityGroupRules
      DescribeSecurityGroupReferences
      ModifySecurityGroupRules
      UpdateSecurityGroupRuleDescriptionsIngress
      UpdateSecurityGroupRuleDescriptionsEgress
      DescribeNetworkInterfaces
      DescribeNetworkInterfaceAttribute
      ModifyNetworkInterfaceAttribute
      DescribeAddresses
      DescribeInstanceCreditSpecifications
      ModifyInstanceCreditSpecification
      MonitorInstances
      UnmonitorInstances
      GetPasswordData`),
  },
  {
    title: 'Identity',
    service: 'sts',
    actions: lines(`
      GetCallerIdentity
      GetSessionToken`),
  },
  {
    title: 'Keys',
    service: 'kms',
    actions: lines(`
      CreateKey
      DescribeKey
      ListKeys
      UpdateKeyDescription
      EnableKey
      DisableKey
      ScheduleKeyDeletion
      CancelKeyDeletion
      CreateAlias
      UpdateAlias
      DeleteAlias
      ListAliases
      Encrypt
      Decrypt
      ReEncrypt
      GenerateDataKey
      GenerateDataKeyWithoutPlaintext
      CreateGrant
      ListGrants
      ListRetirableGrants
      RevokeGrant
      RetireGrant
      TagResource
      UntagResource
      ListResourceTags
      GetKeyPolicy
      GetKeyRotationStatus`),
  },
  {
    title: 'Parameters',
    service: 'ssm',
    actions: lines(`
      PutParameter
      GetParameter
      GetParameters
      GetParametersByPath
      GetParameterHistory
      DescribeParameters
      DeleteParameter
      DeleteParameters
      LabelParameterVersion
      UnlabelParameterVersion
      AddTagsToResource
      RemoveTagsFromResource
      ListTagsForResource`),
  },
  {
    title: 'Documents',
    service: 'ssm',
    actions: lines(`
      CreateDocument
      GetDocument
      DescribeDocument
      ListDocuments
      UpdateDocument
      UpdateDocumentDefaultVersion
      DeleteDocument`),
  },
  {
    title: 'Image Builder: components and recipes',
    service: 'imagebuilder',
    actions: lines(`
      CreateComponent
      GetComponent
      ListComponents
      ListComponentBuildVersions
      DeleteComponent
      CreateImageRecipe
      GetImageRecipe
      ListImageRecipes
      DeleteImageRecipe`),
  },
  {
    title: 'Image Builder: where images are built, and where they go',
    service: 'imagebuilder',
    actions: lines(`
      CreateInfrastructureConfiguration
      GetInfrastructureConfiguration
      ListInfrastructureConfigurations
      UpdateInfrastructureConfiguration
      DeleteInfrastructureConfiguration
      CreateDistributionConfiguration
      GetDistributionConfiguration
      ListDistributionConfigurations
      UpdateDistributionConfiguration
      DeleteDistributionConfiguration`),
  },
  {
    title: 'Image Builder: images',
    service: 'imagebuilder',
    actions: lines(`
      CreateImage
      GetImage
      ListImages
      ListImageBuildVersions
      CancelImageCreation
      DeleteImage
      ListImagePackages
      ListWorkflowExecutions
      ListWorkflowStepExecutions
      GetWorkflowExecution
      GetWorkflowStepExecution`),
  },
  {
    title: 'Image Builder: pipelines',
    service: 'imagebuilder',
    actions: lines(`
      CreateImagePipeline
      GetImagePipeline
      ListImagePipelines
      UpdateImagePipeline
      DeleteImagePipeline
      StartImagePipelineExecution
      ListImagePipelineImages`),
  },
  {
    title: 'Image Builder: lifecycle policies',
    service: 'imagebuilder',
    actions: lines(`
      CreateLifecyclePolicy
      GetLifecyclePolicy
      ListLifecyclePolicies
      UpdateLifecyclePolicy
      DeleteLifecyclePolicy`),
  },
  {
    title: 'Image Builder: tags',
    service: 'imagebuilder',
    actions: lines(`
      TagResource
      UntagResource
      ListTagsForResource`),
  },
  {
    title: 'AWS Backup: vaults and what is in them',
    service: 'backup',
    actions: lines(`
      CreateBackupVault
      DescribeBackupVault
      ListBackupVaults
      DeleteBackupVault
      PutBackupVaultLockConfiguration
      DeleteBackupVaultLockConfiguration
      ListRecoveryPointsByBackupVault
      ListRecoveryPointsByResource
      DescribeRecoveryPoint
      UpdateRecoveryPointLifecycle
      DeleteRecoveryPoint
      ListProtectedResources
      DescribeProtectedResource
      TagResource
      UntagResource
      ListTags`),
  },
  {
    title: 'AWS Backup: plans',
    service: 'backup',
    actions: lines(`
      CreateBackupPlan
      GetBackupPlan
      ListBackupPlanVersions
      ListBackupPlans
      UpdateBackupPlan
      DeleteBackupPlan
      CreateBackupSelection
      GetBackupSelection
      ListBackupSelections
      DeleteBackupSelection`),
  },
  {
    title: 'AWS Backup: legal holds',
    service: 'backup',
    actions: lines(`
      CreateLegalHold
      GetLegalHold
      ListLegalHolds
      CancelLegalHold
      ListRecoveryPointsByLegalHold`),
  },
  {
    title: 'AWS Backup: restores',
    service: 'backup',
    actions: lines(`
      GetRecoveryPointRestoreMetadata
      StartRestoreJob
      DescribeRestoreJob
      ListRestoreJobs
      GetRestoreJobMetadata`),
  },
  {
    title: 'AWS Backup: restore testing',
    service: 'backup',
    actions: lines(`
      CreateRestoreTestingPlan
      GetRestoreTestingPlan
      ListRestoreTestingPlans
      UpdateRestoreTestingPlan
      DeleteRestoreTestingPlan
      CreateRestoreTestingSelection
      GetRestoreTestingSelection
      ListRestoreTestingSelections
      UpdateRestoreTestingSelection
      DeleteRestoreTestingSelection
      GetRestoreTestingInferredMetadata
      PutRestoreValidationResult`),
  },
  {
    title: 'AWS Backup: backup jobs',
    service: 'backup',
    actions: lines(`
      StartBackupJob
      StopBackupJob
      DescribeBackupJob
      ListBackupJobs`),
  },
  {
    title: 'AWS Backup: copy jobs',
    service: 'backup',
    actions: lines(`
      StartCopyJob
      DescribeCopyJob
      ListCopyJobs`),
  },
  {
    title: 'Data Lifecycle Manager',
    service: 'dlm',
    actions: lines(`
      CreateLifecyclePolicy
      GetLifecyclePolicies
      GetLifecyclePolicy
      UpdateLifecyclePolicy
      DeleteLifecyclePolicy
      TagResource
      UntagResource
      ListTagsForResource`),
  },
];
