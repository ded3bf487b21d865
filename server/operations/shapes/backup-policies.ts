/** Backup policies as they are answered. */
import type {
  CreateRule,
  CrossRegionCopyRule,
  LifecyclePolicy,
  LifecyclePolicySummary,
  PolicyDetails,
  Schedule,
  Script,
} from '../../../api/generated/dlm-types.ts';
import type {
  Age,
  BackupPolicyRow,
  BackupSchedule,
  BackupScripts,
  CopyRule,
  Retention,
  Tag,
} from '../../catalog/rows/backup-policy.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { policyArn } from '../../domain/backups/policies.ts';
import { zoneIdOf } from '../../domain/regions.ts';

export function policySummaryShape(row: BackupPolicyRow): LifecyclePolicySummary {
  return {
    PolicyId: row.id,
    Description: row.description,
    State: row.state,
    Tags: row.tags,
    PolicyType: typeOf(row),
    DefaultPolicy: row.everything !== undefined,
  };
}

export function policyShape(
  row: BackupPolicyRow,
  statusMessage = row.statusMessage,
): LifecyclePolicy {
  return {
    PolicyId: row.id,
    Description: row.description,
    State: row.state,
    StatusMessage: statusMessage ?? row.state,
    ExecutionRoleArn: row.executionRole,
    DateCreated: new Date(row.createdAt),
    DateModified: new Date(row.updatedAt ?? row.createdAt),
    PolicyDetails: row.everything ? defaultDetails(row, row.everything) : customDetails(row),
    Tags: row.tags,
    PolicyArn: policyArn(row),
    DefaultPolicy: row.everything !== undefined,
  };
}

function typeOf({ makes }: BackupPolicyRow): string {
  return makes === 'images' ? 'IMAGE_MANAGEMENT' : 'EBS_SNAPSHOT_MANAGEMENT';
}

function customDetails(row: BackupPolicyRow): PolicyDetails {
  const { excludeBootVolume, excludeDataVolumeTags, reboot } = row;
  // Terraform takes one that is empty for a block that somebody has added.
  const hasParameters = [excludeBootVolume, excludeDataVolumeTags, reboot].some(
    (each) => each !== undefined,
  );
  return {
    PolicyType: typeOf(row),
    ResourceTypes: [row.of === 'instances' ? 'INSTANCE' : 'VOLUME'],
    ResourceLocations: ['CLOUD'],
    TargetTags: row.targetTags?.map(tagShape),
    Schedules: row.schedules.map((each) => scheduleShape(each, row)),
    ...(hasParameters && {
      Parameters: {
        ExcludeBootVolume: excludeBootVolume,
        NoReboot: reboot === undefined ? undefined : !reboot,
        ExcludeDataVolumeTags: excludeDataVolumeTags?.map(tagShape),
      },
    }),
    PolicyLanguage: 'STANDARD',
  };
}

function defaultDetails(
  row: BackupPolicyRow,
  all: NonNullable<BackupPolicyRow['everything']>,
): PolicyDetails {
  const { excludeBootVolumes, excludeVolumeTypes, excludeTags } = all;
  const hasExclusions = [excludeBootVolumes, excludeVolumeTypes, excludeTags].some(
    (each) => each !== undefined,
  );
  return {
    PolicyType: typeOf(row),
    PolicyLanguage: 'SIMPLIFIED',
    ResourceType: row.of === 'instances' ? 'INSTANCE' : 'VOLUME',
    CreateInterval: all.createDays,
    RetainInterval: all.retainDays,
    CopyTags: all.copyTags,
    ExtendDeletion: all.extendDeletion,
    CrossRegionCopyTargets: all.copyRegions.map((TargetRegion) => ({ TargetRegion })),
    ...(hasExclusions && {
      Exclusions: {
        ExcludeBootVolumes: excludeBootVolumes,
        ExcludeVolumeTypes: excludeVolumeTypes,
        ExcludeTags: excludeTags?.map(tagShape),
      },
    }),
  };
}

function scheduleShape(schedule: BackupSchedule, { makes }: BackupPolicyRow): Schedule {
  const { fastRestore, shares, deprecate, archive, copies } = schedule;
  return {
    Name: schedule.name,
    CopyTags: schedule.copyTags,
    TagsToAdd: pairs(schedule.tags),
    VariableTags: pairs(schedule.variableTags),
    CreateRule: { ...createShape(schedule.creates), Scripts: scriptsShape(schedule.scripts) },
    RetainRule: retentionShape(schedule.retain),
    FastRestoreRule: fastRestore && {
      ...retentionShape(fastRestore.for),
      ...(fastRestore.byIds
        ? { AvailabilityZoneIds: fastRestore.zones.map(zoneIdOf) }
        : { AvailabilityZones: fastRestore.zones }),
    },
    CrossRegionCopyRules: copies.map((rule) => copyShape(rule, makes)),
    ShareRules: shares.map(({ accounts, until }) => ({
      TargetAccounts: accounts,
      UnshareInterval: until?.value,
      UnshareIntervalUnit: until?.unit,
    })),
    DeprecateRule: deprecate && retentionShape(deprecate),
    ArchiveRule: archive && { RetainRule: { RetentionArchiveTier: retentionShape(archive) } },
  };
}

function createShape(creates: BackupSchedule['creates']): CreateRule {
  if ('expression' in creates) return { Location: 'CLOUD', CronExpression: creates.expression };
  const { hours: Interval, time } = creates;
  return { Location: 'CLOUD', Interval, IntervalUnit: 'HOURS', Times: [time] };
}

function scriptsShape(scripts: BackupScripts | undefined): Script[] | undefined {
  if (!scripts) return undefined;
  const { document, pre, post, isNeeded, timeoutSeconds, retries } = scripts;
  const script = {
    Stages: [...(pre ? ['PRE'] : []), ...(post ? ['POST'] : [])],
    ExecutionHandlerService: 'AWS_SYSTEMS_MANAGER',
    ExecutionHandler: document,
    ...(pre && { ExecuteOperationOnScriptFailure: !isNeeded }),
    ExecutionTimeout: timeoutSeconds,
    MaximumRetryCount: retries,
  };
  return [script];
}

function copyShape(rule: CopyRule, makes: BackupPolicyRow['makes']): CrossRegionCopyRule {
  const { region, encrypted, kmsKeyId, copyTags, retain, deprecate } = rule;
  return {
    ...(makes === 'images' ? { TargetRegion: region } : { Target: region }),
    Encrypted: encrypted,
    CmkArn: kmsKeyId,
    CopyTags: copyTags,
    RetainRule: retain && ageShape(retain),
    DeprecateRule: deprecate && ageShape(deprecate),
  };
}

function retentionShape(rule: Retention) {
  return 'count' in rule ? { Count: rule.count } : ageShape(rule.age);
}

function ageShape({ value: Interval, unit: IntervalUnit }: Age) {
  return { Interval, IntervalUnit };
}

function tagShape({ key: Key, value: Value }: Tag) {
  return { Key, Value };
}

function pairs(tags: Tags) {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
