/**
 * Which table has which rows. What the rows are found by is tables.ts's.
 */
import type { AccountRow, AccountSettingsRow, CredentialRow, SessionRow } from './rows/account.ts';
import type { BackupJobRow } from './rows/backup-job.ts';
import type { BackupPlanRow, BackupSelectionRow, FormerPlanRow } from './rows/backup-plan.ts';
import type { BackupPolicyRow, BackupSourceRow } from './rows/backup-policy.ts';
import type {
  BackupVaultRow,
  ProtectedResourceRow,
  RecoveryPointRow,
} from './rows/backup-vault.ts';
import type {
  DistributionConfigurationRow,
  InfrastructureConfigurationRow,
} from './rows/build-configuration.ts';
import type { ClientTokenRow } from './rows/client-token.ts';
import type { ComponentRow } from './rows/component.ts';
import type { CopyJobRow } from './rows/copy-job.ts';
import type { DocumentRow, DocumentVersionRow } from './rows/document.ts';
import type { DrillRow } from './rows/drill.ts';
import type { DrillChecksRow } from './rows/drill-checks.ts';
import type {
  ExportImageTaskRow,
  ExportInstanceTaskRow,
  StoreImageTaskRow,
} from './rows/export-task.ts';
import type { FastRestoreRow } from './rows/fast-restore.ts';
import type { FleetRow } from './rows/fleet.ts';
import type { ForgetPolicyRow } from './rows/forget-policy.ts';
import type { FormerImageRow, ImageRow } from './rows/image.ts';
import type { ImageBuildRow } from './rows/image-build.ts';
import type { ImagePipelineRow } from './rows/image-pipeline.ts';
import type { ImageRecipeRow } from './rows/image-recipe.ts';
import type { ImportImageTaskRow, ImportSnapshotTaskRow } from './rows/import-task.ts';
import type { InstanceRow } from './rows/instance.ts';
import type { KeyPairRow } from './rows/key-pair.ts';
import type { KmsAliasRow, KmsGrantRow, KmsKeyRow, MasterKeyRow } from './rows/kms.ts';
import type { LaunchTemplateRow, LaunchTemplateVersionRow } from './rows/launch-template.ts';
import type { LeaseRow } from './rows/lease.ts';
import type { LegalHoldRow } from './rows/legal-hold.ts';
import type { LifecyclePolicyRow } from './rows/lifecycle-policy.ts';
import type { ProductRow, SubscriptionRow } from './rows/marketplace.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow, SubnetRow, VpcRow } from './rows/network.ts';
import type { ParameterRow, ParameterVersionRow } from './rows/parameter.ts';
import type { ImageManifestRow, SigningKeyRow } from './rows/provenance.ts';
import type { RecycleRuleRow } from './rows/recycle-rule.ts';
import type { RemoteCopyRow, RemoteRow, RemoteTransferRow } from './rows/remote.ts';
import type { RestoreJobRow } from './rows/restore-job.ts';
import type { RestoreTestingPlanRow } from './rows/restore-testing.ts';
import type { RootReplacementRow } from './rows/root-replacement.ts';
import type { RecycledSnapshotRow, SnapshotRow } from './rows/snapshot.ts';
import type { StorageDayRow } from './rows/storage-day.ts';
import type { TaskRow } from './rows/task.ts';
import type { ImageUsageReportRow } from './rows/usage-report.ts';
import type { RecycledVolumeRow, VolumeRow } from './rows/volume.ts';

export interface Rows {
  accounts: AccountRow;
  credentials: CredentialRow;
  sessions: SessionRow;
  images: ImageRow;
  formerImages: FormerImageRow;
  snapshots: SnapshotRow;
  recycledSnapshots: RecycledSnapshotRow;
  volumes: VolumeRow;
  recycledVolumes: RecycledVolumeRow;
  instances: InstanceRow;
  keyPairs: KeyPairRow;
  launchTemplates: LaunchTemplateRow;
  launchTemplateVersions: LaunchTemplateVersionRow;
  fleets: FleetRow;
  rootReplacements: RootReplacementRow;
  importSnapshotTasks: ImportSnapshotTaskRow;
  importImageTasks: ImportImageTaskRow;
  exportImageTasks: ExportImageTaskRow;
  exportInstanceTasks: ExportInstanceTaskRow;
  storeImageTasks: StoreImageTaskRow;
  fastRestores: FastRestoreRow;
  vpcs: VpcRow;
  subnets: SubnetRow;
  securityGroups: SecurityGroupRow;
  securityGroupRules: SecurityGroupRuleRow;
  tasks: TaskRow;
  clientTokens: ClientTokenRow;
  accountSettings: AccountSettingsRow;
  leases: LeaseRow;
  products: ProductRow;
  subscriptions: SubscriptionRow;
  imageUsageReports: ImageUsageReportRow;
  recycleRules: RecycleRuleRow;
  parameters: ParameterRow;
  parameterVersions: ParameterVersionRow;
  documents: DocumentRow;
  documentVersions: DocumentVersionRow;
  kmsKeys: KmsKeyRow;
  kmsAliases: KmsAliasRow;
  kmsGrants: KmsGrantRow;
  masterKeys: MasterKeyRow;
  storageDays: StorageDayRow;
  signingKeys: SigningKeyRow;
  imageManifests: ImageManifestRow;
  components: ComponentRow;
  imageRecipes: ImageRecipeRow;
  infrastructureConfigurations: InfrastructureConfigurationRow;
  distributionConfigurations: DistributionConfigurationRow;
  imagePipelines: ImagePipelineRow;
  imageBuilds: ImageBuildRow;
  lifecyclePolicies: LifecyclePolicyRow;
  backupVaults: BackupVaultRow;
  recoveryPoints: RecoveryPointRow;
  protectedResources: ProtectedResourceRow;
  backupJobs: BackupJobRow;
  copyJobs: CopyJobRow;
  drills: DrillRow;
  restoreTestingPlans: RestoreTestingPlanRow;
  remotes: RemoteRow;
  remoteTransfers: RemoteTransferRow;
  remoteCopies: RemoteCopyRow;
  restoreJobs: RestoreJobRow;
  legalHolds: LegalHoldRow;
  backupPolicies: BackupPolicyRow;
  backupSources: BackupSourceRow;
  backupPlans: BackupPlanRow;
  formerPlans: FormerPlanRow;
  backupSelections: BackupSelectionRow;
  forgetPolicies: ForgetPolicyRow;
  drillChecks: DrillChecksRow;
}

export type TableName = keyof Rows;
