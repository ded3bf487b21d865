/**
 * Why members of requests are refused, why some that have an effect have another than EC2's, and
 * why actions are not offered. Members are named by the end of their paths, as the same ones are in
 * many requests; of two that match the first counts.
 */
export interface Reason {
  names: readonly string[];
  why: string;
}

export type Reasons = readonly Reason[];

export function reasonOf(reasons: Reasons, path: string): string | undefined {
  const isMeant = (name: string) => path === name || path.endsWith(`.${name}`);
  return reasons.find(({ names }) => names.some(isMeant))?.why;
}

const names = (text: string) => text.trim().split(/\s+/);

export const refused: Reasons = [
  {
    names: names('KmsKeyId'),
    why: 'an image names no key, as in EC2; a copy of a volume has its own',
  },
  { names: names('KeyId'), why: 'parameters are not encrypted' },
  { names: names('Policy'), why: 'a key has the one policy that its account may use it' },
  { names: names('Constraints'), why: 'a grant is for all that a key encrypts' },
  {
    names: names('GranteeServicePrincipal RetiringServicePrincipal'),
    why: 'no services but Imago itself use keys',
  },
  { names: names('CustomKeyStoreId XksKeyId'), why: 'keys are in the catalog alone' },
  { names: names('Recipient'), why: 'there are no enclaves' },
  { names: names('DryRunModifiers'), why: 'DryRun tries all that the action does' },
  { names: names('SerialNumber TokenCode'), why: 'there are no users with devices of their own' },
  { names: names('MinimumSessionTokenSize'), why: 'a token has one size' },
  { names: names('Filters DocumentFilterList'), why: 'deprecated: there are those of today' },
  { names: names('Requires Attachments'), why: 'a document of the type Command is all in itself' },
  { names: names('DisplayName VersionName'), why: 'documents are told by name and number' },
  {
    names: names('AllowedPattern'),
    why: 'it is a regular expression of Java’s, which may take any time',
  },
  { names: names('OutpostArn DestinationOutpostArn'), why: 'there are no Outposts' },
  { names: names('VpcPeeringConnectionId PeeringStatus'), why: 'there are no peered VPCs' },
  { names: names('PrefixListIds.Description'), why: 'there are no prefix lists' },
  {
    names: names('VolumeInitializationRate'),
    why: 'blocks are fetched when they are first read, at no rate',
  },
  {
    names: names('Ebs.AvailabilityZone Ebs.AvailabilityZoneId'),
    why: 'a volume is in the zone of its instance',
  },
  {
    names: names('DestinationAvailabilityZone DestinationAvailabilityZoneId'),
    why: 'snapshots are of a region, not of a zone',
  },
  {
    names: names('CompletionDurationMinutes SnapshotCopyCompletionDurationMinutes'),
    why: 'a copy takes as long as its blocks need',
  },
  { names: names('MetricCategoryIds'), why: 'there are no metrics' },
  { names: names('Operator'), why: 'no service manages instances for an account' },
  {
    names: names('Kernel KernelId Ramdisk RamdiskId RamDiskId'),
    why: 'images are hvm: the kernel is in them',
  },
  { names: names('ImageLocation'), why: 'images are not in an object store' },
  { names: names('BillingProducts ProductCodes'), why: 'codes come of publishing a product' },
  {
    names: names('Ipv6Addresses Ipv6Prefixes EnablePrimaryIpv6'),
    why: 'there is no IPv6 in a VPC',
  },
  { names: names('Ipv4Prefixes'), why: 'an interface has addresses and no prefixes' },
  { names: names('IamInstanceProfile'), why: 'there are no roles' },
  {
    names: names('EnaQueueCount DefaultEnaQueueCount EnaSrdSpecification'),
    why: 'the network card is virtio',
  },
  {
    names: names('ConnectionTrackingSpecification'),
    why: 'how long a connection is tracked cannot be chosen',
  },
  {
    names: names('SecondaryInterfaces AssociatedSubnetIds'),
    why: 'an instance has one interface, in one subnet',
  },
  { names: names('NetworkInterfaceId'), why: 'an interface begins and ends with its instance' },
  { names: names('LicenseSpecifications'), why: 'there are no licence configurations' },
  {
    names: names('InstanceRequirements Context'),
    why: 'instance types are chosen by their names',
  },
  { names: names('SpotOptions MaxPrice MaxTotalPrice'), why: 'nothing has a price' },
  {
    names: names('MaintenanceStrategies SpotOptions.MinTargetCapacity'),
    why: 'there are no spot instances',
  },
  {
    names: names('Overrides.Placement.AvailabilityZone Overrides.Placement.AvailabilityZoneId'),
    why: 'an override has its own beside its placement',
  },
  {
    names: names('CapacityReservationTarget CapacityReservationOptions ReservedCapacityOptions'),
    why: 'there are no capacity reservations',
  },
  {
    names: names('ElasticInferenceAccelerators ElasticGpuSpecification ElasticGpuSpecifications'),
    why: 'there are no accelerators',
  },
  {
    names: names(
      'Placement.GroupId Placement.GroupName Placement.HostId ' +
        'Placement.HostResourceGroupArn Placement.PartitionNumber Placement.SpreadDomain',
    ),
    why: 'all instances are on one host',
  },
  { names: names('ValidFrom ValidUntil'), why: 'a fleet is launched at once' },
  { names: names('AdditionalInfo'), why: 'EC2 keeps it for itself' },
  {
    names: names(
      'SourceSecurityGroupName SourceSecurityGroupOwnerId IpProtocol FromPort ToPort CidrIp',
    ),
    why: 'of egress EC2 takes IpPermissions only',
  },
  {
    names: names('BlockDeviceMappings.VirtualName BlockDeviceMappings.NoDevice'),
    why: 'a device is not detached by it',
  },
  { names: names('AssociatePublicIpAddress'), why: 'an address is chosen at the launch' },
  { names: names('S3ObjectTags'), why: 'a file in a folder has no tags' },
  { names: names('UsageOperation'), why: 'it follows from the system that is found' },
  { names: names('uri'), why: 'S3 itself is not reached yet: `data` has the document' },
  {
    names: names('kmsKeyId'),
    why: 'the catalog is what a document is kept in, under no key of its own',
  },
  {
    names: names('logging loggingConfiguration'),
    why: 'S3 itself is not reached yet: `images build-log` has the log',
  },
  { names: names('snsTopicArn'), why: 'there are no topics' },
  {
    names: names('placement.hostId placement.hostResourceGroupArn'),
    why: 'all machines are on the one host',
  },
  {
    names: names('targetAccountIds accountId amiAccountId'),
    why: 'an image stays its builder’s: a launch permission shows it to others',
  },
  {
    names: names('containerRecipeArn containerDistributionConfiguration'),
    why: 'there are no images of containers',
  },
  { names: names('licenseConfigurationArns'), why: 'there is no License Manager' },
  {
    names: names('workflows executionRole'),
    why: 'every build goes the same way; there are no workflows of one’s own',
  },
  {
    names: names('imageScanningConfiguration.ecrConfiguration'),
    why: 'there are no images of containers',
  },
  { names: names('s3ExportConfiguration'), why: 'S3 itself is not reached yet' },
  { names: names('fastLaunchConfigurations'), why: 'of Windows images: there are none' },
  { names: names('virtualName'), why: 'there are no disks of the host for instances' },
  {
    names: names('EncryptionKeyArn'),
    why: 'a backup is encrypted under the key of what it is of, as with AWS',
  },
  {
    names: names('LogicallyAirGappedBackupVaultArn'),
    why: 'there are no air-gapped vaults',
  },
  {
    names: names('ByParentJobId ByParentRecoveryPointArn ByMessageCategory'),
    why: 'a machine is one recovery point, and there are no messages by category',
  },
  {
    names: names('MoveToColdStorageAfterDays OptInToArchiveForSupportedResources'),
    why: 'recovery points stay as they are; ModifySnapshotTier archives a snapshot',
  },
  { names: names('DeleteAfterEvent'), why: 'AWS takes it of nobody either' },
  {
    names: names('TargetLogicallyAirGappedBackupVaultArn'),
    why: 'there are no air-gapped vaults',
  },
  { names: names('IndexActions ScanActions ScanSettings'), why: 'nothing is indexed or scanned' },
  { names: names('AdvancedBackupSettings'), why: 'of Windows guests: there are none' },
  { names: names('BackupOptions'), why: 'of Windows guests: there are none' },
  {
    names: names('EventSource PolicyDetails.Actions'),
    why: 'policies that act when somebody shares a snapshot are not offered yet',
  },
];

export const different: Reasons = [
  {
    names: names('imageTestsConfiguration'),
    why: 'its `timeoutMinutes` is shown: as with AWS it does nothing yet',
  },
  {
    names: names('instanceProfileName'),
    why: 'shown: instances have no roles, and builds need none',
  },
  {
    names: names('VolumeType'),
    why: 'without IOPS or throughput of its own a volume is held to neither',
  },
  {
    names: names('AutoEnableIO'),
    why: 'shown: I/O is never disabled for want of consistency',
  },
  {
    names: names('UserBucket S3ExportLocation Bucket'),
    why: 'a bucket is a folder that the operator allows; S3 itself is not reached yet',
  },
  {
    names: names('DiskContainer.Url DiskContainers.Url'),
    why: 'an address that the operator allows, `s3://` and such a folder, or the client’s own file',
  },
  {
    names: names('DiskContainer.Format DiskContainers.Format'),
    why: 'also `qcow2`, and `VHDX` for snapshots',
  },
  {
    names: names('CpuCredits'),
    why: 'not counted: `standard` yields while the host has too few processors',
  },
  {
    names: names('NetworkInterfaces.AssociatePublicIpAddress'),
    why: 'the public address is a loopback address of the host',
  },
  { names: names('AutoRecovery'), why: 'shown: there is no other host to recover on' },
  {
    names: names('CapacityReservationPreference'),
    why: 'shown: there are no capacity reservations',
  },
  { names: names('PresignedUrl'), why: 'read, not called: one endpoint serves both regions' },
  { names: names('Monitoring.Enabled'), why: 'shown: there are no metrics' },
  {
    names: names('EnaSupport SriovNetSupport'),
    why: 'says that the guest has the driver: the card is virtio',
  },
  {
    names: names('ExecutionRoleArn'),
    why: 'shown: Imago has no roles, and a policy works as its account',
  },
  {
    names: names('CreateRule.CronExpression'),
    why: 'also more often than once an hour',
  },
];

export const notOffered: Reasons = [
  {
    names: names(
      'BundleInstance CancelBundleTask DescribeBundleTasks ImportInstance ImportVolume ' +
        'DescribeConversionTasks CancelConversionTask',
    ),
    why: 'retired by EC2 itself, for CreateImage and ImportImage; it documents no other error',
  },
  {
    names: names('EnableFastLaunch DisableFastLaunch'),
    why: 'of Windows images: there are none',
  },
];
